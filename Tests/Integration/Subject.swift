// One real `passant` process under test: its output by line, its standard input, its end.

import Foundation
import Glibc
import Synchronization
import Testing

/// A started process whose output is collected line by line.
final class Subject: Sendable {
    struct Line: Sendable {
        let text: String
        let at: ContinuousClock.Instant
    }

    let name: String
    private let process: Process
    private let input = Pipe()
    private let collected = Collected()

    var pid: pid_t { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var lines: [Line] { collected.lines }
    var errors: String { collected.errors }

    /// Starts `arguments` (the first is the program). `inside` names a network namespace to run in.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:], inside namespace: String? = nil)
        throws
    {
        self.name = name
        process = Process()
        let full = namespace.map { ["/usr/sbin/ip", "netns", "exec", $0] + arguments } ?? arguments
        process.executableURL = URL(fileURLWithPath: full[0])
        process.arguments = Array(full.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PASSANT_") }
            .merging(environment) { $1 }
        process.standardInput = input
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        collected.read(output.fileHandleForReading) { $0.take($1) }
        collected.read(errors.fileHandleForReading) { $0.takeErrors($1) }
    }

    func write(_ line: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    func closeInput() { try? input.fileHandleForWriting.close() }

    /// Waits for the first line from position `start` on that satisfies `condition`.
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

    func signal(_ number: Int32) { if process.isRunning { kill(pid, number) } }

    /// Waits for the process's end; its exit status.
    func status(within seconds: Double = 15) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while process.isRunning {
            guard ContinuousClock.now < deadline else { throw Missing("\(name) has not ended within \(seconds) s") }
            try await Task.sleep(for: .milliseconds(10))
        }
        return process.terminationStatus
    }

    /// Ends the process for good.
    func end() {
        guard process.isRunning else { return }
        kill(pid, SIGCONT)
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    deinit { end() }
}

/// What a process has written so far. Two threads read it until the process and its children have closed their ends.
private final class Collected: Sendable {
    private struct State {
        var lines: [Subject.Line] = []
        var errors = ""
        var rest: [UInt8] = []
    }
    private let state = Mutex(State())

    var lines: [Subject.Line] { state.withLock { $0.lines } }
    var errors: String { state.withLock { $0.errors } }

    func read(_ handle: FileHandle, into take: @escaping @Sendable (Collected, ArraySlice<UInt8>) -> Void) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Glibc.read(handle.fileDescriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                take(self, buffer[..<count])
            }
        }
    }

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
