// Keys in memory: one owner, zeroed when the owner lets go, never printed.

internal import CSodium

/// Secret bytes with one owner. They lie in locked memory, are zeroed at the end of their life, and have no
/// description on purpose.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let slot: SecretPool.Slot
    /// How many bytes.
    public let count: Int

    private var isPooled: Bool { count <= SecretPool.largeSize }

    /// `count` zero bytes, filled in by `body`.
    init(count: Int, filledBy body: (UnsafeMutableRawBufferPointer) -> Void) {
        self.count = count
        slot = count <= SecretPool.largeSize ? SecretPool.take(count) : SecretPool.allocate(count)
        body(UnsafeMutableRawBufferPointer(start: slot.start, count: count))
    }

    deinit {
        if isPooled {
            SecretPool.giveBack(slot, count: count)
        } else {
            SecretPool.release(slot)
        }
    }

    /// A copy of `bytes`; the original is the caller's to forget.
    public init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// `count` random bytes.
    public static func random(count: Int, using random: inout RandomStream) -> SecretBytes {
        SecretBytes(count: count) { random.fill($0) }
    }

    /// Lends the bytes for the time of `body`. What `body` copies out is no longer protected.
    public borrowing func withBytes<R: ~Copyable, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> R
    ) throws(Fault) -> R {
        try body(UnsafeRawBufferPointer(start: slot.start, count: count))
    }

    /// A second secret with the same bytes.
    public borrowing func copy() -> SecretBytes { prefix(count) }

    /// The first `length` bytes as a secret of their own; all of them when there are fewer.
    public borrowing func prefix(_ length: Int) -> SecretBytes {
        withBytes { source in SecretBytes(copying: source.prefix(max(0, length))) }
    }

    /// Compares in constant time; different lengths are unequal at once.
    public static func == (left: borrowing SecretBytes, right: borrowing SecretBytes) -> Bool {
        left.count == right.count && sodium_memcmp(left.slot.start, right.slot.start, left.count) == 0
    }
}
