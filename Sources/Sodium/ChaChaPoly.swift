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
        _ ciphertext: ArraySlice<UInt8>, nonce: UInt64, authenticating data: [UInt8] = [], key: borrowing SecretBytes
    ) -> [UInt8]? {
        let length = ciphertext.count - tagSize
        guard length >= 0, key.count == 32 else { return nil }
        var isAuthentic = false
        let plaintext = ciphertext.withUnsafeBytes { ciphertext in
            key.withBytes { key in
                [UInt8](unsafeUninitializedCapacity: length) { plaintext, count in
                    let target = UnsafeMutableRawBufferPointer(plaintext).octets
                    isAuthentic = withNonce(nonce) { nonce in
                        crypto_aead_chacha20poly1305_ietf_decrypt(
                            target, nil, nil, ciphertext.octets, UInt64(ciphertext.count), data, UInt64(data.count),
                            nonce, key.octets) == 0
                    }
                    count = isAuthentic ? length : 0
                }
            }
        }
        return isAuthentic ? plaintext : nil
    }

    public static func open(
        _ ciphertext: [UInt8], nonce: UInt64, authenticating data: [UInt8] = [], key: borrowing SecretBytes
    ) -> [UInt8]? {
        open(ciphertext[...], nonce: nonce, authenticating: data, key: key)
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

    private static func withNonce<R>(_ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> R) -> R {
        withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { nonce in
            nonce.storeBytes(of: 0, as: UInt32.self)
            nonce.storeBytes(of: counter.littleEndian, toByteOffset: 4, as: UInt64.self)
            return body(UnsafePointer(nonce.octets))
        }
    }
}
