// The answers to `invite` and `join`.

/// An invite to hand to somebody. Schema "passant.invite/1".
public struct InviteReply: Hashable, Sendable {
    public static let schema = "passant.invite/1"

    /// One line, `passant:…`, that `passant join` accepts.
    public var invite: String
    /// How many entry points it names: 1…3.
    public var entries: Int
    /// When it stops to work, in seconds since 1970.
    public var expires: Int

    public init(invite: String, entries: Int, expires: Int) {
        self.invite = invite
        self.entries = entries
        self.expires = expires
    }

    public var json: JSON {
        [
            "schema": .string(Self.schema), "invite": .string(invite), "entries": .integer(Int64(entries)),
            "expires": .integer(Int64(expires)),
        ]
    }

    public init(json: JSON) throws(JSONFault) {
        self.init(
            invite: try json.string("invite"), entries: try json.integer("entries"),
            expires: try json.integer("expires"))
    }
}

/// The friends by name. Schema "passant.friends/1".
public enum FriendsReply {
    public static func json(of friends: [String]) -> JSON {
        ["schema": "passant.friends/1", "friends": .strings(friends)]
    }
}

/// What became of the invites given to `join`. Schema "passant.join/1".
public struct JoinReply: Hashable, Sendable {
    public static let schema = "passant.join/1"

    /// How many entry points the invites named that were not known before.
    public var added: Int
    /// How many entry points the node knows now.
    public var known: Int

    public init(added: Int, known: Int) {
        self.added = added
        self.known = known
    }

    public var json: JSON {
        ["schema": .string(Self.schema), "added": .integer(Int64(added)), "known": .integer(Int64(known))]
    }

    public init(json: JSON) throws(JSONFault) {
        self.init(added: try json.integer("added"), known: try json.integer("known"))
    }
}
