// The channel: bytes from somebody who has no key establish nothing, whatever they are; and between two who do,
// what arrives is what was sent, in its order, or nothing.

import Essentials
@testable import Noise
import Sodium

enum NoiseTarget {
    private static let patterns: [HandshakePattern] = [.ik, .xx, .nk, .kk, .kk.psk(0)]

    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        let pattern = patterns[reader.below(patterns.count)]
        switch reader.below(4) {
        case 0: try strangers(pattern, &reader)
        case 1: try onTheWay(pattern, &reader)
        case 2: try packets(pattern, &reader)
        default: try insider(pattern, &reader)
        }
    }

    static func seeds() -> [[UInt8]] {
        let bodies: [[UInt8]] = [
            [0, 0, 34, 0, 32] + [UInt8](repeating: 9, count: 32), [0, 1, 50, 0, 48] + [UInt8](repeating: 9, count: 48),
            [1, 0, 0, 0, 0], [1, 1, 5, 1, 80],
            [2, 0, 1, 10, 3, 0, 1, 0, 2, 200, 5, 1, 4, 1, 255, 4, 0, 2, 3, 1, 0], [3, 0, 0, 0, 2, 104, 105, 0, 0],
            [3, 1, 1, 0, 1, 104],
        ]
        return (0..<UInt8(patterns.count)).flatMap { pattern in bodies.map { [pattern] + $0 } }
    }

    /// Somebody without a key, before and in the handshake.
    private static func strangers(_ pattern: HandshakePattern, _ reader: inout InputReader) throws {
        let isInitiator = reader.flag()
        let end = ChannelEnd(pattern, isInitiator: isInitiator)
        // What opens is empty or comes from us; it is not judged here.
        if isInitiator { _ = try? end.channel.start(payload: [], using: &end.random) }
        while !reader.isEmpty, !end.channel.isDead {
            for event in (try? end.channel.receive(reader.piece(), at: .origin)) ?? [] {
                switch event {
                case .established, .packet:
                    throw BrokenPromise(description: "\(pattern.name): a stranger without keys got in")
                case .awaitingReply: _ = try? end.channel.reply(payload: [1, 2, 3], using: &end.random)
                case .handshakePayload: break
                }
            }
            // After its own last message a responder of NK is established: anybody may be its initiator, but only
            // who knows an ephemeral key's secret.
            try promise(
                end.channel.buffer.count <= Channel.maximumHandshakeMessage + 2 + PaddingClasses.link.maximumContent,
                "\(pattern.name): more buffered than a frame")
        }
        try checkDeath(end)
    }

    /// Two honest ends, and somebody between them who changes one handshake message.
    private static func onTheWay(_ pattern: HandshakePattern, _ reader: inout InputReader) throws {
        let (message, place, mask) = (reader.below(3), Int(reader.number(bytes: 2)), reader.byte())
        let payload = reader.remainder()
        let (initiator, responder) = (
            ChannelEnd(pattern, isInitiator: true), ChannelEnd(pattern, isInitiator: false)
        )
        var count = 0
        let isDone = meet(initiator, responder, payload: Array(payload.prefix(200))) { bytes in
            defer { count += 1 }
            guard count == message, !bytes.isEmpty else { return bytes }
            var changed = bytes
            changed[place % bytes.count] ^= mask
            return changed
        }
        // XX's first message is an ephemeral key alone, whose change shows in the second one.
        try promise(
            isDone == (mask == 0 || message >= count && !initiator.channel.isDead && !responder.channel.isDead),
            "\(pattern.name): a changed handshake message went through, or a good one did not")
        if isDone {
            try promise(
                initiator.channel.handshakeHash == responder.channel.handshakeHash, "\(pattern.name): two hashes")
        }
    }

    /// Two honest ends that exchange packets under small limits, and somebody between them.
    private static func packets(_ pattern: HandshakePattern, _ reader: inout InputReader) throws {
        let limits = KeyLimits(packets: 4, bytes: 2_000, age: .seconds(10))
        let (one, other) = (
            ChannelEnd(pattern, isInitiator: true, limits: limits),
            ChannelEnd(pattern, isInitiator: false, limits: limits)
        )
        try promise(meet(one, other, payload: []) { $0 }, "\(pattern.name): two honest ends did not meet")
        var now = Moment.origin
        var wire: [UInt8] = []
        var sent: [[UInt8]] = []
        var read = 0
        var isTouched = false
        while !reader.isEmpty, !other.channel.isDead {
            switch reader.below(5) {
            case 0, 1:
                let content = [UInt8](repeating: reader.byte(), count: Int(reader.anyNumber() & 0x7FFF))
                guard let packet = try? one.channel.seal(content, at: now) else {
                    try promise(content.count > one.channel.maximumContent, "a packet that fits was refused")
                    continue
                }
                sent.append(content)
                wire += packet
            case 2: now = now + .milliseconds(Int64(reader.number(bytes: 2)))
            case 3:
                let count = min(wire.count, Int(reader.anyNumber() & 0xFFFF))
                for event in (try? other.channel.receive(Array(wire.prefix(count)), at: now)) ?? [] {
                    guard case .packet(let content) = event else { continue }
                    try promise(read < sent.count && content == sent[read], "a packet that nobody sent, or not now")
                    read += 1
                }
                wire.removeFirst(count)
            default:
                guard !wire.isEmpty else { continue }
                let (place, mask) = (Int(reader.number(bytes: 2)) % wire.count, reader.byte())
                wire[place] ^= mask
                isTouched = isTouched || mask != 0
            }
        }
        if other.channel.isDead {
            let mayBeLate = other.channel.fault == .overstayed
            try promise(
                isTouched || mayBeLate,
                "an honest stream killed the channel: \(String(describing: other.channel.fault))")
        }
        try checkDeath(other)
    }

    /// One end has the keys and seals what an honest one never would.
    private static func insider(_ pattern: HandshakePattern, _ reader: inout InputReader) throws {
        let (insider, end) = (ChannelEnd(pattern, isInitiator: true), ChannelEnd(pattern, isInitiator: false))
        try promise(meet(insider, end, payload: []) { $0 }, "\(pattern.name): two ends did not meet")
        let size = PaddingClasses.conversation.sizes[reader.below(3)] - CipherState.tagSize
        let given = reader.remainder()
        let plaintext = Array((given + [UInt8](repeating: 0, count: max(0, size - given.count))).prefix(size))
        var frame = (size + CipherState.tagSize).frameHeader + plaintext
        try insider.channel.transport?.encrypt(inPlace: &frame, from: 2)
        guard let events = try? end.channel.receive(frame, at: .origin) else { return try checkDeath(end) }
        let length = Int(plaintext[1]) << 8 | Int(plaintext[2])
        try promise(
            events == [.packet(Array(plaintext.dropFirst(3).prefix(length)))] && 3 + length <= size,
            "a packet of another content than was sealed")
        try promise(plaintext.dropFirst(3 + length).allSatisfy { $0 == 0 }, "padding that says something")
    }

    // MARK: helpers

    /// Brings two ends through their handshake. False when either gave up.
    private static func meet(
        _ initiator: ChannelEnd, _ responder: ChannelEnd, payload: [UInt8], change: ([UInt8]) -> [UInt8]
    ) -> Bool {
        guard var bytes = try? initiator.channel.start(payload: payload, using: &initiator.random) else { return false }
        var (reader, writer) = (responder, initiator)
        while true {
            guard let events = try? reader.channel.receive(change(bytes), at: .origin) else { return false }
            guard events.last == .awaitingReply else { break }
            guard let reply = try? reader.channel.reply(payload: payload, using: &reader.random) else { return false }
            bytes = reply
            swap(&reader, &writer)
        }
        return initiator.channel.isEstablished && responder.channel.isEstablished
    }

    /// What is dead stays dead, and knows nothing any more.
    private static func checkDeath(_ end: ChannelEnd) throws(BrokenPromise) {
        guard end.channel.isDead else { return }
        try promise((try? end.channel.seal([1], at: .origin)) == nil, "a dead channel seals")
        try promise((try? end.channel.receive([0, 0], at: .origin)) == nil, "a dead channel reads")
        try promise(!end.channel.isEstablished && end.channel.buffer.isEmpty, "a dead channel keeps something")
    }
}

/// One end with fixed keys.
private final class ChannelEnd {
    var channel: Channel
    var random: RandomStream

    init(_ pattern: HandshakePattern, isInitiator: Bool, limits: KeyLimits = .standard) {
        random = RandomStream(seed: Blake2b.hash([isInitiator ? 1 : 2]))
        let theirs = Self.key(isInitiator ? 4 : 3).publicKey
        let knowsTheirs = isInitiator ? pattern.isResponderKnown : pattern.isInitiatorKnown
        channel = Channel(
            role: isInitiator ? .initiator : .responder, pattern: pattern, prologue: [1],
            localStatic: pattern.hasStatic(initiator: isInitiator) ? Self.key(isInitiator ? 3 : 4) : nil,
            remoteStatic: knowsTheirs ? theirs : nil,
            psks: (0..<pattern.pskCount).map { _ in Owned(SecretBytes(copying: [UInt8](repeating: 5, count: 32))) },
            classes: .conversation, limits: limits)
    }

    private static func key(_ byte: UInt8) -> AgreementKey {
        AgreementKey(secret: SecretBytes(copying: Blake2b.hash([byte]).bytes))
    }
}

extension Int {
    /// Two bytes before a frame.
    fileprivate var frameHeader: [UInt8] { [UInt8(truncatingIfNeeded: self >> 8), UInt8(truncatingIfNeeded: self)] }
}
