// A channel over a pipe: Protocol/03-channel.md. Links, the short exchanges with keepers and doors, and
// conversations are all made of this.

public import Essentials
public import Sodium

/// An authenticated, encrypted, padded sequence of packets over an ordered byte stream.
///
/// The owner feeds what the pipe brings to `receive` and puts on the pipe what `start`, `reply` and `seal`
/// return, in that order. Any failure of the other side's bytes kills the channel for good.
public struct Channel: ~Copyable, Sendable {
    public enum Role: Hashable, Sendable {
        case initiator, responder
    }

    public enum Event: Hashable, Sendable {
        /// What the handshake message number `index`, counted from 0, carried.
        case handshakePayload([UInt8], index: Int)
        /// The next handshake message is ours: `reply` writes it.
        case awaitingReply
        /// The other side's message was the last of the handshake. (When the last is ours, `reply` establishes
        /// the channel, without an event.)
        case established
        /// The content of one packet.
        case packet([UInt8])
    }

    /// A handshake message is at most this long.
    public static let maximumHandshakeMessage = 1_024

    /// Why the channel died, if it did.
    public internal(set) var fault: ChannelFault?
    var handshake: HandshakeState?
    var transport: TransportState?
    var settledStatic: Bytes32?
    let classes: PaddingClasses
    let limits: KeyLimits
    var sent = KeyUse()
    var received = KeyUse()
    /// What the pipe brought and nobody has read: less than one frame.
    var buffer: [UInt8] = []

    /// A channel whose handshake has not begun. `prologue` is hashed first by both sides, who must have the same.
    /// Keys are given as `HandshakeState` asks; where they do not fit, the channel is dead from the start.
    public init(
        role: Role, pattern: HandshakePattern, prologue: [UInt8], localStatic: consuming AgreementKey? = nil,
        remoteStatic: Bytes32? = nil, psks: [Owned<SecretBytes>] = [], classes: PaddingClasses
    ) {
        self.init(
            role: role, pattern: pattern, prologue: prologue, localStatic: localStatic, remoteStatic: remoteStatic,
            psks: psks, classes: classes, limits: .standard, fixedEphemeral: nil)
    }

    /// The same with other limits for keys and an ephemeral key chosen beforehand, for tests.
    init(
        role: Role, pattern: HandshakePattern, prologue: [UInt8], localStatic: consuming AgreementKey? = nil,
        remoteStatic: Bytes32? = nil, psks: [Owned<SecretBytes>] = [], classes: PaddingClasses,
        limits: KeyLimits, fixedEphemeral: consuming AgreementKey? = nil
    ) {
        self.classes = classes
        self.limits = limits
        do throws(NoiseFault) {
            handshake = try HandshakeState(
                pattern: pattern, isInitiator: role == .initiator, prologue: prologue, localStatic: localStatic,
                remoteStatic: remoteStatic, psks: psks, fixedEphemeral: fixedEphemeral)
        } catch {
            handshake = nil
            fault = .noise(error)
        }
    }

    public var isDead: Bool { fault != nil }

    /// Whether packets can be sealed.
    public var isEstablished: Bool { transport != nil }

    /// The most content that one packet carries.
    public var maximumContent: Int { classes.maximumContent }

    /// The other side's static key, once it is known; proven only when the channel is established.
    public var remoteStatic: Bytes32? { settledStatic ?? handshake.look { $0.remoteStatic } ?? nil }

    /// The handshake's hash, 64 bytes: the same on both sides, unique, no secret. Empty before the channel is
    /// established and after it died.
    public var handshakeHash: [UInt8] { transport.look { $0.handshakeHash } ?? [] }

    /// A secret of 32 bytes for the purpose `label` that only the two ends can derive; nil unless the channel is
    /// established.
    public func exporter(label: String) -> SecretBytes? {
        switch transport {
        case .some(let transport): transport.exported(label: label)
        case .none: nil
        }
    }

    /// Erases everything; what comes afterwards is refused.
    public mutating func close() { die(.dead) }
}
