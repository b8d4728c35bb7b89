// TOMLKit gives a line for text that is no TOML, but none for a key. People want the line of the key that is
// wrong, so this walks over the text once more and notes where each top-level name first appears. It reads
// text that TOMLKit has accepted; on anything else its answers are merely useless, never harmful. It also finds
// what TOMLKit must not be given, since its parser ends the process over it: a table without a name, half a date, and an
// array that is closed as a table.

/// The lines of the top-level names of a TOML text.
struct TOMLLines {
    /// Line of each top-level key or table, counted from 1.
    private(set) var lines: [String: Int] = [:]
    /// The first thing that TOMLKit must not be given, and in which line.
    private(set) var unreadable: (line: Int, words: String)?

    private let text: [UInt8]
    private var position = 0
    private var line = 1
    private var isTopLevel = true

    init(of text: String) {
        self.text = Array(text.utf8)
        while position < self.text.count { readStatement() }
    }

    private var byte: UInt8? { position < text.count ? text[position] : nil }

    private mutating func advance() {
        if byte == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while let byte, condition(byte) { advance() }
    }

    /// One `key = value`, one `[table]`, or one empty line.
    private mutating func readStatement() {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        guard let first = byte else { return }
        switch first {
        case UInt8(ascii: "#"):
            skip { $0 != 0x0A }
        case UInt8(ascii: "["):
            isTopLevel = false
            let start = line
            advance()
            skip(while: Self.isSpace)
            if byte == UInt8(ascii: "[") {
                advance()
                skip(while: Self.isSpace)
            }
            // The end of the text and an empty name are errors that TOMLKit knows how to report.
            if let byte, byte != UInt8(ascii: "]"), !Self.beginsName(byte) {
                refuse("a name is expected after [", at: start)
            }
            note(readName(), at: start)
            skip { $0 != 0x0A }
        default:
            let start = line
            let name = readName()
            if isTopLevel { note(name, at: start) }
            skipValue()
        }
    }

    private mutating func refuse(_ words: String, at line: Int) {
        if unreadable == nil { unreadable = (line, words) }
    }

    private mutating func note(_ name: String, at line: Int) {
        if lines[name] == nil { lines[name] = line }
    }

    /// The first part of a key, bare or quoted.
    private mutating func readName() -> String {
        guard let quote = byte else { return "" }
        var name: [UInt8] = []
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            advance()
            while let byte, byte != quote, byte != 0x0A {
                name.append(byte)
                advance()
            }
        } else {
            while let byte, !Self.endsName(byte) {
                name.append(byte)
                advance()
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func beginsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "\""),
            UInt8(ascii: "'"):
            true
        default: false
        }
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "=") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "]") || byte == 0x20
            || byte == 0x09 || byte == 0x0A
    }

    /// To the end of the value: of the line, but not of one inside brackets or a string of many lines.
    private mutating func skipValue() {
        var open: [UInt8] = []
        while let byte {
            switch byte {
            case 0x0A where open.isEmpty:
                return
            case UInt8(ascii: "#"):
                skip { $0 != 0x0A }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open.append(byte)
                advance()
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if byte == UInt8(ascii: "}"), open.last == UInt8(ascii: "[") {
                    refuse("a ] is expected before }", at: line)
                }
                _ = open.popLast()
                advance()
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipString(byte)
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "="):
                advance()
            default:
                readBare()
            }
        }
    }

    /// A value without quotes. No setting is a date, so whatever begins as a number has to go on as one.
    private mutating func readBare() {
        let start = position
        skip { !Self.endsBare($0) }
        let digits = text[start..<position].drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        guard let first = digits.first, Self.isDigit(first) else { return }
        let isNumber = zip(digits, digits.dropFirst()).allSatisfy { before, byte in
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: "-"): before | 0x20 == UInt8(ascii: "e")
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "x"), UInt8(ascii: "o"):
                true
            default: Self.isDigit(byte)
            }
        }
        if !isNumber {
            refuse("a date, or a number with something wrong in it; values are strings in quotes", at: line)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func endsBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "#"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    private mutating func skipString(_ quote: UInt8) {
        let isLong = position + 2 < text.count && text[position + 1] == quote && text[position + 2] == quote
        let closing = isLong ? 3 : 1
        for _ in 0..<closing { advance() }
        var run = 0
        while let byte {
            if !isLong, byte == 0x0A { return }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                run = 0
                advance()
                if self.byte != nil { advance() }
                continue
            }
            run = byte == quote ? run + 1 : 0
            advance()
            if run == closing, !(isLong && self.byte == quote) { return }
        }
    }
}
