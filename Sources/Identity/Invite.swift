// An invite: a line of text that a person sends to a friend, or reads aloud. See Protocol/01-identity.md.

public import Essentials
internal import Sodium
public import Wire

/// A way into a mesh.
public struct Invite: Hashable, Sendable {
    private let body: InviteBody

    /// The longest text, the scheme included.
    public static let maximumText = 200
    static let scheme = "passant:"
    static let checksumCount = 4

    public var networkName: String { body.networkName }
    public var expires: WallTime { WallTime(milliseconds: body.expires.multipliedReportingOverflow(by: 1_000).0) }
    /// One to three.
    public var entries: [InviteEntry] { body.entries }

    /// `expires` is cut to whole seconds. Throws when the name is none, `entries` are not one to three, or the
    /// text would be longer than 200 characters, which happens to three IPv6 entries and a name of more than
    /// seven characters; see `fitting`.
    public init(networkName: String, expires: WallTime, entries: [InviteEntry]) throws(WireFault) {
        self.init(
            body: try InviteBody(
                networkName: networkName, expires: expires.milliseconds / 1_000, entries: entries))
        guard text.utf8.count <= Self.maximumText else { throw .tooLarge }
    }

    init(body: InviteBody) { self.body = body }

    /// An invite with as many of the first `candidates` as fit. Nil when there is none, or the name is none.
    public static func fitting(
        networkName: String, expires: WallTime, candidates: [InviteEntry]
    ) -> Invite? {
        for count in InviteBody.entriesAllowed.reversed() where count <= candidates.count {
            let entries = Array(candidates.prefix(count))
            if let invite = try? Invite(networkName: networkName, expires: expires, entries: entries) {
                return invite
            }
        }
        return nil
    }

    /// `passant:` and base32 of the body and its checksum; at most 200 characters.
    public var text: String {
        let encoded = body.encoded()
        return Self.scheme + Base32.encode(encoded + Self.checksum(of: encoded))
    }

    /// Throws when the invite is no longer good at `now`.
    public func check(at now: WallTime) throws(InviteFault) {
        guard now < expires else { throw .expired(expires) }
    }

    /// The first four bytes of H("passant/invite/1", body).
    static func checksum(of body: [UInt8]) -> [UInt8] {
        Array(Blake2b.hash(domain: "passant/invite/1", body).bytes.prefix(checksumCount))
    }
}
