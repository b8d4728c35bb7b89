import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

/// Somebody who deposits what no seek would, before honest keepers and two honest seekers.
@Suite("A seeker lies")
struct HostileSeekerTests {
    /// Deposits by hand at the keepers of the ranking, from a link of its own.
    private static func deposit(
        _ offer: MadeOffer, in world: World, at places: Range<Int>, number: UInt64 = 1_000
    ) throws {
        let address = ShardAddress(epoch: World.firstRound / 60, depth: 0, shard: 0)
        let ranked = KeeperRanking.lowest(
            9, of: world.members.map(\.candidate), network: testPolicy.id, address: address)
        for place in places {
            let member = try #require(world.members.first { $0.nodeKey == ranked[place].nodeKey })
            let deposit = try offer.deposit(index: place, to: member.candidate.channelKey)
            _ = member.keeper.handle(
                .depositReceived(DepositID(number: number + UInt64(place)), via: 9_999, from: nil, deposit),
                at: world.now,
                using: &member.random)
        }
    }

    private static func world(members: Int = 9) -> World {
        let world = World(members: members, seekers: 2)
        for index in 0..<2 { world.at(300) { $0.seek(index) } }
        return world
    }

    @Test("an offer at four of nine keepers does not count, at five it counts for everybody", arguments: [4, 5])
    func partial(keepers: Int) throws {
        let world = Self.world()
        var maker = DepositMaker()
        let offer = try maker.offer(round: World.firstRound, keepers: 9)
        world.at(400) { try? Self.deposit(offer, in: $0, at: 0..<keepers) }
        world.run(until: 1_900)
        for seeker in world.seekers {
            #expect(seeker.outcomes.first?.outcome.offers == (keepers == 5 ? 3 : 2))
        }
    }

    /// Such an offer is restored from any one share, so that only the count of keepers stands in its way.
    @Test(
        "an offer that says it went to one keeper still needs more than half of those that others address",
        arguments: [(9, 4, false), (9, 5, true), (2, 1, false), (2, 2, true)])
    func oneShare(members: Int, keepers: Int, counts: Bool) throws {
        let world = Self.world(members: members)
        var maker = DepositMaker()
        let offer = try maker.offer(round: World.firstRound, keepers: 1)
        world.at(400) { world in
            for member in world.members.prefix(keepers) {
                guard let deposit = try? offer.deposit(index: 0, to: member.candidate.channelKey) else { continue }
                _ = member.keeper.handle(
                    .depositReceived(DepositID(number: 5_000), via: 9_999, from: nil, deposit), at: world.now,
                    using: &member.random)
            }
        }
        world.run(until: 1_900)
        for seeker in world.seekers { #expect(seeker.outcomes.first?.outcome.offers == (counts ? 3 : 2)) }
    }

    @Test("an offer whose root does not fit its nonce does not count for anybody")
    func dishonestRoot() throws {
        let world = Self.world()
        var maker = DepositMaker()
        let key = maker.key()
        // Shares of two nonces under one tree: every keeper finds its own share in order.
        let one = try #require(Shares(of: Shares.drawNonce(using: &maker.random), count: 9))
        let other = try #require(Shares(of: Shares.drawNonce(using: &maker.random), count: 9))
        let values = Array(one.values[0..<5] + other.values[5...])
        let tree = try #require(ShareTree(values))
        let offer = try Offer(
            kind: 0, pool: 0, epoch: World.firstRound / 60, depth: 0, shard: 0, round: World.firstRound,
            key: key.key.publicKey, root: tree.root, shares: 9, stampEpoch: World.firstRound / 60,
            stamp: maker.stamp(for: key.key.publicKey, epoch: World.firstRound / 60))
        let made = MadeOffer(key: key, encoding: offer.encoded(), shares: one, digest: offer.digest)
        let address = ShardAddress(epoch: World.firstRound / 60, depth: 0, shard: 0)
        let ranked = KeeperRanking.lowest(
            9, of: world.members.map(\.candidate), network: testPolicy.id, address: address)
        world.at(400) { world in
            for place in 0..<9 {
                guard let member = world.members.first(where: { $0.nodeKey == ranked[place].nodeKey }),
                    let deposit = try? made.deposit(
                        index: place, to: member.candidate.channelKey, share: values[place], path: tree.paths[place])
                else { continue }
                let effects = member.keeper.handle(
                    .depositReceived(DepositID(number: 5_000), via: 9_999, from: nil, deposit), at: world.now,
                    using: &member.random)
                #expect(effects.contains { if case .count(.depositAccepted) = $0 { true } else { false } })
            }
        }
        world.run(until: 1_900)
        #expect(world.checkedPairings().count == 2)
        for seeker in world.seekers {
            #expect(seeker.outcomes.first?.outcome.offers == 2)
            #expect(seeker.counters.contains(.offerUnfit))
        }
    }

    @Test("two offers under one key, each past a majority with the help of one keeper, count neither")
    func oneKeyTwice() throws {
        let world = Self.world()
        var maker = DepositMaker()
        let first = try maker.offer(round: World.firstRound, keepers: 9)
        let second = try maker.offer(
            round: World.firstRound, keepers: 9, key: first.key, stamp: try Offer(decoding: first.encoding).stamp)
        let address = ShardAddress(epoch: World.firstRound / 60, depth: 0, shard: 0)
        let ranked = KeeperRanking.lowest(
            9, of: world.members.map(\.candidate), network: testPolicy.id, address: address)
        let helper = try #require(world.members.first { $0.nodeKey == ranked[8].nodeKey })
        helper.tamper = { [unowned helper] effect in
            guard case .answer(let arrival, let answer) = effect else { return [effect] }
            let others = answer.listings.filter { $0.digest != first.digest && $0.digest != second.digest }
            guard
                let both = try? [first, second].map({
                    try Listing(
                        digest: $0.digest, index: 8, share: $0.shares.values[8], path: $0.shares.tree.paths[8],
                        offer: $0.encoding)
                }), let changed = try? helper.change(answer, listings: others + both)
            else { return [effect] }
            return [.answer(arrival, changed)]
        }
        world.at(400) { world in
            try? Self.deposit(first, in: world, at: 0..<4, number: 1_000)
            try? Self.deposit(second, in: world, at: 4..<8, number: 2_000)
        }
        world.run(until: 1_900)
        #expect(world.checkedPairings().count == 2)
        for seeker in world.seekers {
            #expect(seeker.outcomes.first?.outcome.offers == 2)
            #expect(seeker.counters.count { $0 == .offerDoubled } == 2)
        }
    }

    @Test("an offer with a key of low order that keepers let through makes no pairing")
    func lowOrderKey() throws {
        var random = RandomStream(seed: .zero)
        var maker = DepositMaker()
        let own = try maker.offer(round: World.firstRound)
        let theirs = try maker.offer(round: World.firstRound, keyBytes: .zero)
        func counted(_ made: MadeOffer) throws -> CountedOffer {
            CountedOffer(
                offer: try Offer(decoding: made.encoding), encoding: made.encoding, digest: made.digest,
                nonce: made.shares.nonce)
        }
        let key = Owned(AgreementKey.generate(using: &random))
        #expect(Pairing(network: 1, own: try counted(own), theirs: try counted(theirs), key: key) == nil)
        #expect(Pairing(network: 1, own: try counted(own), theirs: try counted(own), key: key) != nil)
    }
}
