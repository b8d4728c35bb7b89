// The handler behind every `Logger` of the process: one line of text a message, to stderr.

internal import Foundation
internal import Logging
public import Settings

/// How lines look.
public enum LogForm: Hashable, Sendable {
    /// `2026-11-22T14:45:03.120Z notice words`.
    case plain
    /// `<5>words`, for journald, which has its own clock.
    case journal

    /// Journald reads our stderr when it says so in JOURNAL_STREAM, as device:inode, and that is indeed what stderr is;
    /// the variable alone is inherited by children whose stderr goes elsewhere.
    public static func detected(environment: [String: String]) -> LogForm {
        guard let stream = environment["JOURNAL_STREAM"], isatty(STDERR_FILENO) == 0 else { return .plain }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return .plain }
        return stream == "\(status.st_dev):\(status.st_ino)" ? .journal : .plain
    }
}

/// Sets up swift-log for the process.
public enum LogSetup {
    /// To be called once, before the first `Logger` is made. Loggers of libraries come out alike, but only from
    /// warnings upwards and without their metadata, since nobody has checked what they carry.
    public static func start(level: LogLevel, form: LogForm) {
        let level = Logger.Level(rawValue: level.rawValue) ?? .notice
        LoggingSystem.bootstrap { label in
            StandardErrorLog(label: label, level: level, form: form) { line in
                // One write a line: lines of several threads do not mix, and nothing waits in a buffer.
                var rest = Array(line.utf8)[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                    if count <= 0 { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}

/// One line a message. Metadata is dropped: the words are complete.
struct StandardErrorLog: LogHandler {
    private let form: LogForm
    private let emit: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(label: String, level: Logger.Level, form: LogForm, emit: @escaping @Sendable (String) -> Void) {
        logLevel = label.hasPrefix("passant.") ? level : max(level, .warning)
        self.form = form
        self.emit = emit
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let words = Self.oneLine(event.message.description)
        switch form {
        case .journal: emit("<\(event.level.journalPriority)>\(words)\n")
        case .plain: emit("\(Self.timestamp(Date())) \(event.level) \(words)\n")
        }
    }

    /// Control characters, with which a line could pretend to be two, become spaces.
    static func oneLine(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    /// RFC 3339 in UTC with milliseconds.
    static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
