import ControlAPI
import Essentials
import Testing

@testable import TerminalFace

@Suite("What a person can say while something in common is looked for")
struct SearchHintTests {
    private static func typed(_ text: String, in screen: inout MeetScreen) -> [ScreenEffect] {
        if screen.isPlain { return screen.handle(.line(text), at: .origin) }
        return screen.handle(.key(.text(text)), at: .origin) + screen.handle(.key(.enter), at: .origin)
    }

    @Test("/wait and /anyone reach the node while looking, and are said once", arguments: [true, false])
    func commands(isPlain: Bool) {
        var screen = MeetScreen(isPlain: isPlain, MeetOptions(hasWishes: true))
        let first = screen.handle(.event(.waiting), at: .origin)
        #expect(first.contains(.show(.notice(Words.searchHint))))
        #expect(Self.typed("/wait", in: &screen).contains(.tell(.lookForCommonLikes)))
        #expect(Self.typed("/anyone", in: &screen).contains(.tell(.stopLookingForCommonLikes)))
        #expect(!screen.handle(.event(.waiting), at: .origin).contains(.show(.notice(Words.searchHint))))
    }

    @Test(
        "without a wish there is neither hint nor command, and while talking they are text", arguments: [true, false])
    func otherwise(isPlain: Bool) {
        var plain = MeetScreen(isPlain: isPlain)
        #expect(!plain.handle(.event(.waiting), at: .origin).contains(.show(.notice(Words.searchHint))))
        #expect(!Self.typed("/wait", in: &plain).contains(.tell(.lookForCommonLikes)))
        var talking = MeetScreen(isPlain: false, MeetOptions(hasWishes: true))
        _ = talking.handle(.event(.connected), at: .origin)
        #expect(Self.typed("/wait", in: &talking).contains(.tell(.send("/wait"))))
    }
}
