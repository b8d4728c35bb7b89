// Both ends of a terminal: the program gets one, the test sits at the other.

import Dispatch
import Glibc
import Synchronization
@testable import TerminalFace

final class PseudoTerminal: Sendable {
    let inside: Int32
    private let outside: Int32
    private let seen = Mutex<[UInt8]>([])

    init(columns: UInt16) {
        var ends: (outside: Int32, inside: Int32) = (-1, -1)
        _ = openpty(&ends.outside, &ends.inside, nil, nil, nil)
        outside = ends.outside
        inside = ends.inside
        resize(columns: columns)
        // Its own thread, which ends when the inside is closed.
        DispatchQueue(label: "terminal").async { [self] in
            var piece = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(outside, &piece, piece.count)
                guard count > 0 else { return }
                seen.withLock { $0 += piece[..<count] }
            }
        }
    }

    /// Ends the reading thread.
    func end() { close(inside) }

    func resize(columns: UInt16) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(outside, UInt(TIOCSWINSZ), &size)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(outside, bytes, bytes.count)
    }

    /// What a person sees by now.
    func screen(columns: Int) -> MiniTerminal {
        var terminal = MiniTerminal(columns: columns)
        terminal.show(String(decoding: seen.withLock { $0 }, as: UTF8.self))
        return terminal
    }

    func shows(_ text: String, columns: Int = 80) async -> Bool {
        await soon(columns) { $0.screen.contains { $0.contains(text) } }
    }

    /// Bracketed paste was switched on and off again.
    func leavesPaste() async -> Bool { await soon(80) { $0.modes == ["?2004h", "?2004l"] } }

    private func soon(_ columns: Int, _ condition: (MiniTerminal) -> Bool) async -> Bool {
        for _ in 0..<2_000 {
            if condition(screen(columns: columns)) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    /// Whether keys come unseen and at once.
    var isRaw: Bool {
        var mode = termios()
        tcgetattr(inside, &mode)
        return mode.c_lflag & tcflag_t(ICANON | ECHO) == 0
    }
}
