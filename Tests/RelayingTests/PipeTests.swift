// The own person's pipes, when the other end is not what it should be.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

/// A leaf's engine whose home is played by hand.
final class RawHome {
    let bench: Bench
    let identity: Owned<NodeIdentity>
    let channel: Owned<Channel>
    let connection: ConnectionID
    var random = Fixtures.random(120)
    private var frames: [Frame] = []

    init(limits: RelayingLimits = .standard, attaches: Bool = true) throws {
        let bench = try Bench(seed: 4, limits: limits, isMember: false)
        self.bench = bench
        identity = Owned(NodeIdentity.generate(using: &random))
        let endpoint = Fixtures.endpoint(30)
        let me = KnownMember(
            node: identity.value.nodeKey, channel: identity.value.channelKey, addresses: [endpoint], isPresent: true)
        let effects = bench.give(.membersChanged([me]))
        var dialled: ConnectionID?
        for case .connect(let connection, endpoint) in effects { dialled = connection }
        connection = try #require(dialled)
        channel = Owned(
            Channel(
                role: .responder, pattern: .ik, prologue: LinkHandshake.prologue(bench.policy.id, .ik),
                localStatic: identity.value.channel.copy(), classes: .link))
        bench.give(.connectionOpened(connection, from: nil, outbound: true))
        let opening = bench.takeOutput(connection)
        _ = try channel.value.receive(Array(opening.dropFirst(3)), at: bench.now)
        bench.give(.received(connection, try channel.value.reply(payload: [], using: &random)))
        let record = try Fixtures.record(of: identity.value, policy: bench.policy, at: [endpoint])
        try say(.hello(try Hello(role: .member, record: record)))
        if attaches {
            try say(.attached(Attached(terms: try HomeTerms(streams: 9, bytesPerSecond: 9, bytesPerDay: 9))))
        }
    }

    var link: LinkID { LinkID(number: connection.number) }

    func say(_ control: Control) throws { try send(.control, 0, control.encoded()) }

    func send(_ kind: FrameKind, _ stream: UInt32, _ payload: [UInt8] = []) throws {
        let packet = try channel.value.seal(FrameCodec.frame(kind, stream: stream, payload), at: bench.now)
        bench.give(.received(connection, packet))
    }

    func takeFrames() throws -> [Frame] {
        for case .packet(let packet) in try channel.value.receive(bench.takeOutput(connection), at: bench.now) {
            var reader = FrameReader(packet)
            while let frame = try reader.next() { frames.append(frame) }
        }
        defer { frames = [] }
        return frames.filter { $0.kind != .ping && $0.kind != .pong }
    }

    /// Opens a pipe and returns its stream with the bytes that rode on the opening.
    func open(_ pipe: PipeID, to member: borrowing NodeIdentity, _ request: Request, early: [UInt8] = []) throws -> (
        UInt32, [UInt8]
    ) {
        _ = try takeFrames()
        bench.give(
            .pipeAsked(
                pipe,
                .open(
                    PipeOpening(
                        through: link, to: member.nodeKey, channel: member.channelKey, request: request, early: early)))
        )
        let frame = try #require(try takeFrames().first { $0.kind == .open })
        let opening = try #require(StreamOpening(frame.payload))
        return (frame.stream, Array(opening.early))
    }

    /// The member's side of a pipe.
    func answerer(_ member: borrowing NodeIdentity) -> Owned<Channel> {
        Owned(
            Channel(
                role: .responder, pattern: .nk,
                prologue: PipePrologue.bytes(network: bench.policy.id, member: member.nodeKey),
                localStatic: member.channel.copy(), classes: .conversation))
    }

    var ending: PipeEnding? {
        for case .pipeClosed(_, let ending) in bench.effects { return ending }
        return nil
    }
}

@Suite("Pipes")
struct PipeTests {
    private func member() -> NodeIdentity {
        var random = Fixtures.random(66)
        return NodeIdentity.generate(using: &random)
    }

    private let pipe = PipeID(number: 1)

    @Test("the request is sealed to the member, and the home sees its name and size only")
    func whatTheHomeSees() throws {
        let home = try RawHome()
        let member = member()
        let (_, early) = try home.open(pipe, to: member, Fixtures.join(5), early: [1, 2, 3])
        let (_, other) = try home.open(PipeID(number: 2), to: member, try Fixtures.deposit())
        #expect(early.count == 818 + 3 && other.count == 818)
        #expect(Array(early.suffix(3)) == [1, 2, 3])
        let answerer = home.answerer(member)
        let events = try answerer.value.receive(Array(early.prefix(818)), at: .origin)
        #expect(events.first == .handshakePayload(Fixtures.join(5).block(), index: 0))
    }

    @Test("an answer of the wrong kind, or none at all, is a fault", arguments: 0..<5)
    func wrongAnswers(kind: Int) throws {
        let home = try RawHome()
        let member = member()
        let (stream, early) = try home.open(pipe, to: member, Fixtures.join(5))
        let answerer = home.answerer(member)
        _ = try answerer.value.receive(early, at: .origin)
        var reply: [UInt8]
        switch kind {
        case 0: reply = try answerer.value.reply(payload: Fixtures.receipt().block(), using: &home.random)
        case 1: reply = try answerer.value.reply(payload: [1, 2, 3], using: &home.random)
        case 2: reply = [0, 112] + [UInt8](repeating: 3, count: 112)
        case 3: reply = [0xFF, 0xFF]
        default:
            reply = try answerer.value.reply(
                payload: Answer.join(JoinAnswer(code: .joined)).block(), using: &home.random)
            reply[60] ^= 1
        }
        try home.send(.data, stream, reply)
        #expect(home.ending == .fault)
        #expect(try home.takeFrames().reset(of: stream) == .cancelled)
    }

    @Test("a refusal at the door ends the pipe, and what follows is not taken for the stranger's")
    func refused() throws {
        let home = try RawHome()
        let member = member()
        let (stream, early) = try home.open(pipe, to: member, Fixtures.join(5))
        let answerer = home.answerer(member)
        _ = try answerer.value.receive(early, at: .origin)
        let reply = try answerer.value.reply(
            payload: Answer.join(JoinAnswer(code: .refused)).block(), using: &home.random)
        try home.send(.data, stream, reply + [1, 2, 3])
        #expect(home.ending == .refused)
        let received = home.bench.effects.contains { if case .pipeReceived = $0 { true } else { false } }
        #expect(!received)
    }

    @Test("an answer in pieces with raw bytes behind it is read")
    func pieces() throws {
        let home = try RawHome()
        let member = member()
        let (stream, early) = try home.open(pipe, to: member, Fixtures.join(5))
        let answerer = home.answerer(member)
        _ = try answerer.value.receive(early, at: .origin)
        let reply = try answerer.value.reply(
            payload: Answer.join(JoinAnswer(code: .waiting)).block(), using: &home.random)
        for byte in reply + [7, 8, 9] { try home.send(.data, stream, [byte]) }
        var received: [UInt8] = []
        for case .pipeReceived(_, let bytes) in home.bench.effects { received += bytes }
        #expect(received == [7, 8, 9])
    }

    @Test("without an answer the pipe ends after three seconds")
    func unanswered() throws {
        let home = try RawHome()
        let (stream, _) = try home.open(pipe, to: member(), Fixtures.join(5))
        home.bench.pass(.milliseconds(2_900))
        #expect(home.ending == nil)
        home.bench.pass(.milliseconds(200))
        #expect(home.ending == .unanswered)
        #expect(try home.takeFrames().reset(of: stream) == .cancelled)
    }

    @Test("a finish instead of an answer is a fault; a reset gives its reason")
    func early() throws {
        let home = try RawHome()
        let (stream, _) = try home.open(pipe, to: member(), Fixtures.join(5))
        try home.send(.finish, stream)
        #expect(home.ending == .fault)
        let other = try RawHome()
        let (second, _) = try other.open(pipe, to: member(), Fixtures.join(5))
        try other.send(.reset, second, [0, 2])
        #expect(other.ending == .reset(.unreachable))
    }

    @Test("what cannot be is refused at once: no home, too much early data, early data to a keeper, a full queue")
    func impossible() throws {
        let home = try RawHome(attaches: false)
        let member = member()
        func ending(_ opening: PipeOpening, _ bench: Bench) -> PipeEnding? {
            for case .pipeClosed(_, let ending) in bench.give(.pipeAsked(pipe, .open(opening))) { return ending }
            return nil
        }
        func opening(_ home: RawHome, _ request: Request, early: Int = 0) -> PipeOpening {
            PipeOpening(
                through: home.link, to: member.nodeKey, channel: member.channelKey, request: request,
                early: [UInt8](repeating: 0, count: early))
        }
        #expect(ending(opening(home, Fixtures.join(1)), home.bench) == .impossible)
        let attached = try RawHome()
        #expect(ending(opening(attached, Fixtures.join(1), early: 4_097), attached.bench) == .impossible)
        #expect(ending(opening(attached, try Fixtures.deposit(), early: 1), attached.bench) == .impossible)
        #expect(ending(opening(attached, Fixtures.join(1), early: 4_096), attached.bench) == nil)
        attached.bench.effects = []
        let room = attached.bench.engine.value.room(of: pipe)
        attached.bench.give(.pipeAsked(pipe, .write([UInt8](repeating: 0, count: room))))
        #expect(attached.ending == nil)
        attached.bench.give(.pipeAsked(pipe, .write([UInt8](repeating: 0, count: RelayingLimits.standard.pipeQueue))))
        #expect(attached.ending == .impossible)
    }

    @Test("a home that opens streams to its leaf is refused")
    func homeOpens() throws {
        let home = try RawHome()
        _ = try home.takeFrames()
        try home.send(.open, 2, StreamOpening.arrival(.text))
        try home.send(.open, 4, StreamOpening.carry(to: home.identity.value.nodeKey.bytes, .text))
        let frames = try home.takeFrames()
        #expect(frames.reset(of: 2) == .notAllowed && frames.reset(of: 4) == .notAllowed)
    }

    @Test("room in a pipe is told when there was none")
    func writable() throws {
        let home = try RawHome()
        let member = member()
        let (stream, _) = try home.open(pipe, to: member, Fixtures.join(5))
        home.bench.give(.pipeAsked(pipe, .write([UInt8](repeating: 0, count: home.bench.engine.value.room(of: pipe)))))
        #expect(home.bench.engine.value.room(of: pipe) < RelayingLimits.standard.pipeQueue / 2)
        try home.send(.credit, stream, UInt32(250_000).bigEndianBytes)
        let writable = home.bench.effects.contains { if case .pipeWritable(pipe) = $0 { true } else { false } }
        #expect(writable)
    }

    @Test("a home that shows another record than was dialled gets no attach")
    func attachDeadline() throws {
        let home = try RawHome(attaches: false)
        home.bench.pass(.seconds(4))
        #expect(home.bench.engine.value.homeStatus.first?.isLive == false)
        home.bench.pass(.seconds(2))
        #expect(home.bench.isClosed(home.connection))
        #expect(home.bench.count(.homesReplaced) == 1)
    }
}
