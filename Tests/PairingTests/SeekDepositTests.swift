import Essentials
@testable import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("A seek deposits")
struct SeekDepositTests {
    private let round = SeekBench.round

    @Test("at once, in the round that goes on, with every keeper its own share that fits")
    func atOnce() throws {
        let bench = SeekBench(keepers: 12)
        let effects = bench.ask(at: 300)
        let deposits = SeekBench.deposits(effects)
        #expect(deposits.count == 9)
        #expect(deposits.allSatisfy { $0.round == round })
        #expect(Set(deposits.map(\.keeper)).count == 9)
        #expect(deposits.count { $0.deposit.bodies } == 3)
        let offers = try SeekBench.offers(effects)
        let offer = try #require(offers.first)
        #expect(offer.encoded().count <= 256)
        #expect(offer.round == round && offer.shares == 9)
        #expect(offer.address == ShardAddress(epoch: round / 60, depth: 0, shard: 0))
        #expect(
            Stamp.value(
                of: offer.stamp, network: testPolicy.id, key: offer.key, epoch: offer.stampEpoch,
                price: testPolicy.stamp) != nil)
        var shares: [Int: Bytes32] = [:]
        for (place, deposit) in deposits.enumerated() {
            #expect(deposit.deposit.index == UInt32(place))
            let keeper = try #require(bench.keepers.first { $0.nodeKey == deposit.keeper })
            guard let secret = keeper.identity.value.channel.agree(with: offer.key) else {
                Issue.record("the key is of no use")
                return
            }
            let share = ShareSeal.apply(
                to: deposit.deposit.share, digest: offer.digest, index: deposit.deposit.index, secret: secret)
            #expect(ShareTree.holds(share, index: place, count: 9, path: deposit.deposit.path, root: offer.root))
            shares[place] = share
        }
        #expect(Shares.restore(shares, count: 9, root: offer.root) != nil)
    }

    @Test("asking other keepers for the offers in every round, as chance has it")
    func whoGivesOffers() {
        let bench = SeekBench(keepers: 9)
        let deposits = SeekBench.deposits(bench.ask(at: 300) + bench.run(until: 10_000))
        let giving = Dictionary(grouping: deposits.filter(\.deposit.bodies), by: \.round)
        #expect(giving.count == 10 && giving.values.allSatisfy { $0.count == 3 })
        #expect(Set(giving.values.map { Set($0.map(\.keeper)) }).count > 3)
    }

    @Test("to the nine lowest of its table; one that is refused is skipped and not replaced")
    func refusedKeeper() {
        let bench = SeekBench(keepers: 12)
        let first = SeekBench.deposits(bench.ask(at: 300)).map(\.keeper)
        var candidates = bench.keepers.map(\.candidate)
        for index in candidates.indices { candidates[index].isRefused = candidates[index].nodeKey == first[2] }
        bench.give(.membersChanged(candidates), at: 400)
        let second = SeekBench.deposits(bench.run(until: 3_000)).map(\.keeper).prefix(8)
        #expect(Array(second) == first.filter { $0 != first[2] })
    }

    @Test("to as many keepers as the mesh's policy says, and never to more than shares can be made for")
    func numberOfKeepers() {
        for (keepers, addressed) in [(3, 3), (12, 9)] {
            var policy = testPolicy
            policy.keepers = keepers
            #expect(SeekBench.deposits(SeekBench(keepers: 12, policy: policy).ask(at: 300)).count == addressed)
        }
    }

    @Test("until 20 ms before the round's end; later it waits for the next to begin")
    func margin() {
        for (moment, expected, begins) in [(Int64(980), round, Int64(980)), (981, round + 1, 1_000)] {
            let bench = SeekBench()
            let given = bench.ask(at: moment) + bench.run(until: 1_500)
            let deposits = SeekBench.deposits(given)
            #expect(deposits.allSatisfy { $0.round == expected } && deposits.count == 3)
            let waits = SeekBench.deposits(SeekBench().ask(at: moment)).isEmpty
            #expect(waits == (begins != moment))
        }
    }

    @Test("in every round once, with the same key and a fresh nonce, and never before the last is decided")
    func everyRound() throws {
        let bench = SeekBench()
        let offers = try SeekBench.offers(bench.ask(at: 300) + bench.run(until: 5_000))
        #expect(offers.map(\.round) == Array(round...round + 4))
        #expect(Set(offers.map(\.key)).count == 1)
        #expect(Set(offers.map(\.stamp)).count == 1)
        #expect(Set(offers.map(\.root)).count == 5)
    }

    @Test("with fresh keys after 30 rounds")
    func redrawAfterThirty() throws {
        let bench = SeekBench()
        let offers = try SeekBench.offers(bench.ask(at: 300) + bench.run(until: 50_000))
        #expect(offers.count >= 48)
        for offer in offers {
            let first = try #require(offers.first { $0.key == offer.key })
            #expect(offer.round - first.round < 30)
        }
        #expect(Set(offers.map(\.key)).count == 2)
    }

    @Test("with an old stamp at the start of an epoch only for the overlap")
    func oldStamp() throws {
        let bench = SeekBench()
        bench.run(until: 50_000)
        let offers = try SeekBench.offers(bench.ask(at: 50_300) + bench.run(until: 75_000))
        for offer in offers {
            #expect(offer.stampEpoch == offer.round / 60 || offer.round % 60 < 6)
        }
        #expect(offers.contains { $0.stampEpoch != $0.round / 60 })
        #expect(offers.contains { $0.round % 60 == 6 })
    }

    @Test("only when mesh time, a keeper and a stamp are there")
    func lacking() {
        let noTime = SeekBench(clock: false)
        #expect(SeekBench.deposits(noTime.ask(at: 300)).isEmpty)
        #expect(noTime.seeks.nextDeadline() == nil)
        #expect(!SeekBench.deposits(noTime.give(.clockSet(MeshClock(wallAtOrigin: World.start)), at: 400)).isEmpty)
        let noKeeper = SeekBench(keepers: 0)
        #expect(SeekBench.deposits(noKeeper.ask(at: 300)).isEmpty)
        let candidates = SeekBench().keepers.map(\.candidate)
        #expect(SeekBench.deposits(noKeeper.give(.membersChanged(candidates), at: 400)).count == 3)
        let noStamp = SeekBench(makesStamps: false)
        #expect(SeekBench.deposits(noStamp.ask(at: 300)).isEmpty)
        noStamp.makesStamps = true
        let request = SeekBench.stamps(noStamp.effects)[0]
        let nonce = StampWork(request).attempt(startingAt: 0, count: 10_000) ?? []
        #expect(!SeekBench.deposits(noStamp.give(.stampMade(request.number, nonce: nonce), at: 400)).isEmpty)
    }

    @Test("a keeper whose channel key is of no use is not waited for")
    func uselessChannelKey() {
        let bench = SeekBench()
        var candidates = bench.keepers.map(\.candidate)
        candidates[0].channelKey = ChannelKey(.zero)
        bench.give(.membersChanged(candidates), at: 100)
        let effects = bench.ask(at: 300)
        #expect(SeekBench.deposits(effects).count == 2)
        for keeper in bench.keepers[1...] {
            bench.give(.keeperFailed(SeekBench.seek, round: round, keeper: keeper.nodeKey), at: 400)
        }
        #expect(bench.effects.contains { if case .roundEnded = $0 { true } else { false } })
    }

    @Test("when every keeper fails at once, the next deposit waits for the next round")
    func allFail() {
        let bench = SeekBench()
        bench.ask(at: 300)
        for keeper in bench.keepers {
            bench.give(.keeperFailed(SeekBench.seek, round: round, keeper: keeper.nodeKey), at: 310)
        }
        #expect(SeekBench.deposits(bench.effects).count == 3)
        #expect(bench.seeks.nextDeadline() == .origin + .milliseconds(1_000))
        #expect(SeekBench.deposits(bench.run(until: 1_000)).allSatisfy { $0.round == round + 1 })
    }

    @Test("what is said of an earlier round changes nothing in this one")
    func earlierRound() {
        let bench = SeekBench()
        bench.ask(at: 300)
        bench.run(until: 1_700)
        #expect(SeekBench.deposits(bench.effects).contains { $0.round == round + 1 })
        let before = bench.effects.count
        for keeper in bench.keepers {
            bench.give(.keeperFailed(SeekBench.seek, round: round, keeper: keeper.nodeKey), at: 1_800)
            let busy = Receipt(code: ReceiptCode.busy.rawValue)
            bench.give(.receiptReceived(SeekBench.seek, round: round, keeper: keeper.nodeKey, busy), at: 1_800)
        }
        #expect(bench.effects.count == before)
    }

    @Test("a round is decided 700 ms after its end at the latest, and its pipes are closed")
    func deadline() {
        let bench = SeekBench()
        bench.ask(at: 300)
        #expect(bench.seeks.nextDeadline() == .origin + .milliseconds(1_700))
        let effects = bench.run(until: 1_700)
        guard
            case .roundEnded(SeekBench.seek, let outcome)? = effects.first(where: {
                if case .roundEnded = $0 { true } else { false }
            })
        else {
            Issue.record("the round did not end")
            return
        }
        #expect(outcome.addressed == 3 && outcome.answered == 0 && outcome.offers == 0 && !outcome.isMatched)
        #expect(effects.contains { if case .closeRound(SeekBench.seek, round) = $0 { true } else { false } })
    }

    @Test("a seek that is cancelled closes its pipes and does nothing more")
    func cancelled() {
        let bench = SeekBench()
        bench.ask(at: 300)
        let effects = bench.give(.seekCancelled(SeekBench.seek), at: 400)
        #expect(effects.contains { if case .closeRound(SeekBench.seek, round) = $0 { true } else { false } })
        #expect(SeekBench.deposits(bench.run(until: 5_000)).isEmpty)
        #expect(bench.give(.seekCancelled(SeekBench.seek), at: 5_000).isEmpty)
    }

    @Test("64 seeks go on at once, the next is refused, and one that goes on cannot be begun again")
    func manySeeks() throws {
        let bench = SeekBench()
        for number in 1...64 as ClosedRange<UInt64> { bench.ask(SeekID(number: number), at: 300) }
        #expect(try Set(SeekBench.offers(bench.effects).map(\.key)).count == 64)
        let effects = bench.ask(SeekID(number: 65), at: 310)
        #expect(effects.contains { if case .refused(SeekID(number: 65)) = $0 { true } else { false } })
        #expect(bench.ask(SeekID(number: 3), at: 320).isEmpty)
    }

    @Test("a clock that is set back does not make a seek wait for a round that is far away")
    func clockSetBack() throws {
        let bench = SeekBench()
        bench.ask(at: 300)
        bench.give(.clockSet(MeshClock(wallAtOrigin: World.start - .hours(2))), at: 400)
        let offers = try SeekBench.offers(bench.run(until: 5_000))
        #expect(!offers.isEmpty && offers.allSatisfy { $0.round < round - 7_000 })
    }

    @Test("keys that most keepers call spent are given up")
    func credentialDropped() throws {
        let bench = SeekBench()
        let first = try SeekBench.offers(bench.ask(at: 300))
        let spent = Receipt(code: ReceiptCode.spentStamp.rawValue)
        for keeper in bench.keepers {
            bench.give(.receiptReceived(SeekBench.seek, round: round, keeper: keeper.nodeKey, spent), at: 400)
        }
        #expect(SeekBench.counters(bench.effects).contains(.credentialDropped))
        let second = try SeekBench.offers(bench.run(until: 1_100))
        #expect(first.count == 1 && second.count == 1 && first[0].key != second[0].key)
    }
}
