// A relaying engine brought into one of its states by a peer that is played by hand, with an honest peer beside it.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

/// A state of the relaying engine, as one connection sees it.
enum RelayState: CaseIterable, CustomTestStringConvertible {
    // Connections that are no links.
    case connected, preface, halfMessage, handshaken, midway
    // Links.
    case member, unattachedLeaf, leaf
    // Streams.
    case arrivalOpening, deciding, serving, waitingHalf, joinedHalf, refusedHalf, waitingCarriage, carried
    // This node dialled.
    case dialling, home, pipeAsking, pipeKeeper, pipeDoor

    var testDescription: String { "\(self)" }

    /// Whether frames can be sealed on the connection.
    var isLinked: Bool {
        switch self {
        case .connected, .preface, .halfMessage, .handshaken, .midway, .dialling: false
        default: true
        }
    }

    /// Whether the engine is a leaf with homes.
    var isOfLeaf: Bool {
        switch self {
        case .dialling, .home, .pipeAsking, .pipeKeeper, .pipeDoor: true
        default: false
        }
    }
}

/// Somebody at the other end of one connection.
protocol Talker: AnyObject {
    var bench: Bench { get }
    var connection: ConnectionID { get }
    func feed(_ bytes: [UInt8])
    func send(_ content: [UInt8]) throws
    func read() throws
    var frames: [Frame] { get set }
}

extension RawPeer: Talker {}

final class Scene {
    let state: RelayState
    let bench: Bench
    let hostile: any Talker
    let honest: any Talker
    /// The stream that the state is about.
    private(set) var stream: UInt32 = 1
    /// Good bytes that the state waits for next.
    private(set) var next: [UInt8] = []

    init(_ state: RelayState, seed: UInt8 = 60) throws {
        self.state = state
        guard !state.isOfLeaf else {
            bench = try Bench(limits: .standard, isMember: false)
            let homes = try [RawHome(bench, seed: seed), RawHome(bench, seed: seed &+ 1)]
            bench.give(.membersChanged(homes.map(\.member)))
            bench.pass(.seconds(1))
            for home in homes { home.take() }
            let hasTwo = homes[0].isCalled && homes[1].isCalled
            try #require(hasTwo)
            try homes[1].becomeHome()
            (hostile, honest) = (homes[0], homes[1])
            if state != .dialling { try homes[0].becomeHome() }
            try openPipe(homes[0])
            return
        }
        bench = try Bench()
        let honest = try RawPeer(bench, seed: seed &+ 2).becomeMember()
        let isLeaf = [.unattachedLeaf, .leaf, .waitingCarriage, .carried].contains(state)
        let peer = RawPeer(bench, seed: seed, pattern: state == .midway ? .xx : .ik, asLeaf: isLeaf)
        (hostile, self.honest) = (peer, honest)
        try arrange(peer, beside: honest)
        try peer.read()
        try honest.read()
        peer.frames = []
        honest.frames = []
    }

    private func arrange(_ peer: RawPeer, beside honest: RawPeer) throws {
        switch state {
        case .connected: next = try peer.opening()
        case .preface:
            let opening = try peer.opening()
            peer.feed(Array(opening.prefix(3)))
            next = Array(opening.dropFirst(3))
        case .halfMessage:
            let opening = try peer.opening()
            peer.feed(Array(opening.prefix(40)))
            next = Array(opening.dropFirst(40))
        case .midway:
            peer.feed(try peer.opening())
            next = [UInt8](repeating: 5, count: 66)
        case .handshaken:
            try peer.shakeHands()
        case .member: try peer.becomeMember()
        case .unattachedLeaf: try peer.becomeLeaf(attached: false)
        case .leaf: try peer.becomeLeaf()
        case .arrivalOpening:
            try peer.becomeMember()
            let request = try RawPipe(to: bench).request(Fixtures.deposit())
            try peer.send(.open, 1, RawPeer.arrival(Array(request.prefix(300))))
            next = Array(request.dropFirst(300))
        case .deciding, .serving:
            try peer.becomeMember()
            try peer.send(.open, 1, RawPeer.arrival(try RawPipe(to: bench).request(Fixtures.deposit())))
            let arrival = try #require(bench.depositors.last)
            if state == .serving { bench.give(.arrivalAsked(arrival, .answer(Fixtures.receipt()))) }
        case .waitingHalf, .joinedHalf, .refusedHalf:
            try peer.becomeMember()
            if state == .refusedHalf {
                for number in [1, 3] as [UInt32] { try join(honest, number, seed: UInt8(number)) }
            }
            try join(peer, 1, seed: 20)
            if state == .joinedHalf { try join(honest, 1, seed: 21) }
        case .waitingCarriage, .carried:
            try peer.becomeLeaf()
            let target = state == .carried ? honest.identity.value.nodeKey : bench.knowMember()
            try peer.send(.open, 1, peer.carry(to: target, [1, 2, 3]))
        default: break
        }
    }

    private func join(_ peer: RawPeer, _ number: UInt32, seed: UInt8) throws {
        let request = try RawPipe(to: bench, seed: seed).request(Fixtures.join(7))
        try peer.send(.open, number, RawPeer.arrival(request))
    }

    private func openPipe(_ home: RawHome) throws {
        let isDoor = state == .pipeDoor
        guard [.pipeAsking, .pipeKeeper, .pipeDoor].contains(state) else { return }
        let keeper = RawKeeper(bench)
        bench.give(
            .pipeAsked(
                PipeID(number: 5),
                .open(
                    PipeOpening(
                        through: home.link, to: keeper.identity.value.nodeKey,
                        channel: keeper.identity.value.channelKey,
                        request: isDoor ? Fixtures.join(3) : try Fixtures.deposit()))))
        try home.read()
        let open = try #require(home.frames.last { $0.kind == .open })
        stream = open.stream
        next = try keeper.answer(
            Array(open.payload.dropFirst(34)), isDoor ? .join(JoinAnswer(code: .waiting)) : Fixtures.receipt())
        if state != .pipeAsking { try home.send(FrameCodec.frame(.data, stream: stream, next)) }
        home.frames = []
    }

    /// Whether the hostile connection has been given up.
    var isGone: Bool { bench.isClosed(hostile.connection) }

    /// The honest peer asks and is answered.
    func honestIsServed() throws -> Bool {
        honest.frames = []
        let token: [UInt8] = [9, 8, 7, 6, 5, 4, 3, 2]
        try honest.send(FrameCodec.frame(.ping, stream: 0, token))
        try honest.read()
        return honest.frames.contains { $0.kind == .pong && $0.payload.prefix(8) == token[...] }
    }
}

/// A member that the bench, a leaf, dials as its home.
final class RawHome: Talker {
    let bench: Bench
    let identity: Owned<NodeIdentity>
    private(set) var connection = ConnectionID(number: 0)
    private let channel: Owned<Channel>
    private var random: RandomStream
    private let endpoint: Endpoint
    var frames: [Frame] = []

    init(_ bench: Bench, seed: UInt8) throws {
        self.bench = bench
        random = Fixtures.random(seed)
        identity = Owned(NodeIdentity.generate(using: &random))
        endpoint = Fixtures.endpoint(100 + Int(seed))
        channel = Owned(
            Channel(
                role: .responder, pattern: .ik, prologue: LinkHandshake.prologue(bench.policy.id, .ik),
                localStatic: identity.value.channel.copy(), classes: .link))
    }

    var member: KnownMember {
        KnownMember(
            node: identity.value.nodeKey, channel: identity.value.channelKey, addresses: [endpoint], isPresent: true)
    }

    var link: LinkID { LinkID(number: connection.number) }
    var isCalled: Bool { connection.number != 0 }

    /// Takes the call, if there was one.
    func take() {
        for case .connect(let connection, let called) in bench.effects where called == endpoint {
            self.connection = connection
        }
        if isCalled { bench.give(.connectionOpened(connection, from: nil, outbound: true)) }
    }

    func becomeHome() throws {
        let opening = bench.takeOutput(connection)
        _ = try channel.value.receive(Array(opening.dropFirst(3)), at: bench.now)
        feed(try channel.value.reply(payload: [], using: &random))
        let record = try Fixtures.record(of: identity.value, policy: bench.policy, at: [endpoint])
        let terms = try HomeTerms(streams: 100, bytesPerSecond: 1 << 20, bytesPerDay: 1 << 40, enforces: [])
        let hello = Control.hello(try Hello(role: .member, record: record, terms: terms))
        try send(FrameCodec.frame(.control, hello.encoded()))
        try send(FrameCodec.frame(.control, Control.attached(Attached(terms: terms)).encoded()))
        try read()
        frames = []
    }

    func feed(_ bytes: [UInt8]) { bench.give(.received(connection, bytes)) }
    func send(_ content: [UInt8]) throws { feed(try channel.value.seal(content, at: bench.now)) }

    func read() throws {
        let bytes = bench.takeOutput(connection)
        guard !bytes.isEmpty else { return }
        for case .packet(let packet) in try channel.value.receive(bytes, at: bench.now) {
            var reader = FrameReader(packet)
            while let frame = try reader.next() { frames.append(frame) }
        }
    }
}

/// The member at the far end of the bench's own pipe.
final class RawKeeper {
    let identity: Owned<NodeIdentity>
    private let channel: Owned<Channel>
    private var random = Fixtures.random(171)

    init(_ bench: Bench) {
        identity = Owned(NodeIdentity.generate(using: &random))
        channel = Owned(
            Channel(
                role: .responder, pattern: .nk,
                prologue: PipePrologue.bytes(network: bench.policy.id, member: identity.value.nodeKey),
                localStatic: identity.value.channel.copy(), classes: .conversation))
    }

    /// The second message to a first one.
    func answer(_ message: [UInt8], _ answer: Answer) throws -> [UInt8] {
        _ = try channel.value.receive(message, at: .origin)
        return try channel.value.reply(payload: answer.block(), using: &random)
    }
}

extension Bench {
    var depositors: [ArrivalID] {
        effects.compactMap { if case .depositArrived(let id, _, _, _) = $0 { id } else { nil } }
    }
}
