// How seekers are spread over shards. One shard is enough until rounds have more than 12 offers on average; the
// choice of depth and shard has its place here, and nothing else in this target assumes that both are 0.

internal import Sodium

/// The rule for depths and shards.
public enum Sharding {
    /// Depth of the shards in an epoch, from the offers a round that were seen in the one before.
    ///
    /// Always 0 in this version: meshes are small, and a mesh that splits too early leaves people alone.
    public static func depth(offersPerRound: Int) -> UInt32 { 0 }

    /// Where a seek goes: each shard of the depth equally likely.
    static func choose(epoch: UInt64, depth: UInt32, using random: inout RandomStream) -> ShardAddress {
        let shard = depth == 0 ? 0 : random.uniform(below: 1 << UInt64(min(depth, 62)))
        return ShardAddress(epoch: epoch, depth: depth, shard: shard)
    }

    /// Whether an address can exist in its epoch; a keeper serves no other.
    static func isPossible(_ address: ShardAddress, depth: UInt32) -> Bool {
        address.depth == depth && (depth >= 64 || address.shard < 1 << UInt64(depth))
    }
}
