// BLAKE2b without a key. `hash(domain:…)` is the one hash of the protocol (Protocol/00-conventions.md): its
// framing makes two different lists of parts never the same input.

internal import CSodium
public import Essentials

/// BLAKE2b with outputs of 32 and 64 bytes.
public enum Blake2b {
    /// BLAKE2b-256 of the parts put together, without any framing.
    public static func hash(_ parts: [UInt8]...) -> Bytes32 { digest32(size: size(of: parts)) { $0.write(parts) } }

    /// BLAKE2b-512 of the parts put together, without any framing; 64 bytes.
    public static func hash512(_ parts: [UInt8]...) -> [UInt8] { digest64(size: size(of: parts)) { $0.write(parts) } }

    /// H(domain, parts…): BLAKE2b-256 of the domain's length (u8), the domain, and for each part its length
    /// (u32, big-endian) and the part. A domain has at most 255 bytes of UTF-8.
    public static func hash(domain: String, _ parts: [UInt8]...) -> Bytes32 { hash(domain: domain, parts: parts) }

    /// The same for parts in an array.
    public static func hash(domain: String, parts: [[UInt8]]) -> Bytes32 {
        digest32(size: framedSize(domain, parts)) { $0.write(domain: domain, parts) }
    }

    /// The same framing with 64 bytes of output.
    public static func hash512(domain: String, _ parts: [UInt8]...) -> [UInt8] {
        hash512(domain: domain, parts: parts)
    }

    /// The same for parts in an array.
    public static func hash512(domain: String, parts: [[UInt8]]) -> [UInt8] {
        digest64(size: framedSize(domain, parts)) { $0.write(domain: domain, parts) }
    }

    /// The first eight bytes of H(domain, parts…), read as a big-endian number.
    public static func short(domain: String, _ parts: [UInt8]...) -> UInt64 {
        hash(domain: domain, parts: parts).prefix
    }

    private static func size(of parts: [[UInt8]]) -> Int {
        var size = 0
        for part in parts { size += part.count }
        return size
    }

    private static func framedSize(_ domain: String, _ parts: [[UInt8]]) -> Int {
        1 + domain.utf8.count + 4 * parts.count + size(of: parts)
    }

    private static func digest32(size: Int, _ fill: (inout InputWriter) -> Void) -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: Bytes32.count, alignment: 8) { target in
            digest(into: target, ofSize: size, fill)
            return Bytes32(reading: UnsafeRawBufferPointer(target))
        }
    }

    private static func digest64(size: Int, _ fill: (inout InputWriter) -> Void) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 64)
        output.withUnsafeMutableBytes { digest(into: $0, ofSize: size, fill) }
        return output
    }

    /// Hashes the `size` bytes that `fill` writes. They are put together first, in a place that is erased
    /// afterwards: for the short inputs that we have this is quicker than a running hash.
    static func digest(
        into target: UnsafeMutableRawBufferPointer, ofSize size: Int, _ fill: (inout InputWriter) -> Void
    ) {
        Sodium.start()
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { input in
            var writer = InputWriter(target: input)
            fill(&writer)
            crypto_generichash_blake2b(target.octets, target.count, input.octets, UInt64(size), nil, 0)
            sodium_memzero(input.octets, size)
        }
    }
}

/// Puts the pieces of a hash's input one behind the other.
struct InputWriter {
    private let target: UnsafeMutableRawBufferPointer
    private var position = 0

    init(target: UnsafeMutableRawBufferPointer) { self.target = target }

    mutating func write(_ piece: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: target[position..<position + piece.count]).copyMemory(from: piece)
        position += piece.count
    }

    mutating func write(_ byte: UInt8, count: Int = 1) {
        for offset in position..<position + count { target[offset] = byte }
        position += count
    }

    mutating func write(_ parts: [[UInt8]]) {
        for part in parts { part.withUnsafeBytes { write($0) } }
    }

    mutating func write(domain: String, _ parts: [[UInt8]]) {
        var domain = domain
        domain.withUTF8 { name in
            precondition(name.count <= 255, "a hash domain has at most 255 bytes")
            write(UInt8(name.count))
            write(UnsafeRawBufferPointer(name))
        }
        for part in parts {
            withUnsafeBytes(of: UInt32(part.count).bigEndian) { write($0) }
            part.withUnsafeBytes { write($0) }
        }
    }
}
