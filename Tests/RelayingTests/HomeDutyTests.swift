// What a home does for its leaves, and where it stops.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("A home's duties")
struct HomeDutyTests {
    private func refusals(_ peer: RawPeer) throws -> [UInt32] {
        try peer.takeControls().compactMap { if case .refused(let refused) = $0 { refused.code } else { nil } }
    }

    /// Lets time pass while the peer shows that it lives.
    private func pass(_ seconds: Int, _ peer: RawPeer) throws {
        for _ in 0..<seconds {
            peer.bench.pass(.seconds(1))
            try peer.send(.ping, 0, [UInt8](repeating: 0, count: 8))
        }
    }

    @Test("a member's link cannot attach: homes are for leaves")
    func memberAttaches() throws {
        let bench = try Bench()
        let member = try RawPeer(bench).becomeMember()
        try member.say(.attach(Attach()))
        #expect(try refusals(member) == [RefusalCode.notHome])
        #expect(bench.engine.value.attachedLeaves == 0 && bench.count(.leavesRefused) == 1)
    }

    @Test("a node that is no member any more is no home any more, and takes no pipes of others")
    func noMemberAnyMore() throws {
        let bench = try Bench()
        let leaf = try RawPeer(bench, seed: 60, asLeaf: true).becomeLeaf(attached: false)
        let member = try RawPeer(bench, seed: 61).becomeMember()
        bench.give(.becameLeaf)
        try leaf.say(.attach(Attach()))
        #expect(try refusals(leaf) == [RefusalCode.notHome])
        try member.send(.open, 1, RawPeer.arrival())
        #expect(try member.takeFrames().reset(of: 1) == .notAllowed)
    }

    @Test("a leaf is told once a minute why it is held back, and not with every stream")
    func toldOnce() throws {
        var limits = Bench.limits
        limits.leafOpensBurst = 0
        limits.leafOpensPerSecond = 0
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let elsewhere = bench.knowMember()
        for number in [1, 3, 5] as [UInt32] { try leaf.send(.open, number, leaf.carry(to: elsewhere)) }
        #expect(try refusals(leaf) == [RefusalCode.tooManyStreams])
        try pass(61, leaf)
        try leaf.send(.open, 7, leaf.carry(to: elsewhere))
        #expect(try refusals(leaf) == [RefusalCode.tooManyStreams])
    }

    @Test("a debt is counted once, however many pieces make it deeper")
    func oneDebt() throws {
        var limits = Bench.limits
        limits.leafBytesPerSecond = 100
        limits.leafBytesBurst = 1_000
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        try leaf.send(.open, 1, leaf.carry(to: bench.knowMember()))
        for _ in 0..<6 { try leaf.send(.data, 1, [UInt8](repeating: 1, count: 600)) }
        #expect(bench.count(.quotaRate) == 1)
        #expect(try refusals(leaf) == [RefusalCode.tooFast])
    }

    @Test("streams that wait for links are bounded")
    func waiting() throws {
        var limits = Bench.limits
        limits.carriagesWaiting = 2
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let elsewhere = bench.knowMember()
        for number in [1, 3, 5] as [UInt32] { try leaf.send(.open, number, leaf.carry(to: elsewhere)) }
        let frames = try leaf.takeFrames()
        #expect(frames.filter { $0.kind == .reset }.map(\.stream) == [5])
        #expect(frames.reset(of: 5) == .overloaded)
    }

    @Test("a stream that waited in vain is not carried on when the link comes after all")
    func tooLate() throws {
        let bench = try Bench()
        let leaf = try RawPeer(bench, seed: 60, asLeaf: true).becomeLeaf()
        let member = RawPeer(bench, seed: 61)
        try leaf.send(.open, 1, leaf.carry(to: member.identity.value.nodeKey, [1, 2, 3]))
        bench.pass(.milliseconds(3_100))
        #expect(try leaf.takeFrames().reset(of: 1) == .unreachable)
        try member.becomeMember()
        #expect(try !member.takeFrames().contains { $0.kind == .open })
    }

    @Test("of what waited at most eight kibibytes ride on the opening, and the rest follows in order")
    func longOpening() throws {
        let bench = try Bench()
        let leaf = try RawPeer(bench, seed: 60, asLeaf: true).becomeLeaf()
        let member = RawPeer(bench, seed: 61)
        let bytes = Fixtures.pattern(12_000)
        try leaf.send(.open, 1, leaf.carry(to: member.identity.value.nodeKey, Array(bytes.prefix(10_000))))
        try leaf.send(.data, 1, Array(bytes.dropFirst(10_000)))
        try member.becomeMember()
        let frames = try member.takeFrames()
        let opened = try #require(frames.first { $0.kind == .open })
        let opening = try #require(StreamOpening(opened.payload))
        #expect(opening.early.count == 8_192)
        #expect(Array(opening.early) + frames.data(of: opened.stream) == bytes)
    }

    @Test("arrivals over one link are bounded in rate, whatever the others do")
    func arrivalRate() throws {
        var limits = Bench.limits
        limits.arrivalsBurstPerLink = 2
        limits.arrivalsPerSecondPerLink = 1
        let bench = try Bench(limits: limits)
        let one = try RawPeer(bench, seed: 30).becomeMember()
        let two = try RawPeer(bench, seed: 31).becomeMember()
        for number in [1, 3, 5] as [UInt32] { try one.send(.open, number, RawPeer.arrival()) }
        try two.send(.open, 1, RawPeer.arrival())
        #expect(try one.takeFrames().reset(of: 5) == .overloaded)
        #expect(try two.takeFrames().reset(of: 1) == nil)
        bench.pass(.seconds(1))
        try one.send(.open, 7, RawPeer.arrival())
        #expect(try one.takeFrames().reset(of: 7) == nil)
    }

    @Test("a path on which something moves now and then lives, and one on which nothing moves is reset")
    func idle() throws {
        var limits = Bench.limits
        limits.streamIdle = .seconds(40)
        let world = try RelayWorld(limits: limits)
        for _ in 0..<3 { try world.addMember() }
        var own = RelayingLimits.standard
        own.streamIdle = limits.streamIdle
        let one = try world.addLeaf(limits: own)
        let two = try world.addLeaf(limits: own)
        world.introduce()
        world.run(for: .seconds(3))
        let (first, second) = world.meet(one, two, at: world.nodes[0])
        for _ in 0..<8 {
            world.run(for: .seconds(15))
            world.give(one, .pipeAsked(first, .write([1])))
        }
        world.run(for: .seconds(1))
        #expect(one.endings[first] == nil && two.received[second]?.count == 8)
        world.run(for: .seconds(60))
        #expect(one.endings[first] != nil && two.endings[second] != nil)
        #expect(world.nodes.contains { $0.count(.streamsExpired) > 0 })
    }
}
