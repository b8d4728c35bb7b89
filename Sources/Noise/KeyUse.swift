// How long one key of one direction has been in use (Protocol/03-channel.md, "Rekeying").

internal import Essentials

/// What a sender may do under one key before it changes it.
struct KeyLimits: Hashable, Sendable {
    var packets: Int
    var bytes: Int
    var age: Span

    static let standard = KeyLimits(packets: 65_536, bytes: 64 << 20, age: .minutes(2))

    /// What a receiver bears: twice as much, since the other clock and the path are not ours.
    var doubled: KeyLimits { KeyLimits(packets: 2 * packets, bytes: 2 * bytes, age: age * 2) }
}

/// What went through under one key.
struct KeyUse: Hashable, Sendable {
    private var packets = 0
    private var bytes = 0
    private var first: Moment?

    /// Counts one packet whose ciphertext has `size` bytes.
    mutating func count(_ size: Int, at now: Moment) {
        packets += 1
        bytes += size
        if first == nil { first = now }
    }

    /// Whether the packet just counted is the last that the sender may put under this key.
    func isSpent(_ limits: KeyLimits, at now: Moment) -> Bool {
        packets >= limits.packets || bytes >= limits.bytes || age(at: now) >= limits.age
    }

    /// Whether the packet just counted should have come under another key. Age does not count against the packet
    /// that ends a key: a sender that was quiet for long has to send it some time.
    func hasOverstayed(_ limits: KeyLimits, at now: Moment, endsKey: Bool) -> Bool {
        let bearable = limits.doubled
        return packets > bearable.packets || bytes > bearable.bytes || (!endsKey && age(at: now) > bearable.age)
    }

    private func age(at now: Moment) -> Span { first.map { now - $0 } ?? .zero }
}
