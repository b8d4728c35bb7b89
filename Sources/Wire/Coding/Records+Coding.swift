// Records and heartbeats in bytes; the schema is Protocol/records.proto.

extension PuzzleSolution: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint32, .bytes)

    init(raw: RawPuzzleSolution) throws(WireFault) {
        try self.init(month: raw.month, nonce: Array(raw.nonce))
    }

    var raw: RawPuzzleSolution {
        var raw = RawPuzzleSolution()
        raw.month = month
        raw.nonce = pack(nonce)
        return raw
    }
}

extension RecordBody: ProtobufMessage {
    /// 231 bytes with a signature around them are 300.
    public static let limits = WireLimits(bytes: 231, fields: 32, depth: 2)

    static let shape = Shape(
        .uint32, .uint64, .fixed64, .bytes, .bytes, .uint64, .uint64,
        .bytes(atMost: addressesAllowed.upperBound), .uint32, .message(PuzzleSolution.shape))

    init(raw: RawRecordBody) throws(WireFault) {
        var addresses: [Endpoint] = []
        for bytes in raw.addresses {
            guard let address = Endpoint(bytes: bytes) else { throw .fieldOutOfRange("RecordBody.addresses") }
            addresses.append(address)
        }
        try self.init(
            version: raw.version, features: raw.features, network: raw.network,
            nodeKey: bytes32(raw.nodeKey, "RecordBody.nodeKey"),
            channelKey: bytes32(raw.channelKey, "RecordBody.channelKey"),
            seq: raw.seq, expires: raw.expires, addresses: addresses, capabilities: raw.capabilities,
            puzzle: PuzzleSolution(raw: raw.puzzle))
    }

    var raw: RawRecordBody {
        var raw = RawRecordBody()
        raw.version = version
        raw.features = features
        raw.network = network
        raw.nodeKey = pack(nodeKey)
        raw.channelKey = pack(channelKey)
        raw.seq = seq
        raw.expires = expires
        raw.addresses = addresses.map { pack($0.bytes) }
        raw.capabilities = capabilities
        raw.puzzle = puzzle.raw
        return raw
    }
}

extension HeartbeatBody: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.fixed64, .uint64, .uint32)

    init(raw: RawHeartbeatBody) throws(WireFault) {
        try self.init(node: raw.node, time: raw.time, period: raw.period)
    }

    var raw: RawHeartbeatBody {
        var raw = RawHeartbeatBody()
        raw.node = node
        raw.time = time
        raw.period = period
        return raw
    }
}
