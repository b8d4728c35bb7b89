// Heartbeats travel over few links, each of them about once, and find another way when one is gone.

import Essentials
import Identity
import Membership
import Testing
import Wire

@Suite struct TreeTests {
    @Test("in a mesh of forty each heartbeat comes about once, and everybody stays present")
    func once() throws {
        let mesh = Mesh(seed: 21)
        try mesh.add()
        for _ in 1..<40 { try mesh.add(through: [0]) }
        mesh.run(.minutes(4))
        #expect(mesh.isAgreed)
        func sum(_ counter: MembershipCounter) -> Int { mesh.nodes.reduce(0) { $0 + ($1.counters[counter] ?? 0) } }
        let before = (sum(.heartbeatAccepted), sum(.heartbeatTwice))
        mesh.run(.minutes(4))
        let taken = sum(.heartbeatAccepted) - before.0
        let twice = sum(.heartbeatTwice) - before.1
        #expect(taken >= 39 * 40 * 6, "\(taken)")
        #expect(Double(twice) <= 0.25 * Double(taken), "\(twice) of \(taken)")
        #expect(mesh.isAgreed)
    }

    @Test("when a tenth of all members end at once, nobody else is taken for absent")
    func survivors() throws {
        let mesh = Mesh(seed: 22)
        try mesh.add()
        for _ in 1..<40 { try mesh.add(through: [0]) }
        mesh.run(.minutes(4))
        for index in [3, 11, 19, 27] { mesh.stop(index) }
        let living = mesh.members
        for _ in 0..<240 {
            mesh.run(.seconds(1))
            for node in living {
                let present = Set(mesh.nodes[node].engine.presentMembers().map(\.nodeKey))
                #expect(living.allSatisfy { present.contains(mesh.nodes[$0].member.key) })
            }
        }
        #expect(mesh.isAgreed)
    }

    @Test("a neighbour that brings a heartbeat second is pruned, but only by some heartbeats")
    func prune() throws {
        var (bench, links, members) = try crowd(60)
        var pruning = 0
        for round in 1...40 {
            bench.wait(.seconds(54))
            var beats = try members.map { try $0.heartbeat(at: bench.wall, period: .seconds(48)) }
            let beat = beats.remove(at: round)
            try bench.push([], beats, over: links[0])
            // None of those prunes any more.
            bench.wait(.seconds(6))
            try bench.push([], [beat], over: links[0])
            let effects = try bench.push([], [beat], over: links[1])
            #expect(effects.pruned.isEmpty || effects.pruned == [links[1]], "\(round)")
            if !effects.pruned.isEmpty {
                pruning += 1
                bench.say(.graftReceived(links[1]))
            }
        }
        #expect((1...20).contains(pruning), "\(pruning)")
    }

    @Test("a neighbour that repeats a heartbeat is not answered each time")
    func repeating() throws {
        var (bench, links, members) = try crowd(60)
        var pruned = 0
        for _ in 1...20 {
            bench.wait(.seconds(60))
            let beats = try members.map { try $0.heartbeat(at: bench.wall, period: .seconds(48)) }
            try bench.push([], beats, over: links[0])
            var now = 0
            for _ in 0..<5 { now += try bench.push([], beats, over: links[1]).pruned.count }
            #expect(now <= 1)
            pruned += now
        }
        #expect(pruned > 0)
    }

    @Test("over a pruned link heartbeats go no more, but records and first heartbeats do; a graft brings them back")
    func pruned() throws {
        var bench = try Bench()
        let members = try (1...3).map { try TestMember($0) }
        let (from, to) = (bench.link(to: members[0]), bench.link(to: members[1]))
        bench.say(.pruneReceived(to))
        try bench.introduce(members[2], over: from)
        let first = bench.wait(.milliseconds(500)).pushes.filter { $0.link == to }.map(\.push)
        #expect(
            first.flatMap(\.records).contains { $0.body == (try? members[2].record(at: bench.wall))?.body }
                || !first.flatMap(\.records).isEmpty)
        #expect(first.flatMap(\.heartbeats).isEmpty == false, "the first heartbeat of somebody takes all links")
        bench.wait(.seconds(5))
        try bench.push([], [members[2].heartbeat(at: bench.wall)], over: from)
        #expect(bench.wait(.milliseconds(500)).pushes.filter { $0.link == to }.flatMap(\.push.heartbeats).isEmpty)
        bench.say(.graftReceived(to))
        bench.wait(.seconds(5))
        try bench.push([], [members[2].heartbeat(at: bench.wall)], over: from)
        #expect(!bench.wait(.milliseconds(500)).pushes.filter { $0.link == to }.flatMap(\.push.heartbeats).isEmpty)
    }

    @Test("a heartbeat that is overdue is asked for, and the link that has it is grafted")
    func overdue() throws {
        var bench = try Bench()
        let members = try (1...3).map { try TestMember($0) }
        let (from, to) = (bench.link(to: members[0]), bench.link(to: members[1]))
        bench.wait(.seconds(1))
        bench.say(.pruneReceived(to))
        try bench.introduce(members[2], over: from)
        let quiet = bench.wait(.seconds(5)).pulls.filter { $0.pull.isNamed }
        #expect(quiet.isEmpty, "it is not due yet")
        let asked = bench.wait(.seconds(8)).pulls.filter { $0.pull.isNamed }
        #expect(asked.contains { $0.pull.have.map(\.node) == [members[2].short] })
        #expect(bench.engine.isPresent(members[2].key))
        let effects = try bench.push([], [members[2].heartbeat(at: bench.wall)], over: to)
        #expect(effects.grafted == [to])
        #expect(bench.engine.isPresent(members[2].key))
    }

    @Test("who brings each heartbeat a little later than the one before is asked past before they are overdue")
    func everLater() throws {
        func asks(every pause: Span) throws -> Int {
            var bench = try Bench()
            let members = try (1...3).map { try TestMember($0) }
            let (from, _) = (bench.link(to: members[0]), bench.link(to: members[1]))
            bench.wait(.seconds(1))
            try bench.introduce(members[2], over: from)
            let begun = bench.wall
            var asked = 0
            for beat in 1...20 {
                asked += bench.wait(pause).pulls.count {
                    $0.pull.isNamed && $0.pull.have.map(\.node) == [members[2].short]
                }
                try bench.push([], [members[2].heartbeat(at: begun + .seconds(5) * Int64(beat))], over: from)
            }
            #expect(bench.engine.isPresent(members[2].key))
            return asked
        }
        #expect(try asks(every: .milliseconds(5_000)) == 0)
        #expect(try asks(every: .milliseconds(5_500)) > 5)
    }

    @Test("the own heartbeat takes all links after the own record was renewed, and the next one those of the tree")
    func ownStartedAnew() throws {
        var (bench, links, _) = try crowd(60)
        bench.wait(.seconds(60))
        let other = links[7]
        bench.say(.pruneReceived(other))
        func own(_ effects: [MembershipEffect]) -> Int {
            effects.pushes.filter { $0.link == other }.flatMap(\.push.heartbeats)
                .count { (try? Unverified<Heartbeat>(decoding: $0))?.claimed(\.node) == bench.own.short }
        }
        #expect(own(bench.wait(.seconds(60))) == 0)
        bench.say(.descriptionChanged)
        #expect(own(bench.wait(.seconds(60))) == 1)
        #expect(own(bench.wait(.seconds(60))) == 0)
    }

    @Test("a neighbour whose heartbeat is overdue is asked for a sign of life, unless it is absent already")
    func overdueNeighbour() throws {
        var bench = try Bench()
        let members = try (1...3).map { try TestMember($0) }
        let links = members.prefix(2).map { bench.link(to: $0) }
        for member in members { try bench.introduce(member, over: links[0]) }
        let overdue = bench.now + .milliseconds(6_750)
        func probes(_ effects: [MembershipEffect]) -> [Membership.LinkID: Moment] {
            effects.reduce(into: [:]) { if case .probe(let link, let moment) = $1 { $0[link] = moment } }
        }
        #expect(probes(bench.wait(.milliseconds(6_749))).isEmpty)
        try bench.push([], [members[0].heartbeat(at: bench.wall)], over: links[1])
        #expect(probes(bench.wait(.milliseconds(2_500))) == [links[1]: overdue])
        bench.wait(.seconds(6))
        #expect(!bench.engine.isPresent(members[1].key))
        #expect(probes(bench.wait(.seconds(4)))[links[1]] == nil)
    }

    @Test("the first heartbeat since a newer record takes all links, and says nothing about the tree")
    func startedAnew() throws {
        var (bench, links, members) = try crowd(60)
        bench.wait(.seconds(60))
        for link in links.dropFirst(3) { bench.say(.pruneReceived(link)) }
        for round in 1...40 {
            bench.wait(.seconds(60))
            let beats = try members.map { try $0.heartbeat(at: bench.wall, period: .seconds(48)) }
            try bench.push([], beats, over: links[0])
            bench.wait(.seconds(6))
            #expect(bench.engine.isPresent(members[round].key))
            try bench.push([members[round].record(at: bench.wall)], [], over: links[7])
            let beat = try members[round].heartbeat(at: bench.wall, period: .seconds(48))
            let came = try bench.push([], [beat], over: links[7])
            #expect(came.grafted.isEmpty, "it came over a link that is not of the tree, as it may")
            let copies = try links.prefix(3).flatMap { try bench.push([], [beat], over: $0).pruned }
            #expect(copies.isEmpty, "\(round)")
            bench.wait(.seconds(60))
        }
        let other = links[6]
        try bench.push([], members.map { try $0.heartbeat(at: bench.wall, period: .seconds(48)) }, over: links[0])
        bench.wait(.seconds(6))
        try bench.push([members[50].record(at: bench.wall)], [], over: links[7])
        let beat = try members[50].heartbeat(at: bench.wall, period: .seconds(48))
        try bench.push([], [beat], over: links[7])
        let sent = bench.wait(.seconds(3)).pushes.filter { $0.link == other }.flatMap(\.push.heartbeats)
        #expect(sent.contains(beat))
    }

    @Test("when the link that brings heartbeats ends, others are grafted at once")
    func linkEnds() throws {
        var (bench, links, _) = try crowd(60)
        let eager = Set(bench.all.grafted)
        #expect(eager.contains(links[0]))
        for link in links.dropFirst() { bench.say(.pruneReceived(link)) }
        let effects = bench.say(.linkDown(links[0]))
        #expect(effects.grafted.count == 2)
    }

    /// A member of a mesh of so many present ones, linked with the first eight of them.
    private func crowd(_ count: Int) throws -> (Bench, [Membership.LinkID], [TestMember]) {
        var bench = try Bench()
        let members = try (1...count).map { try TestMember($0) }
        let links = members.prefix(8).map { bench.link(to: $0) }
        for member in members {
            try bench.push(
                [member.record(at: bench.wall)], [member.heartbeat(at: bench.wall, period: .seconds(48))],
                over: links[0])
        }
        return (bench, links, members)
    }
}
