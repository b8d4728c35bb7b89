// The messages behind the safety words in bytes; the schema is Protocol/conversation.proto.

extension SafetyCommitment: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawSafetyCommitment) throws(WireFault) {
        self.init(digest: try bytes32(raw.digest, "SafetyCommitment.digest"))
    }

    var raw: RawSafetyCommitment {
        var raw = RawSafetyCommitment()
        raw.digest = pack(digest)
        return raw
    }
}

extension SafetyNonce: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawSafetyNonce) throws(WireFault) {
        self.init(nonce: try bytes32(raw.nonce, "SafetyNonce.nonce"))
    }

    var raw: RawSafetyNonce {
        var raw = RawSafetyNonce()
        raw.nonce = pack(nonce)
        return raw
    }
}

extension SafetyOpening: ProtobufMessage {
    public static let limits = WireLimits(bytes: 64, fields: 16, depth: 1)

    static let shape = Shape(.bytes)

    init(raw: RawSafetyOpening) throws(WireFault) {
        self.init(nonce: try bytes32(raw.nonce, "SafetyOpening.nonce"))
    }

    var raw: RawSafetyOpening {
        var raw = RawSafetyOpening()
        raw.nonce = pack(nonce)
        return raw
    }
}
