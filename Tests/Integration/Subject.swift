// One real `passant` process under test: its output by line, its standard input, its end.

import ChildProcess
import Foundation
import Synchronization
import Testing

/// A started process whose output is collected line by line.
final class Subject: Sendable {
    struct Line: Sendable {
        let text: String
        let at: ContinuousClock.Instant
    }

    let name: String
    private let child: ChildProcess
    private let collected: Collected

    var pid: pid_t { child.pid }
    var isRunning: Bool { child.isRunning }
    var lines: [Line] { collected.lines }
    var errors: String { collected.errors }

    /// Starts `arguments` (the first is the program). `inside` names a network namespace to run in.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:], inside namespace: String? = nil)
        throws
    {
        self.name = name
        let collected = Collected()
        self.collected = collected
        child = try ChildProcess(
            (namespace.map { ["/usr/sbin/ip", "netns", "exec", $0] } ?? []) + arguments,
            environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PASSANT_") }
                .merging(environment) { $1 },
            output: collected.take, errors: collected.takeErrors)
    }

    func write(_ line: String) { child.write(Array((line + "\n").utf8)) }

    func closeInput() { child.closeInput() }

    /// Waits for the first line from position `start` on that satisfies `condition`.
    @discardableResult
    func line(
        from start: Int = 0, within seconds: Double = 20, _ what: String, where condition: (String) -> Bool
    ) async throws -> (index: Int, line: Line) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let lines = lines
            if let index = lines.indices.first(where: { $0 >= start && condition(lines[$0].text) }) {
                return (index, lines[index])
            }
            guard ContinuousClock.now < deadline else {
                throw Missing(
                    "\(name): no \(what) within \(seconds) s; lines since: \(lines.dropFirst(start).map(\.text)); errors: \(errors)"
                )
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func signal(_ number: Int32) { child.signal(number) }

    /// Waits for the process's end, and for all that it wrote: its exit status, or 128 and the signal that ended it.
    func status(within seconds: Double = 15) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let status = child.status, child.isReadToItsEnd { return status }
            guard ContinuousClock.now < deadline else { throw Missing("\(name) has not ended within \(seconds) s") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends the process for good.
    func end() { child.stop() }

    deinit { end() }
}

/// What a process has written so far.
private final class Collected: Sendable {
    private struct State {
        var lines: [Subject.Line] = []
        var errors = ""
        var rest: [UInt8] = []
    }
    private let state = Mutex(State())

    var lines: [Subject.Line] { state.withLock { $0.lines } }
    var errors: String { state.withLock { $0.errors } }

    func take(_ bytes: ArraySlice<UInt8>) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.rest += bytes
            while let end = state.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: state.rest[..<end], as: UTF8.self)
                state.lines.append(Subject.Line(text: text, at: now))
                state.rest.removeSubrange(...end)
            }
        }
    }

    func takeErrors(_ bytes: ArraySlice<UInt8>) {
        state.withLock { $0.errors += String(decoding: bytes, as: UTF8.self) }
    }
}

/// Something that should have happened and did not.
struct Missing: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
