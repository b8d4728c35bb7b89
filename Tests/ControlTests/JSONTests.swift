import ControlAPI
import Essentials
import Testing

struct JSONTests {
    @Test(
        "what is written is read back",
        arguments: [
            "null", "true", "false", "0", "-1", "9223372036854775807", "1.5", "\"\"", "[]", "{}", "[1,[2,[3]]]",
            "{\"a\":1,\"b\":{\"c\":[null]}}", "\"h\u{E9}llo \u{4E16}\u{754C} \u{1F44B}\"",
        ])
    func roundTrip(_ text: String) throws {
        #expect(try JSON(parsing: text).text == text)
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "tru", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "1e999", "[1,]", "[,]",
            "[1 2]", "{", "{\"a\"}",
            "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
            "\"\\ud800\\u0041\"", "\"\\udc00\"",
            "\"a\nb\"", "\"a\tb\"", "1 2", "[1]]", "// hi", "\u{FEFF}1",
        ])
    func malformed(_ text: String) {
        #expect(throws: JSONFault.self) { try JSON(parsing: text) }
    }

    @Test("escapes and pairs of surrogates are read")
    func escapes() throws {
        #expect(
            try JSON(parsing: #""\"\\\/\b\f\n\r\t\u00e9\ud83d\udc4b""#)
                == .string("\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F44B}"))
    }

    @Test(
        "invalid UTF-8 inside a text is refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]])
    func invalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONFault.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
    }

    @Test("nesting is bounded, for arrays and objects")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(JSON.depthMaximum))
        #expect(throws: JSONFault.tooDeep) { try JSON(parsing: nested(JSON.depthMaximum + 1)) }
        #expect(throws: JSONFault.tooDeep) { try JSON(parsing: String(repeating: "[", count: 60_000)) }
        #expect(throws: JSONFault.tooDeep) { try JSON(parsing: String(repeating: "{\"a\":", count: 9_000)) }
    }

    @Test("a name that is there twice is refused")
    func repeated() {
        #expect(throws: JSONFault.repeated(name: "a")) { try JSON(parsing: "{\"a\":1,\"b\":2,\"a\":3}") }
    }

    @Test("a written line stays one line and moves no terminal")
    func harmless() throws {
        let text = "a\u{0}\u{1B}[2J\u{7F}\u{9B}31m\u{2028}\u{2029}\u{202E}\u{2066}\u{85}\r\nz"
        let written = JSON.string(text).text
        #expect(
            !written.unicodeScalars.contains { scalar in
                scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || (0x2028...0x202E).contains(scalar.value)
                    || (0x2066...0x2069).contains(scalar.value)
            })
        #expect(try JSON(parsing: written) == .string(text))
    }

    @Test("numbers keep their kind")
    func numbers() throws {
        #expect(try JSON(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try JSON(parsing: "-0") == .integer(0))
        #expect(try JSON(parsing: "2.0") == .number(2))
        #expect(JSON.number(.infinity).text == "null")
    }

    @Test("no bytes trap the reader")
    func anything() {
        var generator = SeededGenerator(seed: 8)
        let alphabet = Array("{}[]\",:\\u0123456789eE+-.truefalsn \n\u{1F600}".utf8) + [0xFF, 0xC3, 0x00]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...24, using: &generator)
            let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            if let json = try? JSON(parsing: bytes) { #expect((try? JSON(parsing: json.bytes)) != nil) }
        }
    }
}
