// SipHash-2-4, libsodium's short hash: quick, and unforeseeable for whoever does not know its key. For sums over tables,
// where a key lives for one comparison only; it is no message authentication.

internal import CSodium
internal import Essentials

/// A key for many short hashes.
public struct SipHash: Sendable {
    public static let keyCount = 16

    private let key: (UInt64, UInt64)

    /// Nil unless `key` has 16 bytes.
    public init?(key: [UInt8]) {
        guard key.count == Self.keyCount else { return nil }
        self.key = (UInt64(bigEndianBytes: key.prefix(8)), UInt64(bigEndianBytes: key.suffix(8)))
    }

    /// The hash of three numbers, each as eight bytes, big-endian; itself read as little-endian, as SipHash defines it.
    public func hash(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
        var output: UInt64 = 0
        let input = (first.bigEndian, second.bigEndian, third.bigEndian)
        let words = (key.0.bigEndian, key.1.bigEndian)
        withUnsafeBytes(of: input) { input in
            withUnsafeBytes(of: words) { words in
                withUnsafeMutableBytes(of: &output) { output in
                    guard let target = output.bindMemory(to: UInt8.self).baseAddress,
                        let key = words.bindMemory(to: UInt8.self).baseAddress
                    else { return }
                    _ = crypto_shorthash(
                        target, input.bindMemory(to: UInt8.self).baseAddress, UInt64(input.count), key)
                }
            }
        }
        return UInt64(littleEndian: output)
    }
}
