// One end of a connection to the engine, with a key of the cast: goes honestly through the handshake, answers what
// must be answered, and says besides whatever the script wants.

import Essentials
import Identity
@testable import Noise
@testable import Relaying
import Sodium
import Wire

final class ScriptedPeer {
    /// As what it comes.
    enum Manner: UInt8 {
        case memberIK, memberXX, leafIK, memberSilent

        var pattern: LinkHandshake.Pattern { self == .memberXX ? .xx : .ik }
    }

    let connection: UInt64
    let player: Cast.Player
    let troupe: Troupe
    private let manner: Manner
    private let isDialler: Bool
    private var channel: Owned<Channel>?
    private var random: RandomStream
    private var preface: [UInt8] = []
    /// For the engine.
    private(set) var output: [UInt8] = []
    var streams: [UInt32: ScriptedPipe] = [:]
    private var nextStream: UInt32

    /// A peer that dials the engine as `manner` says, or one that the engine has dialled.
    init(_ connection: UInt64, _ player: Cast.Player, _ manner: Manner, isDialler: Bool, troupe: Troupe) {
        self.connection = connection
        self.player = player
        self.manner = manner
        self.isDialler = isDialler
        self.troupe = troupe
        nextStream = isDialler ? 1 : 2
        random = RandomStream(seed: Blake2b.hash(connection.bigEndianBytes))
        guard isDialler else { return }
        let engineKey = troupe.own.identity.value.channelKey.bytes
        let key =
            manner == .leafIK
            ? player.identity.value.leafKey(for: troupe.own.node) : player.identity.value.channel.copy()
        let channel = Owned(
            Channel(
                role: .initiator, pattern: manner.pattern.noise,
                prologue: LinkHandshake.prologue(troupe.cast.policy.id, manner.pattern), localStatic: key,
                remoteStatic: manner.pattern == .ik ? engineKey : nil, classes: .link))
        self.channel = channel
        output =
            LinkHandshake.preface(manner.pattern)
            + ((try? channel.value.start(payload: [], using: &random)) ?? [])
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// What the engine wrote.
    func receive(_ bytes: [UInt8], at now: Moment) throws {
        var bytes = bytes
        if channel == nil {
            preface += bytes
            guard preface.count >= 3 else { return }
            guard let pattern = LinkHandshake.Pattern(rawValue: preface[2]) else {
                throw BrokenPromise(description: "the engine dials with a preface of its own")
            }
            bytes = Array(preface.dropFirst(3))
            channel = Owned(
                Channel(
                    role: .responder, pattern: pattern.noise,
                    prologue: LinkHandshake.prologue(troupe.cast.policy.id, pattern),
                    localStatic: player.identity.value.channel.copy(), classes: .link))
        }
        guard let channel, let events = try? channel.value.receive(bytes, at: now) else {
            // Honest so far, or spoilt by the script: then the engine may have gone on alone.
            return
        }
        for event in events {
            switch event {
            case .awaitingReply:
                output += (try? channel.value.reply(payload: [], using: &random)) ?? []
                if channel.value.isEstablished { greet(at: now) }
            case .established: greet(at: now)
            case .handshakePayload: break
            case .packet(let packet):
                var reader = FrameReader(packet)
                while let frame = try reader.next() { try react(to: frame, at: now) }
            }
        }
    }

    private func greet(at now: Moment) {
        guard manner != .memberSilent else { return }
        let isLeaf = isDialler && manner == .leafIK
        let hello = try? Hello(
            role: isLeaf ? .leaf : .member, record: isLeaf ? nil : player.record, terms: isLeaf ? nil : Self.terms)
        if let hello { say(.hello(hello), at: now) }
        if isLeaf { say(.attach(Attach()), at: now) }
    }

    private static let terms = try? HomeTerms(streams: 64, bytesPerSecond: 1 << 20, bytesPerDay: 1 << 30)

    private func react(to frame: Frame, at now: Moment) throws {
        switch frame.kind {
        case .ping:
            let time = troupe.mesh(at: now).milliseconds.bigEndianBytes
            send(.pong, 0, Array(frame.payload) + time + time, at: now)
        case .control:
            switch try? Control(decoding: Array(frame.payload)) {
            case .attach?:
                if let terms = Self.terms { say(.attached(Attached(terms: terms)), at: now) }
            case .pull?: say(.push(try troupe.news(at: now)), at: now)
            default: break
            }
        case .open:
            guard let opening = StreamOpening(frame.payload) else {
                throw BrokenPromise(description: "the engine opens a stream that is none")
            }
            let keeper: Cast.Player? =
                switch opening.kind {
                case .carry(let node): troupe.cast.players.first { $0.node.bytes == node }
                case .arrival, .extended: player
                }
            guard let keeper else { return send(.reset, frame.stream, [0, 2], at: now) }
            let pipe = ScriptedPipe(to: keeper, troupe: troupe)
            streams[frame.stream] = pipe
            answer(try pipe.receive(Array(opening.early), at: now), on: frame.stream, at: now)
        case .data:
            guard let pipe = streams[frame.stream] else { return }
            answer(try pipe.receive(Array(frame.payload), at: now), on: frame.stream, at: now)
        case .reset: streams[frame.stream] = nil
        case .credit, .finish, .pong, .close: break
        }
    }

    // MARK: saying

    func answer(_ bytes: [UInt8], on stream: UInt32, at now: Moment) {
        var rest = bytes[...]
        while !rest.isEmpty {
            send(.data, stream, Array(rest.prefix(4_000)), at: now)
            rest = rest.dropFirst(4_000)
        }
    }

    func say(_ control: Control, at now: Moment) { seal(FrameCodec.frame(.control, control.encoded()), at: now) }

    func send(_ kind: FrameKind, _ stream: UInt32, _ payload: [UInt8], at now: Moment) {
        seal(FrameCodec.frame(kind, stream: stream, payload), at: now)
    }

    /// Puts any content into a packet of its own.
    func seal(_ content: [UInt8], at now: Moment) {
        guard let channel, let packet = try? channel.value.seal(content, at: now) else { return }
        output += packet
    }

    /// Opens a stream for a pipe of the script's own.
    func open(_ payload: [UInt8], at now: Moment) -> UInt32 {
        defer { nextStream &+= 2 }
        send(.open, nextStream, payload, at: now)
        return nextStream
    }
}
