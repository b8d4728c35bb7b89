// Who asks a question and the two who discuss it: the rule by which everybody puts those of a round together.
// See Protocol/06-pairing.md, "Matching of three".

internal import Essentials
internal import Sodium
internal import Wire

extension Matching {
    /// One who asks and two who discuss, as indices into the entrants.
    public struct Triple: Hashable, Sendable {
        public let asker: Int
        /// Of the two who discuss the one with the lower nonce.
        public let first: Int
        public let second: Int

        public init(asker: Int, first: Int, second: Int) {
            self.asker = asker
            self.first = first
            self.second = second
        }

        var members: [Int] { [asker, first, second] }
    }

    private struct Candidate {
        let triple: Triple
        let rank: [Bytes32]
    }

    /// More offers cannot count in a round: a keeper lists only so many, and more than half list each that counts.
    static let mostEntrants =
        RoundAnswer.maximumListings * ShareTree.maximumLeaves / (ShareTree.maximumLeaves / 2 + 1)

    /// The triples, in the order in which the rule finds them. Who is in none is alone.
    ///
    /// The same for every order of `entrants`. Takes a hash for each asker with each two who discuss, at most 5,684;
    /// of more entrants than can count in a round there is no triple.
    public static func triples(of entrants: [Entrant]) -> [Triple] {
        guard entrants.count <= mostEntrants else { return [] }
        let candidates = candidates(among: entrants).sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
        var taken = Set<Int>()
        var triples: [Triple] = []
        for candidate in candidates where taken.isDisjoint(with: candidate.triple.members) {
            taken.formUnion(candidate.triple.members)
            triples.append(candidate.triple)
        }
        return triples
    }

    private static func candidates(among entrants: [Entrant]) -> [Candidate] {
        let askers = entrants.indices.filter { entrants[$0].kind == SeekKind.asks }
        // In this order the first of two is the first of their triple.
        let discussers = entrants.indices.filter { entrants[$0].kind == SeekKind.discusses }.sorted {
            (entrants[$0].nonce, entrants[$0].digest) < (entrants[$1].nonce, entrants[$1].digest)
        }
        var candidates: [Candidate] = []
        for asker in askers {
            for (place, first) in discussers.enumerated() {
                for second in discussers.dropFirst(place + 1) {
                    let three = [entrants[asker], entrants[first], entrants[second]]
                    guard mayMeet(three) else { continue }
                    let triple = Triple(asker: asker, first: first, second: second)
                    candidates.append(Candidate(triple: triple, rank: rank(of: three)))
                }
            }
        }
        return candidates
    }

    private static func mayMeet(_ three: [Entrant]) -> Bool {
        Set(three.map(\.pool)).count == 1 && Set(three.map(\.digest)).count == three.count
    }

    /// H("passant/priority-three/1", the nonces, lowest first).
    static func priority(ofThree nonces: [Bytes32]) -> Bytes32 {
        Blake2b.hash(domain: "passant/priority-three/1", parts: nonces.sorted().map(\.bytes))
    }

    /// Equal priorities are told apart by the nonces, equal nonces by the digests.
    private static func rank(of three: [Entrant]) -> [Bytes32] {
        let nonces = three.map(\.nonce).sorted()
        return [priority(ofThree: nonces)] + nonces + three.map(\.digest).sorted()
    }
}
