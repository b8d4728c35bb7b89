// Who appears in the targets: fixed identities with records that hold, made once.

import Essentials
import Identity
import Sodium
import Wire

/// The fixed members of a fixed mesh.
struct Cast: Sendable {
    /// A member as everybody may be played.
    struct Player: Sendable {
        let identity: Owned<NodeIdentity>
        let endpoint: Endpoint
        let puzzle: PuzzleSolution
        let placement: PlacementKey
        let record: Signed
        let entry: InviteEntry

        var node: NodeKey { identity.value.nodeKey }
    }

    static let count = 5
    /// What every clock shows at its origin.
    static let wall = WallTime(milliseconds: 1_790_000_000_000)

    let policy: NetworkPolicy
    let players: [Player]

    /// Nil only if the fixed values do not fit, which every run would show at once.
    static let shared = try? Cast()

    static func get() throws(BrokenPromise) -> Cast { try made(shared) }

    private init() throws {
        let policy = try made(NetworkPolicy.named("local-fuzz"))
        var players: [Player] = []
        for index in 0..<Self.count { players.append(try Self.player(index, policy)) }
        self.policy = policy
        self.players = players
    }

    private static func player(_ index: Int, _ policy: NetworkPolicy) throws -> Player {
        var random = RandomStream(seed: Blake2b.hash([7, UInt8(clamping: index)]))
        let identity = Owned(NodeIdentity.generate(using: &random))
        let node = identity.value.nodeKey
        let month = Puzzle.month(at: wall, policy: policy)
        let puzzle = try made(
            Puzzle.attempt(nodeKey: node, month: month, policy: policy, startingAt: 0, count: 1_000))
        let endpoint = endpoint(index)
        return Player(
            identity: identity, endpoint: endpoint, puzzle: puzzle,
            placement: try made(Puzzle.check(puzzle, nodeKey: node, policy: policy)),
            record: try NodeRecord.make(
                identity: identity.value, policy: policy, seq: wall.milliseconds, expires: wall + .hours(20),
                addresses: [endpoint], capabilities: Capability.all, puzzle: puzzle),
            entry: try InviteEntry(endpoint: endpoint, fingerprint: node.fingerprint))
    }

    /// 127.0.0.1, port 10000 + index: in a local mesh each a subnet of its own.
    static func endpoint(_ index: Int) -> Endpoint { .v4(0x7F00_0001, port: UInt16(clamping: 10_000 + index)) }

    func player(at endpoint: Endpoint) -> Player? { players.first { $0.endpoint == endpoint } }
}
