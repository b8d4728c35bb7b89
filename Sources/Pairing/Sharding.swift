// How the seekers of a pool are spread over shards. Nobody announces how many there are: each seeker goes deeper when
// it finds a crowd, and back when it finds hardly anybody, and now and then looks in at depth 0, where all newcomers
// begin. See Protocol/06-pairing.md, "Shards" and Docs/Decisions/0014.

internal import Essentials
internal import Sodium

/// The rule for depths and shards.
public enum Sharding {
    /// A million shards: more than there will be seekers for.
    public static let deepest: UInt32 = 20
    /// With more offers than this a shard is split.
    static let crowd = 16
    /// With fewer it is given up.
    static let few = 4
    /// What a split leaves in a shard, at most.
    private static let afterSplit = 12
    /// What giving up comes to, at least.
    private static let afterMerge = 8

    /// The depth for the next round.
    ///
    /// - Parameter offers: how many there were in the shard, one's own included.
    public static func depth(after depth: UInt32, offers: Int) -> UInt32 {
        if offers > crowd {
            var next = min(depth, deepest)
            var left = offers
            while left > afterSplit, next < deepest {
                left = left / 2 + left % 2
                next += 1
            }
            return next
        }
        guard offers < few else { return depth }
        var next = depth
        var gathered = max(1, offers)
        while gathered < afterMerge, next > 0 {
            gathered *= 2
            next -= 1
        }
        return next
    }

    /// Where a seek goes in one round: a shard of the depth, each equally likely, or, one time in 2^(depth + 1), the
    /// one shard of depth 0. On average four seekers of a pool that is split do so in every round.
    static func choose(
        pool: UInt64, epoch: UInt64, depth: UInt32, using random: inout RandomStream
    ) -> ShardAddress {
        let depth = min(depth, deepest)
        guard depth > 0, random.uniform(below: 1 << UInt64(depth + 1)) != 0 else {
            return ShardAddress(pool: pool, epoch: epoch, depth: 0, shard: 0)
        }
        return ShardAddress(
            pool: pool, epoch: epoch, depth: depth, shard: random.uniform(below: 1 << UInt64(depth)))
    }

    /// Whether there can be such a shard; a keeper serves no other.
    static func isPossible(_ address: ShardAddress) -> Bool {
        address.depth <= deepest && address.shard < 1 << UInt64(address.depth)
    }
}

/// How deep this node was in each pool of late: where its next seek begins.
struct DepthMemory: Sendable {
    private var depths: [UInt64: (depth: UInt32, seen: Moment)] = [:]
    private let lifetime: Span
    private static let capacity = 64

    init(lifetime: Span) { self.lifetime = lifetime }

    func depth(of pool: UInt64, at now: Moment) -> UInt32 {
        guard let known = depths[pool], now - known.seen < lifetime else { return 0 }
        return known.depth
    }

    mutating func remember(_ depth: UInt32, of pool: UInt64, at now: Moment) {
        depths[pool] = (depth, now)
        guard depths.count > Self.capacity else { return }
        let oldest = depths.min { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }
        if let oldest { depths[oldest.key] = nil }
    }
}
