// Presence: by one's own heartbeat, for three of its periods, and in no other way.

import Essentials
import Identity
import Membership
import Testing
import Wire

@Suite struct PresenceTests {
    @Test("a silent node is absent after three periods on every node, and not before")
    func silence() throws {
        let mesh = Mesh(seed: 11)
        try mesh.add()
        for _ in 1..<10 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        #expect(mesh.isAgreed)
        let silent = mesh.nodes[4].member.key
        mesh.stop(4)
        let others = mesh.members
        // Of ten the period is 8 s. Its last heartbeat is at most 8.8 s old, so for 15 s nobody may hold it for absent
        // although all its links broke at once.
        mesh.run(.seconds(15))
        #expect(others.allSatisfy { mesh.nodes[$0].engine.isPresent(silent) })
        mesh.run(.seconds(10))
        #expect(others.allSatisfy { !mesh.nodes[$0].engine.isPresent(silent) })
        #expect(others.allSatisfy { mesh.nodes[$0].engine.member(silent) != nil }, "absent is not forgotten")
        #expect(mesh.isAgreed)
    }

    @Test("newcomers who learn of a silent node from tables do not keep it present")
    func newcomers() throws {
        let mesh = Mesh(seed: 12)
        try mesh.add()
        for _ in 1..<10 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        let silent = mesh.nodes[4].member.key
        mesh.stop(4)
        // One more node every eight seconds, each of which is told what the others hold. Of 42 the period is 33.6 s, so it
        // counts for 101 s, and for half of that where it was learned last. Counted anew by each newcomer it would last
        // until it is too old to be accepted, after 136 s, and 101 s more.
        for index in 0..<32 {
            try mesh.add(through: [index % 4])
            mesh.run(.seconds(8))
            if index == 0 { #expect(mesh.members.allSatisfy { mesh.nodes[$0].engine.isPresent(silent) }) }
            if index >= 21 { #expect(mesh.members.allSatisfy { !mesh.nodes[$0].engine.isPresent(silent) }) }
        }
    }

    @Test("a member stays present three of its periods after its heartbeat was received, less its age")
    func threePeriods() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.push([member.record(at: bench.wall)], over: link)
        #expect(!bench.engine.isPresent(member.key), "a record alone is no sign of life")
        // Three seconds old when it comes, maybe out of somebody's table.
        try bench.push([], [member.heartbeat(at: bench.wall - .seconds(3), period: .seconds(7))], over: link)
        #expect(bench.engine.isPresent(member.key))
        bench.wait(.seconds(18) - .microseconds(1))
        #expect(bench.engine.isPresent(member.key))
        let effects = bench.wait(.microseconds(1))
        #expect(!bench.engine.isPresent(member.key))
        #expect(effects.contains(.tableChanged))
    }

    @Test("links that go down make nobody absent")
    func linkDown() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.introduce(member, over: link)
        bench.say(.linkDown(link))
        bench.say(.dialFailed(member.key))
        #expect(bench.engine.isPresent(member.key))
    }

    @Test("presence ends with the record")
    func recordExpires() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.push(
            [member.record(at: bench.wall, lifetime: .seconds(4))], [member.heartbeat(at: bench.wall)], over: link)
        #expect(bench.engine.isPresent(member.key))
        bench.wait(.seconds(4))
        #expect(!bench.engine.isPresent(member.key))
        try bench.push([], [member.heartbeat(at: bench.wall)], over: link)
        #expect(!bench.engine.isPresent(member.key))
        try bench.introduce(member, over: link)
        #expect(bench.engine.isPresent(member.key))
    }

    @Test("a claimed period that is shorter than what the table's size asks for counts as that")
    func shortPeriod() throws {
        var bench = try Bench()
        let members = try (1...59).map { try TestMember($0) }
        let link = bench.link(to: members[0])
        for member in members {
            try bench.push(
                [member.record(at: bench.wall)], [member.heartbeat(at: bench.wall, period: .seconds(48))], over: link)
        }
        let joiner = try TestMember(60)
        // It knew nobody yet when it claimed five seconds. Of 61 the period is 48.8 s.
        try bench.push(
            [joiner.record(at: bench.wall)], [joiner.heartbeat(at: bench.wall, period: .seconds(5))], over: link)
        bench.wait(.seconds(143))
        #expect(bench.engine.isPresent(joiner.key))
        bench.wait(.seconds(4))
        #expect(!bench.engine.isPresent(joiner.key))
    }

    @Test("a claimed period counts up to four times what the table's size asks for")
    func longPeriod() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.push(
            [member.record(at: bench.wall)], [member.heartbeat(at: bench.wall, period: .minutes(30))], over: link)
        bench.wait(.seconds(59))
        #expect(bench.engine.isPresent(member.key))
        bench.wait(.seconds(1))
        #expect(!bench.engine.isPresent(member.key))
    }

    @Test("the own node is among the present ones once it has published, and members come sorted by key")
    func own() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        for index in 1..<6 { try bench.introduce(try TestMember(index), over: link) }
        let keys = bench.engine.presentMembers().map(\.nodeKey)
        #expect(keys.count == 6)
        #expect(keys == keys.sorted())
        #expect(keys.contains(bench.own.key))
        #expect(bench.engine.presentMembers().allSatisfy { $0.placement != nil })
        let leaf = try Bench(isMember: false)
        #expect(leaf.engine.presentMembers().isEmpty)
    }
}
