// HMAC over BLAKE2b-512 (RFC 2104 with blocks of 128 bytes; not keyed BLAKE2b) and Noise's HKDF over it.
// libsodium 1.0.18 has neither.

internal import CSodium

/// HMAC-BLAKE2b-512; 64 bytes of output.
public enum Hmac {
    /// The code of `message` under `key`, for keys that are no secret of ours (tests, public bindings).
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        authenticate(message, key: SecretBytes(copying: key)).withBytes { [UInt8]($0) }
    }

    /// The code of `message` under `key`, as a secret.
    public static func authenticate(_ message: [UInt8], key: borrowing SecretBytes) -> SecretBytes {
        key.withBytes { key in
            SecretBytes(count: count) { target in
                message.withUnsafeBytes { code(of: $0, and: none, key: key, into: target) }
            }
        }
    }

    static let count = 64
    static let block = 128
    static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Writes the code of `first ‖ second`.
    static func code(
        of first: UnsafeRawBufferPointer, and second: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) {
        // A key longer than a block is hashed first, as RFC 2104 has it.
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { short in
            var key = key
            if key.count > block {
                Blake2b.digest(into: short, ofSize: key.count) { $0.write(key) }
                key = UnsafeRawBufferPointer(short)
            }
            let size = block + first.count + second.count
            Blake2b.digest(into: target, ofSize: size) { input in
                input.write(key, maskedWith: 0x36, paddedTo: block)
                input.write(first)
                input.write(second)
            }
            Blake2b.digest(into: target, ofSize: block + count) { input in
                input.write(key, maskedWith: 0x5c, paddedTo: block)
                input.write(UnsafeRawBufferPointer(target))
            }
            sodium_memzero(short.octets, short.count)
        }
    }
}

extension InputWriter {
    /// The key and zeros up to the length of a block, each byte xored with `mask`.
    fileprivate mutating func write(_ key: UnsafeRawBufferPointer, maskedWith mask: UInt8, paddedTo block: Int) {
        for byte in key { write(byte ^ mask) }
        write(mask, count: block - key.count)
    }
}

/// HKDF as Noise defines it (its specification §4.3): outputs of 64 bytes each.
public enum Hkdf {
    /// Two or three outputs. The third is absent where two were asked for.
    public struct Outputs: ~Copyable, Sendable {
        public var first: SecretBytes
        public var second: SecretBytes
        public var third: SecretBytes?
    }

    /// HKDF(chainingKey, material, 2).
    public static func two(chainingKey: borrowing SecretBytes, material: borrowing SecretBytes) -> Outputs {
        derive(chainingKey: chainingKey, material: material, withThird: false)
    }

    /// HKDF(chainingKey, material, 3).
    public static func three(chainingKey: borrowing SecretBytes, material: borrowing SecretBytes) -> Outputs {
        derive(chainingKey: chainingKey, material: material, withThird: true)
    }

    private static func derive(
        chainingKey: borrowing SecretBytes, material: borrowing SecretBytes, withThird: Bool
    ) -> Outputs {
        let temporary = chainingKey.withBytes { key in
            material.withBytes { material in
                SecretBytes(count: Hmac.count) { Hmac.code(of: material, and: Hmac.none, key: key, into: $0) }
            }
        }
        let first = output(1, after: nil, key: temporary)
        let second = first.withBytes { output(2, after: $0, key: temporary) }
        let third = withThird ? second.withBytes { output(3, after: $0, key: temporary) } : nil
        return Outputs(first: first, second: second, third: third)
    }

    private static func output(
        _ index: UInt8, after previous: UnsafeRawBufferPointer?, key: borrowing SecretBytes
    ) -> SecretBytes {
        key.withBytes { key in
            withUnsafeBytes(of: index) { index in
                SecretBytes(count: Hmac.count) {
                    Hmac.code(of: previous ?? Hmac.none, and: index, key: key, into: $0)
                }
            }
        }
    }
}
