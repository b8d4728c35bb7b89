// What looks at signatures may cost that other nodes make this one take. Each costs 0.1 ms, and whoever hangs up and calls
// again begins with a fresh share of its link: so those that call share as well.
// Protocol/04-membership.md, "Accepting a record".

internal import Essentials

/// The shares of all that have called this node.
struct Intake: Sendable {
    /// Those in the table: each has paid for a puzzle.
    private var members: TokenBucket
    /// All others.
    private var strangers: TokenBucket

    init(at now: Moment) {
        typealias Limits = MembershipLimits
        members = TokenBucket(capacity: Limits.callersIntakeBurst, perSecond: Limits.callersIntakePerSecond, at: now)
        strangers = TokenBucket(
            capacity: Limits.strangersIntakeBurst, perSecond: Limits.strangersIntakePerSecond, at: now)
    }

    mutating func take(isMember: Bool, at now: Moment) -> Bool {
        isMember ? members.take(at: now) : strangers.take(at: now)
    }
}

extension Membership {
    /// Pays for one look at a signature that came over this link.
    mutating func spendIntake(of id: LinkID, at now: Moment) -> Bool {
        guard let link = linkTable[id], linkTable.update(id, { $0.intake.take(at: now) }) == true else { return false }
        // Whom this node called it has chosen itself, and those are few.
        if link.isOutbound { return true }
        if let peer = link.peer, table[peer] != nil { return intake.take(isMember: true, at: now) }
        // The first ones are nobody else's, so that a crowd of strangers cannot keep a newcomer's own record out.
        if link.looks < MembershipLimits.strangerLooks {
            linkTable.update(id) { $0.looks += 1 }
            return true
        }
        return intake.take(isMember: false, at: now)
    }
}
