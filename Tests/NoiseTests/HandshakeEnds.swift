// Two ends of a handshake for tests, as references, since the macros of Swift Testing cannot look into values
// that are not copyable.

import Essentials
import Sodium

@testable import Noise

/// The patterns under test, with and without pre-shared keys.
let allPatterns: [HandshakePattern] = [
    .nn, .nk, .kk, .ik, .xx, .nn.psk(0), .nn.psk(2), .nk.psk(0), .nk.psk(2), .kk.psk(0), .kk.psk(0, 2), .ik.psk(1),
    .ik.psk(2), .xx.psk(3), .xx.psk(0, 1, 2, 3),
]

/// The key pairs and secrets that both ends of a test know.
struct Keys {
    let initiator: [UInt8]
    let responder: [UInt8]
    let psks: [[UInt8]]

    init(seed: UInt8 = 1) {
        var random = RandomStream(seed: Blake2b.hash([seed]))
        initiator = random.bytes(count: 32)
        responder = random.bytes(count: 32)
        psks = (0..<4).map { _ in random.bytes(count: 32) }
    }

    static func pair(_ secret: [UInt8]) -> AgreementKey { AgreementKey(secret: SecretBytes(copying: secret)) }

    func shared(_ count: Int) -> [Owned<SecretBytes>] {
        psks.prefix(count).map { Owned(SecretBytes(copying: $0)) }
    }

    /// The static key that one side of `pattern` has to be given, if any.
    func local(_ pattern: HandshakePattern, initiator isInitiator: Bool) -> AgreementKey? {
        guard pattern.hasStatic(initiator: isInitiator) else { return nil }
        return Self.pair(isInitiator ? initiator : responder)
    }

    /// The other side's static key, where one side of `pattern` has to know it.
    func remote(_ pattern: HandshakePattern, initiator isInitiator: Bool) -> Bytes32? {
        let isKnown = isInitiator ? pattern.isResponderKnown : pattern.isInitiatorKnown
        return isKnown ? Self.pair(isInitiator ? responder : initiator).publicKey : nil
    }
}

/// One side of a handshake.
final class Hand {
    private var state: HandshakeState?
    private var random: RandomStream

    init(
        _ pattern: HandshakePattern, initiator: Bool, keys: Keys = Keys(), prologue: [UInt8] = [1],
        remote: Bytes32? = nil
    ) throws(NoiseFault) {
        random = RandomStream(seed: Blake2b.hash([initiator ? 1 : 2]))
        state = try HandshakeState(
            pattern: pattern, isInitiator: initiator, prologue: prologue,
            localStatic: keys.local(pattern, initiator: initiator),
            remoteStatic: remote ?? keys.remote(pattern, initiator: initiator), psks: keys.shared(pattern.pskCount))
    }

    var isFinished: Bool { state.look { $0.isFinished } ?? false }
    var isOurTurn: Bool { state.look { $0.isOurTurn } ?? false }
    var overhead: Int { state.look { $0.overhead } ?? 0 }
    var remoteStatic: Bytes32? { state.look { $0.remoteStatic } ?? nil }

    func write(_ payload: [UInt8] = []) throws(NoiseFault) -> [UInt8] {
        guard let message = try state?.writeMessage(payload: payload, using: &random) else { throw .outOfTurn }
        return message
    }

    func read(_ message: [UInt8]) throws(NoiseFault) -> [UInt8] {
        guard let payload = try state?.readMessage(message) else { throw .outOfTurn }
        return payload
    }

    func finish() throws(NoiseFault) -> Lane {
        guard let state = state.take() else { throw .outOfTurn }
        return Lane(try state.finish())
    }
}

/// One side of a finished handshake.
final class Lane {
    var state: TransportState

    init(_ state: consuming TransportState) { self.state = state }

    var handshakeHash: [UInt8] { state.handshakeHash }

    func seal(_ text: [UInt8]) throws(NoiseFault) -> [UInt8] {
        var bytes = text
        try state.encrypt(inPlace: &bytes, from: 0)
        return bytes
    }

    func open(_ message: [UInt8]) throws(NoiseFault) -> [UInt8] {
        try state.decrypt(message[...])
    }

    func exported(_ label: String) -> [UInt8] { state.exported(label: label).withBytes { [UInt8]($0) } }
}

/// Runs a whole handshake, passing every message through `change`, and returns both lanes.
func shake(
    _ pattern: HandshakePattern, keys: Keys = Keys(), responderKeys: Keys? = nil, prologues: [[UInt8]] = [[1], [1]],
    change: (Int, [UInt8]) -> [UInt8] = { $1 }
) throws(NoiseFault) -> (Lane, Lane) {
    let initiator = try Hand(pattern, initiator: true, keys: keys, prologue: prologues[0])
    let responder = try Hand(pattern, initiator: false, keys: responderKeys ?? keys, prologue: prologues[1])
    for index in pattern.messages.indices {
        let (writer, reader) = index.isMultiple(of: 2) ? (initiator, responder) : (responder, initiator)
        let payload = [UInt8](repeating: UInt8(index), count: 5)
        let read = try reader.read(change(index, try writer.write(payload)))
        // A payload that nothing protects yet may come out changed; the handshake must then fail later.
        if read != payload, index == pattern.messages.count - 1 { throw .notAuthentic }
    }
    return (try initiator.finish(), try responder.finish())
}
