// A signature over exact bytes. The body is kept as it came, since protobuf has more than one encoding for
// a message, and only the one that was signed counts.

internal import Essentials

/// Bytes with an Ed25519 signature over them.
public struct Signed: WireMessage, Hashable {
    /// What was signed: at most 1,024 bytes.
    public let body: [UInt8]
    /// 64 bytes.
    public let signature: [UInt8]

    public static let maximumBody = 1_024
    public static let signatureCount = 64

    public init(body: [UInt8], signature: [UInt8]) throws(WireFault) {
        try require(!body.isEmpty && body.count <= Self.maximumBody, "Signed.body")
        try require(signature.count == Self.signatureCount, "Signed.signature")
        self.body = body
        self.signature = signature
    }

    /// What goes into the signature: domain ‖ 0x00 ‖ network id (8 bytes, big-endian) ‖ body.
    ///
    /// The zero byte ends the domain, so that no domain can be the beginning of another; the network id keeps a
    /// statement from counting in another mesh.
    public static func message(domain: String, network: UInt64, body: [UInt8]) -> [UInt8] {
        Array(domain.utf8) + [0] + network.bigEndianBytes + body
    }
}
