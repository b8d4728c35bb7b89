// The invites that this node was given: checked when they come, remembered over restarts.

internal import Essentials
internal import Identity
internal import NIOConcurrencyHelpers
internal import Settings
internal import Wire

/// Reads invites for people and keeps those that were good.
final class InviteBook: Sendable {
    /// How long an invite of ours is good for.
    static let lifetime = Span.days(7)
    private static let maximum = 32

    private struct Kept {
        var texts: [String]
        var entries: [InviteEntry]
    }

    private let policy: NetworkPolicy
    private let kept: NIOLockedValueBox<Kept>
    private let save: @Sendable ([String]) -> Void

    /// `texts` are the remembered ones; those that have expired meanwhile stay useful as addresses to try.
    init(policy: NetworkPolicy, texts: [String], save: @escaping @Sendable ([String]) -> Void) {
        self.policy = policy
        self.save = save
        var kept = Kept(texts: [], entries: [])
        for text in texts {
            guard let invite = try? Invite(parsing: text), invite.networkName == policy.name else { continue }
            kept.texts.append(text)
            kept.entries += invite.entries.filter { !kept.entries.contains($0) }
        }
        self.kept = NIOLockedValueBox(kept)
    }

    var count: Int { kept.withLockedValue { $0.texts.count } }
    var entries: [InviteEntry] { kept.withLockedValue { $0.entries } }

    /// The network that invites name; nil without any. Throws for the first that is not well-formed.
    static func network(of texts: [String]) throws(PassantError) -> String? {
        var network: String?
        for text in texts where network == nil { network = try parse(text).networkName }
        return network
    }

    /// The entry points of invites that are well-formed, of the node's network, and not expired. All or nothing.
    func read(_ texts: [String]) throws(PassantError) -> [InviteEntry] { try Self.read(texts, policy: policy) }

    static func read(_ texts: [String], policy: NetworkPolicy) throws(PassantError) -> [InviteEntry] {
        var entries: [InviteEntry] = []
        for text in texts {
            let invite = try parse(text)
            guard invite.networkName == policy.name else {
                throw PassantError(
                    code: "invite-of-another-network", message: "the invite is for another network",
                    reason: "it names \"\(invite.networkName)\", and this node is in \"\(policy.name)\"",
                    remedy: "Run a node there: passant up --network \(invite.networkName) --data DIR --join \(text)",
                    exit: .badData)
            }
            do throws(InviteFault) { try invite.check(at: .now()) } catch { throw words(error) }
            entries += invite.entries.filter { !entries.contains($0) }
        }
        return entries
    }

    /// Keeps invites that were read. Returns how many of their entry points are new.
    func remember(_ texts: [String], _ entries: [InviteEntry]) -> Int {
        let (added, all) = kept.withLockedValue { kept in
            let new = entries.filter { !kept.entries.contains($0) }
            kept.entries = (kept.entries + new).suffix(3 * Self.maximum)
            for text in texts where !kept.texts.contains(text) { kept.texts.append(text) }
            kept.texts = kept.texts.suffix(Self.maximum)
            return (new.count, kept.texts)
        }
        save(all)
        return added
    }

    static func parse(_ text: String) throws(PassantError) -> Invite {
        do throws(InviteFault) { return try Invite(parsing: text) } catch { throw words(error) }
    }

    private static func words(_ fault: InviteFault) -> PassantError {
        PassantError(
            code: fault.code, message: fault.message, reason: "", remedy: fault.remedy, exit: .badData)
    }
}
