// Link control in bytes; the schema is Protocol/link.proto.

extension Control: ProtobufMessage {
    public static let limits = WireLimits(bytes: 16_064, fields: 4_160, depth: 4)

    static let shape = Shape(choice: [
        Hello.shape, Pull.shape, Push.shape, Attach.shape, Attached.shape, Refused.shape, Goodbye.shape,
        Compare.shape, Prune.shape, Graft.shape, Ask.shape, Challenge.shape, Alive.shape,
    ])

    init(raw: RawControl) throws(WireFault) {
        switch raw.kind {
        case .hello(let message): self = .hello(try Hello(raw: message))
        case .pull(let message): self = .pull(try Pull(raw: message))
        case .push(let message): self = .push(try Push(raw: message))
        case .attach(let message): self = .attach(try Attach(raw: message))
        case .attached(let message): self = .attached(try Attached(raw: message))
        case .refused(let message): self = .refused(try Refused(raw: message))
        case .goodbye(let message): self = .goodbye(try Goodbye(raw: message))
        case .compare(let message): self = .compare(try Compare(raw: message))
        case .prune(let message): self = .prune(try Prune(raw: message))
        case .graft(let message): self = .graft(try Graft(raw: message))
        case .ask(let message): self = .ask(try Ask(raw: message))
        case .challenge(let message): self = .challenge(try Challenge(raw: message))
        case .alive(let message): self = .alive(try Alive(raw: message))
        case nil: throw .unknownKind
        }
    }

    var raw: RawControl {
        var raw = RawControl()
        raw.kind =
            switch self {
            case .hello(let message): .hello(message.raw)
            case .pull(let message): .pull(message.raw)
            case .push(let message): .push(message.raw)
            case .attach(let message): .attach(message.raw)
            case .attached(let message): .attached(message.raw)
            case .refused(let message): .refused(message.raw)
            case .goodbye(let message): .goodbye(message.raw)
            case .compare(let message): .compare(message.raw)
            case .prune(let message): .prune(message.raw)
            case .graft(let message): .graft(message.raw)
            case .ask(let message): .ask(message.raw)
            case .challenge(let message): .challenge(message.raw)
            case .alive(let message): .alive(message.raw)
            }
        return raw
    }
}

extension Hello: ProtobufMessage {
    public static let limits = WireLimits(bytes: 3_072, fields: 64, depth: 2)

    static let shape = Shape(
        .uint32, .uint32, .uint64, .uint32, .message(Signed.shape), .message(HomeTerms.shape))

    init(raw: RawHello) throws(WireFault) {
        guard let role = Role(rawValue: raw.role) else { throw .fieldOutOfRange("Hello.role") }
        try self.init(
            versionMin: raw.versionMin, versionMax: raw.versionMax, features: raw.features, role: role,
            record: raw.hasRecord ? Signed(raw: raw.record) : nil,
            terms: raw.hasTerms ? HomeTerms(raw: raw.terms) : nil)
    }

    var raw: RawHello {
        var raw = RawHello()
        raw.versionMin = versionMin
        raw.versionMax = versionMax
        raw.features = features
        raw.role = role.rawValue
        if let record { raw.record = record.raw }
        if let terms { raw.terms = terms.raw }
        return raw
    }
}

extension HomeTerms: ProtobufMessage {
    public static let limits = WireLimits(bytes: 1_792, fields: 32, depth: 1)

    static let shape = Shape(.uint32, .uint64, .uint64, .bytes(atMost: maximumEnforced))

    init(raw: RawHomeTerms) throws(WireFault) {
        try self.init(
            streams: raw.streams, bytesPerSecond: raw.bytesPerSecond, bytesPerDay: raw.bytesPerDay,
            enforces: raw.enforces)
    }

    var raw: RawHomeTerms {
        var raw = RawHomeTerms()
        raw.streams = streams
        raw.bytesPerSecond = bytesPerSecond
        raw.bytesPerDay = bytesPerDay
        raw.enforces = enforces
        return raw
    }
}

extension Attach: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape()

    init(raw: RawAttach) throws(WireFault) { self.init() }

    var raw: RawAttach { RawAttach() }
}

extension Attached: ProtobufMessage {
    public static let limits = WireLimits(bytes: 1_856, fields: 48, depth: 2)

    static let shape = Shape(.message(HomeTerms.shape))

    init(raw: RawAttached) throws(WireFault) {
        guard raw.hasTerms else { throw .fieldOutOfRange("Attached.terms") }
        self.init(terms: try HomeTerms(raw: raw.terms))
    }

    var raw: RawAttached {
        var raw = RawAttached()
        raw.terms = terms.raw
        return raw
    }
}

extension Refused: ProtobufMessage {
    public static let limits = WireLimits(bytes: 256, fields: 16, depth: 1)

    static let shape = Shape(.uint32, .uint32, .bytes)

    init(raw: RawRefused) throws(WireFault) {
        try self.init(code: raw.code, retryAfterSeconds: raw.retryAfterSeconds, reason: raw.reason)
    }

    var raw: RawRefused {
        var raw = RawRefused()
        raw.code = code
        raw.retryAfterSeconds = retryAfterSeconds
        raw.reason = reason
        return raw
    }
}

extension Goodbye: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint32)

    init(raw: RawGoodbye) throws(WireFault) { self.init(code: raw.code) }

    var raw: RawGoodbye {
        var raw = RawGoodbye()
        raw.code = code
        return raw
    }
}
