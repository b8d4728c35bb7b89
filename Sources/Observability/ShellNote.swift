// What a node's shell has to say to its operator. What the engine has to say is `NodeNote` of NodeEngine; whoever
// composes the node renders both through `LogWords`.

public import Logging

/// One line of the shell.
public enum ShellNote: Hashable, Sendable {
    case started(isMember: Bool)
    /// The port is the machine's own business; the address stays out of the log.
    case listening(port: UInt16)
    case stopping
    case stopped
    /// A second signal came while the node was stopping.
    case stoppedAtOnce
    case identityMade
    case databaseMigrated(from: Int, to: Int)
    case databaseFailed
    case stateRestored(records: Int)
    /// No file descriptors are left.
    case acceptingPaused
    case connectionRefusedForCap
    case configurationRead(warnings: Int)
    case clockJumped(milliseconds: Int64)
    case loopBlocked(milliseconds: Int64)

    /// Error is a fault of ours, warning something to look at, notice a change of state; success is info.
    public var level: Logger.Level {
        switch self {
        case .databaseFailed: .error
        case .acceptingPaused, .clockJumped, .loopBlocked, .stoppedAtOnce: .warning
        case .started, .listening, .stopping, .stopped, .identityMade, .databaseMigrated: .notice
        case .stateRestored, .configurationRead: .info
        case .connectionRefusedForCap: .debug
        }
    }

    public var words: LogWords {
        switch self {
        case .started(true): "the node is up as a member"
        case .started(false): "the node is up as a leaf"
        case .listening(let port): "accepting links on port \(port)"
        case .stopping: "the node is stopping"
        case .stopped: "the node has stopped"
        case .stoppedAtOnce: "the node stops at once"
        case .identityMade: "a new identity was made"
        case .databaseMigrated(let from, let to):
            "the database was brought from version \(from) to \(to); a copy is kept"
        case .databaseFailed: "the database could not be written; the node goes on without remembering"
        case .stateRestored(let records): "\(records) records remembered"
        case .acceptingPaused: "no file descriptors are left; accepting pauses for a second"
        case .connectionRefusedForCap: "a connection was refused: too many are open"
        case .configurationRead(let warnings): "the configuration was read, with \(warnings) warnings"
        case .clockJumped(let milliseconds): "the machine's clock jumped by \(milliseconds) ms"
        case .loopBlocked(let milliseconds): "the event loop stood still for \(milliseconds) ms"
        }
    }
}
