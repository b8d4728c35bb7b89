// RFC 4648 §6 base32, lower case, without padding: what invites and short names are written in.

/// Base32 text in the alphabet a–z, 2–7.
public enum Base32 {
    public static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var buffer: UInt16 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt16(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt16(bits)) & 31])
            }
            buffer &= (1 << UInt16(bits)) - 1
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt16(5 - bits)) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The five-bit value of a character of the alphabet, in either case.
    public static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): character - UInt8(ascii: "2") + 26
        default: nil
        }
    }

    /// Nil when a character is outside the alphabet, or when the bits left over at the end are not zero.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt16 = 0
        var bits = 0
        for character in text.utf8 {
            guard let value = value(character) else { return nil }
            buffer = buffer << 5 | UInt16(value)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt16(bits)))
                buffer &= (1 << UInt16(bits)) - 1
            }
        }
        return bits < 5 && buffer == 0 ? bytes : nil
    }
}
