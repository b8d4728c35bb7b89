// Requests and answers travel inside handshake messages, which are not padded by the channel. A block of one
// size hides from the home that carries it whether its leaf deposits an offer or joins at a door.

internal import Essentials

/// A message that travels in a block of a fixed size: length (2 bytes, big-endian) ‖ encoding ‖ zeros.
public protocol BlockMessage: WireMessage {
    /// The size of every block in bytes.
    static var blockCount: Int { get }
}

extension BlockMessage {
    /// Exactly `blockCount` bytes.
    public func block() -> [UInt8] {
        let encoding = encoded()
        let padding = max(0, Self.blockCount - 2 - encoding.count)
        return UInt16(truncatingIfNeeded: encoding.count).bigEndianBytes + encoding
            + [UInt8](repeating: 0, count: padding)
    }

    /// Throws `malformed` unless the block has its size and is filled up with zeros.
    public init(block: [UInt8]) throws(WireFault) { try self.init(decoding: Self.content(of: block)) }

    /// The encoding that a block holds, not looked at yet.
    static func content(of block: [UInt8]) throws(WireFault) -> [UInt8] {
        guard block.count == blockCount else { throw .malformed }
        let count = Int(block[0]) << 8 | Int(block[1])
        guard count <= block.count - 2 else { throw .malformed }
        guard block[(2 + count)...].allSatisfy({ $0 == 0 }) else { throw .malformed }
        return Array(block[2..<(2 + count)])
    }
}

extension Request: BlockMessage {
    public static let blockCount = 768
}

extension Answer: BlockMessage {
    public static let blockCount = 64
}
