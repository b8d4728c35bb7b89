// One engine on the bench, and peers that are played by hand: what honest engines never send has to be written
// byte by byte.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

/// One member's engine, its clock in our hand.
final class Bench {
    let policy: NetworkPolicy
    let identity: Owned<NodeIdentity>
    let record: Signed
    let engine: Owned<Relaying>
    var random: RandomStream
    var now = Moment.origin + .seconds(1)
    var effects: [RelayingEffect] = []
    var counters: [RelayingCounter: UInt64] = [:]
    /// What the engine wrote to each connection and nobody has read.
    var output: [ConnectionID: [UInt8]] = [:]
    var closed: [ConnectionID] = []
    private var nextInbound: UInt64 = 1

    init(_ name: String = "local-test", seed: UInt8 = 1, limits: RelayingLimits = Bench.limits, isMember: Bool = true)
        throws
    {
        policy = try Fixtures.policy(name)
        random = Fixtures.random(seed)
        identity = Owned(NodeIdentity.generate(using: &random))
        record = try Fixtures.record(of: identity.value, policy: policy, at: [Fixtures.endpoint(0, in: policy)])
        engine = Owned(
            Relaying(
                policy: policy, identity: identity, limits: limits,
                clock: MeshClock(wallAtOrigin: Fixtures.wall), at: now))
        if isMember { give(.becameMember(record)) }
    }

    /// Without homes of its own: most tests are about what others do.
    static var limits: RelayingLimits {
        var limits = RelayingLimits()
        limits.wantsHomes = false
        return limits
    }

    var nextDeadline: Moment? { engine.value.nextDeadline() }
    func linkInfo(_ id: LinkID) -> LinkInfo? { engine.value.linkInfo(id) }
    func link(_ id: LinkID) -> Owned<Link>? { engine.value.links[id] }

    func count(_ counter: RelayingCounter) -> UInt64 { counters[counter] ?? 0 }

    @discardableResult
    func give(_ input: RelayingInput) -> [RelayingEffect] {
        let fresh = engine.value.handle(input, at: now, using: &random)
        for effect in fresh {
            switch effect {
            case .write(let connection, let bytes):
                #expect(!bytes.isEmpty, "nothing is written for nothing")
                output[connection, default: []] += bytes
            case .close(let connection): closed.append(connection)
            case .count(let counter, let amount): counters[counter, default: 0] += amount
            default: effects.append(effect)
            }
        }
        return fresh
    }

    /// Lets time pass, with every timer on the way.
    func pass(_ span: Span) {
        let end = now + span
        var turns = 0
        while let due = engine.value.nextDeadline(), due <= end, turns < 10_000 {
            now = max(now, due)
            turns += 1
            give(.timerFired)
        }
        now = end
    }

    /// Makes the engine believe in one more member, which nobody can reach.
    func knowMember(_ byte: UInt8 = 4, isPresent: Bool = true) -> NodeKey {
        let node = NodeKey(Blake2b.hash([byte]))
        let member = KnownMember(
            node: node, channel: ChannelKey(Blake2b.hash([byte, 1])), addresses: [Fixtures.endpoint(400)],
            isPresent: isPresent)
        give(.membersChanged([member]))
        return node
    }

    /// Makes the engine believe that these are the members of its table.
    func know(_ peers: RawPeer..., at endpoints: [Endpoint]? = nil, isPresent: Bool = true) {
        let members = peers.map {
            KnownMember(
                node: $0.identity.value.nodeKey, channel: $0.identity.value.channelKey,
                addresses: endpoints ?? [Fixtures.endpoint(90, in: policy)], isPresent: isPresent)
        }
        give(.membersChanged(members))
    }

    func accept(from endpoint: Endpoint? = nil) -> ConnectionID {
        let connection = ConnectionID(number: nextInbound)
        nextInbound += 2
        give(.connectionOpened(connection, from: endpoint, outbound: false))
        return connection
    }

    func takeOutput(_ connection: ConnectionID) -> [UInt8] { output.removeValue(forKey: connection) ?? [] }
    func isClosed(_ connection: ConnectionID) -> Bool { closed.contains(connection) }

    var pipeEvents: [RelayingEffect] {
        effects.filter {
            switch $0 {
            case .pipeAnswered, .pipePacket, .pipeReceived, .pipeFinished, .pipeClosed: true
            default: false
            }
        }
    }
}

/// A peer that dials the bench and says whatever the test wants.
final class RawPeer {
    let bench: Bench
    let connection: ConnectionID
    let identity: Owned<NodeIdentity>
    var channel: Owned<Channel>
    var random: RandomStream
    var frames: [Frame] = []
    private var pattern: LinkHandshake.Pattern

    init(
        _ bench: Bench, seed: UInt8 = 77, pattern: LinkHandshake.Pattern = .ik, asLeaf: Bool = false,
        network: UInt64? = nil, remote: Bytes32? = nil, from endpoint: Endpoint? = nil
    ) {
        self.bench = bench
        self.pattern = pattern
        random = Fixtures.random(seed)
        identity = Owned(NodeIdentity.generate(using: &random))
        let key = asLeaf ? identity.value.leafKey(for: bench.identity.value.nodeKey) : identity.value.channel.copy()
        channel = Owned(
            Channel(
                role: .initiator, pattern: pattern.noise,
                prologue: LinkHandshake.prologue(network ?? bench.policy.id, pattern), localStatic: key,
                remoteStatic: pattern == .ik ? remote ?? bench.identity.value.channelKey.bytes : nil, classes: .link))
        connection = bench.accept(from: endpoint)
    }

    /// Preface and first handshake message.
    func opening() throws -> [UInt8] {
        LinkHandshake.preface(pattern) + (try channel.value.start(payload: [], using: &random))
    }

    func feed(_ bytes: [UInt8]) { bench.give(.received(connection, bytes)) }

    /// Goes through the Noise handshake; the bench's hello is then the first of `frames`.
    func shakeHands() throws {
        feed(try opening())
        try read()
    }

    /// A link as a member with its own record.
    @discardableResult
    func becomeMember() throws -> RawPeer {
        try shakeHands()
        let record = try Fixtures.record(
            of: identity.value, policy: bench.policy, at: [Fixtures.endpoint(90, in: bench.policy)])
        try say(.hello(try Hello(role: .member, record: record)))
        return self
    }

    /// A link as a leaf, attached unless told otherwise.
    @discardableResult
    func becomeLeaf(attached: Bool = true) throws -> RawPeer {
        try shakeHands()
        try say(.hello(try Hello(role: .leaf)))
        if attached { try say(.attach(Attach())) }
        return self
    }

    func say(_ control: Control) throws { try send(FrameCodec.frame(.control, control.encoded())) }

    /// Puts any content into a packet of its own.
    func send(_ content: [UInt8]) throws { feed(try channel.value.seal(content, at: bench.now)) }

    func send(_ kind: FrameKind, _ stream: UInt32 = 0, _ payload: [UInt8] = []) throws {
        try send(FrameCodec.frame(kind, stream: stream, payload))
    }

    /// Takes in what the bench has written.
    func read() throws {
        let bytes = bench.takeOutput(connection)
        guard !bytes.isEmpty else { return }
        for event in try channel.value.receive(bytes, at: bench.now) {
            switch event {
            case .awaitingReply: feed(try channel.value.reply(payload: [], using: &random))
            case .packet(let packet):
                var reader = FrameReader(packet)
                while let frame = try reader.next() { frames.append(frame) }
            case .established, .handshakePayload: break
            }
        }
        try read()
    }

    /// The frames since the last look, keepalive and hello left out.
    func takeFrames() throws -> [Frame] {
        try read()
        defer { frames = [] }
        return frames.filter { $0.kind != .ping && $0.kind != .pong }
    }

    func takeControls() throws -> [Control] {
        try takeFrames().filter { $0.kind == .control }.map { try Control(decoding: Array($0.payload)) }
    }

    var isUp: Bool { bench.engine.value.linkInfo(LinkID(number: connection.number)) != nil }
    var link: LinkID { LinkID(number: connection.number) }

    /// The payload of an OPEN frame to the bench itself, carried by itself or arriving from a member.
    static func arrival(_ early: [UInt8] = [], priority: StreamPriority = .text) -> [UInt8] {
        StreamOpening.arrival(priority) + early
    }

    func carry(to node: NodeKey, _ early: [UInt8] = []) -> [UInt8] {
        StreamOpening.carry(to: node.bytes, .text) + early
    }
}

/// The initiator's side of a pipe to the bench, played by hand.
final class RawPipe {
    let channel: Owned<Channel>
    var random = Fixtures.random(200)

    init(to bench: Bench, member: NodeKey? = nil, channel key: ChannelKey? = nil) {
        channel = Owned(
            Channel(
                role: .initiator, pattern: .nk,
                prologue: PipePrologue.bytes(
                    network: bench.policy.id, member: member ?? bench.identity.value.nodeKey),
                remoteStatic: (key ?? bench.identity.value.channelKey).bytes, classes: .conversation))
    }

    init(to bench: Bench, seed: UInt8) {
        random = Fixtures.random(seed)
        channel = Owned(
            Channel(
                role: .initiator, pattern: .nk,
                prologue: PipePrologue.bytes(network: bench.policy.id, member: bench.identity.value.nodeKey),
                remoteStatic: bench.identity.value.channelKey.bytes, classes: .conversation))
    }

    func request(_ request: Request) throws -> [UInt8] {
        try channel.value.start(payload: request.block(), using: &random)
    }

    func answer(_ bytes: [UInt8]) throws -> Answer? {
        for case .handshakePayload(let block, _) in try channel.value.receive(bytes, at: .origin + .seconds(1)) {
            return try Answer(block: block)
        }
        return nil
    }
}

extension [Frame] {
    /// The data of one stream, put together.
    func data(of stream: UInt32) -> [UInt8] {
        reduce(into: []) { bytes, frame in
            if frame.kind == .data, frame.stream == stream { bytes += frame.payload }
        }
    }

    /// The code of the reset of one stream.
    func reset(of stream: UInt32) -> ResetCode? {
        first { $0.kind == .reset && $0.stream == stream }.map {
            ResetCode(number: UInt16($0.payload.first ?? 0) << 8 | UInt16($0.payload.last ?? 0))
        }
    }

    func has(_ kind: FrameKind, of stream: UInt32) -> Bool { contains { $0.kind == kind && $0.stream == stream } }
    var closeCode: UInt16? { first { $0.kind == .close }.map { UInt16(bigEndianBytes: $0.payload) } }
}
