// What a home lets one leaf use: streams, bytes a second, bytes a day. Bytes are counted when they have come, so
// a leaf can be in debt; while it is, it gets no credit back and so is slowed down.

internal import Essentials

struct LeafQuota {
    enum Verdict: Hashable {
        case fine
        /// In debt until then.
        case tooFast(until: Moment)
        case dayUsedUp(until: Moment)
    }

    private static let day: Span = .days(1)
    private static let noticeInterval: Span = .seconds(60)

    private let perSecond: Int64
    private let burst: Int64
    private let perDay: Int64
    /// The deepest debt.
    private let deepest: Int64
    private var balance: Int64
    private var filled: Moment
    private var dayStarted: Moment
    private var usedToday: Int64 = 0
    private var opens: TokenBucket
    private var noticed: [UInt32: Moment] = [:]
    /// Streams whose credit is held back, each once.
    private var withheld: [StreamRef] = []

    init(limits: RelayingLimits, at now: Moment) {
        perSecond = max(1, limits.leafBytesPerSecond)
        burst = max(0, limits.leafBytesBurst)
        deepest = max(burst, perSecond).saturatingMultiply(16)
        perDay = limits.leafBytesPerDay
        balance = burst
        filled = now
        dayStarted = now
        opens = TokenBucket(capacity: limits.leafOpensBurst, perSecond: limits.leafOpensPerSecond, at: now)
    }

    /// As of the last time that anything was counted.
    var isInDebt: Bool { balance < 0 }
    var isDayUsedUp: Bool { usedToday >= perDay }

    mutating func charge(_ bytes: Int, at now: Moment) -> Verdict {
        refill(at: now)
        // Debt has an end too: what came in spite of it was within credit that had been given.
        balance = max(-deepest, balance.saturatingSubtract(Int64(bytes)))
        usedToday = usedToday.saturatingAdd(Int64(bytes))
        return verdict
    }

    mutating func review(at now: Moment) -> Verdict {
        refill(at: now)
        return verdict
    }

    /// Whether the leaf may open one more stream now.
    mutating func mayOpen(at now: Moment) -> Bool { opens.take(at: now) }

    /// Whether to tell the leaf why; not oftener than once a minute for one reason.
    mutating func shouldTell(_ code: UInt32, at now: Moment) -> Bool {
        if let last = noticed[code], now - last < Self.noticeInterval { return false }
        noticed[code] = now
        return true
    }

    mutating func withhold(_ ref: StreamRef) {
        if !withheld.contains(ref) { withheld.append(ref) }
    }

    mutating func takeWithheld() -> [StreamRef] {
        defer { withheld = [] }
        return withheld
    }

    private var verdict: Verdict {
        if isDayUsedUp { return .dayUsedUp(until: dayStarted + Self.day) }
        guard isInDebt else { return .fine }
        let rest = (-balance).saturatingMultiply(1_000_000) / perSecond
        return .tooFast(until: filled + .microseconds(rest.saturatingAdd(1)))
    }

    private mutating func refill(at now: Moment) {
        if now - dayStarted >= Self.day {
            dayStarted = now
            usedToday = 0
        }
        let gained = (now - filled).microseconds.saturatingMultiply(perSecond) / 1_000_000
        guard gained > 0 else { return }
        balance = min(burst, balance.saturatingAdd(gained))
        filled = now
    }
}
