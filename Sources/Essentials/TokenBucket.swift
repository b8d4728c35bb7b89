// A rate limit: a bucket of tokens that fills steadily and never above its size.

/// Grants up to `capacity` at once and `perSecond` over time.
public struct TokenBucket: Sendable {
    public let capacity: Int64
    public let perSecond: Int64
    private var microtokens: Int64
    private var filled: Moment

    public init(capacity: Int64, perSecond: Int64, at now: Moment) {
        self.capacity = max(0, capacity)
        self.perSecond = max(0, perSecond)
        microtokens = self.capacity.saturatingMultiply(1_000_000)
        filled = now
    }

    /// Takes `amount` when there is as much and `kept` besides; otherwise takes nothing and returns false.
    public mutating func take(_ amount: Int64 = 1, keeping kept: Int64 = 0, at now: Moment) -> Bool {
        let wanted = amount.saturatingMultiply(1_000_000)
        refill(at: now)
        guard wanted <= microtokens.saturatingSubtract(kept.saturatingMultiply(1_000_000)) else { return false }
        microtokens -= max(0, wanted)
        return true
    }

    /// Takes as much of `amount` as there is.
    public mutating func drain(_ amount: Int64, at now: Moment) {
        refill(at: now)
        microtokens = max(0, microtokens.saturatingSubtract(max(0, amount).saturatingMultiply(1_000_000)))
    }

    /// Whole tokens that there are.
    public func level(at now: Moment) -> Int64 {
        var bucket = self
        bucket.refill(at: now)
        return bucket.microtokens / 1_000_000
    }

    private mutating func refill(at now: Moment) {
        guard now > filled else { return }
        let gained = (now - filled).microseconds.saturatingMultiply(perSecond)
        microtokens = min(capacity.saturatingMultiply(1_000_000), microtokens.saturatingAdd(gained))
        filled = now
    }
}
