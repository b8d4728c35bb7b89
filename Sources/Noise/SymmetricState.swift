// Noise §5.2: the chaining key, the transcript hash and the handshake's cipher.

internal import Essentials
internal import Sodium

/// What both sides of a handshake mix everything into.
struct SymmetricState: ~Copyable, Sendable {
    static let hashSize = 64

    private var chainingKey: SecretBytes
    /// h, the hash of all that both sides saw. It is no secret.
    private(set) var hash: [UInt8]
    private var cipher = CipherState()

    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        hash =
            name.count <= Self.hashSize
            ? name + [UInt8](repeating: 0, count: Self.hashSize - name.count) : Blake2b.hash512(name)
        chainingKey = SecretBytes(copying: hash)
    }

    /// How many bytes `encryptAndHash` adds now.
    var tagSize: Int { cipher.hasKey ? CipherState.tagSize : 0 }

    mutating func mixHash(_ data: [UInt8]) { hash = Blake2b.hash512(hash, data) }

    mutating func mixKey(_ material: borrowing SecretBytes) {
        var outputs = Hkdf.two(chainingKey: chainingKey, material: material)
        cipher = CipherState(key: outputs.second.prefix(32))
        swap(&chainingKey, &outputs.first)
    }

    /// For pre-shared keys.
    mutating func mixKeyAndHash(_ material: borrowing SecretBytes) {
        var outputs = Hkdf.three(chainingKey: chainingKey, material: material)
        mixHash(outputs.second.withBytes { [UInt8]($0) })
        if let third = outputs.third.take() { cipher = CipherState(key: third.prefix(32)) }
        swap(&chainingKey, &outputs.first)
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) throws(NoiseFault) -> [UInt8] {
        var bytes = plaintext
        try cipher.encrypt(inPlace: &bytes, from: 0, authenticating: hash)
        mixHash(bytes)
        return bytes
    }

    mutating func decryptAndHash(_ ciphertext: [UInt8]) throws(NoiseFault) -> [UInt8] {
        let plaintext = try cipher.decrypt(ciphertext[...], authenticating: hash)
        mixHash(ciphertext)
        return plaintext
    }

    /// Split: the two directions' keys, and the third output as the root of what is derived later
    /// (Protocol/03-channel.md, "Exported secrets").
    consuming func split(isInitiator: Bool) -> TransportState {
        var outputs = Hkdf.three(chainingKey: chainingKey, material: SecretBytes(copying: []))
        let first = CipherState(key: outputs.first.prefix(32))
        let second = CipherState(key: outputs.second.prefix(32))
        let root = outputs.third.take() ?? SecretBytes(copying: [])
        return isInitiator
            ? TransportState(sending: first, receiving: second, handshakeHash: hash, root: root)
            : TransportState(sending: second, receiving: first, handshakeHash: hash, root: root)
    }
}
