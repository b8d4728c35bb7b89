// The one rule by which everybody puts the offers of a round together. See Protocol/06-pairing.md, "Matching".

public import Essentials
internal import Sodium

/// Greedy matching by lowest priority.
public enum Matching {
    /// What the rule looks at.
    public struct Entrant: Hashable, Sendable {
        public let digest: Bytes32
        public let nonce: Bytes32
        public let kind: UInt32
        public let pool: UInt64

        public init(digest: Bytes32, nonce: Bytes32, kind: UInt32, pool: UInt64) {
            self.digest = digest
            self.nonce = nonce
            self.kind = kind
            self.pool = pool
        }
    }

    private struct Edge {
        let first: Int
        let second: Int
        let rank: [Bytes32]
    }

    /// The pairs, as indices into `entrants`, in the order in which the rule finds them. Who is in none is alone.
    ///
    /// The same for every order of `entrants`. Takes n²/2 hashes.
    public static func pairs(of entrants: [Entrant]) -> [(Int, Int)] {
        var edges: [Edge] = []
        for first in entrants.indices {
            for second in entrants.indices.dropFirst(first + 1)
            where mayMeet(entrants[first], entrants[second]) {
                edges.append(edge(first, second, of: entrants))
            }
        }
        edges.sort { $0.rank.lexicographicallyPrecedes($1.rank) }
        var taken = Set<Int>()
        var pairs: [(Int, Int)] = []
        for edge in edges where !taken.contains(edge.first) && !taken.contains(edge.second) {
            taken.formUnion([edge.first, edge.second])
            pairs.append((edge.first, edge.second))
        }
        return pairs
    }

    /// Whether two may be put together at all. What is no talk between two has a rule of its own, or none here yet.
    static func mayMeet(_ one: Entrant, _ other: Entrant) -> Bool {
        one.digest != other.digest && one.kind == SeekKind.talk && other.kind == SeekKind.talk
            && one.pool == other.pool
    }

    /// H("passant/priority/1", lower nonce, higher nonce).
    public static func priority(_ one: Bytes32, _ other: Bytes32) -> Bytes32 {
        Blake2b.hash(domain: "passant/priority/1", min(one, other).bytes, max(one, other).bytes)
    }

    /// Equal priorities are told apart by the nonces, equal nonces by the digests.
    private static func edge(_ first: Int, _ second: Int, of entrants: [Entrant]) -> Edge {
        let (one, other) = (entrants[first], entrants[second])
        let rank = [
            priority(one.nonce, other.nonce), min(one.nonce, other.nonce), max(one.nonce, other.nonce),
            min(one.digest, other.digest), max(one.digest, other.digest),
        ]
        return Edge(first: first, second: second, rank: rank)
    }
}
