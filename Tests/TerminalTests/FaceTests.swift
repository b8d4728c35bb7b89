// The faces without a terminal: programs and whole lines.

import ControlAPI
import Essentials
@testable import TerminalFace
import Testing

struct FaceTests {
    @Test("a program gets every event as one array a line")
    func ndjsonEvents() {
        var face = NDJSONFace()
        #expect(face.handle(.event(.gotMessage("a\nb")), at: .origin) == [.write("[\"gotMessage\",\"a\\nb\"]\n")])
        #expect(face.handle(.event(.waiting), at: .origin) == [.write("[\"waiting\"]\n")])
    }

    @Test("a program's commands are taken however their bytes arrive, and empty lines are nothing")
    func ndjsonCommands() {
        var face = NDJSONFace()
        let input = "[\"send\",\"hi\"]\n\n  \n[\"new\"]\r\n"
        let effects = input.utf8.flatMap { face.handle(.bytes([$0]), at: .origin) }
        #expect(effects == [.tell(.send("hi")), .tell(.new)])
    }

    @Test("what is no command is an error with its line number")
    func ndjsonErrors() throws {
        var face = NDJSONFace()
        let effects = face.handle(.bytes(Array("[\"new\"]\nhello\n[\"frob\"]\n".utf8)), at: .origin)
        #expect(effects.first == .tell(.new))
        #expect(effects[1] == .write("[\"error\",\"line 2: not JSON from byte 0 on\"]\n"))
        let text = try #require(effects[2].text)
        #expect(text.hasPrefix("[\"error\",\"line 3: unknown command \\\"frob\\\""))
        let long = face.handle(
            .bytes(Array((String(repeating: "x", count: 70_000) + "\n[\"new\"]\n").utf8)), at: .origin)
        #expect(long.count == 2 && long.last == .tell(.new))
    }

    @Test("at the end of its input it takes the last line, disconnects and ends well; events still come")
    func ndjsonEnd() {
        var face = NDJSONFace()
        _ = face.handle(.bytes(Array("[\"typing\"]".utf8)), at: .origin)
        #expect(face.handle(.inputEnded, at: .origin) == [.tell(.typing), .tell(.disconnect), .finish(0)])
        #expect(face.handle(.event(.delivered(1)), at: .origin) == [.write("[\"delivered\",1]\n")])
        #expect(face.handle(.sessionEnded, at: .origin) == [])
    }

    @Test("it never asks anything")
    func ndjsonQuiet() {
        var face = NDJSONFace()
        #expect(face.handle(.event(.connected), at: .origin) == [.write("[\"connected\"]\n")])
        #expect(face.nextDeadline == nil && face.farewell() == "")
    }

    @Test("whole lines in and out, and one's own are not said twice")
    func plain() {
        var face = PlainFace()
        var shown = ""
        var told: [MeetCommand] = []
        func take(_ effects: [FaceEffect]) {
            for effect in effects {
                switch effect {
                case .write(let text): shown += text
                case .tell(let command): told.append(command)
                default: break
                }
            }
        }
        for event in [MeetEvent.waiting, .connected, .gotMessage("hi\nYou: yes\u{1B}[2J")] {
            take(face.handle(.event(event), at: .origin))
        }
        take(face.handle(.bytes(Array("hello\n/ne".utf8)), at: .origin))
        take(face.handle(.bytes(Array("xt\n".utf8)), at: .origin))
        #expect(told == [.send("hello"), .disconnect, .new])
        #expect(shown.contains("Stranger: hi\n  You: yes\u{241B}[2J\n"))
        #expect(!shown.contains("hello") && !shown.contains("\u{1B}"))
        let end = face.handle(.inputEnded, at: .origin)
        #expect(end.contains(.tell(.disconnect)) && end.last == .finish(0))
    }

    @Test("a line too long to send is not sent in part")
    func plainLong() {
        var face = PlainFace()
        _ = face.handle(.event(.connected), at: .origin)
        for count in [16_001, 70_000] {
            let effects = face.handle(.bytes(Array((String(repeating: "x", count: count) + "\n").utf8)), at: .origin)
            #expect(effects.count == 1 && !effects.contains { if case .tell = $0 { true } else { false } })
        }
    }

    @Test(
        "the terminal's abilities are read from the environment",
        arguments: [
            (["TERM": "xterm", "LANG": "en_GB.UTF-8"], true, true),
            (["TERM": "xterm", "NO_COLOR": "1", "LANG": "C.utf8"], false, true),
            (["TERM": "xterm", "NO_COLOR": "", "LC_ALL": "C", "LANG": "en_GB.UTF-8"], true, false),
            (["TERM": "dumb"], false, false), ([:], false, false),
        ] as [([String: String], Bool, Bool)])
    func style(_ environment: [String: String], _ colour: Bool, _ unicode: Bool) {
        let style = Style(environment: environment)
        #expect(style.hasColour == colour)
        #expect(style.hasUnicode == unicode)
    }

    @Test(
        "widths of characters",
        arguments: [
            ("a", 1), ("\u{E9}", 1), ("e\u{301}", 1), ("\u{4E16}", 2), ("\u{FF21}", 2), ("\u{1F600}", 2),
            ("\u{2764}", 1), ("\u{2764}\u{FE0F}", 2),
            ("\u{1F1EB}\u{1F1F7}", 2), ("\u{1F468}\u{200D}\u{1F469}", 2), ("\u{AC00}", 2), ("\u{627}", 1),
            ("\u{2713}", 1), ("\u{200D}", 0),
        ] as [(Character, Int)])
    func widths(_ character: Character, _ width: Int) { #expect(TextWidth.of(character) == width) }
}

extension FaceEffect {
    fileprivate var text: String? { if case .write(let text) = self { text } else { nil } }
}
