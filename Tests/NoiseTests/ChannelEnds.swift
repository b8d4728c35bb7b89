// Two ends of a channel for tests, as references.

import Essentials
import Sodium

@testable import Noise

/// One end of a channel.
final class End {
    var channel: Channel
    private var random: RandomStream

    init(
        _ pattern: HandshakePattern, _ role: Channel.Role, keys: Keys = Keys(), prologue: [UInt8] = [1],
        classes: PaddingClasses = .conversation,
        limits: KeyLimits = .standard, seed: UInt8 = 0
    ) {
        let isInitiator = role == .initiator
        random = RandomStream(seed: Blake2b.hash([isInitiator ? 1 : 2, seed]))
        channel = Channel(
            role: role, pattern: pattern, prologue: prologue, localStatic: keys.local(pattern, initiator: isInitiator),
            remoteStatic: keys.remote(pattern, initiator: isInitiator), psks: keys.shared(pattern.pskCount),
            classes: classes, limits: limits)
    }

    var isDead: Bool { channel.isDead }
    var fault: ChannelFault? { channel.fault }
    var isEstablished: Bool { channel.isEstablished }
    var handshakeHash: [UInt8] { channel.handshakeHash }
    var remoteStatic: Bytes32? { channel.remoteStatic }
    var maximumContent: Int { channel.maximumContent }
    var buffered: Int { channel.buffer.count }

    func start(_ payload: [UInt8] = []) throws(ChannelFault) -> [UInt8] {
        try channel.start(payload: payload, using: &random)
    }

    func reply(_ payload: [UInt8] = []) throws(ChannelFault) -> [UInt8] {
        try channel.reply(payload: payload, using: &random)
    }

    func receive(_ bytes: [UInt8], at now: Moment = .origin) throws(ChannelFault) -> [Channel.Event] {
        try channel.receive(bytes, at: now)
    }

    func seal(_ content: [UInt8], at now: Moment = .origin) throws(ChannelFault) -> [UInt8] {
        try channel.seal(content, at: now)
    }

    /// A frame around a plaintext of our choice, as a misbehaving peer that has the keys would make it.
    func sealRaw(_ plaintext: [UInt8]) throws -> [UInt8] {
        let size = plaintext.count + CipherState.tagSize
        var frame = [UInt8(size >> 8), UInt8(size & 0xff)] + plaintext
        try channel.transport?.encrypt(inPlace: &frame, from: 2)
        return frame
    }

    func exported(_ label: String) -> [UInt8]? { channel.exporter(label: label)?.withBytes { [UInt8]($0) } }
}

/// Brings two ends through their handshake.
func establish(_ initiator: End, _ responder: End) throws(ChannelFault) {
    var bytes = try initiator.start()
    var (reader, writer) = (responder, initiator)
    while true {
        let events = try reader.receive(bytes)
        guard events.last == .awaitingReply else { return }
        bytes = try reader.reply()
        swap(&reader, &writer)
    }
}

/// Two established ends.
func establishedPair(
    _ pattern: HandshakePattern = .kk, classes: PaddingClasses = .conversation, limits: KeyLimits = .standard,
    receiverLimits: KeyLimits? = nil
) throws(ChannelFault) -> (End, End) {
    let initiator = End(pattern, .initiator, classes: classes, limits: limits)
    let responder = End(pattern, .responder, classes: classes, limits: receiverLimits ?? limits)
    try establish(initiator, responder)
    return (initiator, responder)
}
