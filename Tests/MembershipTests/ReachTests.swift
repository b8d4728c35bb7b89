// What a node thinks of the way to each member: from its own calls, and from what others bring of those that fail.

import Essentials
import Identity
import OrderedCollections
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct ReachTests {
    /// A member that calls somebody who is present and does not answer.
    private func failing(_ count: Int = 1) throws -> (street: Street, members: [TestMember]) {
        var street = try Street(isHelped: true)
        let members = try (0..<count).map { try Street.member(40 + $0, at: 0x6000_0001 + UInt32($0) << 16) }
        try street.offer(members)
        for member in members { fail(member, in: &street) }
        return (street, members)
    }

    private func fail(_ member: TestMember, in street: inout Street, _ purpose: LinkChoice.Purpose = .feeler) {
        street.bench.engine.choice.dialing[member.key] = LinkChoice.Call(purpose: purpose, endpoints: [member.endpoint])
        street.bench.say(.dialFailed(member.key))
    }

    private func reach(_ member: TestMember, in street: Street) -> Membership.Reach {
        street.bench.engine.reach(of: member.key, at: street.bench.now)
    }

    private func bring(_ count: Int, of member: TestMember, in street: inout Street) throws {
        for (link, ask) in street.bench.all.asks.suffix(3).prefix(count) {
            let alive = try LifeSign.make(identity: member.identity.value, policy: .open, nonce: ask.nonce)
            street.bench.say(.aliveReceived(link, alive))
        }
    }

    @Test("a member that does not answer, and answers others, is shown as such for an hour")
    func opinions() throws {
        var (street, members) = try failing()
        let member = members[0]
        #expect(street.bench.last.asks.count == 3)
        #expect(street.bench.last.asks.allSatisfy { $0.ask.node == member.key.bytes && $0.ask.addresses.isEmpty })
        #expect(reach(member, in: street) == .noAnswer)
        try bring(2, of: member, in: &street)
        #expect(reach(member, in: street) == .answersOthers)
        let asked = street.bench.now
        street.bench.now = asked + .minutes(60) - .microseconds(1)
        #expect(reach(member, in: street) == .answersOthers)
        street.bench.now = asked + .minutes(60)
        #expect(reach(member, in: street) == .noAnswer)
        let link = street.bench.link(to: member, outbound: true)
        #expect(reach(member, in: street) == .reached)
        street.bench.say(.linkDown(link))
        #expect(reach(member, in: street) == .reached, "it answered the last call")
    }

    @Test("whom nobody has called is unknown, and who calls us is reached while it is linked")
    func unknown() throws {
        var street = try Street(isHelped: true)
        let member = try Street.member(40, at: 0x6000_0001)
        #expect(reach(member, in: street) == .unknown)
        street.isAnswering = false
        try street.offer([member])
        #expect(reach(member, in: street) == .unknown)
        let link = street.bench.link(to: member)
        #expect(reach(member, in: street) == .reached)
        street.bench.say(.linkDown(link))
        #expect(reach(member, in: street) == .unknown, "a call of its own shows nothing about ours")
    }

    @Test("others are asked when a link fell silent, and not when it ended otherwise")
    func silentLink() throws {
        for isSilent in [false, true] {
            var street = try Street(isHelped: true)
            let member = try Street.member(40, at: 0x6000_0001)
            try street.offer([member])
            street.isAnswering = false
            let link = street.bench.link(to: member, outbound: true)
            street.bench.say(.linkDown(link, isSilent: isSilent))
            #expect(street.bench.last.asks.count == (isSilent ? 3 : 0))
            #expect(reach(member, in: street) == (isSilent ? .noAnswer : .reached))
        }
    }

    @Test("while another link to it stands, nobody is asked about it")
    func linkedOtherwise() throws {
        var (street, members) = try failing(0)
        let member = try Street.member(40, at: 0x6000_0001)
        members.append(member)
        try street.offer(members)
        let first = street.bench.link(to: member)
        street.bench.link(to: member)
        street.bench.say(.linkDown(first, isSilent: true))
        fail(member, in: &street)
        #expect(street.bench.all.asks.isEmpty && reach(member, in: street) == .reached)
    }

    @Test("nobody is asked about the absent, nor after a call that was made for somebody else")
    func whoIsAskedAbout() throws {
        var street = try Street(isHelped: true)
        let absent = try Street.member(40, at: 0x6000_0001)
        try street.bench.push([absent.record(at: street.bench.wall)], over: street.source)
        fail(absent, in: &street)
        #expect(street.bench.all.asks.isEmpty && reach(absent, in: street) == .noAnswer)
        try street.offer([absent])
        fail(absent, in: &street, .errand)
        #expect(street.bench.all.asks.isEmpty)
        fail(absent, in: &street)
        #expect(street.bench.all.asks.count == 3)
    }

    @Test("nobody is asked about somebody whose heartbeat is overdue: it is more likely gone")
    func overdue() throws {
        for (wait, asked) in [(Int64(25_999), 3), (26_000, 0)] {
            var street = try Street(isHelped: true)
            let member = try Street.member(40, at: 0x6000_0001)
            try street.offer([member])
            street.bench.wait(.milliseconds(wait))
            fail(member, in: &street)
            #expect(street.bench.engine.isPresent(member.key) && street.bench.all.asks.count == asked, "\(wait)")
        }
    }

    @Test("about one member others are asked every ten minutes, about all four times at once and once in 15 s")
    func pace() throws {
        var (street, members) = try failing(6)
        #expect(street.bench.counted(.othersAsked) == 4)
        fail(members[0], in: &street)
        #expect(street.bench.counted(.othersAsked) == 4)
        street.isAnswering = false
        street.bench.now = street.bench.now + .seconds(15) - .microseconds(1)
        fail(members[5], in: &street)
        #expect(street.bench.counted(.othersAsked) == 4)
        street.bench.now = street.bench.now + .microseconds(1)
        fail(members[0], in: &street)
        #expect(street.bench.counted(.othersAsked) == 4)
        fail(members[5], in: &street)
        #expect(street.bench.counted(.othersAsked) == 5)

        var asks = Asks(at: .origin)
        let key = members[0].key
        asks.failed(key)
        #expect(asks.mayAsk(key, at: .origin) == true)
        #expect(asks.mayAsk(key, at: .origin + .minutes(10) - .microseconds(1)) == false)
        asks.failed(key)
        #expect(asks.mayAsk(key, at: .origin + .minutes(10)) == true)
    }

    @Test("those are asked that this node chose, in subnets of their own, that are present and no feelers")
    func helpers() throws {
        let (street, members) = try failing()
        let asked = street.bench.last.asks.compactMap { street.bench.engine.linkTable[$0.link] }
        #expect(asked.count == 3 && asked.allSatisfy { $0.isOutbound && !$0.isFeeler && $0.peer != members[0].key })
        #expect(Set(asked.compactMap(\.peer)).count == 3)

        // All in one subnet are one helper, and absent ones none.
        var bench = try Bench(policy: .open)
        let neighbours = try (1..<4).map { try Street.member($0, at: 0x3000_0000 + UInt32($0)) }
        let links = neighbours.map { bench.link(to: $0) }
        let member = try Street.member(40, at: 0x6000_0001)
        for known in neighbours { try bench.push([known.record(at: bench.wall)], over: links[0]) }
        try bench.introduce(member, over: links[0])
        bench.engine.choice.dialing[member.key] = LinkChoice.Call(purpose: .feeler, endpoints: [member.endpoint])
        #expect(bench.say(.dialFailed(member.key)).asks.isEmpty, "who is absent is not asked")
        bench.wait(.minutes(10))
        for known in neighbours + [member] { try bench.introduce(known, over: links[0]) }
        bench.engine.choice.dialing[member.key] = LinkChoice.Call(purpose: .feeler, endpoints: [member.endpoint])
        #expect(bench.say(.dialFailed(member.key)).asks.count == 1)
        let alive = try LifeSign.make(
            identity: member.identity.value, policy: .open, nonce: try require(bench.last.asks.first).ask.nonce)
        bench.say(.aliveReceived(try require(bench.all.asks.last).link, alive))
        #expect(bench.engine.reach(of: member.key, at: bench.now) == .answersOthers, "one of one is enough")
    }

    @Test("four thousand failures are remembered, the first goes first; who is forgotten leaves no opinion")
    func remembered() throws {
        var asks = Asks(at: .origin)
        let keys = (0..<4_097 as Range<UInt16>).map { NodeKey(Blake2b.hash([UInt8($0 >> 8), UInt8($0 & 255)])) }
        for key in keys { asks.failed(key) }
        asks.failed(keys[4_096])
        #expect(asks.opinion(of: keys[0], at: .origin) == nil && asks.opinion(of: keys[1], at: .origin) == .noAnswer)
        asks.begin(keys[1], at: [], [Membership.LinkID(number: 1): .zero])
        asks.forget(keys[1])
        #expect(asks.opinion(of: keys[1], at: .origin) == nil)
        #expect(asks.take(.zero, over: Membership.LinkID(number: 1)) == nil)

        var (street, members) = try failing()
        street.bench.engine.forget(members[0].short)
        street.bench.engine.effects = []
        #expect(reach(members[0], in: street) == .unknown)
    }

    @Test("two that are cut off from each other hold each other for somebody who answers others, and for present")
    func cut() throws {
        let mesh = Mesh(seed: 3)
        try mesh.add()
        for _ in 1..<7 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        #expect(mesh.isAgreed)
        mesh.cut(2, 5)
        mesh.run(.seconds(60))
        for (here, there) in [(2, 5), (5, 2)] {
            let key = mesh.nodes[there].member.key
            #expect(mesh.nodes[here].engine.reach(of: key, at: mesh.now) == .answersOthers)
            #expect(mesh.nodes.allSatisfy { $0.engine.isPresent(key) })
        }
        #expect(mesh.isAgreed)
        #expect(mesh.nodes.allSatisfy { $0.counters[.aliveInvalid] == nil && $0.counters[.violationHungUp] == nil })
    }
}
