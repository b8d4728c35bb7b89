import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Shards and prices follow the crowd")
struct ShardTests {
    private let round = KeeperBench.round

    // MARK: The rule

    @Test("a crowd is split until at most twelve are left in a shard, and few come back together")
    func depths() {
        for (depth, offers, next) in [
            (0, 16, 0), (0, 17, 1), (0, 24, 1), (0, 25, 2), (0, 512, 6), (3, 4, 3), (3, 3, 1), (3, 2, 1), (3, 1, 0),
            (2, 1, 0), (0, 1, 0), (20, 512, 20), (19, 40, 20),
        ] as [(UInt32, Int, UInt32)] {
            #expect(Sharding.depth(after: depth, offers: offers) == next, "\(offers) at \(depth)")
        }
    }

    @Test("at depth 0 there is one place; deeper, all shards come up, and depth 0 one time in 2^(depth + 1)")
    func places() {
        var random = RandomStream(seed: .zero)
        let top = ShardAddress(pool: 7, epoch: 5, depth: 0, shard: 0)
        #expect(Sharding.choose(pool: 7, epoch: 5, depth: 0, using: &random) == top)
        let chosen = (0..<16_000).map { _ in Sharding.choose(pool: 7, epoch: 5, depth: 3, using: &random) }
        let looks = chosen.count { $0 == top }
        #expect((800...1_200).contains(looks), "\(looks) of 16,000, which should be 1,000")
        let deep = chosen.filter { $0 != top }
        #expect(deep.allSatisfy { $0.pool == 7 && $0.epoch == 5 && $0.depth == 3 })
        #expect(Set(deep.map(\.shard)) == Set(0..<8))
        #expect(deep.allSatisfy { Sharding.isPossible($0) })
    }

    @Test("a shard beyond its depth's last, and a depth beyond 20, cannot be")
    func impossible() {
        func isPossible(_ depth: UInt32, _ shard: UInt64) -> Bool {
            Sharding.isPossible(ShardAddress(epoch: 9, depth: depth, shard: shard))
        }
        #expect(isPossible(0, 0) && isPossible(20, 1 << 20 - 1))
        #expect(!isPossible(0, 1) && !isPossible(3, 8) && !isPossible(21, 0) && !isPossible(.max, .max))
    }

    @Test("what was seen of a pool is remembered for one epoch, of 64 pools at most")
    func memory() {
        var memory = DepthMemory(lifetime: .seconds(60))
        func at(_ seconds: Int64) -> Moment { .origin + .seconds(seconds) }
        for pool in 0..<70 as Range<UInt64> { memory.remember(3, of: pool, at: at(Int64(pool))) }
        #expect(memory.depth(of: 69, at: at(70)) == 3)
        #expect(memory.depth(of: 5, at: at(6)) == 0, "the oldest give way")
        #expect(memory.depth(of: 6, at: at(65)) == 3 && memory.depth(of: 6, at: at(66)) == 0)
        #expect(memory.depth(of: 99, at: at(70)) == 0)
    }

    // MARK: At a keeper

    @Test("a keeper says how many offers it holds, those beyond its list too")
    func held() throws {
        let bench = KeeperBench()
        for _ in 0..<30 { bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300) }
        let answer = try #require(bench.answers(bench.handle(.timerFired, at: 1_200)).first?.1)
        let body = try RoundAnswerBody(decoding: answer.body)
        #expect(body.digests.count == 24 && body.offers == 30)
    }

    @Test("after a round with more than 24 offers the next costs a bit more, and another shard does not")
    func price() throws {
        let bench = KeeperBench()
        for _ in 0..<25 { bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300) }
        let bits = testPolicy.stamp.bits
        let cheap = try offer(bench, bits: bits)
        let arrival = DepositID(number: 1_000)
        let effects = bench.handle(.depositReceived(arrival, via: 2, from: nil, try bench.made(cheap)), at: 1_300)
        let receipt = effects.lazy.compactMap { if case .receipt(_, let receipt) = $0 { receipt } else { nil } }.first
        #expect(receipt == Receipt(code: ReceiptCode.badStamp.rawValue, price: UInt32(bits + 1)))
        #expect(bench.deposit(try bench.made(try offer(bench, bits: bits + 1)), via: 2, at: 1_300).0 == .accepted)
        let elsewhere = try bench.maker.offer(round: round + 1, key: cheap.key, depth: 1)
        #expect(bench.deposit(try bench.made(elsewhere), via: 2, at: 1_300).0 == .accepted)
        // The round between had few, so the one after it has the lowest price again.
        let later = try bench.maker.offer(round: round + 2, key: cheap.key)
        #expect(bench.deposit(try bench.made(later), via: 2, at: 2_300).0 == .accepted)
    }

    /// An offer for the next round, with a stamp of exactly so many zero bits.
    private func offer(_ bench: KeeperBench, bits: Int) throws -> MadeOffer {
        while true {
            let made = try bench.maker.offer(round: round + 1)
            let offer = try Offer(decoding: made.encoding)
            let value = Stamp.value(
                of: offer.stamp, network: testPolicy.id, key: offer.key, epoch: offer.stampEpoch,
                price: testPolicy.stamp)
            if value.map({ Stamp.leadingZeroBits(of: $0) }) == bits { return made }
        }
    }

    // MARK: At a seek

    @Test("forty at once split, and all of them meet within a few rounds", arguments: [1, 2, 3] as [UInt64])
    func crowd(seed: UInt64) {
        let world = World(members: 12, seekers: 40, seed: seed)
        for seeker in 0..<40 { world.at(300, { $0.seek(seeker) }) }
        world.run(until: 9_000)
        #expect(world.checkedPairings().count >= 38)
        let depths = world.seekers.flatMap { $0.deposits }.compactMap { try? Offer(decoding: $0.deposit.offer).depth }
        #expect(depths.contains { $0 > 0 }, "some went deeper")
    }

    @Test("two who remember a crowd that is gone find each other within three rounds")
    func crowdGone() {
        let world = World(members: 9, seekers: 2)
        for seeker in 0..<2 {
            world.seekers[seeker].seeks.depths.remember(5, of: 0, at: .origin)
            world.at(300) { $0.seek(seeker) }
        }
        world.run(until: 4_000)
        #expect(world.checkedPairings().count == 2)
    }

    @Test("a lie about a crowd by a minority of the keepers moves nobody", arguments: [1, 4])
    func liesAboutCrowds(liars: Int) {
        let world = World(members: 9, seekers: 1)
        for member in world.members.prefix(liars) {
            member.tamper = { [unowned member] effect in
                guard case .answer(let arrival, let answer) = effect,
                    let changed = try? member.change(answer, offers: 500)
                else { return [effect] }
                return [.answer(arrival, changed)]
            }
        }
        world.seek(0)
        world.run(until: 3_000)
        #expect(world.seekers[0].outcomes.allSatisfy { $0.outcome.inPool == 1 })
        #expect(world.seekers[0].seeks.seeks.values.allSatisfy { $0.depth == 0 })
    }

    @Test("who only looks in at depth 0 does not take those who are there for all who look")
    func lookedIn() throws {
        let world = World(members: 9, seekers: 1)
        for member in world.members {
            // So many that it stays at its depth.
            member.tamper = { [unowned member] effect in
                guard case .answer(let arrival, let answer) = effect,
                    let changed = try? member.change(answer, offers: 8)
                else { return [effect] }
                return [.answer(arrival, changed)]
            }
        }
        world.seekers[0].seeks.depths.remember(1, of: 0, at: .origin)
        world.at(300) { $0.seek(0) }
        world.run(until: 30_000)
        let seeker = world.seekers[0]
        var looks = 0
        for (_, outcome) in seeker.outcomes {
            let deposit = try #require(seeker.deposits.first(where: { $0.round == outcome.round }))
            let isLook = try Offer(decoding: deposit.deposit.offer).depth == 0
            if isLook { looks += 1 }
            let people: Int? = isLook ? nil : 16
            #expect(outcome.inPool == people)
        }
        #expect(looks > 0 && looks < seeker.outcomes.count, "\(looks) of \(seeker.outcomes.count)")
    }

    @Test("a seek that most keepers call full goes deeper in the next round; a minority does not move it")
    func full() throws {
        let bench = SeekBench(keepers: 5)
        bench.ask(at: 300)
        let full = Receipt(code: ReceiptCode.full.rawValue)
        for keeper in bench.keepers.prefix(2) {
            bench.give(.receiptReceived(SeekBench.seek, round: round, keeper: keeper.nodeKey, full), at: 350)
        }
        #expect(SeekBench.deposits(bench.effects).count == 5)
        let effects = bench.give(
            .receiptReceived(SeekBench.seek, round: round, keeper: bench.keepers[2].nodeKey, full), at: 360)
        #expect(effects.contains { if case .closeRound(SeekBench.seek, round) = $0 { true } else { false } })
        #expect(SeekBench.deposits(effects).isEmpty)
        #expect(try SeekBench.offers(bench.run(until: 1_100)).map(\.round) == [round + 1])
        #expect(bench.seeks.seeks[SeekBench.seek]?.depth == 6)
        #expect(SeekBench.counters(effects).contains(.roundFull))
    }

    @Test("when most keepers ask for a dearer stamp the next ones are made at that price, at most four bits more")
    func dearer() {
        for (asked, bits) in [(3, 3), (40, 6)] as [(UInt32, Int)] {
            let bench = SeekBench(keepers: 3)
            bench.ask(at: 300)
            let receipt = Receipt(code: ReceiptCode.badStamp.rawValue, price: asked)
            for keeper in bench.keepers {
                bench.give(.receiptReceived(SeekBench.seek, round: round, keeper: keeper.nodeKey, receipt), at: 350)
            }
            #expect(testPolicy.stamp.bits == 2)
            #expect(bench.seeks.seeks[SeekBench.seek]?.depth == 1, "and it goes deeper")
            #expect(bench.seeks.seeks[SeekBench.seek]?.credential != nil, "what it has is good elsewhere")
            let before = bench.effects.count
            bench.ask(SeekID(number: 2), at: 400)
            bench.ask(SeekID(number: 3), at: 400)
            let prices = SeekBench.stamps(Array(bench.effects[before...])).map(\.price.bits)
            #expect(!prices.isEmpty && prices.allSatisfy { $0 == bits })
        }
    }

    @Test("a minority that asks for more changes nothing")
    func dearMinority() {
        let bench = SeekBench(keepers: 4)
        bench.ask(at: 300)
        let receipt = Receipt(code: ReceiptCode.badStamp.rawValue, price: 3)
        for keeper in bench.keepers.prefix(2) {
            bench.give(.receiptReceived(SeekBench.seek, round: round, keeper: keeper.nodeKey, receipt), at: 350)
        }
        bench.run(until: 1_700)
        #expect(bench.seeks.seeks[SeekBench.seek]?.depth == 0)
        #expect(!bench.effects.contains { if case .count(.roundDear) = $0 { true } else { false } })
    }
}
