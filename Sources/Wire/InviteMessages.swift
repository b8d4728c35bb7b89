// What an invite says, before it becomes text. A fixed layout: every byte costs a person 1.6 characters to
// read aloud. See Protocol/01-identity.md.

/// The content of an invite.
public struct InviteBody: WireMessage, Hashable {
    public let version: UInt8
    /// 1 to 32 bytes of a–z, 0–9 and hyphen.
    public let networkName: String
    /// Unix time in seconds, below 2³².
    public let expires: UInt64
    /// One to three.
    public let entries: [InviteEntry]

    public static let currentVersion: UInt8 = 1
    public static let maximumName = 32
    public static let entriesAllowed = 1...3

    public init(
        version: UInt8 = currentVersion, networkName: String, expires: UInt64, entries: [InviteEntry]
    ) throws(WireFault) {
        try require(version == Self.currentVersion, "InviteBody.version")
        try require(Self.isNetworkName(networkName), "InviteBody.networkName")
        try require(expires <= UInt64(UInt32.max), "InviteBody.expires")
        try require(Self.entriesAllowed.contains(entries.count), "InviteBody.entries")
        self.version = version
        self.networkName = networkName
        self.expires = expires
        self.entries = entries
    }

    /// 1 to 32 characters of a–z, 0–9 and hyphen.
    public static func isNetworkName(_ name: String) -> Bool {
        (1...maximumName).contains(name.utf8.count)
            && name.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

/// One way into a mesh: where a member is, and enough of its key's hash to recognise it.
public struct InviteEntry: Hashable, Sendable {
    public let endpoint: Endpoint
    /// 16 bytes; see `NodeKey.fingerprint`.
    public let fingerprint: [UInt8]

    public static let fingerprintCount = 16

    public init(endpoint: Endpoint, fingerprint: [UInt8]) throws(WireFault) {
        try require(endpoint.port != 0, "InviteEntry.endpoint")
        try require(fingerprint.count == Self.fingerprintCount, "InviteEntry.fingerprint")
        self.endpoint = endpoint
        self.fingerprint = fingerprint
    }
}
