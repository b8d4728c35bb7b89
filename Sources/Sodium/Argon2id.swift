// Argon2id (RFC 9106), one lane: what makes identities, stamps and passphrases cost something.

internal import CSodium

/// Memory-hard hashing.
public enum Argon2id {
    public static let saltSize = 16

    /// `count` bytes from `password`. Nil when the salt has not 16 bytes, `kibibytes` is not in 8…4,194,304,
    /// `passes` not in 1…1,000, `count` not in 16…1,024, or there is not so much memory.
    public static func derive(
        _ password: [UInt8], salt: [UInt8], kibibytes: Int, passes: Int, count: Int
    ) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: min(max(0, count), 1_024))
        let isDone = output.withUnsafeMutableBytes {
            derive(password, salt: salt, kibibytes: kibibytes, passes: passes, count: count, into: $0)
        }
        return isDone ? output : nil
    }

    /// The same as a secret.
    static func deriveSecret(
        _ password: [UInt8], salt: [UInt8], kibibytes: Int, passes: Int, count: Int
    ) -> SecretBytes? {
        var isDone = false
        let output = SecretBytes(count: count) {
            isDone = derive(password, salt: salt, kibibytes: kibibytes, passes: passes, count: count, into: $0)
        }
        return isDone ? consume output : nil
    }

    private static func derive(
        _ password: [UInt8], salt: [UInt8], kibibytes: Int, passes: Int, count: Int,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard salt.count == saltSize, (8...4_194_304).contains(kibibytes), (1...1_000).contains(passes),
            (16...1_024).contains(count), target.count == count
        else { return false }
        Sodium.start()
        return password.withUnsafeBytes { password in
            crypto_pwhash_argon2id(
                target.octets, UInt64(count), UnsafeRawPointer(password.octets).assumingMemoryBound(to: CChar.self),
                UInt64(password.count), salt, UInt64(passes), kibibytes * 1_024,
                crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0
        }
    }
}
