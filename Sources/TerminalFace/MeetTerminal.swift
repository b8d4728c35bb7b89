// The way in: which face `passant meet` gets, and its whole life.

public import ControlAPI
internal import Glibc

/// `passant meet`, once the node has given a seat.
public enum MeetTerminal {
    public enum Face: Hashable, Sendable {
        /// A line editor and a prompt, at a terminal.
        case line
        /// Whole lines, anywhere.
        case plain
        /// One JSON array a line, for programs.
        case ndjson
    }

    /// The face for these flags and this place: without a terminal on both sides, or with one that can do
    /// nothing, it is the plain one.
    public static func face(plain: Bool, ndjson: Bool, environment: [String: String]) -> Face {
        if ndjson { return .ndjson }
        let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        let canMove = !["dumb", ""].contains(environment["TERM"] ?? "")
        return plain || !isTerminal || !canMove ? .plain : .line
    }

    /// Talks until the input ends, the node stops, or a signal asks to end; returns the exit code. The stranger
    /// is left and the terminal is restored, whatever happens.
    /// - Parameters:
    ///   - signals: `SignalWatch.ending` and SIGWINCH, as `SignalWatch` gives them.
    public static func run(
        _ face: Face, session: MeetSession, _ options: MeetOptions = MeetOptions(), environment: [String: String],
        signals: AsyncStream<Int32>, input: Int32 = 0, output: Int32 = 1
    ) async -> Int32 {
        let (breaks, broke) = AsyncStream.makeStream(of: Void.self)
        let writer = OutputWriter(output, broken: { broke.yield() })
        let terminal = face == .line ? TerminalMode(input) : nil
        terminal?.enterRaw()
        let driver = MeetDriver(
            face: make(face, options, environment, columns: terminal?.columns ?? 80), session: session,
            output: writer, terminal: terminal)
        let watching = Task {
            for await _ in breaks { await driver.outputBroke() }
        }
        defer { watching.cancel() }
        if face == .line { writer.write(ScreenRenderer.enter) }
        return await driver.run(input: InputReader(input), signals: signals)
    }

    private static func make(
        _ face: Face, _ options: MeetOptions, _ environment: [String: String], columns: Int
    ) -> any MeetFace {
        switch face {
        case .line: LineFace(style: Style(environment: environment), columns: columns, options)
        case .plain: PlainFace(options)
        case .ndjson: NDJSONFace(options)
        }
    }
}
