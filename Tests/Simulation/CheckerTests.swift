// Each checker fires on a world that is not as it should be, and on no other.

import Essentials
import Identity
@testable import NodeEngine
@testable import Simulator
import Sodium
import Testing

@Suite struct CheckerTests {
    static let keys = (0..<5).map { NodeKey(Blake2b.hash(domain: "checker", [$0])) }
    static let now = Moment.origin + .seconds(600)

    /// Nodes 0 to 3 are members that have run for 400 s, 3 of them honest; 4 is dead.
    static func look(
        at peers: [Int: [(Int, NodeSnapshot.Peer.Link)]], known: Int = 4, dead: Span = .seconds(300),
        hostile: Set<Int> = [3], connections: Int = 5, leaf: Int? = nil, housed: Span? = nil
    ) -> Look {
        let snapshots = (0..<5).map { node -> NodeSnapshot? in
            guard node != 4, !hostile.contains(node) else { return nil }
            let others = peers[node] ?? (0..<4).filter { $0 != node }.map { ($0, .outbound) }
            return NodeSnapshot(
                node: keys[node], isMember: true, members: others.count + 1, known: known, expected: nil,
                links: others.count, homes: [], cover: 3, coverWarning: nil, seats: [],
                peers: others.map {
                    NodeSnapshot.Peer(
                        node: keys[$0.0], isPresent: true, heartbeatAge: .zero, link: $0.1, reach: .unknown,
                        addresses: [])
                }, isSolvingPuzzle: false, clockOffset: .zero, looking: nil, friends: [])
        }
        return Look(
            now: now, snapshots: snapshots, keys: keys,
            steady: (0..<5).map { $0 == 4 ? nil : now - .seconds(400) },
            housed: (0..<5).map { node in node == leaf ? housed.map { now - $0 } : nil },
            dead: (0..<5).map { $0 == 4 ? now - dead : nil }, connections: [Int](repeating: connections, count: 5),
            isMember: (0..<5).map { $0 != leaf }, hostile: Set(hostile.map { keys[$0] }), victim: 0)
    }

    static let policy = World.lanPolicy
    static let all: [(Int, NodeSnapshot.Peer.Link)] = [(1, .outbound), (2, .none), (3, .inbound)]

    @Test("a world as it should be breaks no rule")
    func whole() {
        let look = Self.look(at: [:])
        #expect(look.flaw() == nil)
        #expect(NobodyInvented().look(look) == nil && NobodyNamedDead().look(look) == nil)
        #expect(NobodyKeptAlive(policy: Self.policy, members: 4).look(look) == nil)
        #expect(ConnectionsBounded().look(look) == nil)
        #expect(TableBounded(members: 5, stuffing: 0).look(look) == nil && VictimReached().look(look) == nil)
        #expect(look.hostileLinks.map { (0.33...0.34).contains($0) } == true)
    }

    @Test("who lacks an honest member is found, and who lacks a hostile one is not")
    func lacking() {
        let lacksHonest = Self.look(at: [1: [(0, .outbound), (3, .outbound)]])
        #expect(lacksHonest.flaw() != nil && NobodyNamedDead().look(lacksHonest) != nil)
        let lacksHostile = Self.look(at: [1: [(0, .outbound), (2, .outbound)]])
        #expect(lacksHostile.flaw() == nil && NobodyNamedDead().look(lacksHostile) == nil)
    }

    @Test("a leaf that lacks a member is found once its home has had the time to tell it of everybody")
    func leaves() {
        let peers = [1: [(0, NodeSnapshot.Peer.Link.outbound)]]
        let long = Self.look(at: peers, leaf: 1, housed: .seconds(10))
        #expect(NobodyNamedDead().look(long)?.hasPrefix("node 1 ") == true)
        #expect(NobodyNamedDead().look(Self.look(at: peers, leaf: 1, housed: .seconds(9))) == nil)
        #expect(NobodyNamedDead().look(Self.look(at: peers, leaf: 1)) == nil, "nobody tells it anything")
    }

    @Test("who holds the dead for present is found once no heartbeat can be the reason any more")
    func keptAlive() {
        let peers = [0: Self.all + [(4, .none)]]
        #expect(NobodyKeptAlive.longest(in: Self.policy, members: 4) == .milliseconds(137_500))
        let long = Self.look(at: peers), short = Self.look(at: peers, dead: .seconds(140))
        #expect(NobodyKeptAlive(policy: Self.policy, members: 4).look(long) != nil)
        #expect(long.flaw(lingering: .seconds(145)) != nil)
        #expect(NobodyKeptAlive(policy: Self.policy, members: 4).look(short) == nil)
        #expect(short.flaw(lingering: .seconds(145)) == nil && short.flaw() != nil)
    }

    @Test("a table beyond its members and one neighbourhood is found")
    func tables() {
        let look = Self.look(at: [:], known: 70)
        #expect(TableBounded(members: 5, stuffing: 0).look(look) != nil)
        #expect(TableBounded(members: 5, stuffing: 1).look(look) != nil)
        #expect(TableBounded(members: 6, stuffing: 1).look(look) == nil)
    }

    @Test("a victim whose links are all hostile is found, unless nobody honest is there")
    func eclipse() {
        let links: [(Int, NodeSnapshot.Peer.Link)] = [(1, .none), (2, .none), (3, .outbound)]
        let look = Self.look(at: [0: links])
        #expect(VictimReached().look(look) != nil && look.hostileLinks == 1)
        #expect(VictimReached().look(Self.look(at: [0: links], hostile: [1, 2, 3])) == nil)
    }

    @Test("who says two things and is still held for present is found")
    func twoFaces() {
        #expect(TwoFacesUnmasked(members: [3]).look(Self.look(at: [:])) != nil)
        let unmasked = (0..<3).map { node in (node, (0..<3).filter { $0 != node }.map { ($0, Self.all[0].1) }) }
        #expect(TwoFacesUnmasked(members: [3]).look(Self.look(at: Dictionary(uniqueKeysWithValues: unmasked))) == nil)
    }

    @Test("a rule that has nobody to judge says so, and one that has says that")
    func applying() {
        let look = Self.look(at: [:]), noneHonest = Self.look(at: [:], hostile: [0, 1, 2, 3])
        #expect(NobodyInvented().applies(to: look) && !NobodyInvented().applies(to: noneHonest))
        #expect(ConnectionsBounded().applies(to: look) && !ConnectionsBounded().applies(to: noneHonest))
        let tables = TableBounded(members: 5, stuffing: 0)
        #expect(tables.applies(to: look) && !tables.applies(to: noneHonest))
        let alone = Self.look(at: [:], hostile: [1, 2, 3])
        #expect(NobodyNamedDead().applies(to: look) && !NobodyNamedDead().applies(to: alone))
        #expect(VictimReached().applies(to: look) && !VictimReached().applies(to: alone))
        #expect(!VictimReached().applies(to: Self.look(at: [:], hostile: [0])), "the victim does not run")
        #expect(TwoFacesUnmasked(members: [3]).applies(to: look))
        #expect(!TwoFacesUnmasked(members: [4]).applies(to: look), "who says two things is dead")
        #expect(!TwoFacesUnmasked(members: []).applies(to: look))
        let keptAlive = NobodyKeptAlive(policy: Self.policy, members: 4)
        #expect(keptAlive.applies(to: look) && !keptAlive.applies(to: Self.look(at: [:], dead: .seconds(140))))
    }

    @Test("a run counts how often each rule had anybody to judge, by the names that are reported")
    func judgements() {
        let result = SimulatedRun.run(FaultPlan(seed: 1, nodes: 8, length: .minutes(1), only: []))
        #expect(result.failure == nil)
        #expect(Set(result.judgements.keys).isSubset(of: RunResult.rules))
        #expect(Set(RunResult.rules).count == RunResult.rules.count)
        #expect(result.judgements[NobodyInvented.name] == result.looks)
        let named = result.judgements[NobodyNamedDead.name] ?? 0
        #expect(named > 0 && named <= result.judged, "not before anybody has run for a while")
        #expect(result.judgements[NobodyKeptAlive.name] == nil, "nobody died")
        #expect(result.judgements[VictimReached.name] == nil && result.judgements[TwoFacesUnmasked.name] == nil)
    }

    @Test("too many connections of an honest node are found")
    func connections() { #expect(ConnectionsBounded().look(Self.look(at: [:], connections: 200)) != nil) }
}
