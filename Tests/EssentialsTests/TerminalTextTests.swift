import Essentials
import Testing

struct TerminalTextTests {
    @Test(
        "ordinary text stays as it is",
        arguments: [
            "", "hello, world!", "h\u{E9}llo", "e\u{301}", "\u{4E16}\u{754C}", "\u{645}\u{631}\u{62D}\u{628}\u{627}",
            "\u{5E9}\u{5B8}\u{5DC}\u{5D5}\u{5B9}\u{5DD}",
            "\u{928}\u{92E}\u{938}\u{94D}\u{924}\u{947}", "\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645}",
            "\u{E2A}\u{E27}\u{E31}\u{E2A}\u{E14}\u{E35}", "\u{200F}\u{5E9}\u{5DC}\u{200E}",
        ])
    func ordinary(_ text: String) {
        #expect(TerminalText.neutralised(text).unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test(
        "emoji sequences stay whole",
        arguments: [
            "\u{1F44B}\u{1F3FD}", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}",
            "\u{2764}\u{FE0F}\u{200D}\u{1F525}", "\u{1F1EB}\u{1F1F7}",
            "1\u{FE0F}\u{20E3}", "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}",
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        ])
    func emoji(_ text: String) {
        #expect(TerminalText.neutralised(text).unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test(
        "what steers a terminal becomes visible",
        arguments: [
            ("\u{1B}[2J", "\u{241B}[2J"), ("\u{1B}]0;title\u{7}", "\u{241B}]0;title\u{2407}"), ("a\rb", "a\u{240D}b"),
            ("a\nb", "a\u{240A}b"),
            ("a\r\nb", "a\u{240D}\u{240A}b"), ("a\tb", "a b"), ("\u{0}", "\u{2400}"), ("\u{8}", "\u{2408}"),
            ("\u{7F}", "\u{2421}"),
            ("\u{9B}31m", "<U+009B>31m"), ("\u{85}", "<U+0085>"), ("\u{90}q", "<U+0090>q"), ("\u{2028}", "<U+2028>"),
            ("\u{2029}", "<U+2029>"),
        ])
    func steering(_ text: String, _ expected: String) { #expect(TerminalText.neutralised(text) == expected) }

    @Test(
        "what turns the order of text becomes visible",
        arguments: [0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069] as [UInt32])
    func turning(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        #expect(TerminalText.neutralised("a\(scalar)b") == "a<U+\(String(value, radix: 16, uppercase: true))>b")
    }

    @Test(
        "what cannot be seen becomes visible",
        arguments: [
            0xAD, 0x115F, 0x180E, 0x200B, 0x2060, 0x2063, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFE, 0x1D173, 0xE0001,
            0xE0041, 0x10FFFF,
        ] as [UInt32])
    func invisible(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let shown = TerminalText.neutralised("a\(scalar)b")
        #expect(shown.hasPrefix("a<U+") && shown.hasSuffix(">b"))
    }

    @Test("tags that make no known flag are shown")
    func hiddenTags() {
        let hidden = "\u{1F3F4}\u{E0068}\u{E0069}\u{E007F}"
        #expect(TerminalText.neutralised(hidden) == "\u{1F3F4}<U+E0068><U+E0069><U+E007F>")
    }

    @Test(
        "a flag that breaks off is shown as what is there of it",
        arguments: [
            ("\u{1F3F4}", "\u{1F3F4}"), ("\u{1F3F4}\u{E0067}\u{E0062}", "\u{1F3F4}<U+E0067><U+E0062>"),
            (
                "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}",
                "\u{1F3F4}<U+E0067><U+E0062><U+E0065><U+E006E><U+E0067>"
            ),
        ])
    func brokenFlag(_ text: String, _ expected: String) { #expect(TerminalText.neutralised(text) == expected) }

    @Test("joiners only join: none at the start, none in a row")
    func joiners() {
        #expect(TerminalText.neutralised("\u{200D}a") == "<U+200D>a")
        #expect(TerminalText.neutralised("a\u{200D}\u{200D}b") == "a\u{200D}<U+200D>b")
    }

    @Test("marks beyond the sixth become one sign")
    func marks() {
        let few = "a" + String(repeating: "\u{301}", count: TerminalText.marksMaximum)
        #expect(TerminalText.neutralised(few) == few)
        let many = "a" + String(repeating: "\u{301}", count: 500) + "b"
        let shown = TerminalText.neutralised(many)
        #expect(shown.unicodeScalars.count == 1 + TerminalText.marksMaximum + 1 + 1)
        #expect(shown.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test("whatever comes in, nothing that steers or hides comes out")
    func anything() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<20 {
                let wide = Bool.random(using: &generator)
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...(wide ? 0x10FFFF : 0x2100), using: &generator)) {
                    text.append(scalar)
                }
            }
            let shown = TerminalText.neutralised(String(text))
            for scalar in shown.unicodeScalars {
                let category = scalar.properties.generalCategory
                #expect(category != .control && category != .lineSeparator && category != .paragraphSeparator)
                #expect(!(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
            }
            #expect(
                TerminalText.neutralised(shown).unicodeScalars.elementsEqual(shown.unicodeScalars),
                "a second time changes nothing")
        }
    }
}
