// Who is hostile in a simulated mesh, and how. Each kind is a type of its own: a corruption of a hand-written member,
// which can say whatever the wire can carry, or a distortion of an honest engine, which can only be slow or broken.

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

/// One kind of hostile member.
public enum Adversary: String, Hashable, Sendable, CaseIterable {
    /// Says that it lives, and nothing else.
    case silent
    /// Passes on what it likes.
    case selective
    /// Writes in other members' names.
    case forging
    /// Says again what was said.
    case replaying
    /// Keeps heartbeats back and lets them out one by one.
    case dripping
    /// Numbers and times at their ends.
    case overflowing
    /// Another record for everybody.
    case equivocating
    /// As many identities as it can make.
    case stuffing
    /// Tells one victim of its accomplices only.
    case eclipsing
    /// Meets everybody who comes back with what they said before.
    case restarting
    /// As a home it drops what its leaves send, but not to accomplices.
    case dropping
    /// Late in everything, as on a machine that has too much to do.
    case sick
    /// Asks for everything again and again, and hardly reads the answers.
    case slow
    /// Says of its table whatever makes a comparison cost the most.
    case miscounting
    /// One byte in some of its writes is wrong, or missing, or there twice.
    case garbling
}

/// A hostile member of a plan.
public struct Hostile: Hashable, Sendable {
    public let node: Int
    public let kind: Adversary
}

/// What all hostile members of one run have in common.
final class Conspiracy {
    struct Victim {
        let key: NodeKey
        let endpoint: Endpoint
    }

    let policy: NetworkPolicy
    /// Whom they are after; it is there before anything happens.
    var victim: Victim?
    /// Every name that any of them goes by.
    private(set) var identities: Set<NodeKey> = []

    init(policy: NetworkPolicy) { self.policy = policy }

    func join(_ key: NodeKey) { identities.insert(key) }

    func holds(_ key: NodeKey) -> Bool { identities.contains(key) }
}

extension Adversary {
    /// What this kind does to a hand-written member; nil for those that are an honest engine inside.
    private func corruption(_ conspiracy: Conspiracy) -> (any Corruption)? {
        switch self {
        case .silent: Silence()
        case .selective: SelectiveRelay()
        case .forging: Forgery()
        case .replaying: Replay()
        case .dripping: Drip()
        case .overflowing: Overflow()
        case .equivocating: EquivocalRecords()
        case .stuffing: TableStuffing(conspiracy)
        case .eclipsing: Eclipse(conspiracy)
        case .restarting: RestartAttack()
        case .dropping: DroppingHome(conspiracy)
        case .slow: SlowReader()
        case .miscounting: Miscount()
        case .sick, .garbling: nil
        }
    }

    private func distortion(_ seed: UInt64) -> any Distortion {
        switch self {
        case .garbling: Garble(seed: seed)
        default: Sickness(seed: seed)
        }
    }

    /// The program of a hostile member that finds the mesh through the first node.
    func guest(at index: Int, through entry: InviteEntry?, seed: UInt64, _ conspiracy: Conspiracy) -> any Guest {
        let seed = seed &* 1_000 &+ UInt64(index)
        guard let corruption = corruption(conspiracy) else {
            let inside = ManInside(
                conspiracy.policy, at: index, through: [entry].compactMap { $0 }, distortion(seed), seed: seed)
            conspiracy.join(inside.nodeKey)
            return inside
        }
        let member = EvilMember(conspiracy.policy, at: index, through: 0, seed: seed)
        member.corruption = corruption
        conspiracy.join(member.nodeKey)
        return member
    }
}
