// Protocol/00-conventions.md: hashes, text, base32, signatures.

import Essentials
import Identity
import Sodium
import Wire

enum GroundAnswers {
    static let all: [String: Answerer] = [
        "hashes": hash, "base32": base32, "texts": text, "signatures": signature,
    ]

    private static func hash(_ input: Value) throws -> Value {
        let domain = try input.text("domain")
        let parts = try input.list("parts").map { try $0.asBytes() }
        return [
            "hash": .bytes(Blake2b.hash(domain: domain, parts: parts)),
            "hash512": .bytes(Blake2b.hash512(domain: domain, parts: parts)),
            "short": .digits(Blake2b.hash(domain: domain, parts: parts).prefix),
        ]
    }

    private static func base32(_ input: Value) throws -> Value {
        let bytes = try refuse(unless: Base32.decode(input.text("text")), "base32")
        return ["bytes": .bytes(bytes), "canonical": .text(Base32.encode(bytes))]
    }

    /// Text as a conversation carries it.
    private static func text(_ input: Value) throws -> Value {
        let bytes = try input.bytes("bytes")
        let encoding = [0x08, 0x01, 0x12, UInt8(clamping: bytes.count)] + bytes
        let text = try Text(decoding: encoding)
        return ["scalars": .list(text.text.unicodeScalars.map { .number($0.value) })]
    }

    private static func signature(_ input: Value) throws -> Value {
        let message = Signed.message(
            domain: try input.text("domain"), network: try input.digits("network"), body: try input.bytes("body"))
        if input.has("seed") {
            let key = SigningKey(seed: SecretBytes(copying: try input.bytes("seed")))
            return ["key": .bytes(key.publicKey), "signature": .bytes(key.sign(message))]
        }
        let holds = Ed25519.verify(
            signature: try input.bytes("signature"), of: message, by: try input.bytes32("key"))
        guard holds else { throw Refusal("bad signature") }
        return ["holds": .bool(true)]
    }
}
