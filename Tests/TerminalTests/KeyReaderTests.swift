@testable import TerminalFace
import Essentials
import Testing

struct KeyReaderTests {
    private func read(_ text: String) -> [Key] {
        var reader = KeyReader()
        return reader.read(Array(text.utf8)) + reader.flush()
    }

    @Test(
        "keys of a line editor",
        arguments: [
            ("abc", [Key.text("abc")]), ("a\r", [.text("a"), .enter]), ("\n", [.enter]), ("\u{7F}", [.backspace]),
            ("\u{8}", [.backspace]),
            ("\u{1}\u{5}\u{2}\u{6}", [.home, .end, .left, .right]),
            ("\u{15}\u{17}\u{B}", [.deleteToStart, .deleteWord, .deleteToEnd]),
            ("\u{4}\u{C}\u{1A}", [.endOfInput, .redraw, .suspend]), ("\u{1B}[D\u{1B}[C", [.left, .right]),
            ("\u{1B}OD\u{1B}OH", [.left, .home]),
            ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[3~", [.home, .end, .home, .end, .delete]),
            ("\u{1B}[1;5D\u{1B}[1;3C", [.wordLeft, .wordRight]),
            ("\u{1B}b\u{1B}f\u{1B}\u{7F}", [.wordLeft, .wordRight, .deleteWord]), ("\u{1B}\r", [.lineFeed]),
            ("\u{1B}[13;2u", [.lineFeed]),
            ("\u{1B}[27;2;13~", [.lineFeed]), ("\u{1B}", [.escape]), ("\u{1B}\u{1B}", [.escape, .escape]),
            ("\u{1B}[A\u{1B}[5~\u{1B}[99;1X", [.other, .other, .other]),
            ("\u{7}", [.other]),
        ] as [(String, [Key])])
    func keys(_ text: String, _ expected: [Key]) { #expect(read(text) == expected) }

    @Test("an ESC waits for what follows")
    func escapeWaits() {
        var reader = KeyReader()
        #expect(reader.read([0x1B]) == [])
        #expect(reader.isUndecided)
        #expect(reader.read(Array("[D".utf8)) == [.left])
        #expect(!reader.isUndecided)
        #expect(reader.flush() == [])
        #expect(reader.read([0x1B]) == [])
        #expect(reader.flush() == [.escape])
    }

    @Test("characters of several bytes come out whole, however they arrive")
    func characters() {
        var reader = KeyReader()
        let keys = Array("\u{E9}\u{4E16}\u{1F44B}".utf8).flatMap { reader.read([$0]) }
        #expect(keys == [.text("\u{E9}"), .text("\u{4E16}"), .text("\u{1F44B}")])
    }

    @Test(
        "bytes that are no UTF-8 are passed over",
        arguments: [[0xFF, 0x61], [0xC3, 0x61], [0x80, 0x61], [0xF8, 0x88, 0x80, 0x80, 0x61], [0xE2, 0x82, 0x61]]
            as [[UInt8]])
    func noise(_ bytes: [UInt8]) {
        var reader = KeyReader()
        #expect(reader.read(bytes) == [.text("a")])
    }

    @Test("pasted text is one key, its line ends included, and its escapes are no keys")
    func paste() {
        #expect(
            read("x\u{1B}[200~one\rtwo\u{1B}[Dthree\u{1B}[201~y") == [.text("x"), .pasted("one\rtwothree"), .text("y")])
    }

    @Test("pastes and sequences are bounded")
    func bounds() {
        var reader = KeyReader()
        let keys = reader.read(Array(("\u{1B}[200~" + String(repeating: "x", count: 200_000) + "\u{1B}[201~").utf8))
        #expect(keys == [.pasted(String(repeating: "x", count: KeyReader.pasteMaximum))])
        #expect(read("\u{1B}[" + String(repeating: "1", count: 33) + "a") == [.text("a")])
    }

    @Test("no bytes trap the reader or the editor")
    func anything() {
        var generator = SeededGenerator(seed: 5)
        var reader = KeyReader()
        var editor = LineEditor(limit: 200)
        for _ in 0..<20_000 {
            let bytes = (0..<6).map { _ in
                Bool.random(using: &generator) ? 0x1B : UInt8.random(in: 0...255, using: &generator)
            }
            for key in reader.read(bytes) { _ = editor.handle(key) }
            #expect(editor.text.utf8.count <= 200 && (0...editor.characters.count).contains(editor.cursor))
        }
    }
}

struct LineEditorTests {
    private func edit(_ keys: [Key], limit: Int = 100) -> (text: String, cursor: Int) {
        var editor = LineEditor(limit: limit)
        for key in keys { _ = editor.handle(key) }
        return (editor.text, editor.cursor)
    }

    @Test(
        "editing",
        arguments: [
            ([.text("abc")], "abc", 3), ([.text("abc"), .left, .text("X")], "abXc", 3),
            ([.text("abc"), .backspace], "ab", 2), ([.backspace], "", 0),
            ([.text("abc"), .home, .delete], "bc", 0), ([.text("abc"), .delete], "abc", 3),
            ([.text("one two "), .deleteWord], "one ", 4),
            ([.text("one two"), .wordLeft, .deleteToStart], "two", 0),
            ([.text("one two"), .home, .wordRight, .deleteToEnd], "one", 3),
            ([.text("abc"), .left, .left, .end, .text("d")], "abcd", 4),
            ([.text("a"), .lineFeed, .text("b")], "a\nb", 3),
            ([.pasted("a\r\nb\rc\td\u{1B}[2J\u{0}")], "a\nb\nc d[2J", 10),
            ([.text("e"), .text("\u{301}")], "e\u{301}", 1),
            ([.text("\u{1F468}\u{200D}\u{1F469}"), .backspace], "", 0), ([.other, .escape, .enter], "", 0),
        ] as [([Key], String, Int)])
    func editing(_ keys: [Key], _ text: String, _ cursor: Int) {
        let edited = edit(keys)
        #expect(edited.text == text)
        #expect(edited.cursor == cursor)
    }

    @Test("the text never outgrows its limit, by whole characters")
    func limit() {
        #expect(edit([.text("12345"), .text("678")], limit: 6).text == "123456")
        #expect(edit([.text("1234"), .text("\u{1F44B}")], limit: 6).text == "1234")
        #expect(edit([.pasted(String(repeating: "\u{E9}", count: 60_000))], limit: 101).text.utf8.count == 100)
    }
}
