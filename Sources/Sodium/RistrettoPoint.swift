// The group ristretto255 (RFC 9496). libsodium 1.0.18 ignores bit 255 when it decodes, so one point has two
// encodings and the identity has one that is not all zero; a forged proof gets through by that. Every point from
// outside enters through `init?(decoding:)`, which takes the one canonical encoding and never the identity.

internal import CSodium
public import Essentials

/// A point of the group, kept in its canonical encoding.
public struct RistrettoPoint: Hashable, Sendable {
    /// The canonical encoding.
    public let bytes: Bytes32

    public static let identity = RistrettoPoint(unchecked: .zero)
    /// The generator.
    public static let base = RistrettoPoint.base(times: .one)

    private init(unchecked bytes: Bytes32) { self.bytes = bytes }

    /// Nil unless these bytes are the canonical encoding of a point other than the identity.
    public init?(decoding bytes: Bytes32) {
        let encoded = bytes.bytes
        guard encoded[31] & 0x80 == 0, bytes != .zero, crypto_core_ristretto255_is_valid_point(encoded) == 1
        else { return nil }
        self.bytes = bytes
    }

    /// The point that 64 uniform bytes map to (RFC 9496 §4.3.4); nil unless there are 64.
    public init?(uniform wide: [UInt8]) {
        guard wide.count == 64 else { return nil }
        bytes = Self.map(wide)
    }

    /// The point that `Blake2b.hash512(domain:…)` maps to; nobody knows its logarithm.
    public static func hash(domain: String, _ parts: [UInt8]...) -> RistrettoPoint {
        RistrettoPoint(unchecked: map(Blake2b.hash512(domain: domain, parts: parts)))
    }

    /// `scalar` times the generator.
    public static func base(times scalar: RistrettoScalar) -> RistrettoPoint {
        var result = [UInt8](repeating: 0, count: 32)
        // A failure means that the result is the identity, and nothing else.
        guard crypto_scalarmult_ristretto255_base(&result, scalar.bytes.bytes) == 0 else { return .identity }
        return RistrettoPoint(unchecked: Bytes32(result) ?? .zero)
    }

    public static func * (scalar: RistrettoScalar, point: RistrettoPoint) -> RistrettoPoint {
        var result = [UInt8](repeating: 0, count: 32)
        // As above: the point is valid, so only the identity makes it fail.
        guard crypto_scalarmult_ristretto255(&result, scalar.bytes.bytes, point.bytes.bytes) == 0
        else { return .identity }
        return RistrettoPoint(unchecked: Bytes32(result) ?? .zero)
    }

    public static func + (left: RistrettoPoint, right: RistrettoPoint) -> RistrettoPoint {
        var result = [UInt8](repeating: 0, count: 32)
        crypto_core_ristretto255_add(&result, left.bytes.bytes, right.bytes.bytes)
        return RistrettoPoint(unchecked: Bytes32(result) ?? .zero)
    }

    public static func - (left: RistrettoPoint, right: RistrettoPoint) -> RistrettoPoint {
        var result = [UInt8](repeating: 0, count: 32)
        crypto_core_ristretto255_sub(&result, left.bytes.bytes, right.bytes.bytes)
        return RistrettoPoint(unchecked: Bytes32(result) ?? .zero)
    }

    public static prefix func - (point: RistrettoPoint) -> RistrettoPoint { .identity - point }

    private static func map(_ wide: [UInt8]) -> Bytes32 {
        var result = [UInt8](repeating: 0, count: 32)
        crypto_core_ristretto255_from_hash(&result, wide)
        return Bytes32(result) ?? .zero
    }
}
