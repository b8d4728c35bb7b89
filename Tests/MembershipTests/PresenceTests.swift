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
        // One more node every eight seconds, each of which is told what the others hold. Of 16 the period
        // is 12.8 s, so it counts for 38 s. Counted anew by each newcomer it would last until it is too old to be accepted,
        // after 136 s, and longer.
        for index in 0..<32 {
            try mesh.add(through: [index % 4])
            mesh.run(.seconds(8))
            if index == 0 { #expect(mesh.members.allSatisfy { mesh.nodes[$0].engine.isPresent(silent) }) }
            if index >= 6 { #expect(mesh.members.allSatisfy { !mesh.nodes[$0].engine.isPresent(silent) }) }
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

    /// For how long a member of period 5 s counts as present when its second heartbeat has come.
    private func present(
        behind: Span = .zero, gap: Span, second: Span, whileStopped isStopped: Bool = false
    ) throws -> Span {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        let begun = bench.wall - behind
        try bench.push([member.record(at: begun - .hours(1))], [member.heartbeat(at: begun)], over: link)
        if isStopped { bench.now = bench.now + gap } else { bench.wait(gap) }
        try bench.push([], [member.heartbeat(at: begun + second)], over: link)
        var lasted = Span.zero
        while bench.engine.isPresent(member.key), lasted < .minutes(1) {
            bench.wait(.milliseconds(100))
            lasted = lasted + .milliseconds(100)
        }
        return lasted
    }

    @Test("age counts by half at most, so that a wrong clock makes nobody absent who speaks in time, or late")
    func wrongClock() throws {
        #expect(try present(gap: .seconds(5), second: .seconds(5)) == .seconds(15))
        #expect(try present(behind: .seconds(20), gap: .seconds(5), second: .seconds(5)) == .milliseconds(7_500))
        #expect(try present(behind: .minutes(2), gap: .seconds(5), second: .seconds(5)) == .milliseconds(7_500))
        #expect(try present(gap: .seconds(60), second: .seconds(5)) == .milliseconds(7_500))
    }

    @Test("what has waited for a node that was stopped is as old as it is, and a shorter pause is none")
    func stopped() throws {
        #expect(try present(gap: .seconds(13), second: .seconds(5), whileStopped: true) == .seconds(7))
        #expect(try present(gap: .seconds(60), second: .seconds(5), whileStopped: true) == .zero)
        #expect(try present(gap: .seconds(60), second: .seconds(60), whileStopped: true) == .seconds(15))
        let behind = Span.seconds(14)
        for (pause, lasts) in [(Span.seconds(7), Span.milliseconds(7_500)), (.milliseconds(7_001), .seconds(1))] {
            #expect(try present(behind: behind, gap: pause, second: pause, whileStopped: true) == lasts, "\(pause)")
        }
    }

    @Test("all of a row that has waited is, and what comes two seconds later is not taken for that")
    func rowThatWaited() throws {
        for later in [Span.milliseconds(1_999), .seconds(2)] {
            var bench = try Bench()
            let member = try TestMember(1)
            let link = bench.link(to: member)
            let begun = bench.wall
            try bench.push([member.record(at: begun)], [member.heartbeat(at: begun)], over: link)
            bench.now = bench.now + .seconds(60)
            for second in [5, 10, 15] as [Int64] {
                try bench.push([], [member.heartbeat(at: begun + .seconds(second))], over: link)
                #expect(!bench.engine.isPresent(member.key))
            }
            bench.wait(later)
            try bench.push([], [member.heartbeat(at: begun + .seconds(20))], over: link)
            #expect(bench.engine.isPresent(member.key) == (later == .seconds(2)))
        }
    }

    @Test("what has waited is not passed on once it is older than half of what it counts for")
    func waitedTooLong() throws {
        for (age, goesOn) in [(Int64(7_500), true), (7_501, false)] {
            var bench = try Bench()
            let members = try (1...3).map { try TestMember($0) }
            let (from, to) = (bench.link(to: members[0]), bench.link(to: members[1]))
            try bench.introduce(members[2], over: from)
            bench.now = bench.now + .seconds(60)
            let waited = try members[2].heartbeat(at: bench.wall - .milliseconds(age))
            try bench.push([], [waited], over: from)
            #expect(bench.engine.isPresent(members[2].key))
            let sent = bench.wait(.seconds(1)).pushes.filter { $0.link == to }.flatMap(\.push.heartbeats)
            #expect(sent.contains(waited) == goesOn, "\(age)")
        }
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
