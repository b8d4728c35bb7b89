// What two nodes say to each other about their link: who they are, what a home grants, why somebody goes.
// See Protocol/04-membership.md and 05-homes-and-doors.md.

/// One message of a link's control stream.
public enum Control: WireMessage, Hashable {
    case hello(Hello)
    case pull(Pull)
    case push(Push)
    case attach(Attach)
    case attached(Attached)
    case refused(Refused)
    case goodbye(Goodbye)
    case compare(Compare)
    case prune(Prune)
    case graft(Graft)
    case ask(Ask)
    case challenge(Challenge)
    case alive(Alive)
}

/// What a node is on a link.
public enum Role: UInt32, Hashable, Sendable, CaseIterable {
    /// Publishes a record and serves others.
    case member = 1
    /// Publishes nothing.
    case leaf = 2
}

/// The first message in each direction.
public struct Hello: WireMessage, Hashable {
    /// The oldest version of this protocol that the sender speaks.
    public let versionMin: UInt32
    /// The newest one.
    public let versionMax: UInt32
    public let features: UInt64
    public let role: Role
    /// The sender's record; a leaf has none.
    public let record: Signed?
    /// What the sender would grant a leaf, and what it enforces; a leaf sends none.
    public let terms: HomeTerms?

    public init(
        versionMin: UInt32 = 1, versionMax: UInt32 = 1, features: UInt64 = 0, role: Role, record: Signed? = nil,
        terms: HomeTerms? = nil
    ) throws(WireFault) {
        try require(versionMin >= 1 && versionMin <= versionMax, "Hello.version")
        self.versionMin = versionMin
        self.versionMax = versionMax
        self.features = features
        self.role = role
        self.record = record
        self.terms = terms
    }
}

/// What a home grants a leaf, shown before the leaf attaches.
public struct HomeTerms: WireMessage, Hashable {
    /// How many streams at once.
    public let streams: UInt32
    public let bytesPerSecond: UInt64
    public let bytesPerDay: UInt64
    /// Names of the lists and rules that the home enforces: at most 16, each 1 to 100 bytes of UTF-8.
    public let enforces: [String]

    public static let maximumEnforced = 16
    public static let maximumName = 100

    public init(
        streams: UInt32, bytesPerSecond: UInt64, bytesPerDay: UInt64, enforces: [String] = []
    ) throws(WireFault) {
        try require(enforces.count <= Self.maximumEnforced, "HomeTerms.enforces")
        try require(
            enforces.allSatisfy { (1...Self.maximumName).contains($0.utf8.count) }, "HomeTerms.enforces")
        self.streams = streams
        self.bytesPerSecond = bytesPerSecond
        self.bytesPerDay = bytesPerDay
        self.enforces = enforces
    }
}

/// A leaf asks the node at the other end to be its home.
public struct Attach: WireMessage, Hashable {
    public init() {}
}

/// The home agrees, on these terms.
public struct Attached: WireMessage, Hashable {
    public let terms: HomeTerms

    public init(terms: HomeTerms) { self.terms = terms }
}

/// The home declines.
public struct Refused: WireMessage, Hashable {
    public let code: UInt32
    /// Seconds; a leaf waits for 10 at least.
    public let retryAfterSeconds: UInt32
    /// For people: at most 200 bytes of UTF-8.
    public let reason: String

    public static let maximumReason = 200

    public init(code: UInt32, retryAfterSeconds: UInt32, reason: String) throws(WireFault) {
        try require(reason.utf8.count <= Self.maximumReason, "Refused.reason")
        self.code = code
        self.retryAfterSeconds = retryAfterSeconds
        self.reason = reason
    }
}

/// The sender ends the link.
public struct Goodbye: WireMessage, Hashable {
    public let code: UInt32

    public init(code: UInt32) { self.code = code }
}
