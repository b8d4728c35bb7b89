import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing

@Suite("Rules that everybody computes alike")
struct RuleTests {
    private static let network: UInt64 = 0x0102_0304_0506_0708
    private static let address = ShardAddress(epoch: 9, depth: 0, shard: 0)

    private static func filled(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero }

    @Test("hashes are those of an independent program")
    func vectors() {
        #expect(
            Matching.priority(Self.filled(2), Self.filled(1))
                == bytes("5e9c69ace74eb95e6b27fd3bef4c46bd7c2d6f0018b0dbe74650e943ad00b592"))
        #expect(
            KeeperRanking.score(of: PlacementKey(Self.filled(5)), network: Self.network, address: Self.address)
                == bytes("cc853933dbc8bfec612f731e5c4e701543049ff22f6ec7da5888ba2fdf65e85c"))
        #expect(
            Sampling.order(of: Self.filled(6), network: Self.network, address: Self.address, round: 600)
                == bytes("b00769ab80991e38c6f250c5c87f2edbec4f8a25799ef3e5bc9460a3ed2186f6"))
        #expect(
            Stamp.password(network: Self.network, key: Self.filled(7), epoch: 9)
                == bytes("62755f174f003f4e96d5573df15621d43b51f3c27d55e87d5a9593e83c614c73").bytes)
        let secret = SecretBytes(copying: Self.filled(8).bytes)
        #expect(
            ShareSeal.apply(to: .zero, digest: Self.filled(9), index: 3, secret: secret)
                == bytes("01ee44841fdc2932f8d9e3de8884c5185d03a17b694561fe1f81f94646b9129d"))
    }

    // MARK: Keepers

    private static func candidates(_ count: Int) -> [KeeperCandidate] {
        (0..<count).map {
            KeeperCandidate(
                nodeKey: NodeKey(Blake2b.hash(domain: "node", [UInt8($0)])),
                channelKey: ChannelKey(.zero), placement: PlacementKey(Blake2b.hash(domain: "place", [UInt8($0)])))
        }
    }

    private static func sorted(_ candidates: [KeeperCandidate], _ address: ShardAddress) -> [KeeperCandidate] {
        candidates.sorted {
            KeeperRanking.score(of: $0.placement, network: network, address: address)
                < KeeperRanking.score(of: $1.placement, network: network, address: address)
        }
    }

    @Test("the nine lowest are the beginning of the whole order, whatever order they are given in")
    func lowestKeepers() {
        let candidates = Self.candidates(100)
        let expected = Array(Self.sorted(candidates, Self.address).prefix(9))
        #expect(KeeperRanking.lowest(9, of: candidates, network: Self.network, address: Self.address) == expected)
        #expect(
            KeeperRanking.lowest(9, of: candidates.reversed(), network: Self.network, address: Self.address)
                == expected)
        #expect(
            KeeperRanking.lowest(9, of: Array(candidates.prefix(4)), network: Self.network, address: Self.address)
                .count == 4)
        #expect(KeeperRanking.lowest(0, of: candidates, network: Self.network, address: Self.address).isEmpty)
    }

    @Test("a node that is named twice is one keeper")
    func namedTwice() {
        let candidates = Self.candidates(5)
        let keepers = KeeperRanking.lowest(
            9, of: candidates + candidates, network: Self.network, address: Self.address)
        #expect(keepers.count == 5)
    }

    @Test("a member serves exactly when it is among the twelve lowest")
    func serving() {
        let candidates = Self.candidates(40)
        let order = Self.sorted(candidates, Self.address)
        for (place, candidate) in order.enumerated() {
            #expect(
                KeeperRanking.isAmongLowest(
                    12, own: candidate.placement, node: candidate.nodeKey, others: candidates + candidates,
                    network: Self.network, address: Self.address) == (place < 12))
        }
    }

    @Test("what a member's table says of itself does not count against it")
    func oneself() {
        let order = Self.sorted(Self.candidates(20), Self.address)
        // The table still has this node at an earlier, lower place.
        let stale = KeeperCandidate(
            nodeKey: order[11].nodeKey, channelKey: order[11].channelKey, placement: order[0].placement)
        #expect(
            KeeperRanking.isAmongLowest(
                12, own: order[11].placement, node: order[11].nodeKey, others: order + [stale],
                network: Self.network, address: Self.address))
    }

    @Test("every pool, epoch, shard and network has keepers of its own")
    func otherKeepers() {
        let candidates = Self.candidates(100)
        let first = KeeperRanking.lowest(9, of: candidates, network: Self.network, address: Self.address)
        for (network, address) in [
            (Self.network, ShardAddress(epoch: 10, depth: 0, shard: 0)),
            (Self.network, ShardAddress(epoch: 9, depth: 1, shard: 0)),
            (Self.network, ShardAddress(epoch: 9, depth: 0, shard: 1)),
            (Self.network, ShardAddress(pool: 1, epoch: 9, depth: 0, shard: 0)), (1, Self.address),
        ] {
            #expect(KeeperRanking.lowest(9, of: candidates, network: network, address: address) != first)
        }
    }

    // MARK: Matching

    private static func entrants(_ count: Int, kind: (Int) -> UInt32 = { _ in 0 }) -> [Matching.Entrant] {
        (0..<count).map {
            Matching.Entrant(
                digest: Blake2b.hash(domain: "digest", [UInt8($0)]), nonce: Blake2b.hash(domain: "nonce", [UInt8($0)]),
                kind: kind($0), pool: 0)
        }
    }

    /// The same rule in the words of the page: again and again the lowest pair among those that are left.
    private static func paperPairs(_ entrants: [Matching.Entrant]) -> Set<Set<Bytes32>> {
        var (left, pairs) = (entrants, Set<Set<Bytes32>>())
        while true {
            var best: (priority: Bytes32, one: Matching.Entrant, other: Matching.Entrant)?
            for one in left {
                for other in left
                where one.digest < other.digest && one.kind == 0 && other.kind == 0 && one.pool == other.pool {
                    let nonces = [one.nonce, other.nonce].sorted()
                    let priority = Blake2b.hash(
                        domain: "passant/priority/1", nonces[0].bytes, nonces[1].bytes)
                    if best.map({ priority < $0.priority }) ?? true { best = (priority, one, other) }
                }
            }
            guard let best else { return pairs }
            pairs.insert([best.one.digest, best.other.digest])
            left.removeAll { $0 == best.one || $0 == best.other }
        }
    }

    private static func digests(_ pairs: [(Int, Int)], of entrants: [Matching.Entrant]) -> Set<Set<Bytes32>> {
        Set(pairs.map { [entrants[$0.0].digest, entrants[$0.1].digest] })
    }

    @Test("the matching is the greedy one, and the same in any order", arguments: [0, 1, 2, 3, 8, 15, 24])
    func greedy(count: Int) {
        let entrants = Self.entrants(count)
        let pairs = Self.digests(Matching.pairs(of: entrants), of: entrants)
        #expect(pairs == Self.paperPairs(entrants))
        #expect(pairs.count == count / 2)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5 {
            let shuffled = entrants.shuffled(using: &generator)
            #expect(Self.digests(Matching.pairs(of: shuffled), of: shuffled) == pairs)
        }
    }

    @Test("only talks between two are put together as pairs, and only in one pool")
    func kindsAndPools() {
        let kinds = Self.entrants(16) { UInt32($0 % 4) }
        let found = Matching.pairs(of: kinds)
        #expect(found.count == 2)
        for (one, other) in found { #expect(kinds[one].kind == 0 && kinds[other].kind == 0) }
        #expect(Self.digests(found, of: kinds) == Self.paperPairs(kinds))
        for kind in [1, 2, 3, .max] as [UInt32] {
            let others = Self.entrants(4) { _ in kind }
            #expect(Matching.pairs(of: others).isEmpty)
        }
        let pools = [0, 1].map {
            Matching.Entrant(digest: Self.filled(UInt8($0)), nonce: Self.filled(UInt8($0)), kind: 0, pool: UInt64($0))
        }
        #expect(Matching.pairs(of: pools).isEmpty)
    }

    @Test("equal nonces are told apart by digests, and an offer never meets itself")
    func ties() {
        let same = (0..<3).map {
            Matching.Entrant(digest: Self.filled(UInt8($0)), nonce: Self.filled(9), kind: 0, pool: 0)
        }
        let expected: Set<Set<Bytes32>> = [[Self.filled(0), Self.filled(1)]]
        #expect(Self.digests(Matching.pairs(of: same), of: same) == expected)
        #expect(Self.digests(Matching.pairs(of: same.reversed()), of: same.reversed()) == expected)
        #expect(Matching.pairs(of: [same[0], same[0]]).isEmpty)
    }

    private static func orders(of entrants: [Matching.Entrant]) -> [[Matching.Entrant]] {
        guard entrants.count > 1 else { return [entrants] }
        return entrants.indices.flatMap { index in
            var others = entrants
            let first = others.remove(at: index)
            return orders(of: others).map { [first] + $0 }
        }
    }

    @Test("offers with equal nonces are put together alike in whichever order they are known")
    func tiesInAnyOrder() throws {
        // Two with one nonce, for whom a third comes before each other.
        let crossed = (0..<36 as Range<UInt8>).map { [$0 / 6, $0 / 6, $0 % 6] }.filter {
            Matching.priority(Self.filled($0[0]), Self.filled($0[2]))
                < Matching.priority(Self.filled($0[0]), Self.filled($0[1]))
        }
        #expect(crossed.contains { $0[0] < $0[2] } && crossed.contains { $0[0] > $0[2] })
        for shape in [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 1, 2]] + crossed {
            let entrants = shape.enumerated().map {
                Matching.Entrant(
                    digest: Self.filled(UInt8($0.offset)), nonce: Self.filled($0.element), kind: 0, pool: 0)
            }
            let orders = Self.orders(of: entrants)
            let matchings = Set(orders.map { Self.digests(Matching.pairs(of: $0), of: $0) })
            #expect(matchings == [Self.paperPairs(entrants.sorted { $0.digest < $1.digest })])
        }
    }
}
