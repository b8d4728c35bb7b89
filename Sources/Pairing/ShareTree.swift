// A Merkle tree over the shares of one offer, so that a keeper can check its own share and pass it on as
// checkable. See Protocol/06-pairing.md, "Shares".

public import Essentials
internal import Sodium

/// The tree over 1 to 9 shares. Its shape depends on their number only: the left part of every node holds the
/// largest power of two of leaves that is less than all of them.
public struct ShareTree: Sendable {
    public static let maximumLeaves = 9

    public let root: Bytes32
    /// For every leaf, the siblings from the leaf up to the root: at most four.
    public let paths: [[Bytes32]]

    /// Nil unless there are 1 to 9 shares.
    public init?(_ shares: [Bytes32]) {
        guard (1...Self.maximumLeaves).contains(shares.count) else { return nil }
        let leaves = shares.enumerated().map { Self.leaf($1, index: $0) }
        (root, paths) = Self.build(leaves[...])
    }

    /// Whether a share is the one at `index` among `count` under `root`. The path must have exactly the right length.
    public static func holds(_ share: Bytes32, index: Int, count: Int, path: [Bytes32], root: Bytes32) -> Bool {
        guard (1...maximumLeaves).contains(count), (0..<count).contains(index) else { return false }
        // The ways from the root down to the leaf, turned round.
        var isRight: [Bool] = []
        var (position, width) = (index, count)
        while width > 1 {
            let left = leftWidth(of: width)
            isRight.append(position >= left)
            (position, width) = position >= left ? (position - left, width - left) : (position, left)
        }
        guard path.count == isRight.count else { return false }
        var hash = leaf(share, index: index)
        for (sibling, isRight) in zip(path, isRight.reversed()) {
            hash = isRight ? node(sibling, hash) : node(hash, sibling)
        }
        return hash == root
    }

    private static func build(_ leaves: ArraySlice<Bytes32>) -> (root: Bytes32, paths: [[Bytes32]]) {
        guard leaves.count > 1 else { return (leaves.first ?? .zero, [[]]) }
        let left = build(leaves.prefix(leftWidth(of: leaves.count)))
        let right = build(leaves.dropFirst(leftWidth(of: leaves.count)))
        return (
            node(left.root, right.root),
            left.paths.map { $0 + [right.root] } + right.paths.map { $0 + [left.root] }
        )
    }

    /// The largest power of two below `width`, which is at least 2.
    private static func leftWidth(of width: Int) -> Int {
        var left = 1
        while left * 2 < width { left *= 2 }
        return left
    }

    private static func leaf(_ share: Bytes32, index: Int) -> Bytes32 {
        Blake2b.hash(domain: "passant/share-leaf/1", [UInt8(clamping: index)], share.bytes)
    }

    private static func node(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        Blake2b.hash(domain: "passant/share-node/1", left.bytes, right.bytes)
    }
}
