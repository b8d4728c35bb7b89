// Presence: by one's own heartbeat, for three of its periods, and in no other way.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

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

    /// For how long a member of period 5 s counts as present when its last heartbeat has come.
    /// - Parameters:
    ///   - behind: how far its clock is.
    ///   - heard: how many came in time before, after the first.
    ///   - gap: how long after those the last one comes, which is of `second` after them.
    private func present(behind: Span = .zero, heard: Int64 = 0, gap: Span, second: Span) throws -> Span {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        var begun = bench.wall - behind
        try bench.push([member.record(at: begun - .hours(1))], [member.heartbeat(at: begun)], over: link)
        for _ in 0..<heard {
            bench.wait(.seconds(5))
            begun = begun + .seconds(5)
            try bench.push([], [member.heartbeat(at: begun)], over: link)
        }
        bench.wait(gap)
        try bench.push([], [member.heartbeat(at: begun + second)], over: link)
        var lasted = Span.zero
        while bench.engine.isPresent(member.key), lasted < .minutes(1) {
            bench.wait(.milliseconds(100))
            lasted = lasted + .milliseconds(100)
        }
        return lasted
    }

    @Test("who has been heard for as long as its clock is behind is present while it speaks in time")
    func wrongClock() throws {
        func next(behind: Span, heard: Int64) throws -> Span {
            try present(behind: behind, heard: heard, gap: .seconds(5), second: .seconds(5))
        }
        let half = Span.milliseconds(7_500)
        #expect(try next(behind: .zero, heard: 0) == .seconds(15))
        #expect(try next(behind: .seconds(20), heard: 3) == half && next(behind: .minutes(2), heard: 23) == half)
        // Until then it may be a recording.
        #expect(try next(behind: .seconds(20), heard: 2) == .zero && next(behind: .minutes(2), heard: 22) == .zero)
        #expect(try next(behind: .milliseconds(20_001), heard: 3) == .zero)
        #expect(try next(behind: .seconds(10), heard: 0) == .seconds(5), "it is as old as it is")
    }

    @Test("a recording of somebody who has ended, played at its pace, shows it for no longer than its first heartbeat")
    func recording() throws {
        for isKnown in [false, true] {
            var bench = try Bench()
            let members = try (1...3).map { try TestMember($0) }
            let (from, to) = (bench.link(to: members[0]), bench.link(to: members[1]))
            let begun = bench.wall
            try bench.push([members[2].record(at: begun)], [], over: from)
            if isKnown { try bench.push([], [members[2].heartbeat(at: begun)], over: from) }
            bench.wait(.minutes(1))
            #expect(!bench.engine.isPresent(members[2].key))
            for second in 1...11 as ClosedRange<Int64> {
                try bench.push([], [members[2].heartbeat(at: begun + .seconds(5) * second)], over: from)
                #expect(bench.engine.isPresent(members[2].key) == (second == 1 && !isKnown))
                let passedOn = bench.wait(.seconds(5)).pushes.filter { $0.link == to }.flatMap(\.push.heartbeats)
                let isHeard = passedOn.contains {
                    (try? Unverified<Heartbeat>(decoding: $0))?.claimed(\.node) == members[2].short
                }
                #expect(!isHeard, "it is older than half of what it would count for")
            }
            try bench.push([], [members[2].heartbeat(at: begun + .minutes(2))], over: from)
            #expect(bench.engine.isPresent(members[2].key), "it has come back")
        }
    }

    @Test("a recording is none the newer for having begun while the reader's clock was behind")
    func recordingOverJump() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        let begun = bench.wall - .minutes(1)
        func jump(to offset: Span) {
            _ = bench.engine.time.approach(MeshTime.Estimate(offset: offset, uncertainty: .zero), at: bench.now)
        }
        jump(to: .zero - .minutes(1))
        try bench.push([member.record(at: begun)], [member.heartbeat(at: begun)], over: link)
        jump(to: .zero)
        #expect(bench.engine.isPresent(member.key), "it was news by then")
        for second in [5, 10, 15] as [Int64] {
            bench.wait(.seconds(5))
            try bench.push([], [member.heartbeat(at: begun + .seconds(second))], over: link)
            #expect(!bench.engine.isPresent(member.key))
        }
    }

    @Test("what comes late is as old as it is")
    func late() throws {
        #expect(try present(gap: .seconds(13), second: .seconds(5)) == .seconds(7))
        #expect(try present(gap: .seconds(60), second: .seconds(5)) == .zero)
        #expect(try present(gap: .seconds(60), second: .seconds(60)) == .seconds(15))
        // The second one is overdue from 6.75 s on.
        func next(after gap: Span) throws -> Span {
            try present(behind: .seconds(14), heard: 3, gap: gap, second: gap)
        }
        #expect(try next(after: .milliseconds(6_749)) == .milliseconds(7_500))
        #expect(try next(after: .milliseconds(6_750)) == .seconds(1))
    }

    @Test("of a row that has waited each is as old as it is; half as far apart as they were sent is no such row")
    func rowThatWaited() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        let begun = bench.wall
        try bench.push([member.record(at: begun)], [member.heartbeat(at: begun)], over: link)
        bench.wait(.seconds(60))
        for second in [5, 10, 15] as [Int64] {
            try bench.push([], [member.heartbeat(at: begun + .seconds(second))], over: link)
            #expect(!bench.engine.isPresent(member.key))
        }
        func next(after gap: Span) throws -> Span {
            try present(behind: .seconds(14), heard: 3, gap: gap, second: .seconds(6))
        }
        #expect(try next(after: .milliseconds(2_999)) == .milliseconds(4_100), "11 s old, rounded up")
        #expect(try next(after: .seconds(3)) == .milliseconds(7_500))
    }

    @Test("what is read within two seconds after a stop of more than seven is as old as it is, a first one too")
    func stopped() throws {
        for (stop, later, isPresent) in [
            (Span.milliseconds(7_000), Span.zero, true), (.milliseconds(7_001), .zero, false),
            (.minutes(1), .milliseconds(1_999), false), (.minutes(1), .milliseconds(2_000), true),
        ] {
            var bench = try Bench()
            let member = try TestMember(1)
            let link = bench.link(to: member)
            try bench.push([member.record(at: bench.wall)], over: link)
            // Nothing fires meanwhile.
            bench.now = bench.now + stop
            if later != .zero { bench.wait(later) }
            try bench.push([], [member.heartbeat(at: bench.wall - .seconds(20))], over: link)
            #expect(bench.engine.isPresent(member.key) == isPresent, "\(stop), \(later)")
        }
    }

    @Test("what is older than half of what it counts for goes on only after another one and in time")
    func goesOn() throws {
        func goesOn(known: Span?, heard: Int = 0, gap: Span, age: Span) throws -> Bool {
            var bench = try Bench()
            let members = try (1...3).map { try TestMember($0) }
            let (from, to) = (bench.link(to: members[0]), bench.link(to: members[1]))
            let first = try known.map { try members[2].heartbeat(at: bench.wall - $0) }
            try bench.push([members[2].record(at: bench.wall - .hours(1))], first.map { [$0] } ?? [], over: from)
            for _ in 0..<heard {
                bench.wait(.seconds(5))
                try bench.push([], [members[2].heartbeat(at: bench.wall - age)], over: from)
            }
            bench.wait(gap)
            let heartbeat = try members[2].heartbeat(at: bench.wall - age)
            try bench.push([], [heartbeat], over: from)
            #expect(bench.engine.isPresent(members[2].key))
            return bench.wait(.seconds(1)).pushes.filter { $0.link == to }.flatMap(\.push.heartbeats).contains(
                heartbeat)
        }
        let (half, more) = (Span.milliseconds(7_500), Span.milliseconds(7_501))
        #expect(try goesOn(known: nil, gap: .seconds(1), age: half) && !goesOn(known: nil, gap: .seconds(1), age: more))
        #expect(try goesOn(known: .zero, gap: .minutes(1), age: half))
        #expect(try !goesOn(known: .zero, gap: .minutes(1), age: more))
        let old = Span.seconds(14)
        #expect(try goesOn(known: old, heard: 2, gap: .seconds(4), age: old))
        #expect(try !goesOn(known: old, heard: 2, gap: .milliseconds(3_999), age: old))
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
