import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

/// Nine keepers of which up to four lie, and six who seek. Whatever the four do, the honest matching stands.
@Suite("A minority of keepers lies")
struct HostileKeeperTests {
    private static let liars = 0..<4

    /// The pairs of the first round by index of seeker, when nobody lies.
    private static func pairs(in world: World) -> Set<Set<Int>> {
        var pairs = Set<Set<Int>>()
        for (index, seeker) in world.seekers.enumerated() {
            guard let pairing = seeker.pairings.first?.pairing, pairing.round == World.firstRound else { continue }
            let other = world.seekers.firstIndex {
                $0.pairings.first?.pairing.ownKey.value.publicKey == pairing.theirKey
            }
            pairs.insert([index, other ?? -1])
        }
        return pairs
    }

    private static func world(
        lie: ((TestMember, RoundAnswer) throws -> [RoundAnswer])? = nil
    ) -> World {
        let world = World(members: 9, seekers: 6)
        for index in 0..<6 { world.at(300) { $0.seek(index) } }
        guard let lie else { return world }
        for index in liars {
            let member = world.members[index]
            member.tamper = { [unowned member] effect in
                guard case .answer(let arrival, let answer) = effect, let changed = try? lie(member, answer) else {
                    return [effect]
                }
                return changed.map { .answer(arrival, $0) }
            }
        }
        return world
    }

    /// Runs both, and expects the same pairs in the first round and the counter at every seeker.
    private func expectNoEffect(
        counting counter: PairingCounter?, answered: Int = 5,
        lie: @escaping (TestMember, RoundAnswer) throws -> [RoundAnswer]
    ) {
        let honest = Self.world()
        honest.run(until: 2_500)
        let world = Self.world(lie: lie)
        // All answers before the last honest one: nobody decides before every lie was heard.
        world.delay = { _ in .milliseconds(30) }
        world.run(until: 2_500)
        #expect(world.checkedPairings().count == 6)
        #expect(Self.pairs(in: world) == Self.pairs(in: honest) && Self.pairs(in: world).count == 3)
        for seeker in world.seekers {
            #expect(seeker.outcomes.first?.outcome.answered == answered)
            #expect(seeker.outcomes.first?.outcome.offers == 6)
            if let counter { #expect(seeker.counters.count { $0 == counter } >= 4) }
        }
    }

    @Test("hiding an offer changes nothing")
    func hiding() throws {
        let world = Self.world()
        world.run(until: 900)
        let victim = Offer.digest(of: try #require(world.seekers[0].deposits.first).deposit.offer)
        expectNoEffect(counting: nil, answered: 9) { member, answer in
            [try member.answer(answer) { $0.digest != victim }]
        }
    }

    @Test("hiding everything changes nothing")
    func hidingAll() {
        expectNoEffect(counting: nil, answered: 9) { member, answer in [try member.answer(answer) { _ in false }] }
    }

    @Test("inventing an offer that its accomplice never deposited changes nothing")
    func inventing() throws {
        var maker = DepositMaker()
        let invented = try maker.offer(round: World.firstRound, keepers: 9)
        expectNoEffect(counting: nil, answered: 9) { member, answer in
            let place = try #require(Self.place(of: member))
            let listing = try Listing(
                digest: invented.digest, index: UInt32(place), share: invented.shares.values[place],
                path: invented.shares.tree.paths[place], offer: invented.encoding)
            return [try member.change(answer, listings: answer.listings + [listing])]
        }
    }

    @Test("lying about shares is seen, and who does it is out for the round")
    func lyingShares() {
        expectNoEffect(counting: .answerLying) { member, answer in
            let listings = try answer.listings.map {
                try Listing(digest: $0.digest, index: $0.index, share: .zero, path: $0.path, offer: $0.offer)
            }
            return [try member.change(answer, listings: listings)]
        }
    }

    @Test("lying about one share or one path is seen as well")
    func lyingOnce() {
        expectNoEffect(counting: .answerLying) { member, answer in
            var listings = answer.listings
            let last = listings.removeLast()
            listings.append(
                try Listing(
                    digest: last.digest, index: last.index, share: last.share,
                    path: last.path.map { Blake2b.hash(Array($0.bytes)) },
                    offer: last.offer))
            return [try member.change(answer, listings: listings)]
        }
    }

    @Test("claiming another index for a share is seen")
    func lyingIndex() {
        expectNoEffect(counting: .answerLying) { member, answer in
            let listings = try answer.listings.map {
                try Listing(
                    digest: $0.digest, index: ($0.index + 1) % 9, share: $0.share, path: $0.path, offer: $0.offer)
            }
            return [try member.change(answer, listings: listings)]
        }
    }

    @Test("two answers that differ put their keeper out for the round")
    func twoAnswers() {
        expectNoEffect(counting: .answerTwice) { member, answer in
            [answer, try member.answer(answer) { $0.digest != answer.listings.first?.digest }]
        }
    }

    @Test("who is out for the round is not listened to any more")
    func notListenedTo() {
        expectNoEffect(counting: nil) { member, answer in
            let other = try member.answer(answer) { $0.digest != answer.listings.first?.digest }
            return [answer, other, answer, other, try member.change(answer, round: 1)]
        }
        let world = Self.world { member, answer in
            [try member.change(answer, round: 1), try member.change(answer, round: 2), answer]
        }
        world.delay = { _ in .milliseconds(30) }
        world.run(until: 1_500)
        for seeker in world.seekers { #expect(seeker.counters.count { $0 == .answerOfAnotherRound } == 4) }
    }

    @Test("offers that nobody asked for are not kept")
    func unaskedBodies() throws {
        let world = World(members: 1, seekers: 1)
        world.seek(0)
        world.run(until: 300)
        var maker = DepositMaker()
        let unasked = try Bodies(offers: [try maker.offer(round: World.firstRound).encoding])
        world.give(
            0,
            .bodiesReceived(
                SeekID(number: 1), round: World.firstRound, keeper: world.members[0].nodeKey, unasked))
        #expect(world.seekers[0].counters.contains(.bodyUnfit))
    }

    /// One keeper is a majority by itself: what it cannot do even so.
    @Test("an offer of another round, pool, shard or with an old stamp does not count", arguments: 0..<5)
    func replayedOffer(kind: Int) throws {
        var maker = DepositMaker()
        let round = World.firstRound
        let replayed =
            switch kind {
            case 0: try maker.offer(round: round + 1, keepers: 1)
            case 1: try maker.offer(round: round, keepers: 1, shard: 1)
            case 2: try maker.offer(round: round, keepers: 1, stampEpoch: round / 60 - 2)
            case 3: try maker.offer(round: round, keepers: 1, pool: 9)
            default: try maker.offer(round: round, keepers: 1)
            }
        let world = World(members: 1, seekers: 1)
        let member = world.members[0]
        member.tamper = { [unowned member] effect in
            guard case .answer(let arrival, let answer) = effect,
                let listing = try? Listing(
                    digest: replayed.digest, index: 0, share: replayed.shares.values[0], path: [],
                    offer: replayed.encoding),
                let changed = try? member.change(answer, listings: answer.listings + [listing])
            else { return [effect] }
            return [.answer(arrival, changed)]
        }
        world.seek(0)
        world.run(until: 1_500)
        #expect(world.seekers[0].outcomes.first?.outcome.offers == (kind == 4 ? 2 : 1))
    }

    @Test("the same answer twice is one answer")
    func sameAnswerTwice() {
        expectNoEffect(counting: nil, answered: 9) { _, answer in [answer, answer] }
    }

    @Test("a signature that does not fit is no answer")
    func badSignature() {
        expectNoEffect(counting: .answerBadSignature) { _, answer in
            var signature = answer.signature
            signature[5] ^= 1
            return [try RoundAnswer(body: answer.body, signature: signature, listings: answer.listings)]
        }
    }

    @Test("an answer signed for another network is no answer")
    func otherNetworkSignature() {
        expectNoEffect(counting: .answerBadSignature) { member, answer in
            [try member.signed(RoundAnswerBody(decoding: answer.body), answer.listings, network: 5)]
        }
    }

    @Test(
        "an answer of another network, pool, epoch, shard, depth, round or keeper is no answer", arguments: 0..<7)
    func otherRound(field: Int) {
        expectNoEffect(counting: .answerOfAnotherRound) { member, answer in
            [
                try member.change(
                    answer, network: field == 0 ? 5 : nil, pool: field == 6 ? 5 : nil, epoch: field == 1 ? 5 : nil,
                    shard: field == 2 ? 5 : nil,
                    depth: field == 3 ? 5 : nil, round: field == 4 ? World.firstRound - 1 : nil,
                    keeper: field == 5 ? .zero : nil)
            ]
        }
    }

    @Test("listings that are not those that were signed are no answer")
    func unsignedListings() {
        expectNoEffect(counting: .answerMalformed) { _, answer in
            [try RoundAnswer(body: answer.body, signature: answer.signature, listings: answer.listings.reversed())]
        }
    }

    @Test("an offer that is listed twice makes an answer none")
    func doubledListing() {
        expectNoEffect(counting: .answerMalformed) { member, answer in
            [try member.change(answer, listings: answer.listings + answer.listings.prefix(1))]
        }
    }

    @Test("bytes that are no signed body at all are no answer")
    func noise() {
        expectNoEffect(counting: .answerMalformed) { member, answer in
            let body: [UInt8] = [0xff, 0xff, 0xff]
            return [
                try RoundAnswer(
                    body: body,
                    signature: member.identity.value.signature(
                        over: body, domain: "passant/round-answer/1", network: testPolicy.id),
                    listings: answer.listings)
            ]
        }
    }

    @Test(
        "withholding the offers or sending others instead costs a question, not the pairing", arguments: [false, true])
    func withheldBodies(sendsOthers: Bool) throws {
        var maker = DepositMaker()
        let other = try maker.offer(round: World.firstRound).encoding
        let honest = Self.world()
        honest.run(until: 2_500)
        let world = Self.world { member, answer in
            let listings = try answer.listings.map {
                try Listing(
                    digest: $0.digest, index: $0.index, share: $0.share, path: $0.path,
                    offer: sendsOthers ? other : nil)
            }
            return [try member.change(answer, listings: listings)]
        }
        for member in world.members[4...] {
            // The honest ones were not among the three who were asked for offers.
            member.tamper = { effect in
                guard case .answer(let arrival, let answer) = effect,
                    let listings = try? answer.listings.map({
                        try Listing(digest: $0.digest, index: $0.index, share: $0.share, path: $0.path)
                    }), let bare = try? RoundAnswer(body: answer.body, signature: answer.signature, listings: listings)
                else { return [effect] }
                return [.answer(arrival, bare)]
            }
        }
        world.run(until: 2_500)
        #expect(Self.pairs(in: world) == Self.pairs(in: honest) && world.checkedPairings().count == 6)
        if sendsOthers { #expect(world.seekerCount(of: .bodyUnfit) > 0) }
    }

    /// The place of a keeper in everybody's ranking.
    private static func place(of member: TestMember) -> Int? {
        let world = World(members: 9, seekers: 0)
        let address = ShardAddress(epoch: World.firstRound / 60, depth: 0, shard: 0)
        return KeeperRanking.lowest(9, of: world.members.map(\.candidate), network: testPolicy.id, address: address)
            .firstIndex { $0.nodeKey == member.nodeKey }
    }
}
