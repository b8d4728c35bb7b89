// The next stranger by itself, as Omegle had it: only when asked for, and only when the two never both spoke.

import ControlAPI
import Essentials
@testable import TerminalFace
import Testing

struct AutoRerollTests {
    private static let now = Moment.origin

    private static func screen(rerolls: Bool = true, _ events: MeetEvent...) -> MeetScreen {
        var screen = MeetScreen(isPlain: false, MeetOptions(rerolls: rerolls))
        for event in [MeetEvent.waiting, .connected] + events { _ = screen.handle(.event(event), at: now) }
        return screen
    }

    private static func fires(_ screen: inout MeetScreen) -> Bool {
        screen.handle(.timerFired, at: now + .seconds(3)).contains(.tell(.new))
    }

    @Test("three seconds after two who never both spoke the next one is looked for, counted down on the button")
    func countdown() {
        var screen = Self.screen(.strangerDisconnected)
        #expect(screen.prompt.button == "New (3)")
        _ = screen.handle(.timerFired, at: Self.now + .seconds(1))
        #expect(screen.prompt.button == "New (2)")
        #expect(screen.nextDeadline == Self.now + .seconds(2))
        let early = screen.handle(.timerFired, at: Self.now + .milliseconds(2_999))
        #expect(!early.contains(.tell(.new)))
        #expect(Self.fires(&screen))
        #expect(screen.phase == .looking && screen.nextDeadline == nil)
    }

    @Test("it is off unless asked for, and when both have spoken")
    func notThen() {
        var off = Self.screen(rerolls: false, .strangerDisconnected)
        #expect(off.prompt.button == "New" && !Self.fires(&off))
        var both = Self.screen(.gotMessage("hi"))
        for key in [Key.text("x"), .enter] { _ = both.handle(.key(key), at: Self.now) }
        _ = both.handle(.event(.strangerDisconnected), at: Self.now)
        #expect(both.prompt.button == "New" && !Self.fires(&both))
        var one = Self.screen(.gotMessage("hi"), .strangerDisconnected)
        #expect(Self.fires(&one))
    }

    @Test("leaving counts as well; a search that is stopped does not")
    func leaving() {
        var left = Self.screen()
        for _ in 0..<2 { _ = left.handle(.key(.escape), at: Self.now) }
        #expect(Self.fires(&left))
        var stopped = MeetScreen(isPlain: false, MeetOptions(rerolls: true))
        _ = stopped.handle(.event(.waiting), at: Self.now)
        _ = stopped.handle(.key(.escape), at: Self.now)
        #expect(stopped.prompt.button == "New" && !Self.fires(&stopped))
    }

    @Test("whoever writes stops it, and what was being written when the other left keeps it from beginning")
    func stopped() {
        var screen = Self.screen(.strangerDisconnected)
        _ = screen.handle(.key(.text("w")), at: Self.now)
        #expect(screen.prompt.button == "New" && !Self.fires(&screen))
        var writing = Self.screen()
        _ = writing.handle(.key(.text("h")), at: Self.now)
        _ = writing.handle(.event(.strangerDisconnected), at: Self.now)
        #expect(writing.prompt.button == "New" && !Self.fires(&writing))
    }

    @Test("a program that asked for it gets the next stranger too, and may say new itself")
    func program() {
        func told(_ lines: String) -> [FaceEffect] {
            var face = NDJSONFace(MeetOptions(rerolls: true))
            for event in [MeetEvent.waiting, .connected, .gotMessage("hi")] {
                _ = face.handle(.event(event), at: Self.now)
            }
            _ = face.handle(.bytes(Array(lines.utf8)), at: Self.now)
            _ = face.handle(.event(.strangerDisconnected), at: Self.now)
            guard face.nextDeadline != nil else { return [] }
            return face.handle(.timerFired, at: Self.now + .seconds(3))
        }
        #expect(told("") == [.tell(.new)])
        #expect(told("[\"send\",\"hi\"]\n").isEmpty)
        #expect(told("[\"disconnect\"]\n") == [.tell(.new)])
        #expect(told("[\"disconnect\"]\n[\"new\"]\n").isEmpty)
        var stopped = NDJSONFace(MeetOptions(rerolls: true))
        for event in [MeetEvent.waiting, .connected, .waiting] { _ = stopped.handle(.event(event), at: Self.now) }
        _ = stopped.handle(.bytes(Array("[\"disconnect\"]\n".utf8)), at: Self.now)
        #expect(stopped.nextDeadline == nil, "what was stopped is a search")
    }
}
