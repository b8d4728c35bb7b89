import Essentials
import Sodium
import Testing

@Suite("ChaCha20-Poly1305")
struct ChaChaPolyTests {
    private static let key: [UInt8] = Array(0..<32)
    private let text = Array("hello".utf8)
    private let data = Array("data".utf8)

    @Test("the nonce is four zero bytes and the counter, little-endian")
    func known() {
        let sealed = ChaChaPoly.seal(
            text, nonce: 0x0102_0304_0506_0708, authenticating: data, key: SecretBytes(copying: Self.key))
        #expect(Hex.encode(sealed) == "982cc188c4ae3524aad0e392a918e096a00b8df184")
    }

    @Test("what was sealed opens, and with one bit changed anywhere it does not")
    func tampered() {
        let key = SecretBytes(copying: Self.key)
        let sealed = ChaChaPoly.seal(text, nonce: 7, authenticating: data, key: key)
        #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: data, key: key) == text)
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                #expect(ChaChaPoly.open(changed, nonce: 7, authenticating: data, key: key) == nil)
            }
        }
        #expect(ChaChaPoly.open(sealed, nonce: 8, authenticating: data, key: key) == nil)
        #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: [], key: key) == nil)
        #expect(ChaChaPoly.open(sealed.dropLast(), nonce: 7, authenticating: data, key: key) == nil)
        #expect(ChaChaPoly.open([], nonce: 7, authenticating: data, key: key) == nil)
        let other = SecretBytes(copying: Self.key.reversed())
        #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: data, key: other) == nil)
    }

    @Test("a key of another length opens nothing, even one that begins with the right bytes")
    func keyLengths() {
        let sealed = ChaChaPoly.seal(text, nonce: 7, key: SecretBytes(copying: Self.key))
        #expect(ChaChaPoly.open(sealed, nonce: 7, key: SecretBytes(copying: Self.key + [1, 2, 3])) == nil)
        #expect(ChaChaPoly.open(sealed, nonce: 7, key: SecretBytes(copying: Self.key.dropLast())) == nil)
    }

    @Test("sealing in place leaves what stands before untouched, and what stands within others opens")
    func inPlace() {
        let key = SecretBytes(copying: Self.key)
        var bytes: [UInt8] = [1, 2, 3] + text
        ChaChaPoly.seal(inPlace: &bytes, from: 3, nonce: 9, authenticating: data, key: key)
        #expect(bytes.prefix(3) == [1, 2, 3])
        #expect(Array(bytes[3...]) == ChaChaPoly.seal(text, nonce: 9, authenticating: data, key: key))

        bytes += [4, 5]
        let sealed = bytes[3..<bytes.count - 2]
        #expect(ChaChaPoly.open(sealed, nonce: 9, authenticating: data, key: key) == text)
    }

    @Test("an empty text has a tag all the same")
    func empty() {
        let key = SecretBytes(copying: Self.key)
        let sealed = ChaChaPoly.seal([], nonce: 0, key: key)
        #expect(sealed.count == 16)
        #expect(ChaChaPoly.open(sealed, nonce: 0, key: key) == [])
    }

    @Test("a byte that is not zero is found wherever it stands, and ranges outside are refused")
    func zeros() {
        var bytes = [UInt8](repeating: 0, count: 40)
        #expect(allZero(bytes, in: 0..<40))
        #expect(allZero(bytes, in: 7..<7))
        #expect(!allZero(bytes, in: 0..<41))
        #expect(!allZero(bytes, in: -1..<3))
        #expect(!allZero(bytes, in: 0..<1 << 45))
        for position in bytes.indices {
            bytes[position] = 1
            #expect(!allZero(bytes, in: 0..<40))
            #expect(allZero(bytes, in: 0..<position))
            #expect(allZero(bytes, in: position + 1..<40))
            bytes[position] = 0
        }
    }

    @Test("as many zeros are appended as were asked for", arguments: [-1, 0, 1, 4_095, 4_096, 4_097, 10_000, 1 << 26])
    func appending(count: Int) {
        var bytes: [UInt8] = [1, 2]
        appendZeros(count, to: &bytes)
        #expect(bytes.count == 2 + max(0, count))
        #expect(bytes.starts(with: [1, 2]) && allZero(bytes, in: 2..<bytes.count))
    }
}
