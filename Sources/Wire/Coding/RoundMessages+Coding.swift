// What keepers say at the end of a round, in bytes; the schema is Protocol/pairing.proto.

extension KeeperMessage: ProtobufMessage {
    public static let limits = WireLimits(bytes: 16_064, fields: 544, depth: 3)

    static let shape = Shape(choice: [RoundAnswer.shape, BodiesWanted.shape, Bodies.shape])

    init(raw: RawKeeperMessage) throws(WireFault) {
        switch raw.kind {
        case .answer(let message): self = .answer(try RoundAnswer(raw: message))
        case .bodiesWanted(let message): self = .bodiesWanted(try BodiesWanted(raw: message))
        case .bodies(let message): self = .bodies(try Bodies(raw: message))
        case nil: throw .unknownKind
        }
    }

    var raw: RawKeeperMessage {
        var raw = RawKeeperMessage()
        raw.kind =
            switch self {
            case .answer(let message): .answer(message.raw)
            case .bodiesWanted(let message): .bodiesWanted(message.raw)
            case .bodies(let message): .bodies(message.raw)
            }
        return raw
    }
}

extension RoundAnswer: ProtobufMessage {
    public static let limits = WireLimits(bytes: 16_000, fields: 512, depth: 2)

    static let shape = Shape(.bytes, .bytes, .messages(Listing.shape, atMost: maximumListings))

    init(raw: RawRoundAnswer) throws(WireFault) {
        var listings: [Listing] = []
        for listing in raw.listings { listings.append(try Listing(raw: listing)) }
        try self.init(body: Array(raw.body), signature: Array(raw.signature), listings: listings)
    }

    var raw: RawRoundAnswer {
        var raw = RawRoundAnswer()
        raw.body = pack(body)
        raw.signature = pack(signature)
        raw.listings = listings.map(\.raw)
        return raw
    }
}

extension RoundAnswerBody: ProtobufMessage {
    public static let limits = WireLimits(bytes: RoundAnswer.maximumBody, fields: 48, depth: 1)

    static let shape = Shape(
        .fixed64, .uint64, .uint64, .uint32, .uint64, .bytes, .bytes(atMost: RoundAnswer.maximumListings), .fixed64,
        .uint32)

    init(raw: RawRoundAnswerBody) throws(WireFault) {
        try self.init(
            network: raw.network, pool: raw.pool, epoch: raw.epoch, shard: raw.shard, depth: raw.depth,
            round: raw.round, keeper: bytes32(raw.keeper, "RoundAnswerBody.keeper"),
            digests: allBytes32(raw.digests, "RoundAnswerBody.digests"), offers: raw.offers)
    }

    var raw: RawRoundAnswerBody {
        var raw = RawRoundAnswerBody()
        raw.network = network
        raw.pool = pool
        raw.epoch = epoch
        raw.shard = shard
        raw.depth = depth
        raw.round = round
        raw.keeper = pack(keeper)
        raw.digests = digests.map { pack($0) }
        raw.offers = offers
        return raw
    }
}

extension Listing: ProtobufMessage {
    public static let limits = WireLimits(bytes: 640, fields: 24, depth: 1)

    static let shape = Shape(.bytes, .uint32, .bytes, .bytes(atMost: Deposit.maximumPath), .bytes)

    init(raw: RawListing) throws(WireFault) {
        try self.init(
            digest: bytes32(raw.digest, "Listing.digest"), index: raw.index,
            share: bytes32(raw.share, "Listing.share"), path: allBytes32(raw.path, "Listing.path"),
            offer: raw.hasOffer ? Array(raw.offer) : nil)
    }

    var raw: RawListing {
        var raw = RawListing()
        raw.digest = pack(digest)
        raw.index = index
        raw.share = pack(share)
        raw.path = path.map { pack($0) }
        if let offer { raw.offer = pack(offer) }
        return raw
    }
}

extension BodiesWanted: ProtobufMessage {
    public static let limits = WireLimits(bytes: 1_024, fields: 48, depth: 1)

    static let shape = Shape(.bytes(atMost: RoundAnswer.maximumListings))

    init(raw: RawBodiesWanted) throws(WireFault) {
        try self.init(digests: allBytes32(raw.digests, "BodiesWanted.digests"))
    }

    var raw: RawBodiesWanted {
        var raw = RawBodiesWanted()
        raw.digests = digests.map { pack($0) }
        return raw
    }
}

extension Bodies: ProtobufMessage {
    public static let limits = WireLimits(bytes: 6_400, fields: 48, depth: 1)

    static let shape = Shape(.bytes(atMost: RoundAnswer.maximumListings))

    init(raw: RawBodies) throws(WireFault) {
        try self.init(offers: raw.offers.map { Array($0) })
    }

    var raw: RawBodies {
        var raw = RawBodies()
        raw.offers = offers.map { pack($0) }
        return raw
    }
}
