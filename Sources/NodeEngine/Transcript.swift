// What was said in one conversation, in memory for as long as it goes on, so that whoever asks for a log gets all of it.
// Protocol/08-control.md, "Logs".

internal import DequeModule

/// One text.
public struct TranscriptLine: Hashable, Sendable {
    public let isOwn: Bool
    public let text: String

    public init(isOwn: Bool, text: String) {
        self.isOwn = isOwn
        self.text = text
    }
}

/// What the shell writes down when a log is kept.
public enum LogEntry: Hashable, Sendable {
    /// The log begins: what the two have in common, what was said so far, and how many texts before that are not kept.
    case began(common: [String], [TranscriptLine], missing: Int)
    case line(TranscriptLine)
    /// The conversation is over.
    case ended
}

/// The texts of one conversation.
struct Transcript {
    /// The most that is kept in memory; the oldest go first.
    static let bytesMaximum = 1 << 20

    private(set) var isKept = false
    var common: [String] = []
    private var lines: Deque<TranscriptLine> = []
    private var bytes = 0
    private var missing = 0

    /// What is to be written down now.
    mutating func add(_ line: TranscriptLine) -> LogEntry? {
        lines.append(line)
        bytes += Self.size(of: line)
        while bytes > Self.bytesMaximum, let oldest = lines.popFirst() {
            bytes -= Self.size(of: oldest)
            missing += 1
        }
        return isKept ? .line(line) : nil
    }

    /// Whatever was to be kept was not; the person may ask again.
    mutating func fail() { isKept = false }

    /// With what a line takes beside its text.
    private static func size(of line: TranscriptLine) -> Int { line.text.utf8.count + 64 }

    /// From now on everything is written down as it comes.
    mutating func keep() -> LogEntry? {
        guard !isKept else { return nil }
        isKept = true
        return .began(common: common, Array(lines), missing: missing)
    }
}
