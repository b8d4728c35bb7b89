// A whole node with an address and keys that a test knows, so that it can look for them elsewhere.

import Canaries
import Essentials
import Identity
import NodeEngine
import Sodium
import Wire

/// Somebody on the virtual network of `Neighbourhood`.
protocol Neighbour: AnyObject {
    var endpoint: Endpoint { get }
    var isListening: Bool { get }
    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect]
    func nextDeadline() -> Moment?
}

/// One honest node: the engine that runs in the program.
final class HonestNode: Neighbour {
    let who: String
    let endpoint: Endpoint
    let isListening: Bool
    let nodeKey: NodeKey
    let channelKey: ChannelKey
    let entry: InviteEntry?
    /// What names it for longer than a conversation.
    let canaries: [Canary]
    /// Where it stands among keepers and doors, once it is a member.
    private(set) var placement: PlacementKey?
    /// What its person was told.
    private(set) var told: [PersonEvent] = []

    private let policy: NetworkPolicy
    private let identity: Owned<NodeIdentity>
    private let engine: Owned<NodeEngine>
    private var random: RandomStream

    /// - Parameter address: the last three bytes of an address in 127/8, unlike everybody else's.
    init(
        _ who: String, _ role: Role, address: (UInt8, UInt8, UInt8), policy: NetworkPolicy, entries: [InviteEntry],
        seed: UInt64, at now: Moment
    ) {
        self.who = who
        self.policy = policy
        random = RandomStream(seed: Blake2b.hash(domain: "honest node", Array(who.utf8), seed.bigEndianBytes))
        identity = Owned(NodeIdentity.generate(using: &random))
        nodeKey = identity.value.nodeKey
        channelKey = identity.value.channelKey
        let number = UInt32(127) << 24 | UInt32(address.0) << 16 | UInt32(address.1) << 8 | UInt32(address.2)
        endpoint = .v4(number, port: 7_000)
        isListening = role == .member
        entry = try? InviteEntry(endpoint: endpoint, fingerprint: nodeKey.fingerprint)
        let secret = identity.value.encodedSecret().withBytes { Array($0) }
        canaries =
            [
                .address("\(who)'s address", "127.\(address.0).\(address.1).\(address.2)"),
                .bytes("\(who)'s node key", nodeKey.bytes.bytes),
                .bytes("\(who)'s channel key", channelKey.bytes.bytes),
                .number("\(who)'s short id", nodeKey.short),
                .bytes("\(who)'s fingerprint", nodeKey.fingerprint),
                .word("\(who)'s name", nodeKey.name),
            ] + (0..<3).map { .bytes("\(who)'s secret \($0 + 1)", secret[(1 + 32 * $0)..<(33 + 32 * $0)]) }
        engine = Owned(
            NodeEngine(
                configuration: NodeConfiguration(
                    policy: policy, role: role, addresses: role == .member ? [endpoint] : [], entryPoints: entries),
                restored: RestoredState(), identity: identity, wallAtOrigin: Neighbourhood.start, at: now))
    }

    /// The keys that it shows to these members as their leaf.
    func leafKeys(for members: [HonestNode]) -> [Canary] {
        members.map { member in
            let key = identity.value.leafKey(for: member.nodeKey).publicKey
            return .bytes("\(who)'s leaf key for \(member.who)", key.bytes)
        }
    }

    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        let effects = engine.value.handle(input, at: now, using: &random)
        for effect in effects {
            switch effect {
            case .tell(_, let event): told.append(event)
            case .store(.puzzle(let solution)):
                placement = Puzzle.check(solution, nodeKey: nodeKey, policy: policy)
            default: break
            }
        }
        return effects
    }

    func nextDeadline() -> Moment? { engine.value.nextDeadline() }
    func snapshot(at now: Moment) -> NodeSnapshot { engine.value.snapshot(at: now) }
}
