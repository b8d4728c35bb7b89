// Pulls and pushes in bytes; the schema is Protocol/link.proto.

extension Have: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.fixed64, .uint64, .uint64)

    init(raw: RawHave) throws(WireFault) {
        self.init(node: raw.node, seq: raw.seq, heartbeat: raw.heartbeat)
    }

    var raw: RawHave {
        var raw = RawHave()
        raw.node = node
        raw.seq = seq
        raw.heartbeat = heartbeat
        return raw
    }
}

extension Pull: ProtobufMessage {
    public static let limits = WireLimits(bytes: maximumBytes, fields: 4_096, depth: 2)

    static let shape = Shape(.messages(Have.shape, atMost: maximumHave), .fixed64, .fixed64, .bool)

    init(raw: RawPull) throws(WireFault) {
        var have: [Have] = []
        have.reserveCapacity(raw.have.count)
        for entry in raw.have { have.append(try Have(raw: entry)) }
        try self.init(have: have, from: raw.from, to: raw.to, isNamed: raw.named)
    }

    var raw: RawPull {
        var raw = RawPull()
        raw.have = have.map(\.raw)
        raw.from = from
        raw.to = to
        raw.named = isNamed
        return raw
    }
}

extension Part: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.fixed64, .fixed64, .uint32, .fixed64)

    init(raw: RawPart) throws(WireFault) {
        try self.init(from: raw.from, to: raw.to, count: raw.count, sum: raw.sum)
    }

    var raw: RawPart {
        var raw = RawPart()
        raw.from = from
        raw.to = to
        raw.count = count
        raw.sum = sum
        return raw
    }
}

extension Compare: ProtobufMessage {
    public static let limits = WireLimits(bytes: 10_240, fields: 2_048, depth: 2)

    static let shape = Shape(.bytes, .messages(Part.shape, atMost: maximumParts))

    init(raw: RawCompare) throws(WireFault) {
        var parts: [Part] = []
        parts.reserveCapacity(raw.parts.count)
        for part in raw.parts { parts.append(try Part(raw: part)) }
        try self.init(salt: [UInt8](raw.salt), parts: parts)
    }

    var raw: RawCompare {
        var raw = RawCompare()
        raw.salt = pack(salt)
        raw.parts = parts.map(\.raw)
        return raw
    }
}

extension Prune: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape()

    init(raw: RawPrune) throws(WireFault) { self.init() }

    var raw: RawPrune { RawPrune() }
}

extension Graft: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape()

    init(raw: RawGraft) throws(WireFault) { self.init() }

    var raw: RawGraft { RawGraft() }
}

extension Push: ProtobufMessage {
    public static let limits = WireLimits(bytes: maximumBytes, fields: 1_024, depth: 2)

    static let shape = Shape(
        .messages(Signed.shape, atMost: maximumRecords), .messages(Signed.shape, atMost: maximumHeartbeats))

    init(raw: RawPush) throws(WireFault) {
        try self.init(records: Self.signed(raw.records), heartbeats: Self.signed(raw.heartbeats))
    }

    var raw: RawPush {
        var raw = RawPush()
        raw.records = records.map(\.raw)
        raw.heartbeats = heartbeats.map(\.raw)
        return raw
    }

    private static func signed(_ raws: [RawSigned]) throws(WireFault) -> [Signed] {
        var signed: [Signed] = []
        signed.reserveCapacity(raws.count)
        for raw in raws { signed.append(try Signed(raw: raw)) }
        return signed
    }
}
