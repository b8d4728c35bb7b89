// ChaCha20-Poly1305 (RFC 8439) with Noise's nonce: four zero bytes, then the counter, little-endian.

internal import CSodium

/// Authenticated encryption under a 32-byte key.
public enum ChaChaPoly {
    /// Bytes that a ciphertext has more than its plaintext.
    public static let tagSize = 16

    /// Ciphertext ‖ tag.
    public static func seal(
        _ plaintext: [UInt8], nonce: UInt64, authenticating data: [UInt8] = [], key: borrowing SecretBytes
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(plaintext.count + tagSize)
        bytes.append(contentsOf: plaintext)
        seal(inPlace: &bytes, from: 0, nonce: nonce, authenticating: data, key: key)
        return bytes
    }

    /// The plaintext, or nil when any bit of ciphertext, data, nonce or key is not what it was sealed with.
    public static func open(
        _ ciphertext: some Collection<UInt8>, nonce: UInt64, authenticating data: [UInt8] = [],
        key: borrowing SecretBytes
    ) -> [UInt8]? {
        var bytes = Array(ciphertext)
        guard let plaintext = open(inPlace: &bytes, in: bytes.indices, nonce: nonce, authenticating: data, key: key)
        else { return nil }
        bytes.removeSubrange(plaintext.upperBound...)
        return bytes
    }

    /// Encrypts what stands in `bytes` from position `start` on and appends the tag. Reserve its 16 bytes
    /// beforehand to save a reallocation.
    public static func seal(
        inPlace bytes: inout [UInt8], from start: Int, nonce: UInt64, authenticating data: [UInt8] = [],
        key: borrowing SecretBytes
    ) {
        precondition(key.count == 32 && (0...bytes.count).contains(start), "a key of 32 bytes and a start within")
        let length = bytes.count - start
        bytes.append(contentsOf: repeatElement(0, count: tagSize))
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let text = base + start
            withNonce(nonce) { nonce in
                key.withBytes { key in
                    _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                        text, nil, text, UInt64(length), data, UInt64(data.count), nil, nonce, key.octets)
                }
            }
        }
    }

    /// Decrypts the ciphertext with its tag that stands in `bytes` at `range`, and returns where the plaintext
    /// stands now (at the beginning of the range). Nil when it is not authentic or the range does not fit; the
    /// bytes at the range are then worthless.
    public static func open(
        inPlace bytes: inout [UInt8], in range: Range<Int>, nonce: UInt64, authenticating data: [UInt8] = [],
        key: borrowing SecretBytes
    ) -> Range<Int>? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, range.count >= tagSize, key.count == 32
        else { return nil }
        let isAuthentic = bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            let text = base + range.lowerBound
            return withNonce(nonce) { nonce in
                key.withBytes { key in
                    crypto_aead_chacha20poly1305_ietf_decrypt(
                        text, nil, nil, text, UInt64(range.count), data, UInt64(data.count), nonce, key.octets) == 0
                }
            }
        }
        return isAuthentic ? range.lowerBound..<range.upperBound - tagSize : nil
    }

    private static func withNonce<R>(_ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> R) -> R {
        withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { nonce in
            nonce.storeBytes(of: 0, as: UInt32.self)
            nonce.storeBytes(of: counter.littleEndian, toByteOffset: 4, as: UInt64.self)
            return body(UnsafePointer(nonce.octets))
        }
    }
}
