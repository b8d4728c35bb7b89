// The one random source of engines: the same seed gives the same bytes everywhere, so a whole simulated mesh
// replays from one number, while on a node the seed comes from the system.

internal import CSodium
public import Essentials

/// A ChaCha20 generator with fast key erasure: every refill makes a new key first, and what was handed out is
/// erased, so that a later look into memory cannot tell earlier output.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private var reservoir: Reservoir

    public init(seed: Bytes32) {
        reservoir = Reservoir(key: seed.bytes)
    }

    /// Eight bytes, read as a little-endian number.
    public mutating func next() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { fill($0) }
        return UInt64(littleEndian: word)
    }

    /// `count` bytes; none when it is negative.
    public mutating func bytes(count: Int) -> [UInt8] {
        let wanted = max(0, count)
        return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<wanted]))
            filled = wanted
        }
    }

    public mutating func bytes32() -> Bytes32 { Bytes32(bytes(count: Bytes32.count)) ?? .zero }

    /// A number in 0..<bound, each equally likely; 0 when `bound` is 0.
    public mutating func uniform(below bound: UInt64) -> UInt64 {
        guard bound > 1 else { return 0 }
        // Lemire's method: take the high word of a product, and reject the few low words that would be biased.
        let rejected = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= rejected { return product.high }
        }
    }

    /// A new stream, unrelated to what this one gives from here on.
    public mutating func fork() -> RandomStream { RandomStream(seed: bytes32()) }

    mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        if !isKnownUniquelyReferenced(&reservoir) { reservoir = reservoir.copy() }
        reservoir.fill(target)
    }
}

/// Key and unread output of a stream. Unchecked because it is mutated only while one stream holds it.
final class Reservoir: @unchecked Sendable {
    static let keySize = 32
    private static let size = 544

    /// The next key ‖ output not yet handed out, all of it secret.
    let bytes: UnsafeMutableRawBufferPointer
    private var position: Int

    private init() {
        Sodium.start()
        bytes = .allocate(byteCount: Self.size, alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        position = Self.size
    }

    convenience init(key: [UInt8]) {
        self.init()
        bytes.copyBytes(from: key.prefix(Self.keySize))
    }

    deinit {
        sodium_memzero(bytes.octets, bytes.count)
        bytes.deallocate()
    }

    func copy() -> Reservoir {
        let other = Reservoir()
        other.bytes.copyMemory(from: UnsafeRawBufferPointer(bytes))
        other.position = position
        return other
    }

    func fill(_ target: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < target.count {
            if position == Self.size { refill() }
            let count = min(target.count - filled, Self.size - position)
            let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[position..<position + count])
            UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + count]).copyMemory(
                from: UnsafeRawBufferPointer(piece))
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            position += count
            filled += count
        }
    }

    /// Replaces everything, the key too, by the ChaCha20 stream of the key with nonce zero.
    private func refill() {
        let nonce = [UInt8](repeating: 0, count: 8)
        withUnsafeTemporaryAllocation(byteCount: Self.keySize, alignment: 8) { key in
            key.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<Self.keySize]))
            crypto_stream_chacha20(bytes.octets, UInt64(Self.size), nonce, key.octets)
            sodium_memzero(key.octets, key.count)
        }
        position = Self.keySize
    }
}
