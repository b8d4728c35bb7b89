import Essentials
@testable import Pairing
import Sodium
import Testing

@Suite("Who asks and who discusses")
struct TripleTests {
    private typealias Entrant = Matching.Entrant

    private static func filled(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero }

    /// One of each kind that is named, in this order.
    private static func entrants(_ kinds: [UInt32], pool: UInt64 = 7) -> [Entrant] {
        kinds.enumerated().map { place, kind in
            Entrant(
                digest: Blake2b.hash(domain: "digest", [UInt8(place)]),
                nonce: Blake2b.hash(domain: "nonce", [UInt8(place)]), kind: kind, pool: pool)
        }
    }

    private static func entrants(asking: Int, discussing: Int) -> [Entrant] {
        entrants([UInt32](repeating: 1, count: asking) + [UInt32](repeating: 2, count: discussing))
    }

    /// The triples as digests: who asks, the first and the second who discuss.
    private static func digests(_ triples: [Matching.Triple], of entrants: [Entrant]) -> [[Bytes32]] {
        triples.map { [entrants[$0.asker].digest, entrants[$0.first].digest, entrants[$0.second].digest] }
    }

    /// The page's order of triples: priority, nonces, digests.
    private static func rank(_ three: [Entrant]) -> [Bytes32] {
        let nonces = three.map(\.nonce).sorted()
        let priority = Blake2b.hash(
            domain: "passant/priority-three/1", nonces[0].bytes, nonces[1].bytes, nonces[2].bytes)
        return [priority] + nonces + three.map(\.digest).sorted()
    }

    private static func comesFirst(_ one: Entrant, _ other: Entrant) -> Bool {
        one.nonce == other.nonce ? one.digest < other.digest : one.nonce < other.nonce
    }

    /// The same rule in the words of the page: again and again the lowest triple among those that are left.
    private static func paperTriples(_ entrants: [Entrant]) -> [[Bytes32]] {
        var left = entrants
        var triples: [[Bytes32]] = []
        while true {
            var best: (rank: [Bytes32], three: [Entrant])?
            for asker in left where asker.kind == 1 {
                let others = left.filter { $0.kind == 2 && $0.pool == asker.pool }
                for first in others {
                    for second in others where comesFirst(first, second) {
                        let rank = rank([asker, first, second])
                        if let best, best.rank.lexicographicallyPrecedes(rank) { continue }
                        best = (rank, [asker, first, second])
                    }
                }
            }
            guard let best else { return triples }
            triples.append(best.three.map(\.digest))
            left.removeAll { best.three.contains($0) }
        }
    }

    @Test("the priority of three is that of an independent program, in whichever order their nonces are given")
    func priority() {
        let nonces = [Self.filled(3), Self.filled(1), Self.filled(2)]
        #expect(
            Matching.priority(ofThree: nonces)
                == bytes("cf5dd15f0fba24cb4d0801b8baac45903316ff324b2f96e511046abf659386a1"))
        #expect(Matching.priority(ofThree: nonces.sorted()) == Matching.priority(ofThree: nonces))
    }

    @Test(
        "the triples are those of the greedy rule, the lowest first, and the same in any order",
        arguments: [(0, 0), (1, 1), (1, 2), (2, 3), (2, 5), (5, 2), (3, 9), (8, 16)])
    func greedy(asking: Int, discussing: Int) {
        let entrants = Self.entrants(asking: asking, discussing: discussing)
        let triples = Self.digests(Matching.triples(of: entrants), of: entrants)
        #expect(triples == Self.paperTriples(entrants))
        #expect(triples.count == min(asking, discussing / 2))
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5 {
            let shuffled = entrants.shuffled(using: &generator)
            #expect(Self.digests(Matching.triples(of: shuffled), of: shuffled) == triples)
        }
    }

    @Test("nobody is in two triples, and in each one asks and two discuss")
    func disjoint() {
        let entrants = Self.entrants(asking: 8, discussing: 16)
        let triples = Matching.triples(of: entrants)
        #expect(triples.count == 8)
        #expect(Set(triples.flatMap(\.members)).count == 24)
        for triple in triples {
            #expect(triple.members.map { entrants[$0].kind } == [1, 2, 2])
            #expect(entrants[triple.first].nonce < entrants[triple.second].nonce)
        }
    }

    @Test(
        "without one who asks or without two who discuss there is nobody to meet",
        arguments: [[1], [2], [1, 1, 1], [2, 2, 2], [1, 2], [1, 1, 2], [0, 1, 2], [3, 1, 2], [3, 3, 3]] as [[UInt32]])
    func tooFew(kinds: [UInt32]) {
        #expect(Matching.triples(of: Self.entrants(kinds)).isEmpty)
    }

    @Test("talks between two and kinds of later versions change nothing for those who ask and discuss")
    func otherKinds() {
        let mixed = Self.entrants([0, 1, 2, 3, 2, 0, .max, 2, 1, 2, 3])
        let triples = Self.digests(Matching.triples(of: mixed), of: mixed)
        let alone = mixed.filter { $0.kind == 1 || $0.kind == 2 }
        #expect(triples.count == 2)
        #expect(triples == Self.digests(Matching.triples(of: alone), of: alone))
        // Neither does the other rule take anybody away.
        let pair = Matching.pairs(of: mixed).map { [$0.0, $0.1] }
        #expect(pair == [[0, 5]])
    }

    @Test("only offers of one pool meet", arguments: 0..<3)
    func pools(elsewhere: Int) {
        let here = Self.entrants([1, 2, 2])
        #expect(Matching.triples(of: here).count == 1)
        var parted = here
        parted[elsewhere] = Self.entrants([1, 2, 2], pool: 8)[elsewhere]
        #expect(Matching.triples(of: parted).isEmpty)
    }

    @Test("an offer that is named twice does not make up for a third")
    func namedTwice() {
        let entrants = Self.entrants([1, 2])
        #expect(Matching.triples(of: entrants + [entrants[1]]).isEmpty)
    }

    @Test("equal nonces are told apart by digests, in whichever order the offers are known")
    func ties() {
        let kinds: [UInt32] = [1, 1, 2, 2, 2]
        for nonces in [[5, 5, 5, 5, 5], [5, 5, 4, 4, 6], [4, 6, 5, 5, 5]] as [[UInt8]] {
            let entrants = kinds.indices.map {
                Entrant(digest: Self.filled(UInt8($0)), nonce: Self.filled(nonces[$0]), kind: kinds[$0], pool: 7)
            }
            let expected = Self.paperTriples(entrants)
            #expect(expected.count == 1)
            var generator = SeededGenerator(seed: 3)
            for _ in 0..<20 {
                let shuffled = entrants.shuffled(using: &generator)
                #expect(Self.digests(Matching.triples(of: shuffled), of: shuffled) == expected)
            }
        }
        let same = (0..<4).map {
            Entrant(digest: Self.filled(UInt8($0)), nonce: Self.filled(9), kind: $0 == 0 ? 1 : 2, pool: 7)
        }
        // The lowest digests are the triple, and the lower of the two is the first.
        let expected = [[Self.filled(0), Self.filled(1), Self.filled(2)]]
        #expect(Self.digests(Matching.triples(of: same), of: same) == expected)
        #expect(Self.digests(Matching.triples(of: same.reversed()), of: same.reversed()) == expected)
    }

    @Test("of more offers than can count in a round nobody computes all the triples")
    func bounded() {
        #expect(Matching.mostEntrants == 43)
        #expect(Matching.triples(of: Self.entrants(asking: 14, discussing: 29)).count == 14)
        #expect(Matching.triples(of: Self.entrants(asking: 14, discussing: 30)).isEmpty)
    }
}
