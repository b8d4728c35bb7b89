import Essentials
import Testing

@Suite("Bytes and their texts")
struct BytesTests {
    @Test("thirty-two bytes come back as they went in, and nothing else is taken")
    func bytes32() throws {
        let bytes = (0..<32).map { UInt8($0 * 7 & 0xff) }
        let value = try #require(Bytes32(bytes))
        #expect(value.bytes == bytes)
        #expect(value.prefix == 0x0007_0e15_1c23_2a31)
        #expect(value.description == Hex.encode(bytes))
        #expect(Bytes32(bytes[...]) == value)
        #expect(Bytes32(bytes.dropLast()) == nil)
        #expect(Bytes32(bytes + [0]) == nil)
        #expect(Bytes32.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test("thirty-two bytes are equal only if each byte is, and ordered by the first that differs")
    func order() throws {
        for position in 0..<32 {
            var bytes = [UInt8](repeating: 0, count: 32)
            bytes[position] = 0x80
            let value = try #require(Bytes32(bytes))
            #expect(value != .zero)
            #expect(.zero < value)
            if position > 0 {
                bytes[position] = 0
                bytes[position - 1] = 1
                #expect(value < (try #require(Bytes32(bytes))))
            }
        }
    }

    @Test("hexadecimal is read in either case and refused when it is odd or has another character")
    func hex() {
        #expect(Hex.encode([0, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hex.decode("000Fa0fF") == [0, 0x0f, 0xa0, 0xff])
        #expect(Hex.decode("") == [])
        for text in ["0", "0g", "é", " 0", "0x"] { #expect(Hex.decode(text) == nil, "\(text)") }
    }

    @Test(
        "base32 is that of RFC 4648, in lower case and without padding",
        arguments: [
            ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ])
    func base32(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
        #expect(Base32.decode(encoded) == Array(text.utf8))
        #expect(Base32.decode(encoded.uppercased()) == Array(text.utf8))
    }

    @Test(
        "base32 with a foreign character, a useless last character or bits left over is refused",
        arguments: [
            "m", "my=", "m1", "m0", "mz", "mzx", "mý",
        ])
    func badBase32(text: String) {
        #expect(Base32.decode(text) == nil)
    }

    @Test("base32 brings every length back")
    func lengths() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        }
    }
}
