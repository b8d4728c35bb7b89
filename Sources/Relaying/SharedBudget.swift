// Costly work of one kind, for everybody together. Who has had little of it lately goes before who has had much, and
// members of the table before both: each finds something left that the others cannot take.

internal import Essentials

struct SharedBudget {
    /// Whose work it is. Each later one leaves more to those before it.
    enum Claim: Int64 {
        case member = 0
        case modest = 1
        case greedy = 2
    }

    private var bucket: TokenBucket

    init(capacity: Int64, perSecond: Int64, at now: Moment) {
        bucket = TokenBucket(capacity: capacity, perSecond: perSecond, at: now)
    }

    /// A quarter of the capacity is members' alone, and a half is not for the greedy.
    mutating func take(_ claim: Claim, at now: Moment) -> Bool {
        bucket.take(keeping: bucket.capacity / 4 * claim.rawValue, at: now)
    }
}
