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

/// "This is all I have between these two short ids; send me what I lack."
public struct Pull: WireMessage, Hashable {
    /// At most 600.
    public let have: [Have]
    /// The lowest short id covered.
    public let from: UInt64
    /// The highest short id covered.
    public let to: UInt64

    public static let maximumHave = 600
    /// The longest encoding.
    public static let maximumBytes = 16_000

    public init(have: [Have], from: UInt64, to: UInt64) throws(WireFault) {
        try require(have.count <= Self.maximumHave, "Pull.have")
        try require(from <= to, "Pull.from")
        guard have.reduce(18, { $0 + $1.cost }) <= Self.maximumBytes else { throw .tooLarge }
        self.have = have
        self.from = from
        self.to = to
    }
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
