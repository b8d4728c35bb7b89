// How places for links, and what a home brings to a member, are divided among those who want them.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Places and shares")
struct PlacesTests {
    private let policy: NetworkPolicy

    init() throws { policy = try Fixtures.policy("main") }

    /// 9.wide.small.1
    private func origin(_ wide: Int, _ small: Int = 0) -> Origin { policy.origin(of: endpoint(wide, small)) }

    private func endpoint(_ wide: Int, _ small: Int = 0) -> Endpoint {
        .v4(UInt32(9 << 24 | wide << 16 | small << 8 | 1), port: 4_000)
    }

    private final class Hall {
        var places = Places()

        func fill(_ origins: [Origin], of capacity: Int) -> Int {
            var entered = 0
            for origin in origins where places.hasRoom(for: origin, of: capacity) {
                places.enter(origin)
                entered += 1
            }
            return entered
        }
    }

    @Test("a wide subnet may have as many places as it leaves free, a small one a quarter of that")
    func division() {
        let wide = Hall()
        #expect(wide.fill((0..<200).map { origin(1, $0) }, of: 100) == 50)
        #expect(wide.fill((0..<200).map { origin(2, $0) }, of: 100) == 25, "the second one half of what is left")
        #expect(wide.fill([origin(3)], of: 100) == 1)
        let small = Hall()
        #expect(small.fill((0..<200).map { _ in origin(1, 1) }, of: 100) == 20)
        #expect(small.fill([origin(1, 2)], of: 100) == 1)
        // A place that is given back is a place again.
        small.places.leave(origin(1, 1))
        #expect(small.places.count == 20 && small.places.count(of: policy.subnet(of: endpoint(1, 1))) == 19)
        for _ in 0..<19 { small.places.leave(origin(1, 1)) }
        small.places.leave(origin(1, 2))
        #expect(small.places.count == 0 && small.fill((0..<200).map { _ in origin(1, 1) }, of: 100) == 20)
    }

    @Test("who comes from elsewhere finds a place while there is one, and none when there is none")
    func last() {
        let hall = Hall()
        #expect(hall.fill((0..<8).map { origin($0) }, of: 7) == 7)
        #expect(!hall.places.hasRoom(for: origin(20), of: 7) && !hall.places.hasRoom(for: .unknown, of: 7))
        let unknown = Hall()
        #expect(unknown.fill([Origin](repeating: .unknown, count: 9), of: 7) == 7)
        // On one machine a port is a subnet, and all places are for whoever comes.
        let local = try? Fixtures.policy("local-test")
        let ports = (0..<1_000).compactMap { local?.origin(of: .v4(0x7F00_0001, port: UInt16(32_768 + 2 * $0))) }
        let machine = Hall()
        #expect(machine.fill(ports, of: 1_000) == 1_000)
    }

    // MARK: links

    @Test("one small subnet does not get all places for leaves, unattached or attached")
    func leaves() throws {
        var limits = Bench.limits
        limits.unattachedLeaves = 16
        limits.attachedLeaves = 16
        for attached in [false, true] {
            let bench = try Bench("main", limits: limits)
            let peers = try (0..<6).map { index in
                try RawPeer(bench, seed: UInt8(30 + index), asLeaf: true, from: endpoint(1))
                    .becomeLeaf(attached: attached)
            }
            if attached {
                #expect(bench.engine.value.attachedLeaves == 3 && bench.count(.leavesRefused) == 3)
            } else {
                #expect(peers.map(\.isUp) == [true, true, true, false, false, false])
                #expect(bench.count(.connectionsRefused) == 3)
            }
            let other = try RawPeer(bench, seed: 50, asLeaf: true, from: endpoint(2)).becomeLeaf(attached: attached)
            #expect(other.isUp && bench.engine.value.attachedLeaves == (attached ? 4 : 0))
            // Those that go make room in their subnet.
            for peer in peers { bench.give(.connectionClosed(peer.connection)) }
            let next = try RawPeer(bench, seed: 51, asLeaf: true, from: endpoint(1)).becomeLeaf(attached: attached)
            #expect(next.isUp && bench.engine.value.attachedLeaves == (attached ? 2 : 0))
        }
    }

    @Test("one small subnet does not get all places for members, and one that goes makes room")
    func memberLinks() throws {
        var limits = Bench.limits
        limits.memberLinks = 32
        let bench = try Bench("main", limits: limits)
        let peers = try (0..<5).map { try RawPeer(bench, seed: UInt8(30 + $0), from: endpoint(1)).becomeMember() }
        #expect(peers.map(\.isUp) == [true, true, true, false, false])
        #expect(try RawPeer(bench, seed: 50, from: endpoint(2)).becomeMember().isUp)
        bench.give(.connectionClosed(peers[0].connection))
        #expect(try RawPeer(bench, seed: 51, from: endpoint(1)).becomeMember().isUp)
    }

    @Test("of the links with members a quarter is for those in the table, and a quarter for own dials")
    func kindsOfMembers() throws {
        var limits = Bench.limits
        limits.memberLinks = 8
        let bench = try Bench(limits: limits)
        let known = (0..<4).map { RawPeer(bench, seed: UInt8(60 + $0)) }
        let strangers = try (0..<5).map { try RawPeer(bench, seed: UInt8(30 + $0)).becomeMember() }
        #expect(strangers.map(\.isUp) == [true, true, true, true, false])
        bench.know(known[3], isPresent: false)
        try known[3].becomeMember()
        #expect(!known[3].isUp, "one that is absent is nobody yet")
        bench.know(known[0], known[1], known[2])
        #expect(try known.prefix(3).map { try $0.becomeMember().isUp } == [true, true, false])
        let dialled = try (121..<124).map { try RawAnswerer(bench, dialledAs: .member, seed: $0).becomeMember() }
        #expect(dialled.map(\.isUp) == [true, true, false])
    }

    // MARK: what a home brings

    private let member = NodeKey(Blake2b.hash([1]))

    private final class Book {
        var shares: CarryShares
        let member: NodeKey

        init(_ member: NodeKey, limits: RelayingLimits = .standard) {
            shares = CarryShares(limits: limits)
            self.member = member
        }

        func take(_ leaf: Int, _ origin: Origin, round: UInt64 = 7, to other: NodeKey? = nil) -> CarryShares.Verdict {
            shares.take(to: other ?? member, by: LinkID(number: UInt64(leaf)), from: origin, round: round)
        }

        func taken(_ streams: [(leaf: Int, origin: Origin)]) -> Int {
            streams.count { take($0.leaf, $0.origin) == .fine }
        }

        /// Of 64 streams of one leaf.
        func alone(_ leaf: Int, round: UInt64 = 7, to other: NodeKey? = nil) -> Int {
            (0..<64).count { _ in take(leaf, .unknown, round: round, to: other) == .fine }
        }
    }

    @Test("a leaf alone brings a quarter of what its home may bring, and leaves something to each that comes later")
    func leafShare() {
        let book = Book(member)
        #expect(book.alone(1) == 16)
        #expect(book.alone(2) == 12)
        #expect(book.alone(3) == 9)
        for leaf in 10..<100 { #expect(book.take(leaf, .unknown) == .fine) }
        #expect(book.take(10, .unknown) == .beyondShare)
        // The next round, and another member, are another matter.
        #expect(book.alone(1, to: NodeKey(Blake2b.hash([2]))) == 16)
        #expect(book.alone(1, round: 8) == 16)
    }

    @Test("many leaves in one hand have no more than their subnets have")
    func subnetShare() {
        let small = Book(member)
        #expect(small.taken((0..<200).map { ($0, origin(1, 1)) }) == 21)
        let wide = Book(member)
        #expect(wide.taken((0..<200).map { ($0, origin(1, $0)) }) == 32)
        #expect(wide.taken((0..<200).map { ($0 + 300, origin(2, $0)) }) == 16)
        // When nothing is left, each subnet's first is carried all the same.
        let crowd = (0..<200).map { (leaf: $0 + 1_000, origin: origin($0 + 3)) }
        #expect(wide.taken(crowd) == 200)
        #expect(wide.taken(crowd) == 0)
    }

    @Test("what is counted in a round is bounded")
    func carriesPerRound() {
        var limits = RelayingLimits.standard
        limits.carriesPerRound = 3
        let book = Book(member, limits: limits)
        #expect((0..<4).map { book.take($0, .unknown) } == [.fine, .fine, .fine, .overloaded])
        #expect(book.take(9, .unknown, round: 8) == .fine)
    }

    @Test("one leaf cannot use up its home's share of deposits at a keeper; it is told, and goes on in the next round")
    func atTheHome() throws {
        let bench = try Bench()
        let keeper = try RawPeer(bench, seed: 40).becomeMember()
        let greedy = try RawPeer(bench, seed: 41, asLeaf: true).becomeLeaf()
        let modest = try RawPeer(bench, seed: 42, asLeaf: true).becomeLeaf()
        _ = try keeper.takeFrames()
        _ = try greedy.takeFrames()
        let node = keeper.identity.value.nodeKey
        for index in 0..<64 as Range<UInt32> { try greedy.send(.open, 2 * index + 1, greedy.carry(to: node)) }
        try modest.send(.open, 1, modest.carry(to: node))
        #expect(try keeper.takeFrames().count { $0.kind == .open } == 17)
        let frames = try greedy.takeFrames()
        #expect(frames.count { $0.kind == .reset } == 48 && frames.reset(of: 33) == .tooManyStreams)
        #expect(bench.count(.carriagesBeyondShare) == 48)
        let controls = try frames.filter { $0.kind == .control }.map { try Control(decoding: Array($0.payload)) }
        #expect(controls.count == 1)
        guard case .refused(let refused)? = controls.first else {
            Issue.record("it is told why")
            return
        }
        #expect(refused.code == RefusalCode.tooManyStreams)
        bench.pass(.seconds(1))
        try greedy.send(.open, 201, greedy.carry(to: node))
        #expect(try greedy.takeFrames().reset(of: 201) == nil)
    }

    @Test("a home that is asked to carry too much in a round says that it is overloaded")
    func overloadedHome() throws {
        var limits = Bench.limits
        limits.carriesPerRound = 1
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        let elsewhere = bench.knowMember()
        for number in [1, 3] as [UInt32] { try leaf.send(.open, number, leaf.carry(to: elsewhere)) }
        let frames = try leaf.takeFrames()
        #expect(frames.reset(of: 1) == nil && frames.reset(of: 3) == .overloaded)
    }
}
