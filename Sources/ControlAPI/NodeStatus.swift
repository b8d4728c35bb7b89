// What a node says about itself to its own person. Schema "passant.status/1".

/// A look at the running node.
public struct NodeStatus: Hashable, Sendable {
    public static let schema = "passant.status/1"

    public enum Role: String, Hashable, Sendable { case member, leaf }

    /// A member that carries this node's traffic.
    public struct Home: Hashable, Sendable {
        public let node: String
        /// Whether its link is up now.
        public let live: Bool

        public init(node: String, live: Bool) {
            self.node = node
            self.live = live
        }
    }

    /// The identity puzzle, which a member solves before it may publish a record.
    public struct Puzzle: Hashable, Sendable {
        public let solved: Bool
        /// 0…1, a share of the expected work; it can stay near 1 for a while.
        public let progress: Double

        public init(solved: Bool, progress: Double) {
            self.solved = solved
            self.progress = progress
        }
    }

    /// The table of all members, while it is being learned and after.
    public struct Table: Hashable, Sendable {
        /// Members that are known, present or not.
        public let known: Int
        /// How many the linked members know, as they say: the middle one of what they say. Nil before any has said it.
        public let expected: Int?

        public init(known: Int, expected: Int? = nil) {
            self.known = known
            self.expected = expected
        }

        /// 0…1 while clearly more are expected than are known. Tables of honest nodes differ by a few, so a small rest
        /// is none.
        public var progress: Double? {
            guard let expected, expected > 0, max(0, known) < expected - max(2, expected / 50) else { return nil }
            return Double(max(0, known)) / Double(expected)
        }
    }

    /// How many people looked for a stranger among everyone, when this node last saw it. An estimate: what keepers sign for
    /// the node's own shard, times the number of shards.
    public struct Looking: Hashable, Sendable {
        public let estimate: Int
        /// Seconds since it was seen.
        public let age: Double

        public init(estimate: Int, age: Double) {
            self.estimate = estimate
            self.age = age
        }
    }

    /// One seat of a person at this node, with the person's own half of the path. For their own eyes.
    public struct Conversation: Hashable, Sendable {
        /// `idle`, `joining`, `seeking`, `pairing`, `talking` or `ended`.
        public let state: String
        public let home: String?
        public let door: String?
        /// Distinct members known on the path; 0 while there is none.
        public let cover: Int

        public init(state: String, home: String? = nil, door: String? = nil, cover: Int = 0) {
            self.state = state
            self.home = home
            self.door = door
            self.cover = cover
        }
    }

    /// The node's short name.
    public var node: String
    public var network: String
    public var role: Role
    /// Members present, this node included when it is one. Measured, never estimated.
    public var members: Int
    /// Links to members that are up.
    public var links: Int
    public var table: Table
    public var homes: [Home]
    /// How many distinct members a path would have now; below 3 there is no cover.
    public var cover: Int
    /// `host:port` of every listening socket.
    public var listening: [String]
    public var version: String
    /// Nil when nobody at this node has looked yet.
    public var looking: Looking?
    public var puzzle: Puzzle
    /// Sentences for the person: what is wrong and what to do.
    public var warnings: [String]
    public var conversations: [Conversation]
    /// Counters by name; no addresses, no keys.
    public var counters: [String: Int]

    public init(
        node: String, network: String, role: Role, members: Int, links: Int, table: Table = Table(known: 0),
        homes: [Home], cover: Int, listening: [String], version: String = Product.version,
        looking: Looking? = nil, puzzle: Puzzle = Puzzle(solved: true, progress: 1),
        warnings: [String] = [], conversations: [Conversation] = [], counters: [String: Int] = [:]
    ) {
        self.node = node
        self.network = network
        self.role = role
        self.members = members
        self.links = links
        self.table = table
        self.homes = homes
        self.cover = cover
        self.listening = listening
        self.version = version
        self.looking = looking
        self.puzzle = puzzle
        self.warnings = warnings
        self.conversations = conversations
        self.counters = counters
    }
}

// MARK: - JSON

extension NodeStatus {
    public var json: JSON {
        [
            "schema": .string(Self.schema),
            "node": .string(node),
            "network": .string(network),
            "role": .string(role.rawValue),
            "members": .integer(Int64(members)),
            "links": .integer(Int64(links)),
            "table": table.json,
            "homes": .array(homes.map { ["node": .string($0.node), "live": .bool($0.live)] }),
            "cover": .integer(Int64(cover)),
            "listening": .strings(listening),
            "version": .string(version),
            "looking": looking.map { ["estimate": .integer(Int64($0.estimate)), "age": .number($0.age)] } ?? .null,
            "puzzle": ["solved": .bool(puzzle.solved), "progress": .number(puzzle.progress)],
            "warnings": .strings(warnings),
            "conversations": .array(conversations.map(\.json)),
            "counters": .object(
                counters.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .integer(Int64($0.value))) }),
        ]
    }

    /// Members that this version does not know are ignored.
    public init(json: JSON) throws(JSONFault) {
        guard let role = Role(rawValue: try json.string("role")) else { throw .missing(name: "role") }
        var homes: [Home] = []
        for home in try json.array("homes") {
            homes.append(Home(node: try home.string("node"), live: try home.bool("live")))
        }
        let puzzle = try json.require("puzzle")
        guard let progress = puzzle["progress"]?.double else { throw .missing(name: "progress") }
        var conversations: [Conversation] = []
        for conversation in try json.array("conversations") {
            conversations.append(try Conversation(json: conversation))
        }
        var counters: [String: Int] = [:]
        for counter in try json.require("counters").members ?? [] {
            guard let count = counter.value.integer else { throw .missing(name: counter.name) }
            counters[counter.name] = Int(clamping: count)
        }
        self.init(
            node: try json.string("node"), network: try json.string("network"), role: role,
            members: try json.integer("members"), links: try json.integer("links"),
            table: try Table(json: json.require("table")), homes: homes,
            cover: try json.integer("cover"), listening: try json.strings("listening"),
            version: try json.string("version"), looking: try Looking(json: json.require("looking")),
            puzzle: Puzzle(solved: try puzzle.bool("solved"), progress: progress),
            warnings: try json.strings("warnings"), conversations: conversations, counters: counters)
    }
}

extension NodeStatus.Looking {
    /// Nil for null.
    init?(json: JSON) throws(JSONFault) {
        guard json != .null else { return nil }
        guard let age = json["age"]?.double else { throw .missing(name: "age") }
        self.init(estimate: try json.integer("estimate"), age: age)
    }
}

extension NodeStatus.Table {
    var json: JSON {
        ["known": .integer(Int64(known)), "expected": expected.map { .integer(Int64($0)) } ?? .null]
    }

    init(json: JSON) throws(JSONFault) {
        self.init(known: try json.integer("known"), expected: try json.optionalInteger("expected"))
    }
}

extension NodeStatus.Conversation {
    var json: JSON {
        [
            "state": .string(state), "home": home.map(JSON.string) ?? .null, "door": door.map(JSON.string) ?? .null,
            "cover": .integer(Int64(cover)),
        ]
    }

    init(json: JSON) throws(JSONFault) {
        self.init(
            state: try json.string("state"), home: try json.optionalString("home"),
            door: try json.optionalString("door"), cover: try json.integer("cover"))
    }
}
