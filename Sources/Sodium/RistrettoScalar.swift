// Numbers modulo the order q of ristretto255 (RFC 9496). libsodium 1.0.18 takes scalars ≥ q as they come, which
// makes proofs malleable, so nothing but a reduced number gets in here.

internal import CSodium
public import Essentials

/// A number in 0..<q.
public struct RistrettoScalar: Hashable, Sendable {
    /// Thirty-two bytes, little-endian, less than q.
    public let bytes: Bytes32

    public static let zero = RistrettoScalar(unchecked: .zero)
    public static let one = RistrettoScalar(1)

    private init(unchecked bytes: Bytes32) { self.bytes = bytes }

    /// Nil when the number is not less than q.
    public init?(canonical bytes: Bytes32) {
        let reduced = Self.reduce(bytes.bytes + [UInt8](repeating: 0, count: 32))
        guard reduced == bytes else { return nil }
        self.bytes = bytes
    }

    /// A small number.
    public init(_ number: UInt64) {
        let low = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
        bytes = Bytes32(low + [UInt8](repeating: 0, count: 24)) ?? .zero
    }

    /// The remainder of a 64-byte little-endian number; nil unless there are 64 bytes.
    public init?(reducing wide: [UInt8]) {
        guard wide.count == 64 else { return nil }
        bytes = Self.reduce(wide)
    }

    /// The remainder of `Blake2b.hash512(domain:…)`.
    public static func hash(domain: String, _ parts: [UInt8]...) -> RistrettoScalar {
        RistrettoScalar(unchecked: reduce(Blake2b.hash512(domain: domain, parts: parts)))
    }

    /// Each number equally likely.
    public static func random(using random: inout RandomStream) -> RistrettoScalar {
        RistrettoScalar(unchecked: reduce(random.bytes(count: 64)))
    }

    public static func + (left: RistrettoScalar, right: RistrettoScalar) -> RistrettoScalar {
        combine(left, right) { crypto_core_ristretto255_scalar_add($0, $1, $2) }
    }

    public static func - (left: RistrettoScalar, right: RistrettoScalar) -> RistrettoScalar {
        combine(left, right) { crypto_core_ristretto255_scalar_sub($0, $1, $2) }
    }

    public static func * (left: RistrettoScalar, right: RistrettoScalar) -> RistrettoScalar {
        combine(left, right) { crypto_core_ristretto255_scalar_mul($0, $1, $2) }
    }

    public static prefix func - (scalar: RistrettoScalar) -> RistrettoScalar { .zero - scalar }

    /// The number whose product with this one is 1; nil for zero.
    public var inverse: RistrettoScalar? {
        var result = [UInt8](repeating: 0, count: 32)
        guard crypto_core_ristretto255_scalar_invert(&result, bytes.bytes) == 0, self != .zero else { return nil }
        return RistrettoScalar(unchecked: Bytes32(result) ?? .zero)
    }

    private typealias Operation = (
        UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>
    ) -> Void

    private static func combine(
        _ left: RistrettoScalar, _ right: RistrettoScalar, _ operation: Operation
    ) -> RistrettoScalar {
        var result = [UInt8](repeating: 0, count: 32)
        operation(&result, left.bytes.bytes, right.bytes.bytes)
        return RistrettoScalar(unchecked: Bytes32(result) ?? .zero)
    }

    private static func reduce(_ wide: [UInt8]) -> Bytes32 {
        var result = [UInt8](repeating: 0, count: 32)
        crypto_core_ristretto255_scalar_reduce(&result, wide)
        return Bytes32(result) ?? .zero
    }
}
