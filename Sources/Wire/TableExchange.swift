// How two tables become alike: one side says what it has within a range of short ids, the other sends what
// is missing or newer. See Protocol/04-membership.md.

/// What a node holds of one member.
public struct Have: WireMessage, Hashable {
    /// Short id.
    public let node: UInt64
    /// The record's `seq`.
    public let seq: UInt64
    /// The last heartbeat's time; 0 if none was seen.
    public let heartbeat: UInt64

    public init(node: UInt64, seq: UInt64, heartbeat: UInt64) {
        self.node = node
        self.seq = seq
        self.heartbeat = heartbeat
    }

    /// The most bytes that it takes in a pull: tag, length, one fixed number and two varints.
    var cost: Int { 2 + 9 + 1 + varintCount(seq) + 1 + varintCount(heartbeat) }

    private func varintCount(_ value: UInt64) -> Int { max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7) }
}

/// "This is all I have between these two short ids; send me what I lack." Or, when `isNamed`: "of those I name."
public struct Pull: WireMessage, Hashable {
    /// At most 600.
    public let have: [Have]
    /// The lowest short id covered.
    public let from: UInt64
    /// The highest short id covered.
    public let to: UInt64
    /// Nobody else is asked about.
    public let isNamed: Bool

    public static let maximumHave = 600
    /// The longest encoding.
    public static let maximumBytes = 16_000

    public init(
        have: [Have], from: UInt64 = 0, to: UInt64 = .max, isNamed: Bool = false
    ) throws(WireFault) {
        try require(have.count <= Self.maximumHave, "Pull.have")
        try require(from <= to, "Pull.from")
        guard have.reduce(20, { $0 + $1.cost }) <= Self.maximumBytes else { throw .tooLarge }
        self.have = have
        self.from = from
        self.to = to
        self.isNamed = isNamed
    }
}

/// What a node has within a range of short ids, as a number: who has the same has the same number.
public struct Part: WireMessage, Hashable {
    /// The lowest short id covered.
    public let from: UInt64
    /// The highest short id covered.
    public let to: UInt64
    /// How many lines there are.
    public let count: UInt32
    /// The sum of the lines' hashes, modulo 2⁶⁴.
    public let sum: UInt64

    public init(from: UInt64, to: UInt64, count: UInt32, sum: UInt64) throws(WireFault) {
        try require(from <= to, "Part.from")
        self.from = from
        self.to = to
        self.count = count
        self.sum = sum
    }
}

/// "This is what my table adds up to; tell me where yours differs."
public struct Compare: WireMessage, Hashable {
    /// The key of the hashes, 16 random bytes of whoever began: so nobody can make lines whose sums agree by intent.
    public let salt: [UInt8]
    /// 1 to 256, none within another, the lowest first.
    public let parts: [Part]

    public static let saltCount = 16
    public static let maximumParts = 256

    public init(salt: [UInt8], parts: [Part]) throws(WireFault) {
        try require(salt.count == Self.saltCount, "Compare.salt")
        try require((1...Self.maximumParts).contains(parts.count), "Compare.parts")
        try require(zip(parts, parts.dropFirst()).allSatisfy { $0.to < $1.from }, "Compare.parts")
        self.salt = salt
        self.parts = parts
    }
}

/// Heartbeats that come over this link have come over another one before: send them no more.
public struct Prune: WireMessage, Hashable {
    public init() {}
}

/// Heartbeats that should have come did not: send them over this link as well.
public struct Graft: WireMessage, Hashable {
    public init() {}
}

/// Records and heartbeats that the receiver may lack. None of them has been checked.
public struct Push: WireMessage, Hashable {
    /// At most 48.
    public let records: [Signed]
    /// At most 128.
    public let heartbeats: [Signed]

    public static let maximumRecords = 48
    public static let maximumHeartbeats = 128
    /// The longest encoding.
    public static let maximumBytes = 16_000

    public init(records: [Signed], heartbeats: [Signed]) throws(WireFault) {
        try require(records.count <= Self.maximumRecords, "Push.records")
        try require(heartbeats.count <= Self.maximumHeartbeats, "Push.heartbeats")
        let bytes = (records + heartbeats).reduce(0) { $0 + Self.cost(of: $1) }
        guard bytes <= Self.maximumBytes else { throw .tooLarge }
        self.records = records
        self.heartbeats = heartbeats
    }

    /// The bytes that one record or heartbeat takes in a push.
    public static func cost(of signed: Signed) -> Int {
        let inner = fieldCost(signed.body.count) + fieldCost(signed.signature.count)
        return fieldCost(inner)
    }

    /// As few pushes as carry all of these, in their order.
    public static func split(records: [Signed], heartbeats: [Signed]) -> [Push] {
        var pushes: [Push] = []
        var open = (records: [Signed](), heartbeats: [Signed](), bytes: 0)
        func close() {
            if let push = try? Push(records: open.records, heartbeats: open.heartbeats), open.bytes > 0 {
                pushes.append(push)
            }
            open = ([], [], 0)
        }
        for record in records {
            let cost = cost(of: record)
            if open.records.count == maximumRecords || open.bytes + cost > maximumBytes { close() }
            open.records.append(record)
            open.bytes += cost
        }
        for heartbeat in heartbeats {
            let cost = cost(of: heartbeat)
            if open.heartbeats.count == maximumHeartbeats || open.bytes + cost > maximumBytes { close() }
            open.heartbeats.append(heartbeat)
            open.bytes += cost
        }
        close()
        return pushes
    }

    /// A length-delimited field with a one-byte tag: tag, length, content.
    private static func fieldCost(_ content: Int) -> Int { 1 + (content < 128 ? 1 : 2) + content }
}
