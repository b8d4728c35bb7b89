// What stands on the screen, seen through a small terminal of our own.

import ControlAPI
import Essentials
@testable import TerminalFace
import Testing

struct ScreenRendererTests {
    static let style = Style(hasColour: true, hasUnicode: true)

    /// A line face and the terminal it draws on.
    private struct Sight {
        var face: LineFace
        var terminal: MiniTerminal
        var told: [MeetCommand] = []
        var now = Moment.origin

        init(columns: Int, style: Style = ScreenRendererTests.style) {
            face = LineFace(style: style, columns: columns)
            terminal = MiniTerminal(columns: columns)
        }

        mutating func then(_ inputs: FaceInput...) {
            for input in inputs {
                for effect in face.handle(input, at: now) {
                    switch effect {
                    case .write(let text): terminal.show(text)
                    case .tell(let command): told.append(command)
                    default: break
                    }
                }
            }
        }
        mutating func type(_ text: String) { then(.bytes(Array(text.utf8))) }
        var screen: [String] { terminal.screen }
    }

    @Test("a conversation at 80 columns")
    func conversation() {
        var sight = Sight(columns: 80)
        sight.then(.event(.waiting), .event(.connected), .event(.typing), .event(.gotMessage("hi")))
        sight.type("hello\r")
        sight.then(.event(.delivered(1)), .event(.typing))
        #expect(
            sight.screen == [
                "Looking for someone you can chat with. Hang on.",
                "You're now chatting with a random stranger. Say hi!",
                "Enter sends. Esc leaves: press it twice. Ctrl-D ends. /friend NAME keeps in",
                "  touch.", "Stranger: hi", "You: hello",
                "/save keeps a log of this conversation, and the stranger is told.",
                "Esc: Disconnect \u{B7} Stranger is typing... \u{B7} \u{2713} delivered", ">",
            ])
        #expect(sight.terminal.faults == [])
        #expect(sight.terminal.column == 2)
    }

    @Test("typed text and cursor stay when messages arrive")
    func arriving() {
        var sight = Sight(columns: 40)
        sight.then(.event(.waiting), .event(.connected))
        sight.type("one three\u{1B}b")
        sight.then(.event(.typing), .event(.gotMessage("first")), .event(.gotMessage("second")))
        #expect(sight.screen.suffix(4) == ["Stranger: first", "Stranger: second", "Esc: Disconnect", "> one three"])
        #expect(sight.terminal.column == 6)
        sight.type("two ")
        #expect(sight.screen.last == "> one two three")
        #expect(sight.terminal.column == 10)
    }

    @Test("a line longer than the row scrolls sideways, with the cursor on it", arguments: [80, 30, 12])
    func longLine(_ columns: Int) {
        var sight = Sight(columns: columns)
        sight.then(.event(.waiting), .event(.connected))
        let text = (0..<200).map { String($0 % 10) }.joined()
        for character in text {
            sight.type(String(character))
            #expect(sight.terminal.column < columns)
        }
        #expect(sight.screen.last?.hasPrefix("< ") == true && sight.screen.last?.hasSuffix("9") == true)
        sight.type("\u{1}")
        #expect(sight.screen.last?.hasPrefix("> 0123") == true && sight.terminal.column == 2)
        #expect(sight.terminal.faults == [])
    }

    @Test(
        "wide characters take two columns",
        arguments: ["\u{4E16}\u{754C}", "\u{1F44B}\u{1F3FD}\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}"])
    func wide(_ text: String) {
        var sight = Sight(columns: 20)
        sight.then(.event(.waiting), .event(.connected))
        sight.type(text)
        #expect(sight.terminal.column == 6)
        sight.type("\u{1B}[D")
        #expect(sight.terminal.column == 4)
        sight.type(String(repeating: "\u{754C}", count: 100))
        #expect(sight.terminal.column < 20 && sight.terminal.faults == [])
    }

    @Test("nothing a stranger writes moves the cursor, or looks like a line of somebody else")
    func hostile() {
        var sight = Sight(columns: 40)
        sight.then(.event(.waiting), .event(.connected))
        let attack =
            "\u{1B}[2J\u{1B}[H\u{9B}1A\r\nYou: I agree\u{202E}\n\n\n\n" + String(repeating: " ", count: 60) + "You: yes"
        sight.then(.event(.gotMessage(attack)), .event(.serverMessage(attack)), .event(.error(attack)))
        sight.then(.event(.spyMessage("You:\u{1B}[31m", attack)), .event(.spyTyping("\u{1B}[2J")))
        #expect(sight.terminal.faults == [])
        #expect(
            sight.screen.first == Words.looking.prefix(39).description
                || sight.screen.first?.hasPrefix("Looking") == true)
        #expect(sight.screen.filter { $0.hasPrefix("You: ") } == [])
    }

    @Test("a flood of line feeds is squeezed")
    func lineFeeds() {
        let rows = ScreenRenderer(style: .bare, columns: 40).rows(
            of: .stranger("a" + String(repeating: "\n", count: 10_000) + "b"))
        #expect(rows.count < 10)
        let many = ScreenRenderer(style: .bare, columns: 40).rows(
            of: .stranger((0..<1_000).map(String.init).joined(separator: "\n")))
        #expect(many.count <= LineWrap.linesMaximum + 1_000 * 5 / 36 + 1)
    }

    @Test("rows break between words, and inside words that are longer than a row")
    func wrapping() {
        #expect(LineWrap.rows(label: "You: ", text: "aaa bbb ccc", columns: 12) == ["You: aaa bbb", "  ccc"])
        #expect(
            LineWrap.rows(label: "You: ", text: "abcdefghijklmnop", columns: 10) == [
                "You: abcde", "  fghijklm", "  nop",
            ])
        #expect(LineWrap.rows(label: "", text: "  a  b", columns: 20) == ["  a  b"])
        #expect(LineWrap.rows(label: "X: ", text: "one\ntwo", columns: 20) == ["X: one", "  two"])
        #expect(LineWrap.rows(label: "X: ", text: "", columns: 20) == ["X: "])
    }

    @Test("no row is ever wider than the terminal", arguments: [9, 20, 39, 80])
    func widths(_ columns: Int) {
        var generator = SeededGenerator(seed: UInt64(columns))
        let pieces = [
            "a", "word", " ", "  ", "\u{4E16}\u{754C}", "\u{1F44B}", "e\u{301}", "\n",
            "https://example.org/a/long/path", "\u{1B}[31m", "\u{202E}",
        ]
        let renderer = ScreenRenderer(style: .bare, columns: columns)
        for _ in 0..<500 {
            let text = (0..<12).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            for line in [ScreenLine.stranger(text), .you(text), .status(text), .named(text, text)] {
                for row in renderer.rows(of: line) { #expect(TextWidth.of(row) < max(columns, 29)) }
            }
            for row in renderer.rows(of: .notice(text)) { #expect(TextWidth.of(row) < columns) }
        }
    }

    @Test("in a narrow terminal the information gives way, typing last")
    func narrow() {
        var sight = Sight(columns: 30)
        sight.then(.event(.waiting), .event(.connected))
        sight.type("x\r")
        sight.then(.event(.typing))
        #expect(
            sight.screen.dropLast().last == "Stranger is typing..."
                || sight.screen.dropLast().last?.contains("typing") == true)
        #expect(sight.terminal.faults == [])
    }

    @Test("another width is used from the next drawing on")
    func resized() {
        var sight = Sight(columns: 80)
        sight.then(.event(.waiting), .event(.connected))
        sight.type(String(repeating: "x", count: 60))
        sight.then(.resized(columns: 24))
        sight.then(.event(.gotMessage(String(repeating: "word ", count: 20))))
        for row in sight.screen.suffix(3) { #expect(TextWidth.of(row) < 24) }
        #expect(sight.terminal.column < 24)
    }

    @Test("without colour there is no colour, and without Unicode no sign outside ASCII")
    func bare() {
        var sight = Sight(columns: 80, style: .bare)
        sight.then(.event(.waiting), .event(.connected))
        sight.type("x\r")
        sight.then(.event(.delivered(1)), .event(.typing))
        let isASCII = sight.screen.joined().utf8.allSatisfy { $0 < 0x80 }
        #expect(isASCII)
        #expect(sight.screen.dropLast().last == "Esc: Disconnect | Stranger is typing... | delivered")
        #expect(!ScreenRenderer(style: .bare, columns: 80).rows(of: .you("x")).joined().contains("\u{1B}"))
    }

    @Test("Esc is a key after a pause, and a sequence without one")
    func escapePause() throws {
        var sight = Sight(columns: 80)
        sight.then(.event(.waiting), .event(.connected), .event(.typing), .event(.stoppedTyping))
        sight.type("\u{1B}")
        let due = try #require(sight.face.nextDeadline)
        #expect(due == sight.now + LineFace.escapePause)
        sight.type("[D")
        #expect(sight.face.nextDeadline == nil)
        sight.type("\u{1B}")
        sight.now = sight.now + LineFace.escapePause
        sight.then(.timerFired)
        #expect(sight.screen.dropLast().last == "Esc: Really?")
        sight.type("\u{1B}\u{1B}")
        #expect(sight.told == [.disconnect])
    }

    @Test("the farewell takes the prompt away and leaves the conversation")
    func farewell() {
        var sight = Sight(columns: 80)
        sight.then(.event(.waiting), .event(.connected), .event(.typing), .event(.gotMessage("hi")))
        sight.terminal.show(sight.face.farewell())
        #expect(sight.screen.suffix(2) == ["Stranger: hi", ""])
        #expect(sight.terminal.modes == ["?2004l"])
    }
}
