// Where two strangers meet: nobody names the door, both compute it. See Protocol/05-homes-and-doors.md.

public import Essentials
public import Identity
internal import Sodium

/// The rule that orders the members as doors for one pair.
public enum DoorChoice {
    static let domain = "passant/door/1"

    /// The first `count` candidates, to be tried in turn.
    ///
    /// - Parameters:
    ///   - nonces: the nonces of the pair's two offers, in either order.
    ///   - members: node keys with their placement keys.
    public static func candidates(
        network: UInt64, nonces: (Bytes32, Bytes32), members: [(NodeKey, PlacementKey)], count: Int = 3
    ) -> [NodeKey] {
        let lower = min(nonces.0, nonces.1).bytes
        let higher = max(nonces.0, nonces.1).bytes
        let id = network.bigEndianBytes
        let ranked = members.map { node, placement in
            (rank: Blake2b.hash(domain: domain, id, lower, higher, placement.bytes.bytes), node: node)
        }
        return ranked.sorted { ($0.rank, $0.node) < ($1.rank, $1.node) }.prefix(max(0, count)).map(\.node)
    }
}
