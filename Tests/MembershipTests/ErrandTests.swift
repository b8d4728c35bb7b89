// What a member does for others who do not reach somebody, how much of it, and what it signs when it is challenged.

import Essentials
import Identity
import OrderedCollections
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct ErrandTests {
    /// A helper with a link to somebody who asks, and who is present.
    private struct Scene {
        var bench: Bench
        let asker: TestMember
        let link: Membership.LinkID
        private var nonces: UInt8 = 0

        init() throws {
            bench = try Bench(policy: .open)
            asker = try Street.member(1, at: 0x3000_0001)
            link = bench.link(to: asker)
            try bench.introduce(asker, over: link)
        }

        mutating func know(_ members: TestMember...) throws {
            for member in members { try bench.introduce(member, over: link) }
        }

        @discardableResult
        mutating func ask(
            _ member: TestMember, at addresses: [Endpoint] = [], over other: Membership.LinkID? = nil
        ) throws -> [MembershipEffect] {
            nonces += 1
            let ask = try Ask(node: member.key.bytes, nonce: Blake2b.hash([nonces]), addresses: addresses)
            return bench.say(.askReceived(other ?? link, ask))
        }

        var nonce: Bytes32 { Blake2b.hash([nonces]) }
        /// Calls that others have brought about.
        var calls: Int { bench.counted(.calledForOthers) }

        func alive(_ member: TestMember, _ nonce: Bytes32) throws -> Alive {
            try LifeSign.make(identity: member.identity.value, policy: .open, nonce: nonce)
        }
    }

    private func member(_ index: Int) throws -> TestMember {
        try Street.member(40 + index, at: 0x6000_0001 + UInt32(index) << 16)
    }

    @Test("a linked member is challenged over its link, and what it signs goes to whoever asked, once")
    func linked() throws {
        var scene = try Scene()
        let member = try member(0)
        let link = scene.bench.link(to: member)
        try scene.know(member)
        let effects = try scene.ask(member)
        #expect(effects.challenges.map(\.link) == [link] && effects.challenges[0].challenge.nonce == scene.nonce)
        let alive = try scene.alive(member, scene.nonce)
        #expect(scene.bench.say(.aliveReceived(scene.link, alive)).passedOn.isEmpty, "over the wrong link")
        let brought = scene.bench.say(.aliveReceived(link, alive)).passedOn
        #expect(brought.map(\.link) == [scene.link] && brought[0].alive == alive)
        #expect(scene.bench.say(.aliveReceived(link, alive)).passedOn.isEmpty)
        #expect(scene.bench.counted(.aliveUnasked) == 2 && scene.bench.counted(.aliveInvalid) == 0)
    }

    @Test("what the member has not signed is not passed on, and held against its link")
    func forged() throws {
        var scene = try Scene()
        let member = try member(0)
        let link = scene.bench.link(to: member)
        try scene.know(member)
        try scene.ask(member)
        let forged = try scene.alive(scene.asker, scene.nonce)
        #expect(scene.bench.say(.aliveReceived(link, forged)).passedOn.isEmpty)
        #expect(scene.bench.counted(.aliveInvalid) == 1)
        #expect(scene.bench.engine.linkTable[link]?.violations == 1)
        #expect(scene.bench.engine.linkTable[scene.link]?.violations == 0)
    }

    @Test("an answer that comes after ten seconds is not passed on")
    func late() throws {
        var scene = try Scene()
        let member = try member(0)
        let link = scene.bench.link(to: member)
        try scene.know(member)
        try scene.ask(member)
        let first = try scene.alive(member, scene.nonce)
        try scene.ask(member)
        let second = try scene.alive(member, scene.nonce)
        scene.bench.now = scene.bench.now + .seconds(10) - .microseconds(1)
        #expect(scene.bench.say(.aliveReceived(link, first)).passedOn.count == 1)
        scene.bench.now = scene.bench.now + .microseconds(1)
        #expect(scene.bench.say(.aliveReceived(link, second)).passedOn.isEmpty)
    }

    @Test("who is not linked is called, and challenged over the new link when it answers")
    func called() throws {
        var scene = try Scene()
        let member = try member(0)
        try scene.know(member)
        let effects = try scene.ask(member)
        #expect(effects.dialed == [member.key] && effects.challenges.isEmpty)
        let link = scene.bench.link(to: member, outbound: true)
        #expect(scene.bench.last.challenges.map(\.link) == [link])
        #expect(scene.bench.last.challenges.map(\.challenge.nonce) == [scene.nonce])
        #expect(scene.bench.say(.aliveReceived(link, try scene.alive(member, scene.nonce))).passedOn.count == 1)
        #expect(scene.bench.engine.linkTable[link]?.isFeeler == true)
        let again = scene.bench.link(to: member, outbound: true)
        #expect(again != link && scene.bench.last.challenges.isEmpty, "it is challenged once")
    }

    @Test("a call that is answered too late challenges nobody, nor does one that the member makes itself")
    func calledLate() throws {
        var scene = try Scene()
        let member = try member(0)
        try scene.know(member)
        try scene.ask(member)
        scene.bench.link(to: member)
        #expect(scene.bench.last.challenges.isEmpty)
        scene.bench.now = scene.bench.now + .seconds(10)
        scene.bench.link(to: member, outbound: true)
        #expect(scene.bench.last.challenges.isEmpty)
    }

    @Test("only addresses of the member's own record are called, and of those only what is asked for")
    func addresses() throws {
        var scene = try Scene()
        let member = try member(0)
        let (first, second) = (member.endpoint, Endpoint.v4(0x7100_0001, port: 9))
        let record = try NodeRecord.make(
            identity: member.identity.value, policy: .open, seq: scene.bench.wall.milliseconds,
            expires: scene.bench.wall + .hours(24), addresses: [first, second], capabilities: Capability.all,
            puzzle: member.puzzle)
        try scene.bench.push([record], over: scene.link)
        try scene.ask(member, at: [.v4(0x0808_0808, port: 53)])
        #expect(scene.bench.all.dialed.isEmpty && scene.bench.counted(.askIgnored) == 1)
        let effects = try scene.ask(member, at: [second, .v4(0x0808_0808, port: 53)])
        #expect(effects.contains(.dial(member.key, try channel(of: record), [second])))
    }

    private func channel(of record: Signed) throws -> ChannelKey {
        ChannelKey(try RecordBody(decoding: record.body).channelKey)
    }

    @Test("who has called us has not shown where it is; whom we have reached there has")
    func whereItIs() throws {
        var scene = try Scene()
        let member = try member(0)
        let link = scene.bench.link(to: member)
        try scene.know(member)
        #expect(try scene.ask(member, at: [member.endpoint]).challenges.isEmpty)
        #expect(scene.bench.counted(.askIgnored) == 1 && scene.calls == 0)
        #expect(try scene.ask(member).challenges.count == 1)
        scene.bench.say(.linkDown(link))
        scene.bench.engine.choice.dialing[member.key] = LinkChoice.Call(
            purpose: .kept, endpoints: [member.endpoint])
        scene.bench.link(to: member, outbound: true)
        #expect(try scene.ask(member, at: [member.endpoint]).challenges.count == 1)
        #expect(try scene.ask(member, at: [member.endpoint, .v4(0x7100_0001, port: 9)]).challenges.isEmpty)
    }

    @Test("a call that is under way will do if it is made at nothing else")
    func underWay() throws {
        var scene = try Scene()
        let (here, elsewhere) = (try member(0), try member(1))
        try scene.know(here, elsewhere)
        let other = Endpoint.v4(0x7100_0001, port: 9)
        scene.bench.engine.choice.dialing[here.key] = LinkChoice.Call(purpose: .kept, endpoints: [here.endpoint])
        scene.bench.engine.choice.dialing[elsewhere.key] = LinkChoice.Call(
            purpose: .kept, endpoints: [elsewhere.endpoint, other])
        try scene.ask(elsewhere)
        #expect(scene.bench.counted(.askIgnored) == 1)
        try scene.ask(here)
        #expect(scene.calls == 0 && scene.bench.counted(.askIgnored) == 1)
        scene.bench.link(to: elsewhere, outbound: true)
        #expect(scene.bench.last.challenges.isEmpty)
        scene.bench.link(to: here, outbound: true)
        #expect(scene.bench.last.challenges.map(\.challenge.nonce) == [scene.nonce])
    }

    @Test("nothing is done for who is absent, has no line or is a leaf, nor about oneself or whom nobody knows")
    func ignored() throws {
        var scene = try Scene()
        let (member, absent) = (try member(0), try member(1))
        let link = scene.bench.link(to: member)
        try scene.know(member)
        let stranger = scene.bench.link(to: absent)
        let leaf = scene.bench.link(to: nil, isLeaf: true)
        try scene.ask(member, over: stranger)
        try scene.bench.push([absent.record(at: scene.bench.wall)], over: stranger)
        try scene.ask(member, over: stranger)
        try scene.ask(member, over: leaf)
        try scene.ask(member, over: Membership.LinkID(number: 99))
        try scene.ask(scene.bench.own)
        try scene.ask(try self.member(2))
        #expect(scene.bench.all.challenges.isEmpty && scene.bench.counted(.askIgnored) == 6 && scene.calls == 0)
        try scene.ask(member)
        #expect(scene.bench.all.challenges.map(\.link) == [link])
    }

    @Test("nobody is called for others who is ignored for equivocation or was hung up for violations")
    func notCalled() throws {
        var scene = try Scene()
        let (banned, equivocator) = (try member(0), try member(1))
        try scene.know(banned, equivocator)
        scene.bench.engine.choice.ban(banned.key, until: scene.bench.now + .minutes(5), at: scene.bench.now)
        try scene.bench.push(
            [equivocator.record(at: scene.bench.wall, endpoint: .v4(0x7200_0001, port: 1))], over: scene.link)
        try scene.ask(banned)
        try scene.ask(equivocator)
        #expect(scene.calls == 0 && scene.bench.counted(.askIgnored) == 2)
    }

    @Test("for one link one is called at a time, in one subnet one a minute, and four at once and one in 10 s in all")
    func calls() throws {
        var scene = try Scene()
        let askers = try (0..<8).map { try Street.member(100 + $0, at: 0x3100_0001 + UInt32($0) << 16) }
        let links = askers.map { scene.bench.link(to: $0) }
        for asker in askers { try scene.know(asker) }
        let members = try (0..<8).map(member)
        for member in members { try scene.know(member) }
        let neighbour = try Street.member(90, at: 0x6000_0002)
        try scene.know(neighbour)
        try scene.ask(members[0])
        try scene.ask(members[1])
        #expect(scene.calls == 1 && scene.bench.counted(.askTooOften) == 1)
        try scene.ask(neighbour, over: links[0])
        #expect(scene.calls == 1, "the same subnet")
        for index in 1..<5 { try scene.ask(members[index], over: links[index]) }
        #expect(scene.calls == 4)
        try scene.ask(members[5], over: links[5])
        #expect(scene.calls == 4)

        var errands = Errands(at: .origin)
        let subnet = NetworkPolicy.open.subnet(of: members[0].endpoint)
        #expect(errands.mayCall(in: [subnet], at: .origin) == true)
        #expect(errands.mayCall(in: [subnet], at: .origin + .seconds(60) - .microseconds(1)) == false)
        #expect(errands.mayCall(in: [subnet], at: .origin + .seconds(60)) == true)
        errands = Errands(at: .origin)
        let subnets = members.map { NetworkPolicy.open.subnet(of: $0.endpoint) }
        for subnet in subnets.prefix(4) { #expect(errands.mayCall(in: [subnet], at: .origin) == true) }
        #expect(errands.mayCall(in: [subnets[4]], at: .origin + .seconds(10) - .microseconds(1)) == false)
        #expect(errands.mayCall(in: [subnets[4]], at: .origin + .seconds(10)) == true)
    }

    @Test("one link has eight asks at once and one in five seconds, four of them open, and all have sixty-four open")
    func asks() throws {
        var scene = try Scene()
        let member = try member(0)
        scene.bench.link(to: member)
        try scene.know(member)
        for _ in 0..<5 { try scene.ask(member) }
        #expect(scene.bench.all.challenges.count == 4 && scene.bench.counted(.askTooOften) == 1)
        scene.bench.now = scene.bench.now + .seconds(10)
        // Of the first eight three are left, and ten seconds bring two.
        for _ in 0..<3 { try scene.ask(member) }
        scene.bench.now = scene.bench.now + .seconds(10)
        for _ in 0..<5 { try scene.ask(member) }
        #expect(scene.bench.all.challenges.count == 11 && scene.bench.counted(.askTooOften) == 2)

        var errands = Errands(at: .origin)
        let link = { (number: Int) in Membership.LinkID(number: UInt64(number)) }
        for index in 0..<64 {
            #expect(errands.hasRoom(for: link(index / 4), at: .origin) == true)
            errands.add(.zero, about: member.key, for: link(index / 4), over: link(99), at: .origin)
        }
        #expect(errands.hasRoom(for: link(50), at: .origin) == false)
        #expect(errands.hasRoom(for: link(50), at: .origin + .seconds(10) - .microseconds(1)) == false)
        #expect(errands.hasRoom(for: link(50), at: .origin + .seconds(10)) == true)
    }

    @Test("the ninth ask at once of one link is too much, also when all were answered")
    func answered() throws {
        var scene = try Scene()
        let member = try member(0)
        let link = scene.bench.link(to: member)
        try scene.know(member)
        for _ in 0..<9 {
            if try scene.ask(member).challenges.isEmpty { break }
            scene.bench.say(.aliveReceived(link, try scene.alive(member, scene.nonce)))
        }
        #expect(scene.bench.all.passedOn.count == 8 && scene.bench.counted(.askTooOften) == 1)
        scene.bench.now = scene.bench.now + .seconds(5) - .microseconds(1)
        #expect(try scene.ask(member).challenges.isEmpty)
        scene.bench.now = scene.bench.now + .microseconds(1)
        #expect(try scene.ask(member).challenges.count == 1)
    }

    @Test("who is challenged signs the nonce, eight times at once and once a second for each link")
    func challenged() throws {
        var scene = try Scene()
        let challenge = Challenge(nonce: Blake2b.hash([1]))
        let first = scene.bench.say(.challengeReceived(scene.link, challenge)).toSign
        #expect(first.map(\.link) == [scene.link] && first[0].nonce == challenge.nonce)
        for _ in 0..<8 { scene.bench.say(.challengeReceived(scene.link, challenge)) }
        #expect(scene.bench.all.toSign.count == 8 && scene.bench.counted(.challengeTooOften) == 1)
        let other = scene.bench.link(to: try member(0))
        #expect(scene.bench.say(.challengeReceived(other, challenge)).toSign.count == 1)
        scene.bench.now = scene.bench.now + .seconds(1) - .microseconds(1)
        #expect(scene.bench.say(.challengeReceived(scene.link, challenge)).toSign.isEmpty)
        scene.bench.now = scene.bench.now + .microseconds(1)
        #expect(scene.bench.say(.challengeReceived(scene.link, challenge)).toSign.count == 1)
    }

    @Test("a leaf neither asks, nor helps, nor is challenged; nor does a member over a link of its time as a leaf")
    func leaf() throws {
        var bench = try Bench(isMember: false)
        let (home, other) = (try TestMember(1), try TestMember(2))
        let link = bench.link(to: home, outbound: true)
        let second = bench.link(to: other, outbound: true)
        for member in [home, other] { try bench.introduce(member, over: link) }
        let ask = try Ask(node: other.key.bytes, nonce: .zero)
        for turn in 0..<2 {
            bench.say(.askReceived(link, ask))
            bench.say(.challengeReceived(link, Challenge(nonce: .zero)))
            if turn == 0 { bench.say(.becameMember) }
        }
        #expect(bench.counted(.askIgnored) == 2 && bench.counted(.challengeIgnored) == 2)
        bench.say(.linkDown(second, isSilent: true))
        #expect(bench.all.challenges.isEmpty && bench.all.toSign.isEmpty && bench.all.asks.isEmpty)
        bench = try Bench(isMember: false)
        let homes = [home, other].map { bench.link(to: $0, outbound: true) }
        for member in [home, other] { try bench.introduce(member, over: homes[0]) }
        bench.say(.linkDown(homes[1], isSilent: true))
        #expect(bench.all.asks.isEmpty)
        var scene = try Scene()
        let leaf = scene.bench.link(to: nil, isLeaf: true)
        #expect(scene.bench.say(.challengeReceived(leaf, Challenge(nonce: .zero))).toSign.isEmpty)
    }

    @Test("whoever calls in vain for somebody else asks nobody in turn")
    func noCascade() throws {
        var scene = try Scene()
        let member = try member(0)
        try scene.know(member)
        try scene.ask(member)
        #expect(scene.bench.say(.dialFailed(member.key)).asks.isEmpty)
    }
}
