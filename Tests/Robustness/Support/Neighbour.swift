// A member that can sign records and heartbeats, and a table that hears them.

import Essentials
import Identity
import Membership
import Sodium
import Testing
import Wire

/// Somebody with keys, an address and a solved puzzle.
final class Neighbour: Sendable {
    static let wall = WallTime(milliseconds: 1_767_225_600_000)
    let policy: NetworkPolicy
    let identity: Owned<NodeIdentity>
    let endpoint: Endpoint
    let puzzle: PuzzleSolution

    var key: NodeKey { identity.value.nodeKey }

    init(_ index: Int, policy: NetworkPolicy = testPolicy) throws {
        self.policy = policy
        var random = RandomStream(
            seed: Blake2b.hash(domain: "neighbour", [UInt8(index & 255), UInt8(index >> 8 & 255)]))
        let identity = Owned(NodeIdentity.generate(using: &random))
        self.identity = identity
        endpoint = .v4(0x7F00_0001, port: UInt16(10_000 + index))
        let month = Puzzle.month(at: Self.wall, policy: policy)
        puzzle = try #require(
            Puzzle.attempt(
                nodeKey: identity.value.nodeKey, month: month, policy: policy, startingAt: 0, count: 10_000))
    }

    func record(seq: UInt64? = nil, puzzle: PuzzleSolution? = nil, capabilities: UInt32 = Capability.all) throws
        -> Signed
    {
        try NodeRecord.make(
            identity: identity.value, policy: policy, seq: seq ?? Self.wall.milliseconds,
            expires: Self.wall + .hours(24),
            addresses: [endpoint], capabilities: capabilities, puzzle: puzzle ?? self.puzzle)
    }

    func heartbeat(at time: WallTime = Neighbour.wall) throws -> Signed {
        try Heartbeat.make(identity: identity.value, policy: policy, time: time, period: policy.heartbeatBase)
    }
}

/// A membership engine in one of its states.
struct TableBench {
    enum State: CaseIterable, CustomTestStringConvertible {
        case leafAlone, leafAtHome, memberAlone, newMember, member, equivocated, banning
        var testDescription: String { "\(self)" }
    }

    static let link = Membership.LinkID(number: 1)
    let own: Neighbour
    let known: Neighbour
    var engine: Membership
    var random = RandomStream(seed: .zero)
    var now = Moment.origin + .seconds(1)

    init(_ state: State) throws {
        own = try Neighbour(0)
        known = try Neighbour(1)
        let isMember = state != .leafAlone && state != .leafAtHome
        engine = Membership(
            policy: testPolicy, own: own.key, isMember: isMember, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: Neighbour.wall), at: now)
        guard state != .newMember else { return }
        _ = wait(.milliseconds(10))
        guard state != .leafAlone, state != .memberAlone else { return }
        _ = say(.linkUp(Self.link, peer: known.key, isLeaf: false, outbound: true))
        _ = say(.pushReceived(Self.link, try Push(records: [known.record()], heartbeats: [known.heartbeat()])))
        switch state {
        case .equivocated:
            _ = say(.pushReceived(Self.link, try Push(records: [known.record(capabilities: 1)], heartbeats: [])))
        case .banning:
            let forged = try Signed(body: known.record(seq: 5).body, signature: [UInt8](repeating: 1, count: 64))
            for _ in 0..<7 { _ = say(.pushReceived(Self.link, try Push(records: [forged], heartbeats: []))) }
        default: break
        }
        _ = wait(.seconds(1))
    }

    mutating func say(_ input: MembershipInput) -> [MembershipEffect] {
        var effects = engine.handle(input, at: now, using: &random)
        for effect in effects {
            switch effect {
            case .signRecord(let seq, _):
                if let signed = try? own.record(seq: seq) {
                    effects += engine.handle(.recordSigned(signed), at: now, using: &random)
                }
            case .signHeartbeat(let time, _):
                if let signed = try? own.heartbeat(at: time) {
                    effects += engine.handle(.heartbeatSigned(signed), at: now, using: &random)
                }
            case .checkPuzzles(let claims):
                let findings = claims.map { $0.check(policy: testPolicy) }
                effects += say(.puzzlesChecked(findings))
            default: break
            }
        }
        return effects
    }

    mutating func wait(_ span: Span) -> [MembershipEffect] {
        let end = now + span
        var effects: [MembershipEffect] = []
        var turns = 0
        while let due = engine.nextDeadline(), due <= end {
            now = max(now, due)
            effects += say(.timerFired)
            turns += 1
            if turns > 20_000 {
                Issue.record("a timer that never rests")
                break
            }
        }
        now = end
        return effects
    }
}
