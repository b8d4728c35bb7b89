// What a person is told of the stranger in front of them.

import ControlAPI
import Essentials
@testable import TerminalFace
import Testing

struct StrangerWatchTests {
    private static func notes(_ screen: inout MeetScreen, _ event: MeetEvent, at now: Moment = .origin) -> [String] {
        screen.handle(.event(event), at: now).compactMap { if case .show(.notice(let text)) = $0 { text } else { nil } }
    }

    private static func talking(_ environment: [String: String] = [:]) -> MeetScreen {
        var screen = MeetScreen(isPlain: false, MeetOptions(environment: environment))
        for event in [MeetEvent.waiting, .connected] { _ = screen.handle(.event(event), at: .origin) }
        return screen
    }

    @Test("a first text without typing is said to be one, and later ones are not")
    func untyped() {
        var screen = Self.talking()
        #expect(Self.notes(&screen, .gotMessage("hello")) == [SafetyNotes.untyped(.english)])
        #expect(Self.notes(&screen, .gotMessage("hello again")).isEmpty)
        var typed = Self.talking()
        _ = Self.notes(&typed, .typing)
        #expect(Self.notes(&typed, .gotMessage("hello")).isEmpty)
        _ = Self.notes(&typed, .connected)
        #expect(Self.notes(&typed, .gotMessage("hello")).count == 1, "the next stranger is another one")
    }

    @Test("a stranger who neither writes nor types for ten seconds is said to be silent, once")
    func silent() {
        var screen = Self.talking()
        #expect(screen.nextDeadline == .origin + .seconds(10))
        let shown = screen.handle(.timerFired, at: .origin + .seconds(10))
        #expect(shown == [.show(.notice(SafetyNotes.silent(.english)))])
        #expect(screen.nextDeadline == nil)
        var typing = Self.talking()
        _ = Self.notes(&typing, .typing)
        #expect(typing.nextDeadline == nil)
        var left = Self.talking()
        _ = Self.notes(&left, .strangerDisconnected)
        #expect(left.nextDeadline == nil)
    }

    @Test(
        "the words of a trick bring its note, once a conversation",
        arguments: [
            ("I recorded you, pay me or everybody will see it", SafetyNotes.Trick.extortion),
            ("J’ai tes photos, PAYE ou je les montre", .extortion), ("you have been reported to the FBI", .authority),
            ("vous avez été signalé à la police", .authority), ("look: https://example.org/x", .link),
            ("add me on t.me/somebody", .link), ("j'ai envie de mourir", .distress),
            ("sometimes I want to die", .distress), ("I work for the FBI.", .authority),
            ("your IP: 1.2.3.4", .authority),
            ("I think of suicide.", .distress), ("pay or: else", .extortion), ("look at example.com.", .link),
            ("example.com:8080/x", .link),
        ])
    func tricks(text: String, trick: SafetyNotes.Trick) {
        #expect(SafetyNotes.tricks(in: text).contains(trick))
        var screen = Self.talking()
        _ = Self.notes(&screen, .typing)
        #expect(Self.notes(&screen, .gotMessage(text)).contains(SafetyNotes.note(on: trick, .english)))
        #expect(!Self.notes(&screen, .gotMessage(text)).contains(SafetyNotes.note(on: trick, .english)))
    }

    @Test("who asks and watches two who discuss gets the notes on tricks too, each once, and none on who did not type")
    func overheard() {
        var screen = MeetScreen(isPlain: false, MeetOptions(isAsking: true))
        for event in [MeetEvent.waiting, .connected] { _ = screen.handle(.event(event), at: .origin) }
        let link = SafetyNotes.note(on: .link, .english)
        #expect(Self.notes(&screen, .spyMessage("Stranger 1", "hello")).isEmpty)
        #expect(Self.notes(&screen, .spyMessage("Stranger 1", "look: https://example.org/x")) == [link])
        #expect(Self.notes(&screen, .spyMessage("Stranger 2", "or https://example.org/y")).isEmpty)
        let threat = Self.notes(&screen, .spyMessage("Stranger 2", "pay me or everybody will see it"))
        #expect(threat == [SafetyNotes.note(on: .extortion, .english)])
        _ = Self.notes(&screen, .waiting)
        _ = Self.notes(&screen, .connected)
        let again = Self.notes(&screen, .spyMessage("Stranger 1", "https://example.org/x"))
        #expect(again == [link], "the next two are others")
    }

    @Test(
        "what people say every day brings none",
        arguments: [
            "hi", "how are you?", "I work with computers.", "3.5 or 4.2?", "e.g. this", "Bonjour ! Tu es d'où ?",
            "my friend paid for it", "3:1.", "one..two", "a.b:c", "no...me neither", "il a payé sa part",
            "I am a fibroblast", "...", "", "wait.What",
        ])
    func everyday(text: String) { #expect(SafetyNotes.tricks(in: text).isEmpty) }

    @Test("notes are in French where the environment is, and otherwise in English")
    func languages() {
        for (environment, language) in [
            (["LANG": "fr_CA.UTF-8"], SafetyNotes.Language.french), (["LC_ALL": "en_GB", "LANG": "fr_FR"], .english),
            (["LC_ALL": "", "LANG": "fr"], .french), ([:], .english), (["LANG": "frr_DE"], .english),
        ] { #expect(SafetyNotes.Language(environment: environment) == language) }
        var screen = Self.talking(["LANG": "fr_FR.UTF-8"])
        #expect(Self.notes(&screen, .gotMessage("x")) == [SafetyNotes.untyped(.french)])
    }

    @Test("each note says where to turn or what to do, in both languages")
    func words() {
        for trick in SafetyNotes.Trick.allCases {
            let (english, french) = (SafetyNotes.note(on: trick, .english), SafetyNotes.note(on: trick, .french))
            #expect(english != french && english.count > 60 && french.count > 60)
        }
        #expect(SafetyNotes.note(on: .distress, .french).contains("3114"))
        #expect(SafetyNotes.note(on: .extortion, .english).contains("stopncii.org"))
    }
}
