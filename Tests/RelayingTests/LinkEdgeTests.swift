// Connections and dials at their edges: what comes twice, too late, in the wrong place or too often.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Links at their edges")
struct LinkEdgeTests {
    private func target(_ seed: UInt8) -> DialTarget {
        var random = Fixtures.random(seed)
        let identity = NodeIdentity.generate(using: &random)
        return .member(identity.nodeKey, identity.channelKey, [Fixtures.endpoint(Int(seed))])
    }

    private func connections(_ effects: [RelayingEffect]) -> [ConnectionID] {
        effects.compactMap { if case .connect(let connection, _) = $0 { connection } else { nil } }
    }

    @Test("connections are bounded in rate from everywhere together")
    func totalRate() throws {
        var limits = Bench.limits
        limits.acceptBurstTotal = 6
        limits.acceptPerSecondTotal = 1
        let bench = try Bench(limits: limits)
        let connections = (0..<8).map { bench.accept(from: Fixtures.endpoint($0)) }
        #expect(connections.map(bench.isClosed) == [false, false, false, false, false, true, true, true])
        bench.pass(.seconds(2))
        #expect((20..<23).map { bench.isClosed(bench.accept(from: Fixtures.endpoint($0))) } == [false, false, true])
    }

    @Test("a connection that is said twice to be open goes on where it was")
    func openedTwice() throws {
        let bench = try Bench()
        let peer = RawPeer(bench)
        let opening = try peer.opening()
        peer.feed(Array(opening.prefix(60)))
        bench.give(.connectionOpened(peer.connection, from: nil, outbound: false))
        peer.feed(Array(opening.dropFirst(60)))
        #expect(!bench.isClosed(peer.connection) && bench.output[peer.connection]?.isEmpty == false)
    }

    @Test("a dialled connection that is said twice to be open is greeted once")
    func dialledTwice() throws {
        let bench = try Bench()
        let connection = try #require(connections(bench.give(.dialAsked(target(9), as: .member))).first)
        bench.give(.connectionOpened(connection, from: nil, outbound: true))
        #expect(bench.takeOutput(connection).count == 101)
        bench.give(.connectionOpened(connection, from: nil, outbound: true))
        #expect(bench.takeOutput(connection).isEmpty && !bench.isClosed(connection))
    }

    @Test("no bytes at all are no reason to give up a connection that is being opened")
    func nothingReceived() throws {
        let bench = try Bench()
        let connection = try #require(connections(bench.give(.dialAsked(target(9), as: .member))).first)
        bench.give(.received(connection, []))
        #expect(!bench.isClosed(connection))
        bench.give(.received(connection, [1]))
        #expect(bench.isClosed(connection))
    }

    @Test("a hello in anything but a control frame is none")
    func helloElsewhere() throws {
        let bench = try Bench()
        let peer = RawPeer(bench, asLeaf: true)
        try peer.shakeHands()
        try peer.send(.data, 1, Control.hello(try Hello(role: .leaf)).encoded())
        #expect(!peer.isUp && bench.isClosed(peer.connection))
        #expect(bench.count(.hellosRefused) == 1)
    }

    @Test("nobody dials a leaf: who was dialled and says to be one makes no link")
    func dialledLeaf() throws {
        for role in [Role.member, .leaf] {
            let bench = try Bench()
            #expect(try RawAnswerer(bench, dialledAs: role, seed: 122).becomeMember().isUp)
            let answerer = try RawAnswerer(bench, dialledAs: role)
            try answerer.say(.hello(try Hello(role: .leaf)))
            #expect(!answerer.isUp && bench.isClosed(answerer.connection))
        }
    }

    @Test("a node that is no member any more takes no leaf, though the connection was there before")
    func noMemberAnyMore() throws {
        let bench = try Bench()
        let leaf = RawPeer(bench, asLeaf: true)
        try leaf.shakeHands()
        bench.give(.becameLeaf)
        try leaf.say(.hello(try Hello(role: .leaf)))
        #expect(!leaf.isUp && bench.isClosed(leaf.connection))
    }

    @Test("what comes behind a close is not heard")
    func behindClose() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        let before = bench.count(.packetsReceived)
        let close = FrameCodec.frame(.close, CloseCode.goodbye.bigEndianBytes)
        let ping = FrameCodec.frame(.ping, [UInt8](repeating: 0, count: 8))
        peer.feed(
            try peer.channel.value.seal(close + ping, at: bench.now) + peer.channel.value.seal(ping, at: bench.now))
        #expect(!peer.isUp)
        #expect(bench.count(.packetsReceived) == before + 1)
        #expect(bench.takeOutput(peer.connection).isEmpty)
    }

    @Test("an answer to a ping tells both of the other end's clocks, each for itself")
    func bothClocks() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        try peer.read()
        let ping = try #require(peer.frames.last { $0.kind == .ping })
        let own = Fixtures.wall + (bench.now - .origin)
        let (wall, mesh) = (own + .seconds(5), own + .seconds(9))
        try peer.send(
            .pong, 0, Array(ping.payload) + wall.milliseconds.bigEndianBytes + mesh.milliseconds.bigEndianBytes)
        let offsets = bench.effects.compactMap { effect -> [Span]? in
            if case .offsetMeasured(peer.link, let wall, let mesh, _) = effect { [wall, mesh] } else { nil }
        }
        #expect(offsets == [[.seconds(5), .seconds(9)]])
    }

    @Test("a packet is not sent for the sake of a stream that has gone meanwhile")
    func nothingLeft() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        try peer.send(.open, 1, RawPeer.arrival(try RawPipe(to: bench).request(Fixtures.join(1))))
        #expect(bench.link(peer.link)?.value.hasOutput == true)
        try peer.send(.reset, 1, [0, 1])
        bench.give(.writabilityChanged(peer.connection, isWritable: true))
        #expect(bench.takeOutput(peer.connection).isEmpty)
        #expect(peer.isUp)
    }
}

@Suite("Dials at their edges")
struct DialEdgeTests {
    private func target(_ seed: UInt8) -> DialTarget {
        var random = Fixtures.random(seed)
        let identity = NodeIdentity.generate(using: &random)
        return .member(identity.nodeKey, identity.channelKey, [Fixtures.endpoint(Int(seed))])
    }

    @Test("dials under way are bounded, and one too many fails at once")
    func atOnce() throws {
        var limits = Bench.limits
        limits.dialsAtOnce = 3
        let bench = try Bench(limits: limits)
        for seed in 10..<14 as Range<UInt8> { bench.give(.dialAsked(target(seed), as: .member)) }
        let dialled = bench.effects.count { if case .connect = $0 { true } else { false } }
        let failed = bench.effects.compactMap { if case .dialFailed(let target, _) = $0 { target } else { nil } }
        #expect(dialled == 3 && failed == [target(13)])
    }

    @Test("a leaf cannot be its own home: that dial fails without a handshake")
    func ownself() throws {
        let bench = try Bench(isMember: false)
        let identity = bench.identity
        let own = DialTarget.member(identity.value.nodeKey, identity.value.channelKey, [Fixtures.endpoint(0)])
        let effects = bench.give(.dialAsked(own, as: .leaf))
        let failed = effects.compactMap { if case .dialFailed(let target, _) = $0 { target } else { nil } }
        #expect(failed == [own])
        #expect(bench.count(.hellosRefused) == 0 && bench.count(.handshakesFailed) == 0)
    }

    @Test("a home that is being dialled as a leaf already is not dialled a second time")
    func homeUnderWay() throws {
        let bench = try Bench(limits: .standard, isMember: false)
        let target = target(9)
        guard case .member(let node, let channel, let addresses) = target else { return }
        bench.give(.dialAsked(target, as: .leaf))
        bench.give(
            .membersChanged([KnownMember(node: node, channel: channel, addresses: addresses, isPresent: true)]))
        #expect(bench.effects.count { if case .connect = $0 { true } else { false } } == 1)
    }

    @Test("the bound on links with members does not keep a person from their homes")
    func homesBesideLinks() throws {
        let world = try RelayWorld()
        for _ in 0..<2 { try world.addMember(limits: Bench.limits) }
        var limits = RelayingLimits.standard
        limits.memberLinks = 0
        limits.linksPerMember = 0
        let leaf = try world.addLeaf(limits: limits)
        world.introduce()
        world.run(for: .seconds(3))
        #expect(leaf.liveHomes.count == 2)
    }
}
