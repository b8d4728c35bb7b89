// Floods, and who is served all the same: of connections, of arrivals, of pings.

import Essentials
import Identity
@testable import Relaying
import Testing
import Wire

@Suite("Floods")
struct FloodTests {
    /// 9.wide.small.host
    private func endpoint(_ wide: Int, _ small: Int = 0, _ host: Int = 1) -> Endpoint {
        .v4(UInt32(9 << 24 | wide << 16 | small << 8 | host), port: 4_000)
    }

    /// Silent connections from 256 small subnets of one wide one.
    private func flood(_ bench: Bench, rounds: Int) {
        for _ in 0..<rounds { for small in 0..<256 { _ = bench.accept(from: endpoint(1, small)) } }
    }

    @Test("a flood from all of a wide subnet leaves a newcomer from elsewhere served, before it and in the midst of it")
    func wideFlood() throws {
        let bench = try Bench("main")
        let early = RawPeer(bench, seed: 50, asLeaf: true, from: endpoint(2))
        flood(bench, rounds: 10)
        #expect(bench.count(.connectionsRefused) >= 2_300)
        let late = RawPeer(bench, seed: 51, asLeaf: true, from: endpoint(3))
        flood(bench, rounds: 10)
        #expect(try early.becomeLeaf().isUp && late.becomeLeaf().isUp)
        let neighbour = bench.accept(from: endpoint(1, 7))
        #expect(bench.isClosed(neighbour), "its neighbours in the wide subnet are not")
    }

    @Test("known members get through while strangers flood from everywhere")
    func membersThrough() throws {
        let bench = try Bench("main")
        let home = endpoint(200, 4)
        let early = RawPeer(bench, seed: 50, from: home)
        bench.know(early, at: [home])
        let known = RawPeer(bench, seed: 51, from: home)
        for number in 0..<10_000 { _ = bench.accept(from: endpoint(number & 127, number >> 7)) }
        #expect(bench.count(.halfOpenEvicted) > 0 && bench.count(.connectionsRefused) > 0)
        #expect(bench.isClosed(early.connection), "it came before it was known")
        #expect(try known.becomeMember().isUp)
        let again = RawPeer(bench, seed: 52, from: home)
        #expect(!bench.isClosed(again.connection))
        // Whoever is in the table but absent, and whoever is next door, is a stranger.
        #expect(bench.isClosed(bench.accept(from: endpoint(200, 4, 2))))
        bench.know(early, at: [home], isPresent: false)
        #expect(bench.isClosed(bench.accept(from: home)))
    }

    @Test("a handshake that fails is charged to whoever began it")
    func failures() throws {
        let bench = try Bench("main")
        func attempts(_ wide: Int, _ end: (ConnectionID) -> Void) -> Int {
            (0..<64).count { _ in
                let connection = bench.accept(from: endpoint(wide))
                guard !bench.isClosed(connection) else { return false }
                end(connection)
                return true
            }
        }
        #expect(attempts(1) { bench.give(.received($0, [0])) } == 8)
        #expect(attempts(2) { bench.give(.connectionClosed($0)) } == 8)
        // One that becomes a link pays once.
        for index in 0..<20 as Range<UInt8> {
            let leaf = try RawPeer(bench, seed: 100 + index, asLeaf: true, from: endpoint(3)).becomeLeaf()
            #expect(leaf.isUp)
        }
    }

    // MARK: arrivals

    @Test("key agreements for arrivals have a budget over all links, and members of the table go before others")
    func arrivals() throws {
        var limits = Bench.limits
        limits.arrivalsBurstTotal = 8
        limits.arrivalsPerSecondTotal = 0
        limits.arrivalsBurstPerLink = 4
        limits.arrivalsPerSecondPerLink = 0
        let bench = try Bench(limits: limits)
        let peers = try (0..<5).map { try RawPeer(bench, seed: UInt8(30 + $0)).becomeMember() }
        func accepted(_ peer: RawPeer, _ count: Int) throws -> Int {
            for index in 0..<count { try peer.send(.open, UInt32(2 * index + 1), RawPeer.arrival()) }
            return count - (try peer.takeFrames().count { $0.kind == .reset })
        }
        // Two while it has had little, two more down to half of everybody's.
        #expect(try accepted(peers[0], 6) == 4)
        #expect(try accepted(peers[1], 4) == 2)
        #expect(try accepted(peers[2], 1) == 0)
        bench.know(peers[3], isPresent: false)
        #expect(try accepted(peers[3], 1) == 0)
        bench.know(peers[4])
        #expect(try accepted(peers[4], 4) == 2)
        #expect(bench.count(.arrivalsRefused) == 8)
    }

    @Test("a greedy member leaves others' half like anybody")
    func greedyMember() throws {
        var limits = Bench.limits
        limits.arrivalsBurstTotal = 8
        limits.arrivalsPerSecondTotal = 0
        limits.arrivalsBurstPerLink = 100
        let bench = try Bench(limits: limits)
        let peer = try RawPeer(bench, seed: 30).becomeMember()
        bench.know(peer)
        for index in 0..<8 as Range<UInt32> { try peer.send(.open, 2 * index + 1, RawPeer.arrival()) }
        #expect(bench.count(.arrivalsOpened) == 8, "it is not greedy")
        limits.arrivalsBurstPerLink = 8
        limits.arrivalsPerSecondPerLink = 0
        let other = try Bench(limits: limits)
        let greedy = try RawPeer(other, seed: 30).becomeMember()
        other.know(greedy)
        for index in 0..<8 as Range<UInt32> { try greedy.send(.open, 2 * index + 1, RawPeer.arrival()) }
        #expect(other.count(.arrivalsOpened) == 4)
    }

    // MARK: pings

    @Test("more pings than anybody honest sends are not answered, and a flood of them ends the link")
    func pings() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench, asLeaf: true).becomeLeaf()
        try peer.read()
        func answers() throws -> Int {
            try peer.read()
            defer { peer.frames = [] }
            return peer.frames.count { $0.kind == .pong }
        }
        func ping(_ count: Int) throws {
            for _ in 0..<count where peer.isUp { try peer.send(.ping, 0, [UInt8](repeating: 0, count: 8)) }
        }
        try ping(60)
        #expect(try answers() == 50)
        #expect(bench.count(.pingsIgnored) == 10 && peer.isUp)
        bench.pass(.seconds(1))
        try ping(20)
        #expect(try answers() == 10)
        try ping(990)
        #expect(peer.isUp, "a thousand are borne, and ten more a second")
        try ping(1)
        #expect(!peer.isUp && bench.count(.pingsIgnored) == 1_011)
        try peer.read()
        #expect(peer.frames.closeCode == CloseCode.overloaded)
    }

    @Test("however many paths over a home fail, one answer is asked for at a time")
    func failedPaths() throws {
        let bench = try Bench()
        let home = try RawAnswerer(bench, dialledAs: .leaf).becomeMember()
        for _ in 0..<20 { bench.give(.homeFailed(home.link)) }
        _ = try home.takeFrames()
        let first = try #require(home.pings.first)
        #expect(home.pings.count == 1)
        try home.send(.pong, 0, first + [UInt8](repeating: 0, count: 16))
        for _ in 0..<20 { bench.give(.homeFailed(home.link)) }
        _ = try home.takeFrames()
        #expect(home.pings.count == 2)
    }
}
