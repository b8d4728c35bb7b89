// How far it is: one line that is written over on a terminal, a line for each tenth elsewhere.

import Foundation
import Synchronization

final class Progress: Sendable {
    private struct State {
        var done: UInt64 = 0
        var failed: UInt64 = 0
        var said = ContinuousClock.now
    }

    private let total: UInt64
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    init(total: UInt64) { self.total = total }

    func done(failed: Bool) {
        let line: String? = state.withLock { state in
            state.done += 1
            if failed { state.failed += 1 }
            let isWanted =
                Self.isWatched
                ? state.done == total || ContinuousClock.now - state.said > .milliseconds(200)
                : total >= 10 && state.done * 10 / total > (state.done - 1) * 10 / total
            guard isWanted else { return nil }
            state.said = .now
            let left = (ContinuousClock.now - begun) / Double(state.done) * Double(total - state.done)
            return "\(state.done) of \(total) runs, \(state.failed) failed, about \(left.components.seconds) s left"
        }
        if let line { Self.say(line) }
    }

    /// Between two lines about what takes minutes.
    static var pause: Duration { isWatched ? .seconds(1) : .seconds(30) }

    /// Over the last line on a terminal, below it elsewhere.
    static func say(_ line: String) {
        if isWatched { note(line) } else { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
    }

    func end() { Self.clear() }

    private static let isWatched = isatty(STDERR_FILENO) == 1

    static func note(_ line: String) {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    static func clear() { note("") }
}
