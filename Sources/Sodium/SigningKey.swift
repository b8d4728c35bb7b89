// Ed25519 (RFC 8032).

internal import CSodium
public import Essentials

/// A key pair for signatures.
public struct SigningKey: ~Copyable, Sendable {
    /// Seed ‖ public key, as libsodium wants it.
    private let expanded: SecretBytes
    public let publicKey: Bytes32

    public static let signatureSize = 64

    /// `seed` has 32 bytes, any.
    public init(seed: borrowing SecretBytes) {
        precondition(seed.count == Bytes32.count, "an Ed25519 seed has 32 bytes")
        var point = [UInt8](repeating: 0, count: Bytes32.count)
        expanded = seed.withBytes { seed in
            SecretBytes(count: 64) { expanded in
                crypto_sign_seed_keypair(&point, expanded.octets, seed.octets)
            }
        }
        publicKey = Bytes32(point) ?? .zero
    }

    public static func generate(using random: inout RandomStream) -> SigningKey {
        SigningKey(seed: .random(count: Bytes32.count, using: &random))
    }

    /// The signature of `message`, 64 bytes; the same every time.
    public borrowing func sign(_ message: [UInt8]) -> [UInt8] {
        expanded.withBytes { key in
            var signature = [UInt8](repeating: 0, count: Self.signatureSize)
            crypto_sign_detached(&signature, nil, message, UInt64(message.count), key.octets)
            return signature
        }
    }

    /// Lends the 32 bytes of the seed, for storage.
    public borrowing func withSeed<R: ~Copyable, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> R
    ) throws(Fault) -> R {
        try expanded.withBytes { bytes throws(Fault) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<Bytes32.count]))
        }
    }
}

/// Checking signatures.
public enum Ed25519 {
    /// Whether `signature` is the key holder's over exactly `message`. Keys of low order, encodings that are not
    /// canonical and wrong lengths are refused.
    public static func verify(
        signature: some Collection<UInt8>, of message: [UInt8], by publicKey: Bytes32
    ) -> Bool {
        let signature = Array(signature)
        guard signature.count == SigningKey.signatureSize else { return false }
        Sodium.start()
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey.bytes) == 0
    }
}
