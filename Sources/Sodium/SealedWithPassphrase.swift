// Key files under a passphrase: Argon2id makes the key, XChaCha20-Poly1305 seals. Layout of a sealed file:
//
//   version u8 = 1 ‖ kibibytes u32 ‖ passes u32 ‖ salt 16 ‖ nonce 24 ‖ ciphertext ‖ tag 16
//
// Everything before the ciphertext is authenticated with it.

internal import CSodium

/// A secret that only a passphrase opens.
public enum SealedWithPassphrase {
    private static let version: UInt8 = 1
    private static let nonceSize = 24
    private static let headerSize = 1 + 4 + 4 + Argon2id.saltSize + nonceSize
    private static let tagSize = 16
    private static let maximumSecret = 65_536
    /// A file can ask for at most this much memory, since nobody vouches for its header before it is paid.
    private static let maximumKibibytes = 1_048_576
    private static let maximumPasses = 16

    /// The sealed form. Nil when the secret has more than 65,536 bytes, `kibibytes` is not in 8…1,048,576 or
    /// `passes` not in 1…16, or there is not so much memory.
    public static func seal(
        _ secret: borrowing SecretBytes, passphrase: [UInt8], kibibytes: Int = 65_536, passes: Int = 3,
        using random: inout RandomStream
    ) -> [UInt8]? {
        guard secret.count <= maximumSecret, isAffordable(kibibytes: kibibytes, passes: passes) else { return nil }
        return file(
            secret, passphrase: passphrase, kibibytes: kibibytes, passes: passes, version: version, using: &random)
    }

    /// A file as anybody could make it; tests make some that are none of ours.
    static func file(
        _ secret: borrowing SecretBytes, passphrase: [UInt8], kibibytes: Int, passes: Int, version: UInt8,
        using random: inout RandomStream
    ) -> [UInt8]? {
        let salt = random.bytes(count: Argon2id.saltSize)
        let nonce = random.bytes(count: nonceSize)
        guard
            let key = Argon2id.deriveSecret(
                passphrase, salt: salt, kibibytes: kibibytes, passes: passes, count: 32)
        else { return nil }
        let header = [version] + bytes(UInt32(kibibytes)) + bytes(UInt32(passes)) + salt + nonce
        let ciphertext = key.withBytes { key in
            secret.withBytes { secret in
                var ciphertext = [UInt8](repeating: 0, count: secret.count + tagSize)
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &ciphertext, nil, secret.octets, UInt64(secret.count), header, UInt64(header.count), nil, nonce,
                    key.octets)
                return ciphertext
            }
        }
        return header + ciphertext
    }

    /// The secret. Nil when the passphrase is wrong, the file was changed or is none of ours, or there is not so
    /// much memory as it asks for.
    public static func open(_ sealed: [UInt8], passphrase: [UInt8]) -> SecretBytes? {
        let secretSize = sealed.count - headerSize - tagSize
        guard secretSize >= 0, secretSize <= maximumSecret, sealed[0] == version else { return nil }
        let kibibytes = number(sealed[1..<5])
        let passes = number(sealed[5..<9])
        guard isAffordable(kibibytes: kibibytes, passes: passes) else { return nil }
        let saltEnd = 9 + Argon2id.saltSize
        guard
            let key = Argon2id.deriveSecret(
                passphrase, salt: Array(sealed[9..<saltEnd]), kibibytes: kibibytes, passes: passes, count: 32)
        else { return nil }
        let header = Array(sealed[..<headerSize])
        let nonce = Array(sealed[saltEnd..<headerSize])
        let ciphertext = Array(sealed[headerSize...])
        var isAuthentic = false
        let secret = key.withBytes { key in
            SecretBytes(count: secretSize) { secret in
                isAuthentic =
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        secret.octets, nil, nil, ciphertext, UInt64(ciphertext.count), header, UInt64(header.count),
                        nonce, key.octets) == 0
            }
        }
        return isAuthentic ? consume secret : nil
    }

    private static func isAffordable(kibibytes: Int, passes: Int) -> Bool {
        (8...maximumKibibytes).contains(kibibytes) && (1...maximumPasses).contains(passes)
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
