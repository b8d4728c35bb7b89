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
    case identityMade
    case databaseMigrated(from: Int, to: Int)
    case databaseFailed
    case stateRestored(records: Int)
    /// Accepting failed for want of file descriptors or buffers, so often since the last line.
    case acceptingFailed(times: UInt64)
    /// Connections were refused, because too many are open, so many since the last line.
    case connectionsRefused(count: UInt64)

    /// Error is a fault of ours, warning something to look at, notice a change of state; success is info.
    public var level: Logger.Level {
        switch self {
        case .databaseFailed: .error
        case .acceptingFailed, .connectionsRefused: .warning
        case .started, .listening, .stopping, .stopped, .identityMade, .databaseMigrated: .notice
        case .stateRestored: .info
        }
    }

    public var words: LogWords {
        switch self {
        case .started(true): "the node is up as a member"
        case .started(false): "the node is up as a leaf"
        case .listening(let port): "accepting links on port \(port)"
        case .stopping: "the node is stopping"
        case .stopped: "the node has stopped"
        case .identityMade: "a new identity was made"
        case .databaseMigrated(let from, let to):
            "the database was brought from version \(from) to \(to); a copy is kept"
        case .databaseFailed: "the database could not be written; the node goes on without remembering"
        case .stateRestored(let records): "\(records) records remembered"
        case .acceptingFailed(let times):
            "accepting failed \(times) times for want of file descriptors or buffers, and paused each time"
        case .connectionsRefused(let count): "\(count) connections were refused: too many are open"
        }
    }
}
