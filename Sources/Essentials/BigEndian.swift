// Numbers as they stand in fixed layouts and go into hashes: big-endian, of fixed width. Protocol/00-conventions.md,
// "Bytes and numbers".

extension FixedWidthInteger where Self: UnsignedInteger {
    /// The bytes in network order.
    @inlinable public var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> Self($0)) }
    }

    /// The number that all of `bytes` make; of more than fit, the last ones count.
    @inlinable public init(bigEndianBytes bytes: some Collection<UInt8>) {
        self = 0
        for byte in bytes { self = self << 8 | Self(byte) }
    }
}
