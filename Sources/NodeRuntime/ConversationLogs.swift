// The logs that persons asked for: a file of its own for each conversation, that only its owner may read. Written on a
// thread of its own, line by line, so that what was said is there even if the machine fails.

internal import Dispatch
internal import Essentials
internal import Foundation
internal import NIOConcurrencyHelpers
internal import NodeEngine
internal import Settings

/// Writes what it is told to write down.
final class ConversationLogs: Sendable {
    private let directory: String
    private let queue = DispatchQueue(label: "passant.logs")
    /// Those that are being written; behind a lock so that the compiler sees what the queue ensures.
    private let files = NIOLockedValueBox<[SeatID: OpenLog]>([:])
    /// A stranger who writes all day must not fill the disk.
    private static let bytesMaximum = 64 << 20

    private struct OpenLog {
        let path: String
        let file: FileHandle
        var bytes = 0
    }

    init(directory: String) { self.directory = directory }

    /// - Parameter tell: what the person is to know: where the log is, or why there is none or no more of it. Called on another
    ///   thread.
    func write(
        _ entry: LogEntry, of seat: SeatID, at wall: WallTime,
        tell: @escaping @Sendable (PersonEvent, _ hasFailed: Bool) -> Void
    ) {
        queue.async { [self] in
            do throws(PassantError) {
                switch entry {
                case .began(let common, let lines, let missing):
                    let (path, file) = try create(at: wall)
                    files.withLockedValue { $0[seat] = OpenLog(path: path, file: file) }
                    try append(LogText.beginning(at: wall, common: common, lines, missing: missing), of: seat)
                    tell(.serverMessage("The log of this conversation is in \(path)"), false)
                case .line(let line): try append(LogText.line(line), of: seat)
                case .ended: close(seat)
                }
            } catch {
                close(seat)
                tell(.error("The log cannot be written: \(error.message): \(error.reason). \(error.remedy)"), true)
            }
        }
    }

    /// Waits until everything is written.
    func close() {
        queue.sync {
            let open = files.withLockedValue { files in
                defer { files = [:] }
                return files
            }
            for log in open.values { try? log.file.close() }
        }
    }

    private func create(at wall: WallTime) throws(PassantError) -> (path: String, FileHandle) {
        try PrivateDirectory.prepare(directory)
        // Several may begin within a second.
        for number in 0..<1_000 {
            let path = directory + "/" + LogText.fileName(at: wall, number: number)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { return (path, FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)) }
            guard errno == EEXIST else { throw unwritable(path, String(cString: strerror(errno))) }
        }
        throw unwritable(directory, "there are too many logs of this second")
    }

    private func close(_ seat: SeatID) {
        try? files.withLockedValue { $0.removeValue(forKey: seat) }?.file.close()
    }

    /// Nothing, once the log has ended or failed.
    private func append(_ text: String, of seat: SeatID) throws(PassantError) {
        guard let log = files.withLockedValue({ $0[seat] }) else { return }
        let bytes = log.bytes + text.utf8.count
        guard bytes <= Self.bytesMaximum else {
            throw PassantError(
                code: "log-full", message: "the log in \(log.path) ends here",
                reason: "it has \(Self.bytesMaximum >> 20) MiB", remedy: "Begin another: save", exit: .cannotCreate)
        }
        do { try log.file.write(contentsOf: Data(text.utf8)) } catch { throw unwritable(log.path, "\(error)") }
        files.withLockedValue { $0[seat]?.bytes = bytes }
    }

    private func unwritable(_ path: String, _ reason: String) -> PassantError {
        PassantError(
            code: "log-unwritable", message: "cannot write \(path)", reason: reason,
            remedy: "Look at it: ls -ld '\(path)'", exit: .cannotCreate)
    }
}

/// What stands in a log.
enum LogText {
    private static func format(_ wall: WallTime, _ pattern: String) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = pattern
        return formatter.string(from: Date(timeIntervalSince1970: Double(wall.milliseconds) / 1_000))
    }

    static func fileName(at wall: WallTime, number: Int) -> String {
        format(wall, "yyyy-MM-dd'T'HH-mm-ss'Z'") + (number == 0 ? "" : "-\(number)") + ".txt"
    }

    static func beginning(at wall: WallTime, common: [String], _ lines: [TranscriptLine], missing: Int) -> String {
        var text = "A conversation with a stranger, kept on \(format(wall, "yyyy-MM-dd HH:mm")) UTC\n"
        if !common.isEmpty {
            text += "Both like \(common.map { TerminalText.neutralised($0) }.joined(separator: ", ")).\n"
        }
        text += "\n"
        if missing > 0 { text += "(\(missing) earlier texts are not kept)\n" }
        return text + lines.map(line).joined()
    }

    /// Like on the screen: what a stranger types must not steer a terminal that shows the file either.
    static func line(_ line: TranscriptLine) -> String {
        let lines = line.text.split(separator: "\n", omittingEmptySubsequences: false).map {
            TerminalText.neutralised($0)
        }
        return (line.isOwn ? "You: " : "Stranger: ") + lines.joined(separator: "\n    ") + "\n"
    }
}
