// What a person is told of whom they meet and what they can do, and when.

import ControlAPI
import Essentials
import Testing

@testable import TerminalFace

struct HintTests {
    private static let saving = ScreenEffect.show(.notice(Words.saveHint))

    private static func take(_ screen: inout MeetScreen, _ events: MeetEvent...) -> [ScreenEffect] {
        events.flatMap { screen.handle(.event($0), at: .origin) }
    }

    private static func say(_ text: String, in screen: inout MeetScreen) -> [ScreenEffect] {
        if screen.isPlain { return screen.handle(.line(text), at: .origin) }
        return screen.handle(.key(.text(text)), at: .origin) + screen.handle(.key(.enter), at: .origin)
    }

    @Test("a friend is greeted by the name that the person gave, a stranger as one", arguments: [true, false])
    func greeting(isPlain: Bool) {
        var screen = MeetScreen(isPlain: isPlain, MeetOptions(friend: "Ann"))
        let friend = Self.take(&screen, .waiting, .connected)
        #expect(friend.contains(.show(.status("You're now chatting with Ann. Say hi!"))))
        #expect(!friend.contains(.show(.status(Words.connected))))
        var other = MeetScreen(isPlain: isPlain)
        #expect(Self.take(&other, .waiting, .connected).contains(.show(.status(Words.connected))))
    }

    @Test("a log is offered when both have spoken, not before and not again", arguments: [true, false])
    func saving(isPlain: Bool) {
        #expect(!Words.hint.contains("/save") && !Words.plainHint.contains("/save"))
        var screen = MeetScreen(isPlain: isPlain)
        let before = Self.take(&screen, .waiting, .connected) + Self.say("hi", in: &screen)
        #expect(!before.contains(Self.saving))
        // The next one speaks and nobody answers: two who spoke in two conversations are not both of one.
        let other = Self.take(&screen, .strangerDisconnected, .waiting, .connected, .gotMessage("hello"))
        #expect(!other.contains(Self.saving))
        let answer = Self.say("hello", in: &screen)
        #expect(answer.last == Self.saving)
        let later = Self.take(&screen, .strangerDisconnected, .waiting, .connected) + Self.say("hi", in: &screen)
        let heard = Self.take(&screen, .gotMessage("hello"))
        #expect(!(later + heard).contains(Self.saving), "once a run is enough")
    }

    @Test("a log is offered behind the text of whoever speaks second")
    func second() {
        var screen = MeetScreen(isPlain: false)
        _ = Self.take(&screen, .waiting, .question("What would you do?"), .connected, .typing)
        _ = Self.say("hi", in: &screen)
        #expect(Self.take(&screen, .gotMessage("hello")) == [.show(.stranger("hello")), Self.saving])
    }

    @Test("who asks and watches is offered no log, which their node would not keep")
    func watching() {
        var screen = MeetScreen(isPlain: false, MeetOptions(isAsking: true))
        var seen = Self.take(
            &screen, .waiting, .connected, .spyMessage("Stranger 1", "a"), .spyMessage("Stranger 2", "b"))
        seen += Self.say("c", in: &screen)
        #expect(!seen.contains(Self.saving))
    }
}
