// What the person decided about a node before it starts.

public import Settings

/// Everything that `Node.start` needs to know.
public struct NodeOptions: Sendable {
    public var paths: DataPaths
    /// Where a member listens; several are possible, none means a leaf.
    public var listen: [HostPort]
    /// What the record publishes when it differs from where the node listens.
    public var address: HostPort?
    public var role: Settings.Role
    /// Invites, as people pass them on.
    public var join: [String]
    /// Invites that the service will be told of: checked with the others before anything is written.
    public var awaited: [String]
    /// The mesh's name; nil for the one that the data directory belongs to, or else the invites name, or else main.
    public var network: String?
    public var passphraseFile: String?
    /// How many hours a stranger is not met again; 0 for no such time.
    public var noRepeatHours: Int
    /// Whether commands on this machine reach the node through its control socket.
    public var servesControl: Bool
    /// What goes to stderr; a conversation in a terminal leaves room for errors only.
    public var logLevel: LogLevel

    public init(
        paths: DataPaths, listen: [HostPort] = [], address: HostPort? = nil, role: Settings.Role = .leaf,
        join: [String] = [],
        awaited: [String] = [], network: String? = nil, passphraseFile: String? = nil, noRepeatHours: Int = 24,
        servesControl: Bool = true,
        logLevel: LogLevel = .notice
    ) {
        self.paths = paths
        self.listen = listen
        self.address = address
        self.role = role
        self.join = join
        self.awaited = awaited
        self.network = network
        self.passphraseFile = passphraseFile
        self.noRepeatHours = noRepeatHours
        self.servesControl = servesControl
        self.logLevel = logLevel
    }
}
