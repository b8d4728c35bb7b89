// Thirty-two bytes as a value: keys, hashes, tokens. No heap, cheap to compare and hash.

/// Exactly 32 bytes, ordered as big-endian numbers are.
public struct Bytes32: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The bytes as four big-endian numbers.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    public static let count = 32
    public static let zero = Bytes32(words: (0, 0, 0, 0))

    public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) { self.init(Array(bytes)) }

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        func word(_ index: Int) -> UInt64 {
            var word: UInt64 = 0
            for position in 8 * index..<8 * index + 8 { word = word << 8 | UInt64(bytes[position]) }
            return word
        }
        words = (word(0), word(1), word(2), word(3))
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.count)
        func append(_ word: UInt64) {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        append(words.0)
        append(words.1)
        append(words.2)
        append(words.3)
        return bytes
    }

    /// The first eight bytes as a big-endian number.
    public var prefix: UInt64 { words.0 }

    public static func == (left: Bytes32, right: Bytes32) -> Bool {
        // No early exit: some of these are tokens.
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
            | (left.words.2 ^ right.words.2) | (left.words.3 ^ right.words.3) == 0
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    public static func < (left: Bytes32, right: Bytes32) -> Bool { left.words < right.words }

    /// Lower-case hexadecimal.
    public var description: String { Hex.encode(bytes) }
}
