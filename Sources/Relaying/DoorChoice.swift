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
        let ranked = members.map { node, placement in
            (rank: rank(of: placement, network: network, nonces: nonces), node: node)
        }
        return ranked.sorted { ($0.rank, $0.node) < ($1.rank, $1.node) }.prefix(max(0, count)).map(\.node)
    }

    static func rank(of placement: PlacementKey, network: UInt64, nonces: (Bytes32, Bytes32)) -> Bytes32 {
        Blake2b.hash(
            domain: domain, network.bigEndianBytes, min(nonces.0, nonces.1).bytes, max(nonces.0, nonces.1).bytes,
            placement.bytes.bytes)
    }
}
