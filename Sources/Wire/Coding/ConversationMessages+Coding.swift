// Conversation messages in bytes; the schema is Protocol/conversation.proto.

internal import Essentials

extension Utterance: ProtobufMessage {
    public static let limits = WireLimits(bytes: 16_128, fields: 32, depth: 2)

    static let shape = Shape(choice: [
        Opening.shape, Text.shape, Acknowledgement.shape, Typing.shape, Farewell.shape, SafetyCommitment.shape,
        SafetyNonce.shape, SafetyOpening.shape, Ping.shape, Pong.shape, CommonAnswer.shape,
        Resume.shape, Saved.shape, KeepInTouch.shape, Question.shape, Witness.shape,
    ])

    init(raw: RawUtterance) throws(WireFault) {
        switch raw.kind {
        case .opening(let message): self = .opening(try Opening(raw: message))
        case .text(let message): self = .text(try Text(raw: message))
        case .acknowledgement(let message): self = .acknowledgement(try Acknowledgement(raw: message))
        case .typing(let message): self = .typing(try Typing(raw: message))
        case .farewell(let message): self = .farewell(try Farewell(raw: message))
        case .safetyCommitment(let message): self = .safetyCommitment(try SafetyCommitment(raw: message))
        case .safetyNonce(let message): self = .safetyNonce(try SafetyNonce(raw: message))
        case .safetyOpening(let message): self = .safetyOpening(try SafetyOpening(raw: message))
        case .ping(let message): self = .ping(try Ping(raw: message))
        case .pong(let message): self = .pong(try Pong(raw: message))
        case .commonAnswer(let message): self = .commonAnswer(try CommonAnswer(raw: message))
        case .resume(let message): self = .resume(try Resume(raw: message))
        case .saved(let message): self = .saved(try Saved(raw: message))
        case .keepInTouch(let message): self = .keepInTouch(try KeepInTouch(raw: message))
        case .question(let message): self = .question(try Question(raw: message))
        case .witness(let message): self = .witness(try Witness(raw: message))
        case nil: throw .unknownKind
        }
    }

    var raw: RawUtterance {
        var raw = RawUtterance()
        raw.kind =
            switch self {
            case .opening(let message): .opening(message.raw)
            case .text(let message): .text(message.raw)
            case .acknowledgement(let message): .acknowledgement(message.raw)
            case .typing(let message): .typing(message.raw)
            case .farewell(let message): .farewell(message.raw)
            case .safetyCommitment(let message): .safetyCommitment(message.raw)
            case .safetyNonce(let message): .safetyNonce(message.raw)
            case .safetyOpening(let message): .safetyOpening(message.raw)
            case .ping(let message): .ping(message.raw)
            case .pong(let message): .pong(message.raw)
            case .commonAnswer(let message): .commonAnswer(message.raw)
            case .resume(let message): .resume(message.raw)
            case .saved(let message): .saved(message.raw)
            case .keepInTouch(let message): .keepInTouch(message.raw)
            case .question(let message): .question(message.raw)
            case .witness(let message): .witness(message.raw)
            }
        return raw
    }
}

extension Opening: ProtobufMessage {
    public static let limits = WireLimits(bytes: 9_888, fields: 32, depth: 1)

    static let shape = Shape(.uint32, .uint32, .uint64, .bytes, .uint32, .bytes(atMost: CommonAnswer.count), .bytes)

    init(raw: RawOpening) throws(WireFault) {
        try self.init(
            versionMin: raw.versionMin, versionMax: raw.versionMax, features: raw.features,
            ticket: Array(raw.ticket), needs: raw.needs, common: allBytes32(raw.common, "Opening.common"),
            met: Self.marks(Array(raw.met)))
    }

    var raw: RawOpening {
        var raw = RawOpening()
        raw.versionMin = versionMin
        raw.versionMax = versionMax
        raw.features = features
        raw.ticket = pack(ticket)
        raw.needs = needs
        raw.common = common.map { pack($0) }
        raw.met = pack(met.flatMap(\.bigEndianBytes))
        return raw
    }

    private static func marks(_ bytes: [UInt8]) throws(WireFault) -> [UInt64] {
        try require(bytes.count % 8 == 0, "Opening.met")
        return stride(from: 0, to: bytes.count, by: 8).map { UInt64(bigEndianBytes: bytes[$0..<$0 + 8]) }
    }
}

extension CommonAnswer: ProtobufMessage {
    public static let limits = WireLimits(bytes: 512, fields: 24, depth: 1)

    static let shape = Shape(.bytes(atMost: count))

    init(raw: RawCommonAnswer) throws(WireFault) {
        try self.init(points: allBytes32(raw.points, "CommonAnswer.points"))
    }

    var raw: RawCommonAnswer {
        var raw = RawCommonAnswer()
        raw.points = points.map { pack($0) }
        return raw
    }
}

extension Resume: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint64, .uint64, .bool)

    init(raw: RawResume) throws(WireFault) {
        self.init(received: raw.received, sent: raw.sent, words: raw.words)
    }

    var raw: RawResume {
        var raw = RawResume()
        raw.received = received
        raw.sent = sent
        raw.words = words
        return raw
    }
}

extension Saved: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape()

    init(raw: RawSaved) throws(WireFault) { self.init() }

    var raw: RawSaved { RawSaved() }
}

extension KeepInTouch: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape()

    init(raw: RawKeepInTouch) throws(WireFault) { self.init() }

    var raw: RawKeepInTouch { RawKeepInTouch() }
}

extension Question: ProtobufMessage {
    public static let limits = WireLimits(bytes: 864, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawQuestion) throws(WireFault) { try self.init(text: raw.text) }

    var raw: RawQuestion {
        var raw = RawQuestion()
        raw.text = text
        return raw
    }
}

extension Witness: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint64, .bytes)

    init(raw: RawWitness) throws(WireFault) {
        self.init(through: raw.through, chain: try bytes32(raw.chain, "Witness.chain"))
    }

    var raw: RawWitness {
        var raw = RawWitness()
        raw.through = through
        raw.chain = pack(chain)
        return raw
    }
}

extension Text: ProtobufMessage {
    public static let limits = WireLimits(bytes: 16_064, fields: 16, depth: 1)

    static let shape = Shape(.uint64, .bytes)

    init(raw: RawText) throws(WireFault) { try self.init(sequence: raw.sequence, text: raw.text) }

    var raw: RawText {
        var raw = RawText()
        raw.sequence = sequence
        raw.text = text
        return raw
    }
}

extension Acknowledgement: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint64)

    init(raw: RawAcknowledgement) throws(WireFault) { self.init(through: raw.through) }

    var raw: RawAcknowledgement {
        var raw = RawAcknowledgement()
        raw.through = through
        return raw
    }
}

extension Typing: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bool)

    init(raw: RawTyping) throws(WireFault) { self.init(on: raw.on) }

    var raw: RawTyping {
        var raw = RawTyping()
        raw.on = on
        return raw
    }
}

extension Farewell: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint32)

    init(raw: RawFarewell) throws(WireFault) { self.init(code: raw.code) }

    var raw: RawFarewell {
        var raw = RawFarewell()
        raw.code = code
        return raw
    }
}

extension Ping: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint64)

    init(raw: RawPing) throws(WireFault) { self.init(token: raw.token) }

    var raw: RawPing {
        var raw = RawPing()
        raw.token = token
        return raw
    }
}

extension Pong: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.uint64)

    init(raw: RawPong) throws(WireFault) { self.init(token: raw.token) }

    var raw: RawPong {
        var raw = RawPong()
        raw.token = token
        return raw
    }
}
