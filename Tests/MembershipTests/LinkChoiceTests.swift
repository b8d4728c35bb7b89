// Which links a member keeps.

import Essentials
import Identity
import OrderedCollections
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct LinkChoiceTests {
    @Test("up to nine members are all linked with each other, once")
    func complete() throws {
        let mesh = Mesh(seed: 31)
        try mesh.add()
        for _ in 1..<9 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        for node in mesh.nodes {
            #expect(Set(node.engine.links.compactMap(\.peer)).count == 8)
            #expect(node.engine.links.count == 8)
        }
    }

    @Test("twenty members keep eight outbound links each, and nobody is left alone")
    func slots() throws {
        let mesh = Mesh(seed: 32)
        try mesh.add()
        for _ in 1..<20 { try mesh.add(through: [0]) }
        mesh.run(.seconds(70))
        for node in mesh.nodes {
            let outbound = node.engine.links.filter { $0.isOutbound }
            let peers = node.engine.links.compactMap(\.peer)
            #expect(outbound.count <= 9, "eight and at most one feeler")
            #expect(peers.count - outbound.count <= 24)
            #expect(peers.count >= 8)
            #expect(Set(peers).count == peers.count, "no two links to the same member")
        }
    }

    @Test("slots take distinct subnets while there are enough")
    func subnets() throws {
        var bench = try Bench(policy: .lan)
        let source = bench.link(to: try TestMember(1, policy: .lan, endpoint: .v4(0x0A00_0FFF, port: 1)))
        // Twenty members on one host, and seven on hosts of their own.
        for index in 2..<29 {
            let host = index < 22 ? UInt32(0x0A00_0101) : 0x0A00_0200 + UInt32(index)
            let member = try TestMember(index, policy: .lan, endpoint: .v4(host, port: 7_000 + UInt16(index)))
            try bench.introduce(member, over: source)
        }
        let dialed = bench.wait(.seconds(1)).dialed
        #expect(dialed.count == 8)
        let crowd = dialed.filter {
            bench.engine.member($0)?.endpoints.first.map { $0 < .v4(0x0A00_0102, port: 1) } == true
        }
        #expect(crowd.count == 1)
    }

    @Test("of two links to the same member both ends keep the one that the lower key began")
    func duplicates() throws {
        for number in 1...6 {
            var bench = try Bench()
            let peer = try TestMember(number)
            let inbound = bench.link(to: peer)
            let outbound = bench.link(to: peer, outbound: true)
            bench.say(.pullReceived(inbound, try Pull(have: [], from: 0, to: .max)))
            bench.now = bench.now + .milliseconds(10)
            bench.say(.pullReceived(outbound, try Pull(have: [], from: 0, to: .max)))
            bench.say(.pullReceived(inbound, try Pull(have: [], from: 0, to: .max)))
            let loser = bench.own.key < peer.key ? inbound : outbound
            #expect(bench.wait(.milliseconds(1_900)).hungUp.isEmpty, "only after a moment")
            #expect(bench.wait(.milliseconds(200)).hungUp == [loser: .duplicate])
            #expect(bench.engine.links.count == 1)
        }
    }

    @Test("a link is not given up for one that has shown no life")
    func halfDead() throws {
        var bench = try Bench()
        let peer = try TestMember(1)
        // The link that would stay came first and is dead; the peer has started again and called.
        let first = bench.link(to: peer, outbound: bench.own.key < peer.key)
        bench.wait(.seconds(60))
        let second = bench.link(to: peer, outbound: bench.own.key > peer.key)
        #expect(bench.wait(.seconds(20)).hungUp.isEmpty)
        bench.say(.linkDown(first))
        #expect(bench.wait(.seconds(20)).hungUp[second] == nil)
        #expect(bench.engine.links.map(\.id).contains(second))
    }

    @Test("nobody is dialled to whom there is a link, in either direction")
    func noSecondLink() throws {
        let mesh = Mesh(seed: 33)
        mesh.isTraced = true
        try mesh.add()
        for _ in 1..<6 { try mesh.add(through: [0]) }
        mesh.run(.seconds(10))
        for node in mesh.nodes { node.trace = [] }
        mesh.run(.minutes(2))
        #expect(mesh.nodes.allSatisfy { node in !node.trace.contains { $0.contains("dial(") } })
    }

    @Test("failed dials are repeated ever more rarely, up to five minutes, and a newer heartbeat starts again")
    func backoff() throws {
        var bench = try Bench()
        let (dead, neighbour) = (try TestMember(1), try TestMember(2))
        let link = bench.link(to: neighbour)
        try bench.introduce(neighbour, over: link)
        try bench.push([dead.record(at: bench.wall)], over: link)
        var dials: [Moment] = []
        let start = bench.now
        while bench.now - start < .minutes(30) {
            for effect in bench.wait(.milliseconds(100)) {
                guard case .dial(dead.key, _, _) = effect else { continue }
                dials.append(bench.now)
                bench.say(.dialFailed(dead.key))
            }
        }
        #expect(dials.count >= 30, "feelers go on all the while")
        let feelers = bench.counted(.feelerSent)
        #expect((4...16).contains(dials.count - feelers))
        try bench.push([], [dead.heartbeat(at: bench.wall)], over: link)
        #expect(bench.wait(.milliseconds(200)).dialed == [dead.key])
    }

    @Test("the time between dials doubles from a second to five minutes")
    func backoffLengths() throws {
        var choice = LinkChoice(anchors: [])
        var random = SeededStream.make(1)
        let peer = try TestMember(1).key
        let now = Moment(microseconds: 1)
        for step in 0..<80 {
            choice.failed(peer, at: now, using: &random)
            let wait = try require(choice.earliestRetry(after: now)) - now
            let whole = min(Span.seconds(1) * (Int64(1) << min(step, 15)), .minutes(5))
            #expect(wait <= whole && wait >= whole / 4 * 3 - .microseconds(1))
            #expect(choice.isWaiting(peer, at: now + wait - .microseconds(1)))
            #expect(!choice.isWaiting(peer, at: now + wait))
        }
    }

    @Test("a dial that nobody answers for counts as failed")
    func unanswered() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: try TestMember(2))
        try bench.introduce(member, over: link)
        #expect(bench.wait(.seconds(3)).dialed == [member.key])
        #expect(bench.wait(.seconds(31)).dialed == [member.key])
        #expect(bench.counted(.dialUnanswered) == 1)
    }

    @Test("every five minutes one slot chooses anew, and the old link goes when the new one stands")
    func slotReset() throws {
        var (bench, members) = try Bench.settled()
        let old = Set(bench.engine.links.map(\.id))
        let seeds = Set(bench.engine.choice.slots.map(\.seed))
        while bench.engine.choice.slots.allSatisfy({ seeds.contains($0.seed) }), bench.now < .origin + .minutes(30) {
            for key in bench.wait(.seconds(1)).dialed where !bench.engine.choice.holds(key) {
                bench.say(.dialFailed(key))
            }
        }
        #expect(bench.now - Moment(microseconds: 1_000_000_000) >= .seconds(299))
        #expect(Set(bench.engine.choice.slots.map(\.seed)).subtracting(seeds).count == 1)
        let wanted = try require(
            bench.engine.choice.slots.compactMap(\.peer).first {
                bench.last.dialed.contains($0) || bench.all.dialed.last == $0
            })
        bench.say(.linkDown(bench.link(to: try TestMember(60))))
        #expect(bench.wait(.seconds(1)).hungUp.isEmpty, "the old link stays while the new one is awaited")
        let new = bench.link(to: members.first { $0.key == wanted }, outbound: true)
        let ended = bench.wait(.seconds(1)).hungUp
        #expect(ended.values.map(\.self) == [.replaced])
        #expect(old.isSuperset(of: ended.keys) && !ended.keys.contains(new))
        #expect(bench.engine.links.count == 8)
    }

    @Test("no more than sixteen dials are under way at once")
    func dialsAtOnce() throws {
        let members = try (1...40).map { try TestMember($0) }
        var bench = try Bench(restored: members.map { try $0.record(at: .worldStart - .days(3)) })
        bench.wait(.seconds(29))
        #expect(bench.all.dialed.count > 8, "the eight slots, and feelers quickly since it is alone")
        #expect(bench.engine.choice.dialCount <= 16)
        for _ in 0..<20 {
            bench.wait(.seconds(5))
            #expect(bench.engine.choice.dialCount <= 16)
        }
    }

    @Test("the order in which a slot ranks members depends on its secret seed alone")
    func ranking() throws {
        let keys = try (1...40).map { try TestMember($0).key }
        var random = SeededStream.make(2)
        var firsts: Set<NodeKey> = []
        for _ in 0..<64 {
            let seed = random.bytes32()
            let ranked = keys.sorted { LinkChoice.rank($0, seed: seed) < LinkChoice.rank($1, seed: seed) }
            #expect(
                ranked == keys.reversed().sorted { LinkChoice.rank($0, seed: seed) < LinkChoice.rank($1, seed: seed) })
            firsts.insert(try require(ranked.first))
        }
        #expect(firsts.count > 20)
    }

    @Test("anchors are dialled first after a restart, and those that last take their places")
    func anchors() throws {
        let members = try (1...20).map { try TestMember($0) }
        let restored = try members.map { try $0.record(at: .worldStart + .seconds(900)) }
        var bench = try Bench(restored: restored, anchors: [members[6].key, members[3].key])
        #expect(Array(bench.all.dialed.prefix(2)) == [members[6].key, members[3].key])
        for number in [8, 9] { bench.link(to: members[number], outbound: true) }
        bench.wait(.seconds(29))
        let named = { (effects: [MembershipEffect]) in
            effects.compactMap { if case .keepAnchors(let keys) = $0 { keys } else { nil } }
        }
        #expect(named(bench.all).isEmpty, "a start is no reason")
        bench.wait(.seconds(2))
        bench.link(to: members[10], outbound: true)
        bench.wait(.seconds(1))
        #expect(named(bench.all) == [[members[8].key, members[9].key]])
    }

    @Test("in the open mesh slots take distinct /16s while there are enough")
    func wideSubnets() throws {
        var bench = try Bench(policy: .open)
        let source = bench.link(to: try TestMember(1, policy: .open))
        // Twenty members of one /16, each in a /24 of its own, and seven elsewhere.
        for index in 2..<29 as Range<UInt32> {
            let host = index < 22 ? 0x0202_0001 + index << 8 : 0x0203_0001 + index << 16
            let member = try TestMember(Int(index), policy: .open, endpoint: .v4(host, port: 7_000))
            try bench.introduce(member, over: source)
        }
        let dialed = bench.wait(.seconds(1)).dialed
        #expect(dialed.count == 8)
        let crowd = dialed.filter {
            bench.engine.member($0)?.endpoints.first.map { $0 < .v4(0x0203_0000, port: 1) } == true
        }
        #expect(crowd.count == 1)
    }

    @Test("a feeler's link is ended after a while when no slot wants it")
    func feelerEnds() throws {
        var (bench, members) = try Bench.settled()
        var dialed: [NodeKey] = []
        for _ in 0..<300 where dialed.isEmpty { dialed = bench.wait(.milliseconds(100)).dialed }
        #expect(dialed.count == 1)
        let feeler = bench.link(to: members.first { $0.key == dialed.first }, outbound: true)
        #expect(bench.wait(.milliseconds(9_900)).hungUp.isEmpty)
        #expect(bench.wait(.seconds(1)).hungUp == [feeler: .feelerDone])
    }
}
