// What a person lives through, told to the model alone.

import ControlAPI
import Essentials
@testable import TerminalFace
import Testing

struct MeetScreenTests {
    /// A screen and its time, with what it wanted.
    private struct Story {
        var screen: MeetScreen
        var now = Moment.origin
        var effects: [ScreenEffect] = []

        init(isPlain: Bool = false) { screen = MeetScreen(isPlain: isPlain) }

        var lines: [ScreenLine] { effects.compactMap { if case .show(let line) = $0 { line } else { nil } } }
        var told: [MeetCommand] { effects.compactMap { if case .tell(let command) = $0 { command } else { nil } } }

        mutating func then(_ inputs: ScreenInput...) {
            effects = []
            for input in inputs { effects += screen.handle(input, at: now) }
        }
        mutating func event(_ events: MeetEvent...) {
            effects = []
            for event in events { effects += screen.handle(.event(event), at: now) }
        }
        mutating func press(_ keys: Key...) {
            effects = []
            for key in keys { effects += screen.handle(.key(key), at: now) }
        }
        mutating func wait(_ span: Span) {
            now = now + span
            effects = []
            if let due = screen.nextDeadline, due <= now { effects = screen.handle(.timerFired, at: now) }
        }

        static var talking: Story {
            var story = Story()
            story.event(.waiting, .connected)
            return story
        }
    }

    @Test("the status lines are Omegle's")
    func statusLines() {
        var story = Story()
        story.event(.waiting)
        #expect(story.lines == [.status("Looking for someone you can chat with. Hang on.")])
        story.event(.connected)
        #expect(story.lines.first == .status("You're now chatting with a random stranger. Say hi!"))
        story.event(.commonLikes(["jazz", "go", "tea"]))
        #expect(story.lines == [.status("You and the stranger both like jazz, go and tea.")])
        story.event(.strangerDisconnected)
        #expect(story.lines == [.status("Your conversational partner has disconnected.")])
    }

    @Test("what the node says before the first word stands before the greeting")
    func coverBeforeGreeting() {
        var story = Story()
        story.event(.waiting, .serverMessage("There is no cover: 2 members."), .connected)
        #expect(story.lines[1] == .server("There is no cover: 2 members."))
        #expect(story.lines[2] == .status(Words.connected))
    }

    @Test("one button on Esc: Disconnect, Really?, New")
    func button() {
        var story = Story.talking
        #expect(story.screen.prompt.button == "Disconnect")
        story.press(.escape)
        #expect(story.effects == [] && story.screen.prompt.button == "Really?")
        story.press(.escape)
        #expect(story.told == [.disconnect])
        #expect(story.lines == [.status("You have disconnected.")])
        #expect(story.screen.prompt.button == "New")
        story.press(.escape)
        #expect(story.told == [.new])
        story.event(.waiting)
        #expect(story.lines == [.status(Words.looking)])
    }

    @Test("sending re-arms the button; typing does not")
    func rearmed() {
        var story = Story.talking
        story.press(.escape, .text("wait"))
        #expect(story.screen.prompt.button == "Really?")
        story.press(.enter)
        #expect(story.told == [.send("wait")])
        #expect(story.screen.prompt.button == "Disconnect")
    }

    @Test("Esc while looking stops the search")
    func stopLooking() {
        var story = Story()
        story.event(.waiting)
        #expect(story.screen.prompt.button == "Stop")
        story.press(.escape)
        #expect(story.told == [.disconnect] && story.screen.phase == .over)
    }

    @Test("the button is New as soon as the stranger has left, also after Really?")
    func strangerLeavesFirst() {
        var story = Story.talking
        story.press(.escape)
        story.event(.strangerDisconnected)
        #expect(story.screen.prompt.button == "New")
        story.press(.escape)
        #expect(story.told == [.new])
    }

    @Test("typing is told at once, again while it goes on, and taken back after five idle seconds")
    func typing() {
        var story = Story.talking
        story.press(.text("h"), .text("i"))
        #expect(story.told == [.typing])
        story.wait(.milliseconds(249))
        story.press(.text("!"))
        #expect(story.told == [])
        story.wait(.milliseconds(1))
        story.press(.text("!"), .text("!"))
        #expect(story.told == [.typing], "or the node would take it back five seconds after it was told first")
        story.wait(.milliseconds(4_999))
        #expect(story.told == [])
        story.wait(.milliseconds(1))
        #expect(story.told == [.stoppedTyping])
        story.press(.backspace)
        #expect(story.told == [.typing])
    }

    @Test("a farewell that crosses one's own is no news")
    func crossing() {
        var story = Story.talking
        story.press(.escape, .escape)
        story.event(.strangerDisconnected)
        #expect(story.effects == [] && story.screen.phase == .over)
    }

    @Test("moving in the line is not typing, and a sent text ends it without a word")
    func typingEnds() {
        var story = Story.talking
        story.press(.text("hi"))
        story.press(.left, .home)
        #expect(story.told == [])
        story.press(.enter)
        #expect(story.told == [.send("hi")])
        story.wait(.seconds(60))
        #expect(story.told == [])
    }

    @Test("nothing is told about typing while nobody is there")
    func typingAlone() {
        var story = Story()
        story.event(.waiting)
        story.press(.text("hello"))
        #expect(story.told == [])
    }

    @Test("the stranger's typing shows until they stop, send or leave")
    func strangerTypes() {
        var story = Story.talking
        story.event(.typing, .typing)
        #expect(story.screen.prompt.typists == ["Stranger"])
        story.event(.stoppedTyping)
        #expect(story.screen.prompt.typists == [])
        story.event(.typing, .gotMessage("hi"))
        #expect(story.screen.prompt.typists == [] && story.lines == [.stranger("hi")])
        story.event(.typing, .strangerDisconnected)
        #expect(story.screen.prompt.typists == [])
    }

    @Test("a text typed while a message arrives stays in the line")
    func textStays() {
        var story = Story.talking
        story.press(.text("half a"))
        story.event(.gotMessage("interrupting"), .strangerDisconnected, .waiting, .connected)
        #expect(story.screen.editor.text == "half a")
        story.press(.text(" word"), .enter)
        #expect(story.told.last == .send("half a word"))
        #expect(story.lines == [.you("half a word")])
    }

    @Test("Enter with nobody there keeps the text and says so; an empty line sends nothing")
    func nobodyThere() {
        var story = Story()
        story.event(.waiting)
        story.press(.text("hello"), .enter)
        #expect(story.told == [] && story.screen.editor.text == "hello")
        #expect(story.lines == [.notice(Words.nobodyThere)])
        var talking = Story.talking
        talking.press(.enter, .text("   "), .enter)
        #expect(!talking.told.contains { if case .send = $0 { true } else { false } })
    }

    @Test("delivery marks follow what has arrived, and begin anew with every stranger")
    func delivery() {
        var story = Story.talking
        #expect(story.screen.prompt.delivery == .none)
        story.press(.text("a"), .enter, .text("b"), .enter)
        #expect(story.screen.prompt.delivery == .onTheWay(2))
        story.event(.delivered(1))
        #expect(story.screen.prompt.delivery == .onTheWay(1))
        story.event(.delivered(2), .delivered(1))
        #expect(story.screen.prompt.delivery == .arrived)
        story.event(.strangerDisconnected, .waiting, .connected)
        #expect(story.screen.prompt.delivery == .none)
        story.event(.delivered(9))
        #expect(story.screen.prompt.delivery == .none, "a number nobody sent changes nothing")
    }

    @Test("a text that was refused is not waited for")
    func refusedText() {
        var story = Story.talking
        story.press(.text("a"), .enter)
        story.event(.error("There is a friend called Ann already."))
        #expect(story.screen.prompt.delivery == .onTheWay(1), "that was about something else")
        story.event(.error("Not sent: too many at once"))
        #expect(story.lines == [.trouble("Not sent: too many at once")])
        #expect(story.screen.prompt.delivery == .none)
    }

    @Test("the safety words come with the honest sentence the first time")
    func safetyWords() {
        var story = Story.talking
        story.event(.safetyWords(["one", "two"]))
        #expect(story.lines == [.notice("Safety words: one two"), .notice(Words.safetyWordsMeaning)])
        #expect(Words.safetyWordsMeaning.contains("Nothing can tell you"))
        story.event(.strangerDisconnected, .waiting, .connected, .safetyWords(["three"]))
        #expect(story.lines.last == .notice("Safety words: three"))
    }

    @Test("hints come once")
    func hints() {
        var story = Story()
        story.event(.waiting, .connected)
        #expect(story.lines.contains(.notice(Words.hint)))
        story.event(.strangerDisconnected, .waiting, .connected)
        #expect(!story.lines.contains(.notice(Words.hint)))
    }

    @Test("a broken path is shown until it is back")
    func interrupted() {
        var story = Story.talking
        story.event(.interrupted)
        #expect(story.screen.prompt.isInterrupted && story.lines == [.notice(Words.interrupted)])
        story.press(.text("x"), .enter)
        #expect(story.told.last == .send("x"))
        story.event(.resumed)
        #expect(!story.screen.prompt.isInterrupted)
    }

    @Test("when the path does not come back, nobody is said to have left")
    func pathGone() {
        var story = Story.talking
        story.event(.interrupted, .strangerDisconnected)
        #expect(story.lines == [.notice(Words.interrupted), .status(Words.pathGone)] && story.screen.phase == .over)
    }

    @Test("two who discuss are Stranger 1 and Stranger 2")
    func spying() {
        var story = Story()
        story.event(
            .waiting, .connected, .question("Why?"), .spyTyping("Stranger 1"), .spyTyping("Stranger 2"),
            .spyTyping("Stranger 3"))
        #expect(story.screen.prompt.typists == ["Stranger 1", "Stranger 2"])
        #expect(story.lines.last == .status("Question to discuss: Why?"))
        story.event(.spyMessage("Stranger 1", "because"), .spyStoppedTyping("Stranger 2"))
        #expect(story.lines == [.named("Stranger 1", "because")] && story.screen.prompt.typists == [])
        story.event(.spyDisconnected("Stranger 2"))
        #expect(story.lines == [.status("Stranger 2 has disconnected.")] && story.screen.phase == .over)
    }

    @Test("Ctrl-D on an empty line ends: the stranger is left, and nothing more happens")
    func endOfInput() {
        var story = Story.talking
        story.press(.text("x"), .home, .endOfInput)
        #expect(story.screen.editor.isEmpty && !story.screen.isFinished)
        story.press(.endOfInput)
        #expect(story.told == [.disconnect] && story.effects.last == .finish(0))
        story.event(.gotMessage("late"))
        #expect(story.effects == [])
    }

    @Test("when the node stops, the person is told and the exit code is 69")
    func nodeStops() {
        var story = Story.talking
        story.then(.sessionEnded)
        #expect(story.effects == [.show(.trouble("The node has stopped.")), .finish(69)])
    }

    @Test("while two talk, /save and /friend NAME are for the node, and with one more slash for the stranger")
    func asides() {
        func told(_ text: String) -> [MeetCommand] {
            var story = Story.talking
            story.press(.text(text), .enter)
            return story.told.filter { $0 != .typing }
        }
        #expect(told("/save") == [.save])
        #expect(told("/friend  Bo") == [.keepInTouch("Bo")])
        #expect(told("/friend") == [], "it needs a name")
        #expect(told("//save") == [.send("/save")])
        #expect(told("//friend Bo") == [.send("/friend Bo")])
        #expect(told("//etc/hosts") == [.send("//etc/hosts")])
        #expect(told("/saved") == [.send("/saved")])
        var looking = Story()
        looking.then(.event(.waiting))
        looking.press(.text("/save"), .enter)
        #expect(looking.told == [] && looking.lines.last == .notice(Words.nobodyThere))
    }

    @Test("whole lines: /next, /quit, // and nothing else begins with a slash")
    func plain() {
        var story = Story(isPlain: true)
        story.then(.event(.waiting), .line("too early"))
        #expect(story.told == [] && story.lines.last == .notice(Words.plainNobodyThere))
        story.event(.connected)
        story.then(.line("hi"), .line("//etc"), .line("/frob"), .line("   "))
        #expect(story.told == [.send("hi"), .send("/etc")])
        #expect(story.lines.last == .notice(Words.plainUnknown))
        story.then(.line("/next"))
        #expect(story.told == [.disconnect, .new])
        story.then(.event(.waiting), .event(.connected), .event(.strangerDisconnected), .line("/next"))
        #expect(story.told == [.new])
        story.then(.event(.waiting), .line("/quit"))
        #expect(story.told == [.disconnect] && story.effects.last == .finish(0))
    }
}
