// What a record is worth while nobody has checked its puzzle: nothing. And what becomes of it then.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct ApplicantTests {
    /// A bench on which puzzles are checked when the test says so, with two neighbours that have no lines.
    struct Scene {
        var bench: Bench
        let link: Membership.LinkID
        let other: Membership.LinkID

        init(isMember: Bool = true, restored: [Signed] = []) throws {
            bench = try Bench(isMember: isMember, restored: restored)
            link = bench.link(to: try TestMember(101))
            other = bench.link(to: try TestMember(102))
            bench.wait(.seconds(3))
            bench.isChecking = false
        }

        func violations(_ link: Membership.LinkID) -> Int { bench.engine.linkTable[link]?.violations ?? -1 }
    }

    private func stored(_ effects: [MembershipEffect]) -> [NodeKey] {
        effects.compactMap { if case .store(_, let key, _) = $0 { key } else { nil } }
    }

    @Test("before its puzzle is checked a record is not held, compared or passed on, and its owner not present")
    func nothing() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        let record = try member.record(at: scene.bench.wall)
        let effects = try scene.bench.push([record], [member.heartbeat(at: scene.bench.wall)], over: scene.link)
        #expect(scene.bench.engine.waitingCount == 1 && scene.bench.orders.count == 1)
        #expect(scene.bench.engine.allKnownCount == 1 && scene.bench.engine.presentCount == 1)
        #expect(scene.bench.engine.signedRecord(member.key) == nil && !scene.bench.engine.isPresent(member.key))
        let later = scene.bench.wait(.seconds(4))
        #expect(stored(effects + later).isEmpty)
        #expect(!later.pushes.flatMap(\.push.records).contains(record))
        #expect(later.pulls.isEmpty, "nobody is asked for the record that is here")
        let asked = scene.bench.say(.pullReceived(scene.other, try Pull(have: [], from: 0, to: .max)))
        #expect(asked.pushes.flatMap(\.push.records).count == 1, "the own one")
        scene.bench.link(to: try TestMember(103))
        #expect(scene.bench.last.compares.flatMap { $0.compare.parts.map(\.count) } == [1])
        #expect(try stored(scene.bench.check()) == [member.key])
        #expect(scene.bench.engine.waitingCount == 0 && scene.bench.engine.isPresent(member.key))
        #expect(scene.bench.last.contains(.count(.recordAccepted)))
        #expect(scene.bench.last.contains(.count(.heartbeatAccepted)) && scene.bench.last.contains(.tableChanged))
        let news = scene.bench.wait(.milliseconds(100)).pushes
        #expect(news.filter { $0.push.records == [record] }.map(\.link).contains(scene.other))
        #expect(!news.contains { $0.link == scene.link && !$0.push.records.isEmpty })
    }

    @Test("a heartbeat that came while the puzzle was being checked counts from when it came")
    func counts() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        try scene.bench.introduce(member, over: scene.link)
        scene.bench.wait(.seconds(10))
        try scene.bench.check()
        #expect(scene.bench.engine.isPresent(member.key))
        scene.bench.wait(.milliseconds(4_900))
        #expect(scene.bench.engine.isPresent(member.key))
        scene.bench.wait(.milliseconds(200))
        #expect(!scene.bench.engine.isPresent(member.key))
    }

    @Test("of the heartbeats of somebody who waits the newest true one counts")
    func newest() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        try scene.bench.introduce(member, over: scene.link)
        let first = try member.heartbeat(at: scene.bench.wall)
        scene.bench.wait(.seconds(6))
        let second = try member.heartbeat(at: scene.bench.wall)
        try scene.bench.push([], [second], over: scene.other)
        #expect(scene.bench.last.contains(.count(.heartbeatWaits)))
        try scene.bench.push([], [second], over: scene.link)
        #expect(!scene.bench.last.contains { if case .count = $0 { true } else { false } }, "nothing new")
        try scene.bench.push([], [first], over: scene.link)
        #expect(scene.bench.last.contains(.count(.heartbeatStale)))
        let forged = try member.heartbeat(at: scene.bench.wall + .seconds(6)).forged()
        try scene.bench.push([], [forged], over: scene.link)
        #expect(scene.bench.last.contains(.count(.heartbeatInvalid)) && scene.violations(scene.link) == 1)
        try scene.bench.check()
        let third = scene.bench.link(to: try TestMember(103))
        let pushed = scene.bench.wait(.milliseconds(300)).pushes.filter { $0.push.heartbeats.contains(second) }
        #expect(pushed.map(\.link) == [third], "both others have sent it")
    }

    @Test("heartbeats of who waits are looked at from their link's share, and remembered with a few links only")
    func bounded() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        try scene.bench.introduce(member, over: scene.link)
        for _ in 0..<20 { try scene.bench.push([], [member.heartbeat(at: scene.bench.wall)], over: scene.other) }
        #expect(scene.bench.engine.applicants[member.short]?.heartbeat?.from.count == 8)
        let late = try member.heartbeat(at: scene.bench.wall + .minutes(40))
        for _ in 0..<66 { try scene.bench.push([], [Signed](repeating: late, count: 128), over: scene.link) }
        #expect(scene.bench.counted(.heartbeatUntimely) <= 8_192 && scene.bench.counted(.intakeFull) > 200)
    }

    @Test("a false puzzle counts against the link that brought it first, and against no other")
    func pays() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        let bad = try member.record(at: scene.bench.wall, puzzle: member.unsolved())
        for link in [scene.link, scene.other] { try scene.bench.push([bad], over: link) }
        try scene.bench.check()
        #expect(scene.bench.counted(.puzzleFailed) == 1)
        #expect(scene.violations(scene.link) == 1 && scene.violations(scene.other) == 0)
        #expect(scene.bench.engine.waitingCount == 0 && scene.bench.engine.member(member.key) == nil)
        try scene.bench.push([bad], over: scene.other)
        #expect(scene.violations(scene.other) == 1 && scene.bench.orders.isEmpty, "it is known now")
    }

    @Test("eight false puzzles end a link, whoever they are of")
    func hungUp() throws {
        var scene = try Scene()
        for index in 1...8 {
            let member = try TestMember(index)
            try scene.bench.push([member.record(at: scene.bench.wall, puzzle: member.unsolved())], over: scene.link)
        }
        while !scene.bench.orders.isEmpty { try scene.bench.check() }
        #expect(scene.bench.all.hungUp[scene.link] == .violation)
        #expect(scene.bench.engine.applicants.distrusted.isEmpty, "it is gone")
    }

    @Test("after a false puzzle over a link what it brings is checked when nothing else waits")
    func last() throws {
        var scene = try Scene()
        let (liar, late, honest) = (try TestMember(1), try TestMember(2), try TestMember(3))
        try scene.bench.push([liar.record(at: scene.bench.wall, puzzle: liar.unsolved())], over: scene.link)
        try scene.bench.check()
        // Two batches are under way while the others come.
        for index in 4...5 { try scene.bench.push([TestMember(index).record(at: scene.bench.wall)], over: scene.other) }
        try scene.bench.push([late.record(at: scene.bench.wall)], over: scene.link)
        try scene.bench.push([honest.record(at: scene.bench.wall)], over: scene.other)
        try scene.bench.check()
        #expect(scene.bench.orders.last?.map(\.nodeKey) == [honest.key, late.key])
    }

    @Test("what waits goes with the only link that brought it")
    func linkGone() throws {
        var scene = try Scene()
        // Two are being checked, so that the others wait.
        for index in 4...5 { try scene.bench.push([TestMember(index).record(at: scene.bench.wall)], over: scene.other) }
        let (alone, both) = (try TestMember(1), try TestMember(2))
        for member in [alone, both] { try scene.bench.push([member.record(at: scene.bench.wall)], over: scene.link) }
        try scene.bench.push([both.record(at: scene.bench.wall)], over: scene.other)
        #expect(scene.bench.engine.waitingCount == 4)
        scene.bench.say(.linkDown(scene.link))
        #expect(scene.bench.counted(.applicantDropped) == 1 && scene.bench.engine.waitingCount == 3)
        while !scene.bench.orders.isEmpty { try scene.bench.check() }
        #expect(scene.bench.engine.member(alone.key) == nil && scene.bench.engine.member(both.key) != nil)
    }

    @Test("what comes together while puzzles are checked is checked together")
    func together() throws {
        var scene = try Scene()
        for index in 1...5 { try scene.bench.push([TestMember(index).record(at: scene.bench.wall)], over: scene.link) }
        #expect(scene.bench.orders.map(\.count) == [1, 1])
        try scene.bench.check()
        #expect(scene.bench.orders.map(\.count) == [1, 3])
    }

    @Test("a newer record of who waits takes the older one's place, with the heartbeat and without another check")
    func superseded() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        let older = try member.record(at: scene.bench.wall, endpoint: .v4(0x7F00_0001, port: 9))
        try scene.bench.push([older], [member.heartbeat(at: scene.bench.wall)], over: scene.link)
        scene.bench.wait(.seconds(1))
        let newer = try member.record(at: scene.bench.wall)
        try scene.bench.push([newer], over: scene.other)
        try scene.bench.push([older], over: scene.link)
        #expect(scene.bench.last.contains(.count(.recordStale)))
        #expect(scene.bench.orders.flatMap(\.self).count == 1)
        try scene.bench.check()
        #expect(scene.bench.engine.signedRecord(member.key) == newer && scene.bench.engine.isPresent(member.key))
    }

    @Test("a renewal with another puzzle waits, and meanwhile the old line stands")
    func renewal() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        scene.bench.isChecking = true
        try scene.bench.introduce(member, over: scene.link)
        scene.bench.isChecking = false
        let before = try require(scene.bench.engine.member(member.key))
        let another = try member.otherPuzzle()
        scene.bench.wait(.seconds(5))
        let newer = try member.record(at: scene.bench.wall, puzzle: another)
        let older = try require(scene.bench.engine.signedRecord(member.key))
        try scene.bench.push([newer], over: scene.link)
        try scene.bench.push([older], over: scene.link)
        #expect(
            !scene.bench.last.contains { if case .count = $0 { true } else { false } }, "it is the line that stands")
        try scene.bench.push([], [member.heartbeat(at: scene.bench.wall)], over: scene.link)
        #expect(scene.bench.last.contains(.count(.heartbeatAccepted)), "it is of somebody who has a line")
        #expect(scene.bench.engine.waitingHave(member.short)?.heartbeat == scene.bench.wall.milliseconds)
        #expect(scene.bench.engine.member(member.key)?.placement == before.placement)
        #expect(try stored(scene.bench.check()) == [member.key])
        #expect(scene.bench.last.contains(.tableChanged), "where it stands has changed")
        #expect(scene.bench.engine.member(member.key)?.placement != before.placement)
        #expect(scene.bench.engine.isPresent(member.key) && scene.bench.engine.allKnownCount == 2)
        scene.bench.wait(.seconds(5))
        try scene.bench.push([member.record(at: scene.bench.wall, puzzle: another)], over: scene.link)
        #expect(scene.bench.orders.isEmpty && scene.bench.last.contains(.count(.recordAccepted)), "it is known now")
    }

    @Test("a record with the known puzzle takes the place of a renewal that waits")
    func overtaken() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        scene.bench.isChecking = true
        try scene.bench.introduce(member, over: scene.link)
        scene.bench.isChecking = false
        scene.bench.wait(.seconds(1))
        try scene.bench.push([member.record(at: scene.bench.wall, puzzle: member.unsolved())], over: scene.link)
        #expect(scene.bench.engine.waitingCount == 1)
        scene.bench.wait(.seconds(1))
        try scene.bench.push([member.record(at: scene.bench.wall)], over: scene.other)
        #expect(scene.bench.engine.waitingCount == 0 && scene.bench.last.contains(.count(.recordAccepted)))
        try scene.bench.check()
        #expect(scene.violations(scene.link) == 1 && scene.bench.engine.member(member.key) != nil)
    }

    @Test("who lets a true puzzle be checked and puts a false one in its place meanwhile does not get in by that")
    func swapped() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        try scene.bench.push([member.record(at: scene.bench.wall)], over: scene.link)
        scene.bench.wait(.seconds(1))
        try scene.bench.push([member.record(at: scene.bench.wall, puzzle: member.unsolved())], over: scene.link)
        try scene.bench.check()
        #expect(scene.bench.engine.member(member.key) == nil && scene.violations(scene.link) == 0)
        try scene.bench.check()
        #expect(scene.bench.engine.member(member.key) == nil && scene.violations(scene.link) == 1)
    }

    @Test("two bodies of who waits are proof once its puzzle is solved, and nobody is told before")
    func equivocation() throws {
        var scene = try Scene(isMember: true)
        let (member, liar) = (try TestMember(1), try TestMember(2))
        for (owner, puzzle) in [(member, member.puzzle), (liar, try liar.unsolved())] {
            let first = try owner.record(at: scene.bench.wall, puzzle: puzzle)
            let second = try owner.record(
                at: scene.bench.wall, endpoint: .v4(0x7F00_0001, port: 999), puzzle: puzzle)
            try scene.bench.push([first], [owner.heartbeat(at: scene.bench.wall)], over: scene.link)
            try scene.bench.push([second.forged()], over: scene.other)
            #expect(scene.bench.engine.applicants[owner.short]?.proof == nil)
            try scene.bench.push([second], over: scene.link)
            try scene.bench.push([owner.record(at: scene.bench.wall - .seconds(1))], over: scene.link)
        }
        #expect(scene.bench.wait(.seconds(1)).pushes.flatMap(\.push.records).isEmpty)
        #expect(scene.bench.counted(.equivocation) == 0)
        while !scene.bench.orders.isEmpty { try scene.bench.check() }
        #expect(scene.bench.counted(.equivocation) == 1 && !scene.bench.engine.isPresent(member.key))
        #expect(scene.bench.engine.equivocators.isIgnored(member.short, at: scene.bench.now))
        #expect(!scene.bench.engine.equivocators.isIgnored(liar.short, at: scene.bench.now))
        let told = scene.bench.wait(.seconds(1)).pushes.filter { $0.link == scene.other }.flatMap(\.push.records)
        #expect(told.count >= 2)
    }

    @Test("a restored member is present when its puzzle has been checked, and forgotten without blame if that is false")
    func restored() throws {
        let (member, liar) = (try TestMember(1), try TestMember(2))
        let start = WallTime.worldStart + .seconds(1_000)
        var scene = try Scene(
            restored: [member.record(at: start), liar.record(at: start, puzzle: liar.unsolved())])
        for owner in [member, liar] {
            try scene.bench.push([], [owner.heartbeat(at: scene.bench.wall)], over: scene.link)
            #expect(scene.bench.last.contains(.count(.heartbeatWaits)))
        }
        #expect(scene.bench.engine.presentCount == 1 && scene.bench.engine.waitingCount == 2)
        #expect(try stored(scene.bench.check()).isEmpty)
        #expect(scene.bench.engine.isPresent(member.key) && !scene.bench.engine.isPresent(liar.key))
        #expect(try scene.bench.check().forgotten == [liar.key])
        #expect(scene.violations(scene.link) == 0 && scene.bench.engine.allKnownCount == 2)
    }

    @Test("a restored member whose renewed record finds no room is not present by the heartbeat that waited")
    func restoredWithoutRoom() throws {
        let start = WallTime.worldStart + .seconds(1_000)
        let crowd = try (1...65).map {
            try TestMember($0, policy: .lan, endpoint: .v4(0x0A00_0099, port: 7_000 + UInt16($0)))
        }
        let member = try TestMember(70, policy: .lan)
        var bench = try Bench(
            policy: .lan,
            restored: crowd.prefix(63).map { try $0.record(at: start) }
                + [member.record(at: start, endpoint: .v4(0x0A00_0077, port: 7_000))])
        let link = bench.link(to: try TestMember(101, policy: .lan))
        bench.wait(.seconds(1))
        bench.isChecking = false
        try bench.push([crowd[64].record(at: bench.wall)], over: link)
        try bench.push(
            [member.record(at: bench.wall, endpoint: .v4(0x0A00_0099, port: 9_000))],
            [member.heartbeat(at: bench.wall)],
            over: link)
        #expect(bench.orders.count == 2)
        try bench.check()
        try bench.check()
        #expect(bench.counted(.subnetFull) == 1 && bench.engine.member(crowd[64].key) != nil)
        let heard = bench.wait(.milliseconds(300)).pushes.flatMap(\.push.heartbeats)
        #expect(!bench.engine.isPresent(member.key) && bench.counted(.heartbeatAccepted) == 0 && heard.isEmpty)
    }

    @Test("an old heartbeat of somebody whose record has expired does not come to count again with the new record")
    func replayedHeartbeat() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        scene.bench.isChecking = true
        let heartbeat = try member.heartbeat(at: scene.bench.wall)
        try scene.bench.push(
            [member.record(at: scene.bench.wall, lifetime: .seconds(20))], [heartbeat], over: scene.link)
        #expect(scene.bench.engine.isPresent(member.key))
        scene.bench.isChecking = false
        scene.bench.wait(.seconds(30))
        let another = try member.otherPuzzle()
        try scene.bench.push([member.record(at: scene.bench.wall, puzzle: another)], [heartbeat], over: scene.link)
        #expect(scene.bench.last.contains(.count(.heartbeatStale)))
        try scene.bench.check()
        #expect(!scene.bench.engine.isPresent(member.key))
    }

    @Test("a flood of true signatures fills the places for those who wait and no more, and others get theirs")
    func flood() throws {
        var scene = try Scene()
        scene.bench.engine.applicants = Applicants(
            Applicants.Bounds(capacity: 150, perSubnet: 256, perWideSubnet: 256))
        let crowd = try (1...300).map { try TestMember($0) }
        try scene.bench.push(crowd.map { try $0.record(at: scene.bench.wall, puzzle: $0.unsolved()) }, over: scene.link)
        #expect(scene.bench.engine.waitingCount == 150 && scene.bench.counted(.applicantsFull) == 150)
        let honest = try TestMember(301)
        try scene.bench.introduce(honest, over: scene.other)
        #expect(scene.bench.engine.waitingCount == 150)
        #expect(scene.bench.orders.count == 2)
        while !scene.bench.orders.isEmpty { try scene.bench.check() }
        #expect(scene.bench.engine.isPresent(honest.key) && scene.bench.engine.allKnownCount == 2)
    }

    @Test("who waits is named in a pull, so that nobody sends it again, and is asked for only when it is newer there")
    func named() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        try scene.bench.introduce(member, over: scene.link)
        let known = Have(
            node: member.short, seq: scene.bench.wall.milliseconds, heartbeat: scene.bench.wall.milliseconds)
        let compare = try Compare(
            salt: [UInt8](repeating: 0, count: 16), parts: [Part(from: 0, to: .max, count: 9, sum: 0)])
        let listed = scene.bench.say(.compareReceived(scene.other, compare)).pulls.flatMap(\.pull.have)
        #expect(listed.contains(known) && listed.count == 2)
        #expect(listed.map(\.node) == listed.map(\.node).sorted())
        func asked(_ theirs: Have) throws -> [Have] {
            scene.bench.say(.pullReceived(scene.other, try Pull(have: [theirs], from: 0, to: .max))).pulls
                .flatMap(\.pull.have)
        }
        #expect(try asked(known).isEmpty)
        for newer in [
            Have(node: member.short, seq: known.seq + 1, heartbeat: 0),
            Have(node: member.short, seq: known.seq, heartbeat: known.heartbeat + 1),
        ] {
            #expect(try asked(newer) == [known])
        }
    }

    @Test("a restored member that waits is named once")
    func namedOnce() throws {
        let member = try TestMember(1)
        var scene = try Scene(restored: [member.record(at: .worldStart + .seconds(1_000))])
        try scene.bench.push([], [member.heartbeat(at: scene.bench.wall)], over: scene.link)
        let named = scene.bench.engine.haves(from: 0, to: .max, at: scene.bench.now).filter { $0.node == member.short }
        #expect(named.map(\.heartbeat) == [scene.bench.wall.milliseconds])
    }

    @Test("as many are named as a pull holds")
    func fullPull() throws {
        var scene = try Scene()
        let crowd = try (1...560).map { try TestMember($0) }
        try scene.bench.push(crowd.map { try $0.record(at: scene.bench.wall) }, over: scene.link)
        #expect(scene.bench.engine.waitingCount == 560)
        #expect(scene.bench.engine.haves(from: 0, to: .max, at: scene.bench.now).count == 540)
    }

    @Test("answers that nobody asked for put nobody into the table")
    func unasked() throws {
        var scene = try Scene()
        let member = try TestMember(1)
        let finding = PuzzleClaim(nodeKey: member.key, solution: member.puzzle).check(policy: .local)
        scene.bench.say(.puzzlesChecked([finding]))
        try scene.bench.introduce(member, over: scene.link)
        #expect(scene.bench.engine.allKnownCount == 1 && scene.bench.orders.count == 1)
    }

    @Test("nobody is called or displaced for somebody whose puzzle is not checked")
    func noTrial() throws {
        var street = try Street()
        let squatters = try (1..<5).map { try Street.member($0, at: 0x5000_0000 + UInt32($0)) }
        try street.offer(squatters)
        street.bench.isChecking = false
        let honest = try Street.member(9, at: 0x5000_0063)
        street.answer(honest)
        try street.offer([honest])
        street.settle()
        #expect(street.bench.counted(.trialBegun) == 0 && squatters.allSatisfy(street.knows))
        try street.bench.check()
        #expect(street.bench.counted(.trialBegun) == 1 && !street.knows(honest))
        street.settle()
        try street.offer([honest])
        #expect(street.bench.orders.isEmpty && street.knows(honest), "its puzzle is known")
    }

    @Test("where there is no room nothing is computed, and where somebody goes for it he goes afterwards")
    func room() throws {
        var bench = try Bench(policy: .lan, isMember: false)
        let link = bench.link(to: try TestMember(101, policy: .lan))
        let crowd = try (1...65).map {
            try TestMember($0, policy: .lan, endpoint: .v4(0x0A00_0099, port: 7_000 + UInt16($0)))
        }
        try bench.push(crowd.prefix(64).map { try $0.record(at: bench.wall) }, over: link)
        #expect(bench.engine.allKnownCount == 64)
        bench.isChecking = false
        try bench.push([crowd[64].record(at: bench.wall)], over: link)
        #expect(bench.counted(.subnetFull) == 1 && bench.orders.isEmpty)
        bench.wait(.minutes(61))
        try bench.push([crowd[64].record(at: bench.wall)], over: link)
        #expect(bench.engine.waitingCount == 1 && bench.engine.allKnownCount == 64 && bench.all.forgotten.isEmpty)
        #expect(try bench.check().forgotten.count == 1)
        #expect(bench.engine.member(crowd[64].key) != nil && bench.engine.allKnownCount == 64)
    }
}
