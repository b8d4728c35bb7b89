// What a home lets a leaf use, and how it says that it is enough.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Quotas")
struct QuotaTests {
    @Test("a leaf in debt is fine again when it is paid, and no sooner")
    func debt() {
        var limits = RelayingLimits()
        limits.leafBytesPerSecond = 1_000
        limits.leafBytesBurst = 5_000
        var quota = LeafQuota(limits: limits, at: .origin)
        #expect(quota.charge(5_000, at: .origin) == .fine)
        guard case .tooFast(let until) = quota.charge(2_000, at: .origin) else {
            Issue.record("too fast")
            return
        }
        #expect(quota.isInDebt)
        #expect((until - .origin) >= .seconds(2) && (until - .origin) < .milliseconds(2_010))
        #expect(quota.review(at: .origin + .milliseconds(1_900)) != .fine)
        #expect(quota.review(at: until) == .fine)
        #expect(!quota.isInDebt)
    }

    @Test("the day's bytes end the day, and the next begins anew")
    func day() {
        var limits = RelayingLimits()
        limits.leafBytesPerDay = 10_000
        var quota = LeafQuota(limits: limits, at: .origin)
        #expect(quota.charge(9_999, at: .origin) == .fine)
        #expect(quota.charge(1, at: .origin + .hours(1)) == .dayUsedUp(until: .origin + .days(1)))
        #expect(quota.isDayUsedUp)
        #expect(quota.charge(1, at: .origin + .days(1)) == .fine)
    }

    @Test("debt has an end: sixteen times the burst, however much came")
    func deepest() {
        var limits = RelayingLimits()
        limits.leafBytesPerSecond = 1_000
        limits.leafBytesBurst = 5_000
        var quota = LeafQuota(limits: limits, at: .origin)
        guard case .tooFast(let until) = quota.charge(1_000_000_000, at: .origin) else {
            Issue.record("too fast")
            return
        }
        #expect(until - .origin >= .seconds(80) && until - .origin <= .seconds(81))
    }

    @Test("what is gained in moments too short for a byte adds up")
    func oftenReviewed() {
        var limits = RelayingLimits()
        limits.leafBytesPerSecond = 1_000
        limits.leafBytesBurst = 0
        var quota = LeafQuota(limits: limits, at: .origin)
        _ = quota.charge(100, at: .origin)
        var verdict = LeafQuota.Verdict.dayUsedUp(until: .origin)
        for step in 1...1_010 { verdict = quota.review(at: .origin + .microseconds(Int64(step) * 100)) }
        #expect(verdict == .fine)
    }

    @Test("absurd amounts do not trap")
    func absurd() {
        var slowest = RelayingLimits()
        slowest.leafBytesPerSecond = 1
        slowest.leafBytesBurst = .max / 32
        slowest.leafBytesPerDay = .max
        var slow = LeafQuota(limits: slowest, at: .origin)
        for _ in 0..<40 { _ = slow.charge(.max / 2, at: .origin) }
        #expect(slow.isInDebt)
        var limits = RelayingLimits()
        limits.leafBytesPerSecond = .max
        limits.leafBytesBurst = .max / 32
        var quota = LeafQuota(limits: limits, at: .origin)
        for _ in 0..<40 { _ = quota.charge(.max, at: .distantFuture) }
        #expect(quota.isDayUsedUp)
    }

    @Test("the same reason is not given twice within a minute")
    func notices() {
        var quota = LeafQuota(limits: .standard, at: .origin)
        #expect(quota.shouldTell(1, at: .origin) == true)
        #expect(quota.shouldTell(1, at: .origin + .seconds(59)) == false)
        #expect(quota.shouldTell(2, at: .origin) == true)
        #expect(quota.shouldTell(1, at: .origin + .seconds(61)) == true)
    }

    private func paths(_ limits: RelayingLimits) throws -> (RelayWorld, WorldNode, WorldNode, WorldNode, PipeID, PipeID)
    {
        let world = try RelayWorld(limits: limits)
        let door = try world.addMember()
        let home = try world.addMember()
        world.introduce()
        let one = try world.addLeaf(limits: .standard)
        let two = try world.addLeaf(limits: .standard)
        world.introduce([home], to: [one, two])
        world.run(for: .seconds(3))
        let (first, second) = world.meet(one, two, at: door)
        #expect(two.answers[second] == [.join(JoinAnswer(code: .joined))])
        return (world, home, one, two, first, second)
    }

    @Test("a leaf that is too fast is slowed down to its rate, told so, and loses nothing")
    func slowedDown() throws {
        var limits = Bench.limits
        limits.leafBytesPerSecond = 100_000
        limits.leafBytesBurst = 100_000
        let (world, home, one, two, first, second) = try paths(limits)
        let bytes = Fixtures.pattern(1_000_000)
        let begin = world.now
        #expect(world.pour(bytes, into: first, of: one, within: .seconds(60)))
        world.run(for: .seconds(30)) { two.received[second]?.count == bytes.count }
        #expect(two.received[second] == bytes)
        let took = world.now - begin
        // A megabyte at a hundred kilobytes a second, both leaves being at this home, less the burst.
        #expect(took >= .seconds(6) && took <= .seconds(25))
        #expect(home.count(.quotaRate) > 0)
        let told = one.controls.contains {
            if case .refused(let refused) = $0 { refused.code == RefusalCode.tooFast } else { false }
        }
        #expect(told)
        #expect(one.liveHomes.count == 1)
    }

    @Test("a leaf whose day is used up is told so, and its streams are reset")
    func dayUsedUp() throws {
        var limits = Bench.limits
        limits.leafBytesPerDay = 200_000
        let (world, home, one, two, first, second) = try paths(limits)
        _ = world.pour(Fixtures.pattern(400_000), into: first, of: one, within: .seconds(5))
        world.run(for: .seconds(2))
        #expect(one.endings[first] == .reset(.overQuota))
        #expect(two.endings[second] == .reset(.overQuota))
        #expect(home.count(.quotaDay) > 0)
        let told = one.controls.contains {
            if case .refused(let refused) = $0 { refused.code == RefusalCode.dayUsedUp } else { false }
        }
        #expect(told)
        let again = world.open(5, from: one, to: home, Fixtures.join(9))
        world.run(for: .seconds(1))
        #expect(one.endings[again] == .reset(.overQuota))
    }

    @Test("streams opened faster than the terms allow are reset")
    func opens() throws {
        var limits = Bench.limits
        limits.leafOpensBurst = 3
        limits.leafOpensPerSecond = 1
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let elsewhere = bench.knowMember()
        for number in [1, 3, 5, 7] as [UInt32] { try leaf.send(.open, number, leaf.carry(to: elsewhere)) }
        let frames = try leaf.takeFrames()
        #expect(frames.filter { $0.kind == .reset }.map(\.stream) == [7])
        #expect(bench.count(.quotaStreams) == 1)
    }

    @Test("what waits for a leaf that reads nothing is bounded: the fullest stream goes")
    func heldForLeaf() throws {
        var limits = Bench.limits
        limits.heldForLeaf = 100_000
        let (world, home, one, two, first, _) = try paths(limits)
        let third = world.open(3, from: one, to: world.nodes[0], Fixtures.join(40))
        world.run(for: .milliseconds(300))
        let fourth = world.open(3, from: two, to: world.nodes[0], Fixtures.join(40))
        world.run(for: .milliseconds(300))
        // The second leaf's connection takes nothing any more.
        for link in home.linksUp.values where link.isLeaf {
            world.give(home, .writabilityChanged(ConnectionID(number: link.id.number), isWritable: false))
        }
        world.give(one, .pipeAsked(first, .write(Fixtures.pattern(64_000))))
        world.give(one, .pipeAsked(third, .write(Fixtures.pattern(60_000))))
        world.run(for: .seconds(3))
        #expect(home.count(.streamsShed) == 1)
        _ = fourth
    }

    @Test("an own stream that waits for a link holds little, and not for long")
    func waitingCarriage() throws {
        var limits = Bench.limits
        limits.carriageHold = 1_000
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let elsewhere = bench.knowMember()
        for number in [1, 3] as [UInt32] {
            try leaf.send(.open, number, leaf.carry(to: elsewhere, [UInt8](repeating: 1, count: 900)))
        }
        let wanted = bench.effects.count { if case .linkWanted(elsewhere) = $0 { true } else { false } }
        #expect(wanted == 1)
        try leaf.send(.data, 1, [UInt8](repeating: 1, count: 101))
        #expect(try leaf.takeFrames().reset(of: 1) == .overloaded)
        bench.pass(.seconds(4))
        #expect(try leaf.takeFrames().reset(of: 3) == .unreachable)
        #expect(bench.count(.carriagesUnreachable) == 1)
        #expect(leaf.isUp)
    }

    @Test("no leaf makes its home dial somebody who is known not to be there")
    func absentMember() throws {
        let bench = try Bench()
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let absent = bench.knowMember(isPresent: false)
        try leaf.send(.open, 1, leaf.carry(to: absent))
        #expect(try leaf.takeFrames().reset(of: 1) == .unreachable)
        let isWanted = bench.effects.contains { if case .linkWanted = $0 { true } else { false } }
        #expect(!isWanted)
    }

    @Test("a link that the table has no use for goes when it carries nothing, and not before")
    func retired() throws {
        var limits = Bench.limits
        limits.passingLinkIdle = .seconds(20)
        let (world, home, one, two, first, second) = try paths(limits)
        let toDoor = try #require(home.linksUp.values.first { $0.peer == world.nodes[0].nodeKey })
        world.give(home, .retireAsked(toDoor.id))
        world.run(for: .seconds(60))
        world.give(one, .pipeAsked(first, .write([7])))
        world.run(for: .seconds(1))
        #expect(two.received[second] == [7])
        world.give(one, .pipeAsked(first, .reset))
        world.run(for: .seconds(60))
        #expect(home.linkEndings[toDoor.id] == .hungUp)
        // One that carries nothing goes at once.
        world.give(
            home,
            .dialAsked(
                .member(world.nodes[0].nodeKey, world.nodes[0].channelKey, world.nodes[0].endpoints), as: .member))
        world.run(for: .seconds(1))
        let again = try #require(home.linksUp.values.first { $0.peer == world.nodes[0].nodeKey })
        world.give(home, .retireAsked(again.id))
        #expect(home.linkEndings[again.id] == .hungUp)
    }

    @Test("a link that was only dialled for a leaf's stream is hung up when it has none for a while")
    func passingLinks() throws {
        var limits = Bench.limits
        limits.passingLinkIdle = .seconds(20)
        let (world, home, one, two, first, second) = try paths(limits)
        let toDoor = try #require(home.linksUp.values.first { $0.peer == world.nodes[0].nodeKey })
        world.run(for: .seconds(60))
        #expect(home.linksUp[toDoor.id] != nil)
        world.give(one, .pipeAsked(first, .reset))
        world.run(for: .seconds(60))
        #expect(home.linkEndings[toDoor.id] == .hungUp)
        #expect(two.endings[second] == .reset(.cancelled))
    }
}
