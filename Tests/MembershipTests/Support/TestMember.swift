// A member's keys and what it can sign: the raw material of these tests.

import Essentials
@testable import Identity
import Sodium
import Wire

/// Somebody who can sign records and heartbeats, honest or not.
final class TestMember: Sendable {
    let policy: NetworkPolicy
    let identity: Owned<NodeIdentity>
    let endpoint: Endpoint
    let puzzle: PuzzleSolution

    var key: NodeKey { identity.value.nodeKey }
    var short: UInt64 { key.short }

    /// Member number `index` of a world with this seed.
    init(_ index: Int, policy: NetworkPolicy = .local, seed: UInt64 = 1, endpoint: Endpoint? = nil) throws {
        self.policy = policy
        var random = RandomStream(
            seed: Blake2b.hash(domain: "test member", [UInt8(index & 255), UInt8(index >> 8)], [UInt8(seed & 255)]))
        let identity = Owned(NodeIdentity.generate(using: &random))
        self.identity = identity
        self.endpoint = endpoint ?? .v4(0x7F00_0001, port: UInt16(10_000 + index))
        puzzle = try Self.puzzle(of: identity.value.nodeKey, at: .worldStart, policy: policy)
    }

    /// A solution for another month than the world's first.
    func puzzle(at wall: WallTime) throws -> PuzzleSolution { try Self.puzzle(of: key, at: wall, policy: policy) }

    private static func puzzle(of key: NodeKey, at wall: WallTime, policy: NetworkPolicy) throws -> PuzzleSolution {
        let month = Puzzle.month(at: wall, policy: policy)
        return try require(Puzzle.attempt(nodeKey: key, month: month, policy: policy, startingAt: 0, count: 4_096))
    }

    /// Another solution for the world's first month.
    func otherPuzzle() throws -> PuzzleSolution {
        try require(
            Puzzle.attempt(nodeKey: key, month: puzzle.month, policy: policy, startingAt: 5_000, count: 4_096))
    }

    /// What solves nothing.
    func unsolved() throws -> PuzzleSolution {
        try require(
            (0..<UInt8.max).lazy.map {
                try PuzzleSolution(month: self.puzzle.month, nonce: [UInt8](repeating: $0, count: 16))
            }.first { Puzzle.check($0, nodeKey: self.key, policy: self.policy) == nil })
    }

    /// A record made at `wall`, unless `seq` says otherwise.
    func record(
        at wall: WallTime, seq: UInt64? = nil, lifetime: Span = .hours(24), endpoint: Endpoint? = nil,
        capabilities: UInt32 = Capability.all, puzzle: PuzzleSolution? = nil, policy: NetworkPolicy? = nil
    ) throws -> Signed {
        try NodeRecord.make(
            identity: identity.value, policy: policy ?? self.policy, seq: seq ?? wall.milliseconds,
            expires: wall + lifetime, addresses: [endpoint ?? self.endpoint], capabilities: capabilities,
            puzzle: puzzle ?? self.puzzle)
    }

    func heartbeat(at wall: WallTime, period: Span? = nil, policy: NetworkPolicy? = nil) throws -> Signed {
        let policy = policy ?? self.policy
        return try Heartbeat.make(
            identity: identity.value, policy: policy, time: wall, period: period ?? policy.heartbeatBase)
    }
}

// Keys cannot be copied, so nobody may look into this by reflection; a failed expectation would.
extension TestMember: CustomReflectable {
    var customMirror: Mirror { Mirror(self, children: ["name": key.name]) }
}

struct Missing: Error {}

/// The value, or a failed test.
func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

extension NetworkPolicy {
    static let local = standing("local-test")
    static let otherLocal = standing("local-other")
    static let lan = standing("lan-test")
    /// Public addresses and their subnets, with names as cheap as in a private network.
    static let open: NetworkPolicy = {
        var policy = standing("open-test")
        policy.puzzle = NetworkPolicy.lan.puzzle
        return policy
    }()

    private static func standing(_ name: String) -> NetworkPolicy {
        guard let policy = named(name) else { preconditionFailure("\(name) is a good name") }
        return policy
    }
}

extension WallTime {
    /// The wall clock of the whole world at the origin of its moments: 2026-01-01T00:00:00Z.
    static let worldStart = WallTime(milliseconds: 1_767_225_600_000)
}

extension Signed {
    /// The same body with a signature that does not hold.
    func forged() throws -> Signed {
        var bytes = signature
        bytes[0] ^= 1
        return try Signed(body: body, signature: bytes)
    }
}

enum SeededStream {
    static func make(_ number: UInt8) -> RandomStream {
        RandomStream(seed: Blake2b.hash(domain: "test stream", [number]))
    }
}
