// X25519 (RFC 7748).

internal import CSodium
public import Essentials

/// A key pair for key agreement.
public struct AgreementKey: ~Copyable, Sendable {
    private let secret: SecretBytes
    public let publicKey: Bytes32

    /// `secret` has 32 bytes, any.
    public init(secret: borrowing SecretBytes) {
        precondition(secret.count == Bytes32.count, "an X25519 secret has 32 bytes")
        self.secret = secret.copy()
        publicKey = secret.withBytes { secret in
            var point = [UInt8](repeating: 0, count: Bytes32.count)
            crypto_scalarmult_curve25519_base(&point, secret.octets)
            return Bytes32(point) ?? .zero
        }
    }

    public static func generate(using random: inout RandomStream) -> AgreementKey {
        AgreementKey(secret: .random(count: Bytes32.count, using: &random))
    }

    /// The shared secret with the holder of `other`, 32 bytes. Nil when it is all zero, which happens for
    /// exactly the points of low order that somebody would send to know the outcome beforehand.
    public borrowing func agree(with other: Bytes32) -> SecretBytes? {
        var isUsable = false
        let shared = secret.withBytes { secret in
            SecretBytes(count: Bytes32.count) { shared in
                isUsable = crypto_scalarmult_curve25519(shared.octets, secret.octets, other.bytes) == 0
            }
        }
        return isUsable ? consume shared : nil
    }

    public borrowing func copy() -> AgreementKey { AgreementKey(secret: secret.copy(), publicKey: publicKey) }

    /// Lends the 32 secret bytes, for storage.
    public borrowing func withSecret<R: ~Copyable, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> R
    ) throws(Fault) -> R {
        try secret.withBytes(body)
    }

    private init(secret: consuming SecretBytes, publicKey: Bytes32) {
        self.secret = secret
        self.publicKey = publicKey
    }
}
