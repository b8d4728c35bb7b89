// Who keeps a shard in an epoch: rendezvous hashing over placement keys, so that everybody computes it, nobody
// is asked, and nobody can choose a place. See Protocol/06-pairing.md, "Keepers".

public import Essentials
public import Identity
internal import Sodium

/// A present member with a valid puzzle, as far as this node can tell.
public struct KeeperCandidate: Hashable, Sendable {
    public var nodeKey: NodeKey
    /// What deposits are sealed to.
    public var channelKey: ChannelKey
    public var placement: PlacementKey
    /// We want nothing to do with it: it is skipped, and nobody takes its place.
    public var isRefused: Bool

    public init(nodeKey: NodeKey, channelKey: ChannelKey, placement: PlacementKey, isRefused: Bool = false) {
        self.nodeKey = nodeKey
        self.channelKey = channelKey
        self.placement = placement
        self.isRefused = isRefused
    }
}

/// One part of a pool's seekers in one epoch. Depth d means 2^d shards, numbered from 0.
public struct ShardAddress: Hashable, Comparable, Sendable {
    /// Among whom; see `Pools`.
    public let pool: UInt64
    public let epoch: UInt64
    public let depth: UInt32
    public let shard: UInt64

    public init(pool: UInt64 = Pools.everyone, epoch: UInt64, depth: UInt32, shard: UInt64) {
        self.pool = pool
        self.epoch = epoch
        self.depth = depth
        self.shard = shard
    }

    public static func < (left: ShardAddress, right: ShardAddress) -> Bool {
        (left.pool, left.epoch, left.depth, left.shard) < (right.pool, right.epoch, right.depth, right.shard)
    }

    /// What the hashes over a place are taken over.
    var encoding: [UInt8] {
        pool.bigEndianBytes + epoch.bigEndianBytes + depth.bigEndianBytes + shard.bigEndianBytes
    }
}

/// The order of members for a shard.
public enum KeeperRanking {
    /// The lower, the more of a keeper.
    public static func score(of placement: PlacementKey, network: UInt64, address: ShardAddress) -> Bytes32 {
        Blake2b.hash(
            domain: "passant/keeper/1", network.bigEndianBytes, address.encoding, placement.bytes.bytes)
    }

    /// The `count` lowest, lowest first. A node that is named twice counts once.
    public static func lowest(
        _ count: Int, of candidates: [KeeperCandidate], network: UInt64, address: ShardAddress
    ) -> [KeeperCandidate] {
        var scored: [(score: Bytes32, candidate: KeeperCandidate)] = []
        for candidate in candidates {
            let score = score(of: candidate.placement, network: network, address: address)
            // Most candidates are beyond the last of a full list and are dropped at once.
            if scored.count >= count, let last = scored.last, score > last.score { continue }
            if scored.contains(where: { $0.candidate.nodeKey == candidate.nodeKey }) { continue }
            let place = scored.firstIndex { (score, candidate.nodeKey) < ($0.score, $0.candidate.nodeKey) }
            scored.insert((score, candidate), at: place ?? scored.endIndex)
            if scored.count > max(0, count) { scored.removeLast() }
        }
        return scored.map(\.candidate)
    }

    /// Whether fewer than `count` others are lower than `own`.
    public static func isAmongLowest(
        _ count: Int, own: PlacementKey, node: NodeKey, others: [KeeperCandidate], network: UInt64,
        address: ShardAddress
    ) -> Bool {
        let ownScore = score(of: own, network: network, address: address)
        // Most places are settled by the first few: whoever asks about many places must not make us hash all members.
        var lower: Set<NodeKey> = []
        for other in others where other.nodeKey != node && !lower.contains(other.nodeKey) {
            guard score(of: other.placement, network: network, address: address) < ownScore else { continue }
            lower.insert(other.nodeKey)
            if lower.count >= count { return false }
        }
        return lower.count < count
    }
}
