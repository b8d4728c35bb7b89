// A connection on its way to becoming a link: preface, Noise handshake, hello. Nothing that comes is worth more
// than a few hundred bytes of memory before the other end has shown who it is. See
// Protocol/05-homes-and-doors.md, "Becoming a link".

internal import Essentials
internal import Noise
internal import Sodium

struct LinkHandshake: ~Copyable {
    enum Pattern: UInt8 {
        /// The dialler knows the member's channel key.
        case ik = 1
        /// The dialler knows an address only.
        case xx = 2
    }

    /// What bytes amounted to.
    struct Progress {
        /// Put this on the connection, before anything else.
        var output: [UInt8] = []
        /// The channel has just been established: the own hello is due.
        var isEstablished = false
        /// The other side's first packets, its hello at the front of the first.
        var packets: [[UInt8]] = []
        /// The connection is worth nothing: close it without a word.
        var failure: RelayingCounter?

        static func failed(_ counter: RelayingCounter) -> Progress { Progress(failure: counter) }
    }

    static let magic = UInt8(ascii: "P")
    static let version: UInt8 = 1
    private static let prefaceCount = 3
    private static let ephemeralEnd = prefaceCount + 2 + Bytes32.count

    let isOutbound: Bool
    private let network: UInt64
    private let limits: RelayingLimits
    private var pattern: Pattern
    private var channel: Channel?
    /// A responder's bytes until the first handshake message's ephemeral key is there.
    private var buffer: [UInt8] = []
    private var isOpened = false
    private var received = 0
    private(set) var isEstablished = false
    /// The ephemeral key of whoever dialled, which may be there before the rest of its message is.
    private var ephemeral: Bytes32?

    /// The dialling side.
    init(
        dialling pattern: Pattern, localStatic: consuming AgreementKey, remoteStatic: Bytes32?, network: UInt64,
        limits: RelayingLimits
    ) {
        isOutbound = true
        self.pattern = pattern
        self.network = network
        self.limits = limits
        channel = Channel(
            role: .initiator, pattern: pattern.noise, prologue: Self.prologue(network, pattern),
            localStatic: localStatic, remoteStatic: pattern == .ik ? remoteStatic : nil, classes: .link)
    }

    /// The side that was dialled.
    init(answeringIn network: UInt64, limits: RelayingLimits) {
        isOutbound = false
        pattern = .ik
        self.network = network
        self.limits = limits
        channel = nil
    }

    /// "passant/link/1" ‖ network id ‖ the three bytes of the preface.
    static func prologue(_ network: UInt64, _ pattern: Pattern) -> [UInt8] {
        Array("passant/link/1".utf8) + network.bigEndianBytes + preface(pattern)
    }

    static func preface(_ pattern: Pattern) -> [UInt8] { [magic, version, pattern.rawValue] }

    /// The other side's static key, proven once the channel is established.
    var remoteStatic: Bytes32? { channel.look { $0.remoteStatic } ?? nil }

    /// The ephemeral key of an IK initiator, to be remembered now that its message has proven good.
    var provenEphemeral: Bytes32? { isEstablished && pattern == .ik ? ephemeral : nil }

    /// The dialler's first bytes.
    mutating func start(using random: inout RandomStream) -> [UInt8]? {
        guard let message = try? channel?.start(payload: [], using: &random) else { return nil }
        return Self.preface(pattern) + message
    }

    /// Takes bytes from the connection. `seen` are the ephemeral keys of earlier first messages; `key` is the key
    /// that a responder answers with.
    mutating func receive(
        _ bytes: [UInt8], key: borrowing AgreementKey, seen: borrowing RecentSet<Bytes32>, at now: Moment,
        using random: inout RandomStream
    ) -> Progress {
        received += bytes.count
        var progress =
            isOutbound || isOpened
            ? advance(bytes, at: now, using: &random)
            : open(bytes, key: key, seen: seen, at: now, using: &random)
        // What follows the handshake may come in the same piece; without it, a handshake has to fit, and a hello.
        if progress.failure == nil, progress.packets.isEmpty {
            if !isEstablished, received > limits.handshakeBytes { progress = .failed(.handshakesFailed) }
            if isEstablished, received > limits.helloBytes { progress = .failed(.hellosRefused) }
        }
        return progress
    }

    /// The own hello, or anything else, sealed for the other side.
    mutating func seal(_ content: [UInt8], at now: Moment) -> [UInt8]? { try? channel?.seal(content, at: now) }

    /// Hands the channel over to the link.
    mutating func takeChannel() -> Channel? { channel.take() }

    /// A responder's beginning: judges the preface byte by byte, then waits for the ephemeral key.
    private mutating func open(
        _ bytes: [UInt8], key: borrowing AgreementKey, seen: borrowing RecentSet<Bytes32>, at now: Moment,
        using random: inout RandomStream
    ) -> Progress {
        buffer += bytes
        guard buffer.first.map({ $0 == Self.magic }) ?? true, buffer.count < 2 || buffer[1] == Self.version else {
            return .failed(.handshakesFailed)
        }
        guard buffer.count >= Self.prefaceCount else { return Progress() }
        guard let pattern = Pattern(rawValue: buffer[2]) else { return .failed(.handshakesFailed) }
        guard buffer.count >= Self.ephemeralEnd else { return Progress() }
        ephemeral = Bytes32(buffer[(Self.ephemeralEnd - Bytes32.count)..<Self.ephemeralEnd])
        if pattern == .ik, let ephemeral, seen.contains(ephemeral) { return .failed(.handshakesReplayed) }
        isOpened = true
        self.pattern = pattern
        channel = Channel(
            role: .responder, pattern: pattern.noise, prologue: Self.prologue(network, pattern),
            localStatic: key.copy(), classes: .link)
        let rest = Array(buffer[Self.prefaceCount...])
        buffer = []
        return advance(rest, at: now, using: &random)
    }

    private mutating func advance(_ bytes: [UInt8], at now: Moment, using random: inout RandomStream) -> Progress {
        var progress = Progress()
        guard let events = try? channel?.receive(bytes, at: now) else {
            return .failed(isEstablished ? .hellosRefused : .handshakesFailed)
        }
        for event in events {
            switch event {
            case .handshakePayload:
                // Nothing is said in handshake payloads: the first message of IK can be replayed.
                continue
            case .established:
                progress.isEstablished = true
            case .awaitingReply:
                guard let reply = try? channel?.reply(payload: [], using: &random) else {
                    return .failed(.handshakesFailed)
                }
                progress.output += reply
                progress.isEstablished = channel.look { $0.isEstablished } ?? false
            case .packet(let content):
                progress.packets.append(content)
            }
        }
        isEstablished = isEstablished || progress.isEstablished
        return progress
    }
}

extension LinkHandshake.Pattern {
    var noise: HandshakePattern {
        switch self {
        case .ik: .ik
        case .xx: .xx
        }
    }
}
