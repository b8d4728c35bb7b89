// Whose inbound link stays when there are more than places.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct InboundTests {
    private typealias LinkID = Membership.LinkID

    /// A bench that has heard of these members and to which they have dialled, in this order.
    private func bench(_ members: [TestMember], extra: [TestMember] = []) throws -> (bench: Bench, links: [LinkID]) {
        var bench = try Bench(policy: .lan)
        let source = bench.link(to: try TestMember(999, policy: .lan), outbound: true)
        try bench.push((members + extra).map { try $0.record(at: bench.wall) }, over: source)
        bench.wait(.seconds(1))
        let links = members.map { bench.link(to: $0) }
        return (bench, links)
    }

    /// Members on one host, or each on a host of its own.
    private func members(_ indices: Range<Int>, onHost host: UInt32? = nil) throws -> [TestMember] {
        try indices.map {
            try TestMember($0, policy: .lan, endpoint: .v4(host ?? 0x0A01_0000 + UInt32($0), port: UInt16($0)))
        }
    }

    @Test("a crowd from one subnet makes place for others, one a minute, its youngest first")
    func crowd() throws {
        let (crowd, others) = (try members(1..<25, onHost: 0x0A00_0099), try members(100..<103))
        var (bench, links) = try bench(crowd, extra: others)
        let first = bench.link(to: others[0])
        let second = bench.link(to: others[1])
        var ended = bench.wait(.seconds(6)).hungUp
        let evicted = try require(ended.first { links.contains($0.key) })
        #expect(ended == [evicted.key: .full, second: .full] || ended == [evicted.key: .full, first: .full])
        #expect(links.suffix(9).contains(evicted.key))
        #expect(bench.counted(.inboundReplaced) == 1)
        bench.wait(.minutes(1))
        let third = bench.link(to: others[2])
        ended = bench.wait(.seconds(6)).hungUp
        #expect(ended[third] == nil && ended.count { links.contains($0.key) } == 1)
        #expect(bench.engine.links.count { !$0.isOutbound } == 24)
    }

    @Test("one more of the largest crowd replaces nobody")
    func oneMore() throws {
        let crowd = try members(1..<26, onHost: 0x0A00_0099)
        var (bench, links) = try bench(crowd)
        #expect(bench.wait(.seconds(6)).hungUp == [links[24]: .full])
        #expect(bench.counted(.inboundReplaced) == 0)
        links.removeLast()
        #expect(Set(bench.engine.links.map(\.id)).isSuperset(of: links))
    }

    @Test("who has stood longest and who is nearest stays, however many come")
    func protected() throws {
        let (honest, attackers) = (try members(1..<25), try members(100..<200))
        var (bench, links) = try bench(honest, extra: attackers)
        let near = links[15..<19]
        for (place, link) in links.enumerated() {
            let uncertainty = Span.milliseconds(near.contains(link) ? 5 : 20 + Int64(place))
            bench.say(.offsetMeasured(link, offset: .zero, uncertainty: uncertainty))
        }
        for attacker in attackers {
            let guest = bench.link(to: attacker)
            bench.say(.offsetMeasured(guest, offset: .zero, uncertainty: .milliseconds(15)))
            bench.wait(.minutes(1))
        }
        let staying = Set(bench.engine.links.map(\.id))
        #expect(staying.isSuperset(of: links.prefix(4)))
        #expect(staying.isSuperset(of: near))
        #expect(bench.counted(.inboundReplaced) > 50)
    }

    @Test("of the subnets that come first in a secret order, four keep their oldest link")
    func secretOrder() throws {
        let (early, late) = (try members(1..<25), try members(100..<200))
        var (bench, links) = try bench(early, extra: late)
        let table = bench.engine.table
        let rank = { (member: TestMember) in
            table[member.key]?.subnets.first.map { table.secretRank(of: $0) } ?? .max
        }
        let order = early.indices.dropFirst(4).sorted { rank(early[$0]) < rank(early[$1]) }
        let kept = order.prefix(4)
        for guest in late where rank(guest) > rank(early[kept[3]]) {
            bench.link(to: guest)
            bench.wait(.minutes(1))
        }
        #expect(bench.counted(.inboundReplaced) > 30)
        #expect(Set(bench.engine.links.map(\.id)).isSuperset(of: kept.map { links[$0] }))
    }

    @Test("a good round trip counts for good, and one that was never measured for nothing")
    func roundTrips() throws {
        var (bench, links) = try bench(members(1..<3))
        bench.say(.offsetMeasured(links[0], offset: .zero, uncertainty: .milliseconds(5)))
        bench.say(.offsetMeasured(links[0], offset: .zero, uncertainty: .milliseconds(50)))
        #expect(bench.engine.linkTable[links[0]]?.roundTrip == .milliseconds(10))
        #expect(bench.engine.linkTable[links[1]]?.roundTrip == nil)
    }

    @Test("who comes late gets in by and by, even where all places are taken by different subnets")
    func late() throws {
        let (attackers, honest) = (try members(1..<25), try members(100..<101)[0])
        var (bench, _) = try bench(attackers, extra: [honest])
        for _ in 0..<30 {
            bench.link(to: honest)
            bench.wait(.minutes(1))
            if bench.engine.links.contains(where: { $0.peer == honest.key }) { return }
        }
        Issue.record("never")
    }

    @Test("links of members that have no line are the first to go, and replace nobody")
    func strangers() throws {
        let (known, late) = (try members(1..<21), try members(100..<110))
        var (bench, _) = try bench(known, extra: late)
        let strangers = try members(50..<56).map { bench.link(to: $0) }
        #expect(Set(bench.wait(.seconds(6)).hungUp.keys) == Set(strangers.suffix(2)))
        #expect(bench.counted(.inboundReplaced) == 0)
        // Without waiting for a minute each.
        for member in late.prefix(4) { bench.link(to: member) }
        #expect(Set(bench.wait(.seconds(6)).hungUp.keys) == Set(strangers.prefix(4)))
        #expect(bench.engine.links.count { !$0.isOutbound } == 24)
    }

    @Test("an inbound link that fills a slot of this node's own choice stays")
    func chosen() throws {
        let (crowd, others) = (try members(1..<25, onHost: 0x0A00_0099), try members(100..<140))
        var (bench, links) = try bench(crowd, extra: others)
        for index in bench.engine.choice.slots.indices {
            bench.engine.choice.slots[index].peer = crowd[23 - index].key
        }
        for other in others.prefix(12) {
            bench.link(to: other)
            bench.wait(.minutes(1))
        }
        let staying = Set(bench.engine.links.map(\.id))
        #expect(bench.counted(.inboundReplaced) > 0)
        // The first slots have chosen anew by then.
        #expect(staying.isSuperset(of: links[16..<20]))
    }
}
