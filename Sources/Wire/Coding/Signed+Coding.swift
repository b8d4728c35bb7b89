// Signed bytes in bytes; the schema is Protocol/records.proto.

extension Signed: ProtobufMessage {
    public static let limits = WireLimits(bytes: 1_152, fields: 16, depth: 1)

    static let shape = Shape(.bytes, .bytes)

    init(raw: RawSigned) throws(WireFault) {
        try self.init(body: Array(raw.body), signature: Array(raw.signature))
    }

    var raw: RawSigned {
        var raw = RawSigned()
        raw.body = pack(body)
        raw.signature = pack(signature)
        return raw
    }
}
