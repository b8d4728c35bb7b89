// A conversation carries texts verbatim; every face makes them safe with this one function.

import Essentials
import Testing

@Suite("Terminal text")
struct TerminalTextTests {
    @Test(
        "plain writing of any script is left alone",
        arguments: [
            "hello, world!", "Grüße, naïve café", "日本語 한국어", "שָׁלוֹם עֲלֵיכֶם", "می‌خواهم", "क्षत्रिय", "Việt Nam",
            "👩‍❤️‍💋‍👨 👨‍👩‍👧‍👦 🏳️‍🌈 1️⃣ 👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "",
        ])
    func plain(text: String) {
        #expect(Array(TerminalText.neutralised(text).unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test("control characters and escape sequences become visible")
    func controls() {
        #expect(TerminalText.neutralised("\u{1B}[31mred\u{07}\r\n\u{0}\u{7F}") == "␛[31mred␇␍␊␀␡")
    }

    @Test("no C0 or C1 control comes through")
    func allControls() {
        for value in [UInt32](0x00...0x1F) + [UInt32](0x7F...0x9F) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = TerminalText.neutralised("a\(Character(scalar))b")
            #expect(!shown.unicodeScalars.contains(scalar))
            #expect(shown.unicodeScalars.count >= 3, "it does not vanish")
        }
    }

    @Test(
        "marks that turn the direction of the line become visible",
        arguments: [0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x206A, 0x206F] as [UInt32])
    func bidi(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let shown = TerminalText.neutralised("user\(Character(scalar))txt.exe")
        #expect(shown.hasPrefix("user<") && shown.hasSuffix(">txt.exe"))
        #expect(!shown.unicodeScalars.contains(scalar))
    }

    @Test(
        "line and paragraph separators and invisible fillers become visible",
        arguments: [
            0x2028, 0x2029, 0x200B, 0x2060, 0x2063, 0xFEFF, 0x00AD, 0x3164, 0xFFF9, 0xE0001, 0xE0041, 0xFFFE, 0x115F,
        ] as [UInt32])
    func invisible(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let shown = TerminalText.neutralised("a\(Character(scalar))b")
        #expect(!shown.unicodeScalars.contains(scalar))
        #expect(shown.unicodeScalars.count > 2, "it does not vanish")
    }

    @Test("a joiner that joins nothing is shown")
    func joiners() {
        for text in ["\u{200D}a", "a\u{200D}\u{200D}b"] {
            #expect(TerminalText.neutralised(text).unicodeScalars.count > text.unicodeScalars.count)
        }
    }

    @Test("a tower of combining marks is cut to six, and says so")
    func zalgo() {
        let tower = "a" + String(repeating: "\u{0301}", count: 500) + "b"
        let shown = Array(TerminalText.neutralised(tower).unicodeScalars)
        #expect(shown.count == 1 + TerminalText.marksMaximum + 2)
        #expect(shown.suffix(2) == ["\u{FFFD}", "b"])
    }

    @Test("joiners between marks build no higher tower")
    func zalgoWithJoiners() {
        let step = String(repeating: "\u{0301}", count: 6) + "\u{200D}"
        let shown = TerminalText.neutralised("a" + String(repeating: step, count: 100))
        var highest = 0
        var height = 0
        for scalar in shown.unicodeScalars {
            height = scalar.properties.generalCategory == .nonspacingMark || scalar == "\u{200D}" ? height + 1 : 0
            highest = max(highest, height)
        }
        #expect(highest <= 2 * TerminalText.marksMaximum + 1)
    }

    @Test("bytes that are no text come as replacement characters")
    func loneSurrogate() {
        let text = String(decoding: [0x61, 0xED, 0xA0, 0x80, 0x62] as [UInt8], as: UTF8.self)
        let shown = TerminalText.neutralised(text)
        #expect(shown.unicodeScalars.allSatisfy { $0 == "a" || $0 == "b" || $0 == "\u{FFFD}" })
    }

    @Test("doing it twice changes nothing more")
    func idempotent() {
        let all = String(String.UnicodeScalarView((0...0x2FFF).compactMap(Unicode.Scalar.init)))
        let once = TerminalText.neutralised(all)
        #expect(TerminalText.neutralised(once) == once)
    }
}
