// What went wrong, in words a person can act on and with a code a script can.

/// Exit codes of `passant`, as in sysexits(3).
public enum ExitStatus {
    public static let negative: Int32 = 1
    public static let usage: Int32 = 64
    public static let badData: Int32 = 65
    public static let unavailable: Int32 = 69
    public static let bug: Int32 = 70
    public static let cannotCreate: Int32 = 73
    public static let inputOutput: Int32 = 74
    public static let tryAgain: Int32 = 75
    public static let protocolMismatch: Int32 = 76
    public static let permission: Int32 = 77
    public static let configuration: Int32 = 78
    public static let interrupted: Int32 = 130
}

/// An error as every face shows it: what happened, why, and the next command.
public struct ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable, for scripts: lower case words joined by hyphens.
    public let code: String
    /// What happened, a sentence.
    public let message: String
    /// Why it probably happened; may be empty.
    public let reason: String
    /// What to do now, best a command; may be empty.
    public let remedy: String
    /// What a command ends with: 1…125.
    public let exitCode: Int32

    public init(code: String, message: String, reason: String = "", remedy: String, exitCode: Int32) {
        self.code = code
        self.message = message
        self.reason = reason
        self.remedy = remedy
        self.exitCode = min(max(exitCode, 1), 125)
    }

    /// All of it in one line, for places that have only one.
    public var description: String {
        [message, reason, remedy].filter { !$0.isEmpty }
            .map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }.joined(separator: ". ")
    }

    /// `{"code","message","reason","remedy","exit"}`; an empty reason is left out.
    public var json: JSON {
        var members = [JSON.Member("code", .string(code)), JSON.Member("message", .string(message))]
        if !reason.isEmpty { members.append(JSON.Member("reason", .string(reason))) }
        members.append(JSON.Member("remedy", .string(remedy)))
        members.append(JSON.Member("exit", .integer(Int64(exitCode))))
        return .object(members)
    }

    public init(json: JSON) throws(JSONFault) {
        self.init(
            code: try json.string("code"), message: try json.string("message"),
            reason: try json.optionalString("reason") ?? "", remedy: try json.string("remedy"),
            exitCode: Int32(clamping: try json.integer("exit")))
    }
}

extension ControlError {
    /// True for what `notRunning(at:)` makes.
    public var isNotRunning: Bool { code == "not-running" }

    /// No node listens on the control socket.
    public static func notRunning(at path: String) -> ControlError {
        ControlError(
            code: "not-running", message: "no node is running for this data directory",
            reason: "nothing answers at \(path)", remedy: "start one: passant up", exitCode: ExitStatus.unavailable)
    }

    /// A node is running already where another one was to start.
    public static func alreadyRunning(at path: String) -> ControlError {
        ControlError(
            code: "already-running", message: "a node is already running for this data directory",
            reason: "it answers at \(path)",
            remedy: "use it (passant status), or give the second one its own: passant up --data DIR",
            exitCode: ExitStatus.tryAgain)
    }

    /// There is nobody whom the node could ask for strangers.
    public static let noEntryPoint = ControlError(
        code: "no-entry-point", message: "this node knows no member of the network",
        reason: "nobody has invited it yet, and there is no server to ask",
        remedy: "ask somebody who runs a node for the line that `passant invite` prints, then: passant join passant:…",
        exitCode: ExitStatus.usage)

    public static func noFriend(_ name: String) -> ControlError {
        ControlError(
            code: "no-friend", message: "there is no friend called \(name.prefix(80)) at this node",
            reason: "a friend is somebody with whom both of you asked to keep in touch, while you talked",
            remedy: "see who there is: passant friend list", exitCode: ExitStatus.usage)
    }

    /// A verb, a flag or a command that is named already and that this version does not have.
    public static func notBuiltYet(_ what: String) -> ControlError {
        ControlError(
            code: "not-built-yet", message: "\(what) is not built yet",
            reason: "its name is reserved; this version does not do it", remedy: "see what there is: passant --help",
            exitCode: ExitStatus.usage)
    }

    /// The node did not answer in time.
    public static let noAnswer = ControlError(
        code: "no-answer", message: "the node does not answer", reason: "it is busy or stopped",
        remedy: "try again; if it stays so, restart it: passant up", exitCode: ExitStatus.tryAgain)

    /// The connection to the node ended in the middle.
    public static let connectionLost = ControlError(
        code: "connection-lost", message: "the node closed the connection",
        reason: "it was stopped, or dropped this client",
        remedy: "see whether it runs: passant status", exitCode: ExitStatus.unavailable)

    /// The node on the socket speaks another version of the control protocol.
    public static func otherVersion(_ detail: String) -> ControlError {
        ControlError(
            code: "other-version", message: "the running node speaks another control protocol",
            reason: detail, remedy: "restart it with this version: passant up", exitCode: ExitStatus.protocolMismatch)
    }
}
