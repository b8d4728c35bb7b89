// Requests to keepers, doors and relays, and their answers, in bytes; the schema is Protocol/pairing.proto.

extension Request: ProtobufMessage {
    public static let limits = WireLimits(bytes: blockCount - 2, fields: 32, depth: 2)

    static let shape = Shape(choice: [Deposit.shape, Join.shape, Extend.shape])

    init(raw: RawRequest) throws(WireFault) {
        switch raw.kind {
        case .deposit(let message): self = .deposit(try Deposit(raw: message))
        case .join(let message): self = .join(try Join(raw: message))
        case .extend(let message): self = .extend(try Extend(raw: message))
        case nil: throw .unknownKind
        }
    }

    var raw: RawRequest {
        var raw = RawRequest()
        raw.kind =
            switch self {
            case .deposit(let message): .deposit(message.raw)
            case .join(let message): .join(message.raw)
            case .extend(let message): .extend(message.raw)
            }
        return raw
    }
}

extension Answer: ProtobufMessage {
    public static let limits = WireLimits(bytes: blockCount - 2, fields: 32, depth: 2)

    static let shape = Shape(choice: [Receipt.shape, JoinAnswer.shape, ExtendAnswer.shape])

    init(raw: RawAnswer) throws(WireFault) {
        switch raw.kind {
        case .receipt(let message): self = .receipt(try Receipt(raw: message))
        case .join(let message): self = .join(try JoinAnswer(raw: message))
        case .extend(let message): self = .extend(try ExtendAnswer(raw: message))
        case nil: throw .unknownKind
        }
    }

    var raw: RawAnswer {
        var raw = RawAnswer()
        raw.kind =
            switch self {
            case .receipt(let message): .receipt(message.raw)
            case .join(let message): .join(message.raw)
            case .extend(let message): .extend(message.raw)
            }
        return raw
    }
}

extension Deposit: ProtobufMessage {
    public static let limits = WireLimits(bytes: 640, fields: 24, depth: 1)

    static let shape = Shape(.bytes, .uint32, .bytes, .bytes(atMost: maximumPath), .bool)

    init(raw: RawDeposit) throws(WireFault) {
        try self.init(
            offer: Array(raw.offer), index: raw.index, share: bytes32(raw.share, "Deposit.share"),
            path: allBytes32(raw.path, "Deposit.path"), bodies: raw.bodies)
    }

    var raw: RawDeposit {
        var raw = RawDeposit()
        raw.offer = pack(offer)
        raw.index = index
        raw.share = pack(share)
        raw.path = path.map { pack($0) }
        raw.bodies = bodies
        return raw
    }
}

extension Join: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawJoin) throws(WireFault) { self.init(token: try bytes32(raw.token, "Join.token")) }

    var raw: RawJoin {
        var raw = RawJoin()
        raw.token = pack(token)
        return raw
    }
}

extension Extend: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawExtend) throws(WireFault) { self.init(node: try bytes32(raw.node, "Extend.node")) }

    var raw: RawExtend {
        var raw = RawExtend()
        raw.node = pack(node)
        return raw
    }
}

extension Receipt: ProtobufMessage {
    public static let limits = WireLimits(bytes: 48, fields: 16, depth: 1)

    static let shape = Shape(.uint32, .uint32)

    init(raw: RawReceipt) throws(WireFault) { self.init(code: raw.code, price: raw.price) }

    var raw: RawReceipt {
        var raw = RawReceipt()
        raw.code = code
        raw.price = price
        return raw
    }
}

extension JoinAnswer: ProtobufMessage {
    public static let limits = WireLimits(bytes: 48, fields: 16, depth: 1)

    static let shape = Shape(.uint32)

    init(raw: RawJoinAnswer) throws(WireFault) {
        guard let code = Code(rawValue: raw.code) else { throw .fieldOutOfRange("JoinAnswer.code") }
        self.init(code: code)
    }

    var raw: RawJoinAnswer {
        var raw = RawJoinAnswer()
        raw.code = code.rawValue
        return raw
    }
}

extension ExtendAnswer: ProtobufMessage {
    public static let limits = WireLimits(bytes: 48, fields: 16, depth: 1)

    static let shape = Shape(.uint32)

    init(raw: RawExtendAnswer) throws(WireFault) {
        guard let code = Code(rawValue: raw.code) else { throw .fieldOutOfRange("ExtendAnswer.code") }
        self.init(code: code)
    }

    var raw: RawExtendAnswer {
        var raw = RawExtendAnswer()
        raw.code = code.rawValue
        return raw
    }
}
