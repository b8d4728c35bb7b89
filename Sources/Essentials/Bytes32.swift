// Thirty-two bytes as a value: keys, hashes, tokens. No heap, cheap to compare and hash.

/// Exactly 32 bytes, ordered as big-endian numbers are.
public struct Bytes32: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    public static let count = 32
    public static let zero = Bytes32(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        var position = 0
        for byte in bytes {
            words[position >> 3] = words[position >> 3] << 8 | UInt64(byte)
            position += 1
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.count) { buffer, count in
            var position = 0
            for word in [words.0, words.1, words.2, words.3] {
                for shift in stride(from: 56, through: 0, by: -8) {
                    buffer[position] = UInt8(truncatingIfNeeded: word >> UInt64(shift))
                    position += 1
                }
            }
            count = Self.count
        }
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
