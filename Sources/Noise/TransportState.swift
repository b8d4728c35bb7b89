// Noise §5.3, after Split: one cipher a direction.

internal import Essentials
public import Sodium

/// The two directions of a finished handshake. Messages arrive in order and without gaps, or not at all.
public struct TransportState: ~Copyable, Sendable {
    private var sending: CipherState
    private var receiving: CipherState
    /// The hash of the handshake, 64 bytes: the same on both sides, unique to this handshake, and no secret.
    public let handshakeHash: [UInt8]
    private let root: SecretBytes

    init(
        sending: consuming CipherState, receiving: consuming CipherState, handshakeHash: [UInt8],
        root: consuming SecretBytes
    ) {
        self.sending = sending
        self.receiving = receiving
        self.handshakeHash = handshakeHash
        self.root = root
    }

    /// Encrypts what stands in `bytes` from `start` on and appends the tag.
    public mutating func encrypt(inPlace bytes: inout [UInt8], from start: Int) throws(NoiseFault) {
        try sending.encrypt(inPlace: &bytes, from: start)
    }

    public mutating func decrypt(_ message: ArraySlice<UInt8>) throws(NoiseFault) -> [UInt8] {
        try receiving.decrypt(message)
    }

    /// REKEY of our direction.
    public mutating func rekeySending() { sending.rekey() }

    /// REKEY of the other side's direction.
    public mutating func rekeyReceiving() { receiving.rekey() }

    /// A secret of 32 bytes that both sides can derive for the purpose `label` (at most 255 bytes of UTF-8), and
    /// nobody else, whatever they saw: Protocol/03-channel.md, "Exported secrets".
    public borrowing func exported(label: String) -> SecretBytes {
        let name = Array(label.utf8.prefix(255))
        let material = SecretBytes(copying: [UInt8(name.count)] + name + handshakeHash)
        let outputs = Hkdf.two(chainingKey: root, material: material)
        return outputs.first.prefix(32)
    }
}
