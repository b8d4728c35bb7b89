// Asks, challenges and their answers in bytes; the schema is Protocol/link.proto.

extension Ask: ProtobufMessage {
    public static let limits = WireLimits(bytes: 192, fields: 16, depth: 1)

    static let shape = Shape(.bytes, .bytes, .bytes(atMost: maximumAddresses))

    init(raw: RawAsk) throws(WireFault) {
        var addresses: [Endpoint] = []
        for bytes in raw.addresses {
            guard let address = Endpoint(bytes: bytes) else { throw .fieldOutOfRange("Ask.addresses") }
            addresses.append(address)
        }
        try self.init(
            node: bytes32(raw.node, "Ask.node"), nonce: bytes32(raw.nonce, "Ask.nonce"), addresses: addresses)
    }

    var raw: RawAsk {
        var raw = RawAsk()
        raw.node = pack(node)
        raw.nonce = pack(nonce)
        raw.addresses = addresses.map { pack($0.bytes) }
        return raw
    }
}

extension Challenge: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawChallenge) throws(WireFault) { self.init(nonce: try bytes32(raw.nonce, "Challenge.nonce")) }

    var raw: RawChallenge {
        var raw = RawChallenge()
        raw.nonce = pack(nonce)
        return raw
    }
}

extension Alive: ProtobufMessage {
    public static let limits = WireLimits(bytes: 128, fields: 16, depth: 1)

    static let shape = Shape(.bytes, .bytes)

    init(raw: RawAlive) throws(WireFault) {
        try self.init(nonce: bytes32(raw.nonce, "Alive.nonce"), signature: Array(raw.signature))
    }

    var raw: RawAlive {
        var raw = RawAlive()
        raw.nonce = pack(nonce)
        raw.signature = pack(signature)
        return raw
    }
}
