// Everything that can happen to the membership engine, in the past tense.

public import Essentials
public import Identity
public import Wire

extension Membership {
    /// Names one link. The composing engine chooses the numbers and never uses one twice.
    public struct LinkID: Hashable, Comparable, Sendable {
        public let number: UInt64
        public init(number: UInt64) { self.number = number }
        public static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }
    }
}

/// One event for the engine.
public enum MembershipInput: Sendable {
    /// A link stands: the handshake is done and hellos were exchanged. A member is given with its node key, a leaf
    /// without (`isLeaf` describes the other end). The record of the other's hello follows as a push of one.
    ///
    /// A node that is a leaf names its links to homes too. A member's own person's homes are not named here.
    case linkUp(Membership.LinkID, peer: NodeKey?, isLeaf: Bool, outbound: Bool)
    /// `isSilent`: it ended because the other end did not answer any more.
    case linkDown(Membership.LinkID, isSilent: Bool = false)
    /// A `.dial` led to no link.
    case dialFailed(NodeKey)
    case pullReceived(Membership.LinkID, Pull)
    case pushReceived(Membership.LinkID, Push)
    case compareReceived(Membership.LinkID, Compare)
    case pruneReceived(Membership.LinkID)
    case graftReceived(Membership.LinkID)
    case askReceived(Membership.LinkID, Ask)
    case challengeReceived(Membership.LinkID, Challenge)
    case aliveReceived(Membership.LinkID, Alive)
    /// The other member's wall clock (for a leaf: its home's mesh time) minus our own wall clock, at one instant;
    /// `uncertainty` is half of the round trip it was measured with. `meshOffset` is the same for the other member's
    /// mesh time, where it is known: without it members agree only as well as their wall clocks do.
    case offsetMeasured(Membership.LinkID, offset: Span, meshOffset: Span? = nil, uncertainty: Span)
    /// The machine's wall clock was looked at again.
    case wallClockRead(WallTime)
    /// The node's addresses are known and its puzzle is solved: it publishes from now on.
    case becameMember
    /// Something that the own record says is not so any more: an address, a capability, the month's puzzle.
    case descriptionChanged
    /// The answer to `.signRecord`.
    case recordSigned(Signed)
    /// The answer to `.signHeartbeat`.
    case heartbeatSigned(Signed)
    /// The answer to one `.checkPuzzles`.
    case puzzlesChecked([PuzzleFinding])
    /// The moment that `nextDeadline()` named has come.
    case timerFired

    /// The link whose other end has said something, of whatever kind.
    var speaker: Membership.LinkID? {
        switch self {
        case .pullReceived(let link, _), .pushReceived(let link, _), .compareReceived(let link, _),
            .pruneReceived(let link), .graftReceived(let link), .askReceived(let link, _),
            .challengeReceived(let link, _), .aliveReceived(let link, _), .offsetMeasured(let link, _, _, _):
            link
        default: nil
        }
    }
}
