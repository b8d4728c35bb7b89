// Where keys lie: small slots cut from big locked slabs. sodium_malloc costs 30 µs and at least four pages a
// call, which a node with thousands of channels cannot pay for each key.

internal import CSodium
internal import Synchronization

/// Process-wide storage for secrets of at most 64 bytes, in slots of 32 and 64 bytes.
enum SecretPool {
    /// One slot. Unchecked because a pointer is not `Sendable`; a slot has one owner, or lies in the pool.
    struct Slot: @unchecked Sendable {
        let start: UnsafeMutableRawPointer
    }

    static let smallSize = 32
    static let largeSize = 64
    private static let slabSize = 16_384

    private static let small = Mutex<[Slot]>([])
    private static let large = Mutex<[Slot]>([])

    /// A zeroed slot for `count` ≤ 64 bytes.
    static func take(_ count: Int) -> Slot {
        count <= smallSize ? take(from: small, size: smallSize) : take(from: large, size: largeSize)
    }

    /// Takes a slot back, after zeroing it. `count` is what it was taken with.
    static func giveBack(_ slot: Slot, count: Int) {
        if count <= smallSize {
            sodium_memzero(slot.start, smallSize)
            small.withLock { $0.append(slot) }
        } else {
            sodium_memzero(slot.start, largeSize)
            large.withLock { $0.append(slot) }
        }
    }

    /// Memory of its own for a bigger secret; zeroed, to be given to `release`.
    static func allocate(_ count: Int) -> Slot {
        Sodium.start()
        guard let start = sodium_malloc(count) else { preconditionFailure("out of memory for \(count) secret bytes") }
        sodium_memzero(start, count)
        return Slot(start: start)
    }

    /// Zeroes and frees what `allocate` gave.
    static func release(_ slot: Slot) { sodium_free(slot.start) }

    private static func take(from free: borrowing Mutex<[Slot]>, size: Int) -> Slot {
        free.withLock { slots in
            if let slot = slots.popLast() { return slot }
            // Slabs are kept for ever: they are bounded by the most keys that were ever alive at once.
            let slab = allocate(slabSize).start
            slots.reserveCapacity(slots.count + slabSize / size)
            for offset in stride(from: slabSize - size, to: 0, by: -size) { slots.append(Slot(start: slab + offset)) }
            return Slot(start: slab)
        }
    }
}
