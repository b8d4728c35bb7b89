// Pipes to this node as a keeper: deposits, answers, packets, and everything that is not one of these.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Arrivals")
struct ArrivalTests {
    @Test("a deposit through a home is answered, and packets go both ways")
    func deposit() throws {
        let world = try RelayWorld()
        for _ in 0..<4 { try world.addMember() }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let homes = Set(leaf.liveHomes.map(\.node))
        let keeper = try #require(world.nodes.first { $0.record != nil && !homes.contains($0.nodeKey) })
        let pipe = world.open(1, from: leaf, to: keeper, try Fixtures.deposit())
        world.run(for: .seconds(1))
        #expect(leaf.answers[pipe] == [Fixtures.receipt()])
        let (arrival, deposit, via) = try #require(keeper.deposits.first)
        #expect(Request.deposit(deposit) == (try Fixtures.deposit()))
        // The keeper sees a home, and no leaf.
        let link = try #require(keeper.linksUp[via])
        #expect(link.peer.map(homes.contains) == true)
        world.give(keeper, .arrivalAsked(arrival, .sendPacket(Fixtures.pattern(9_000))))
        world.give(leaf, .pipeAsked(pipe, .sendPacket([1, 2])))
        world.run(for: .seconds(1))
        #expect(leaf.packets[pipe] == [Fixtures.pattern(9_000)])
        #expect(keeper.arrivalPackets[arrival] == [[1, 2]])
        world.give(leaf, .pipeAsked(pipe, .finish))
        world.give(keeper, .arrivalAsked(arrival, .finish))
        world.run(for: .seconds(1))
        #expect(leaf.endings[pipe] == .finished)
        #expect(keeper.closedArrivals == [arrival])
    }

    @Test("a home that is the keeper itself deals with it without another hop")
    func ownHome() throws {
        let bench = try Bench()
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let pipe = RawPipe(to: bench)
        try leaf.send(.open, 1, leaf.carry(to: bench.identity.value.nodeKey, try pipe.request(Fixtures.deposit())))
        let arrival = try #require(bench.arrivals.first)
        bench.give(.arrivalAsked(arrival, .answer(Fixtures.receipt(3))))
        #expect(try pipe.answer(try leaf.takeFrames().data(of: 1)) == Fixtures.receipt(3))
    }

    @Test("a request in any pieces is read", arguments: [1, 50, 817])
    func pieces(size: Int) throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        let request = try RawPipe(to: bench).request(try Fixtures.deposit())
        try peer.send(.open, 1, RawPeer.arrival(Array(request.prefix(size))))
        for start in stride(from: size, to: request.count, by: size) {
            try peer.send(.data, 1, Array(request[start..<min(start + size, request.count)]))
        }
        #expect(bench.arrivals.count == 1)
    }

    @Test("what is no request resets the stream and leaves the link", arguments: 0..<6)
    func garbage(kind: Int) throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        let other = NodeKey(Blake2b.hash([9]))
        let early: [UInt8]
        switch kind {
        case 0: early = [0xFF, 0xFF, 1]
        case 1: early = [0, 1, 1]
        case 2: early = [3, 0] + [UInt8](repeating: 4, count: 768)
        case 3: early = try RawPipe(to: bench, member: other).request(try Fixtures.deposit())
        case 4:
            // A good handshake around a block that is none.
            let pipe = RawPipe(to: bench)
            early = try pipe.channel.value.start(payload: [UInt8](repeating: 255, count: 768), using: &pipe.random)
        default:
            let pipe = RawPipe(to: bench)
            early = try pipe.channel.value.start(payload: [], using: &pipe.random)
        }
        try peer.send(.open, 1, RawPeer.arrival(early))
        #expect(try peer.takeFrames().reset(of: 1) == .malformed)
        #expect(peer.isUp)
        #expect(bench.arrivals.isEmpty)
        #expect(bench.count(.arrivalsFailed) == 1)
    }

    @Test("a replayed request is refused")
    func replay() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        let request = try RawPipe(to: bench).request(try Fixtures.deposit())
        try peer.send(.open, 1, RawPeer.arrival(request))
        try peer.send(.open, 3, RawPeer.arrival(request))
        #expect(bench.arrivals.count == 1)
        #expect(try peer.takeFrames().reset(of: 3) == .malformed)
        #expect(bench.count(.arrivalsReplayed) == 1)
    }

    @Test("an arrival that does not complete, or that the owner does not answer, expires")
    func expiry() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        try peer.send(.open, 1, RawPeer.arrival([3]))
        try peer.send(.open, 3, RawPeer.arrival(try RawPipe(to: bench).request(try Fixtures.deposit())))
        bench.pass(.seconds(4))
        try peer.send(.ping, 0, [UInt8](repeating: 0, count: 8))
        bench.pass(.seconds(2))
        let frames = try peer.takeFrames()
        #expect(frames.reset(of: 1) == .expired && frames.reset(of: 3) == .expired)
        #expect(bench.count(.arrivalsExpired) == 2)
        let closed = bench.effects.contains { if case .arrivalClosed = $0 { true } else { false } }
        #expect(closed)
    }

    @Test("a depositor that sends what nobody sealed is reset, and the owner is told")
    func badPacket() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        try peer.send(.open, 1, RawPeer.arrival(try RawPipe(to: bench).request(try Fixtures.deposit())))
        let arrival = try #require(bench.arrivals.first)
        bench.give(.arrivalAsked(arrival, .answer(Fixtures.receipt())))
        try peer.send(.data, 1, [0, 128] + [UInt8](repeating: 1, count: 128))
        #expect(try peer.takeFrames().reset(of: 1) == .malformed)
        let closed = bench.effects.contains { if case .arrivalClosed(arrival) = $0 { true } else { false } }
        #expect(closed)
    }

    @Test("arrivals are bounded in number and, over one link, in rate")
    func caps() throws {
        var limits = Bench.limits
        limits.arrivalsAtOnce = 3
        limits.arrivalsBurstPerLink = 2
        limits.arrivalsPerSecondPerLink = 0
        let bench = try Bench(limits: limits)
        let one = try RawPeer(bench, seed: 30).becomeMember()
        let two = try RawPeer(bench, seed: 31).becomeMember()
        for number in [1, 3, 5] as [UInt32] {
            try one.send(.open, number, RawPeer.arrival())
            try two.send(.open, number, RawPeer.arrival())
        }
        #expect(try one.takeFrames().filter { $0.kind == .reset }.map(\.stream) == [5])
        #expect(try two.takeFrames().filter { $0.kind == .reset }.map(\.stream) == [3, 5])
        #expect(bench.count(.arrivalsRefused) == 3)
    }

    @Test("only members bring arrivals, only attached leaves have streams carried")
    func whoMayWhat() throws {
        let bench = try Bench()
        let member = try RawPeer(bench, seed: 30).becomeMember()
        let leaf = try RawPeer(bench, seed: 31, asLeaf: true).becomeLeaf()
        let stranger = try RawPeer(bench, seed: 32, asLeaf: true).becomeLeaf(attached: false)
        try member.send(.open, 1, member.carry(to: bench.identity.value.nodeKey))
        try leaf.send(.open, 1, RawPeer.arrival())
        try stranger.send(.open, 1, stranger.carry(to: bench.identity.value.nodeKey))
        for peer in [member, leaf, stranger] {
            #expect(try peer.takeFrames().reset(of: 1) == .notAllowed)
            #expect(peer.isUp)
        }
        #expect(bench.count(.carriagesForbidden) == 2)
    }
}

extension Bench {
    var arrivals: [ArrivalID] {
        effects.compactMap { if case .depositArrived(let id, _, _, _) = $0 { id } else { nil } }
    }
}
