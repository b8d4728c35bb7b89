// The one form of error at the edges: what a person reads in the terminal, in the log and in `--json`.
// Inside the core errors are small enums; whoever meets the person turns them into this.

/// An error for people: what happened, why, and the next command.
public struct PassantError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name in kebab-case, for scripts.
    public let code: String
    /// What happened, without a full stop: "cannot listen on 127.0.0.1:4700".
    public let message: String
    /// Why, without a full stop: "the port is in use by process 812 (nginx)".
    public let reason: String
    /// What to do next, best as a command to copy.
    public let remedy: String
    /// The status with which a command ends that met this error.
    public let exitCode: Int32

    public init(code: String, message: String, reason: String, remedy: String, exit: ExitCode) {
        self.code = code
        self.message = message
        self.reason = reason
        self.remedy = remedy
        exitCode = exit.rawValue
    }

    /// Two lines: what happened and why, then what to do.
    public var description: String {
        (reason.isEmpty ? message : "\(message): \(reason)") + (remedy.isEmpty ? "" : "\n\(remedy)")
    }
}

/// How a command ends, as sysexits(3) has it.
public enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    /// The answer is no; nothing went wrong.
    case negative = 1
    case usage = 64
    /// What was given or found is damaged.
    case badData = 65
    /// No node is running.
    case unavailable = 69
    /// A fault of ours.
    case internalFault = 70
    case cannotCreate = 73
    case inputOutput = 74
    case tryAgain = 75
    case noPermission = 77
    case configuration = 78
}
