// Text is carried as it is, or refused.

import Testing

@testable import Wire

@Suite("text")
struct TextTests {
    @Test(
        "is carried byte for byte",
        arguments: [
            "", "\0", "e\u{301}", "é", "\u{FEFF}x", "\u{202E}abc", "👩‍👩‍👧", "a\r\nb", "\u{10FFFF}", "\u{1B}[31m",
        ])
    func verbatim(text: String) throws {
        let decoded = try Text(decoding: Text(sequence: 1, text: text).encoded())
        #expect(Array(decoded.text.utf8) == Array(text.utf8))
    }

    @Test(
        "that is not UTF-8 is refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0x61, 0xC3, 0x28],
        ] as [[UInt8]])
    func invalid(bytes: [UInt8]) throws {
        let text = [0x12, UInt8(bytes.count)] + bytes
        #expect(throws: WireFault.malformed) { try Text(decoding: text) }
        #expect(throws: WireFault.malformed) { try Utterance(decoding: [0x12, UInt8(text.count)] + text) }
        let reason = [0x1A, UInt8(bytes.count)] + bytes
        #expect(throws: WireFault.malformed) { try Refused(decoding: reason) }
        let enforces = [0x22, UInt8(bytes.count)] + bytes
        #expect(throws: WireFault.malformed) { try HomeTerms(decoding: enforces) }
    }
}
