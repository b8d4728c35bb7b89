// The node's own log: swift-log underneath, closed words above.

public import Logging

/// Writes `LogWords` and nothing else.
public struct NodeLog: Sendable {
    private let logger: Logger

    public init(logger: Logger) { self.logger = logger }

    /// - Parameter label: one word for the part that speaks.
    public init(label: StaticString) { logger = Logger(label: "passant.\(label)") }

    public func write(_ words: LogWords, at level: Logger.Level) {
        logger.log(level: level, "\(words.description)")
    }

    public func write(_ note: ShellNote) { write(note.words, at: note.level) }

    public func error(_ words: LogWords) { write(words, at: .error) }
    public func warning(_ words: LogWords) { write(words, at: .warning) }
    public func notice(_ words: LogWords) { write(words, at: .notice) }
    public func info(_ words: LogWords) { write(words, at: .info) }
    public func debug(_ words: LogWords) { write(words, at: .debug) }
}

extension Logger.Level {
    /// The priority that journald and syslog have for it.
    public var journalPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
