import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("A keeper serves or not")
struct KeeperServingTests {
    private let round = KeeperBench.round

    private func code(_ bench: KeeperBench, at milliseconds: Int64 = 300) throws -> ReceiptCode? {
        bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: milliseconds).0
    }

    @Test("with mesh time uncertain by more than 50 ms it does not serve")
    func uncertainTime() throws {
        #expect(try code(KeeperBench(uncertainty: .milliseconds(50))) == .accepted)
        #expect(try code(KeeperBench(uncertainty: .microseconds(50_001))) == .notServing)
    }

    @Test("without an own placement it does not serve")
    func noPlacement() throws {
        let bench = KeeperBench()
        bench.handle(.membersChanged(own: nil, bench.others), at: 100)
        #expect(try code(bench) == .notServing)
        bench.handle(.membersChanged(own: bench.member.candidate.placement, bench.others), at: 350)
        #expect(try code(bench, at: 400) == .accepted, "the round was not given up for that")
    }

    @Test("beyond the twelve lowest of its own ranking it does not serve")
    func beyondTwelve() throws {
        let address = ShardAddress(epoch: round / 60, depth: 0, shard: 0)
        let many = (0..<40).map {
            KeeperCandidate(
                nodeKey: NodeKey(Blake2b.hash(domain: "node", [UInt8($0)])), channelKey: ChannelKey(.zero),
                placement: PlacementKey(Blake2b.hash(domain: "place", [UInt8($0)])))
        }
        func score(_ placement: PlacementKey) -> Bytes32 {
            KeeperRanking.score(of: placement, network: testPolicy.id, address: address)
        }
        let ranked = many.sorted { score($0.placement) < score($1.placement) }
        for (place, code) in [(11, ReceiptCode.accepted), (12, .notServing)] {
            let bench = KeeperBench()
            bench.handle(.membersChanged(own: ranked[place].placement, ranked.filter { $0 != ranked[place] }), at: 100)
            #expect(try self.code(bench) == code)
        }
    }

    @Test("a table in motion does not change a round that has begun")
    func frozenRanking() throws {
        let bench = KeeperBench()
        #expect(try code(bench) == .accepted)
        let crowd = (0..<255).map {
            KeeperCandidate(
                nodeKey: NodeKey(Blake2b.hash(domain: "node", [UInt8($0)])), channelKey: ChannelKey(.zero),
                placement: PlacementKey(Blake2b.hash(domain: "place", [UInt8($0)])))
        }
        bench.handle(.membersChanged(own: bench.member.candidate.placement, crowd), at: 350)
        #expect(try code(bench, at: 400) == .accepted)
    }
}

@Suite("A keeper answers and forgets")
struct KeeperAnswerTests {
    private let round = KeeperBench.round

    @Test("an offer stays when its pipe breaks: nobody is answered there, the others hear of it")
    func brokenPipe() throws {
        let bench = KeeperBench()
        let offers = try (0..<2).map { _ in try bench.maker.offer(round: round) }
        let arrivals = try offers.map { bench.deposit(try bench.made($0), at: 300).1 }
        bench.handle(.arrivalClosed(arrivals[0]), at: 500)
        let answers = bench.answers(bench.handle(.timerFired, at: 1_200))
        #expect(answers.map(\.0) == [arrivals[1]])
        #expect(Set(answers.first?.1.listings.map(\.digest) ?? []) == Set(offers.map(\.digest)))
    }

    @Test("a round of which nobody waits for an answer is not answered")
    func nobodyWaits() throws {
        let bench = KeeperBench()
        let (_, arrival) = bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        bench.handle(.arrivalClosed(arrival), at: 500)
        #expect(bench.handle(.timerFired, at: 1_200).isEmpty)
    }

    @Test("bodies can be asked for after the answer, those on the list only, four times, for three seconds")
    func bodies() throws {
        let bench = KeeperBench()
        let offers = try (0..<2).map { _ in try bench.maker.offer(round: round) }
        let arrivals = try offers.map { bench.deposit(try bench.made($0), at: 300).1 }
        let wanted = try BodiesWanted(digests: [offers[1].digest, .zero, offers[1].digest])
        func bodies(_ arrival: DepositID, at milliseconds: Int64) -> [[UInt8]]? {
            bench.handle(.bodiesWanted(arrival, wanted), at: milliseconds).lazy.compactMap {
                if case .bodies(arrival, let bodies) = $0 { bodies.offers } else { nil }
            }.first
        }
        #expect(bodies(arrivals[0], at: 1_100) == nil)
        bench.handle(.timerFired, at: 1_200)
        #expect(bodies(arrivals[0], at: 1_300) == [offers[1].encoding])
        #expect(bodies(DepositID(number: 99), at: 1_300) == nil)
        for _ in 0..<3 { #expect(bodies(arrivals[0], at: 1_400) != nil) }
        #expect(bodies(arrivals[0], at: 1_500) == nil)
        #expect(bodies(arrivals[1], at: 4_199) != nil)
        #expect(bodies(arrivals[1], at: 4_200) == nil)
    }

    @Test("three seconds after its answer a round is forgotten and its pipes are closed")
    func forgotten() throws {
        let bench = KeeperBench()
        let (_, arrival) = bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        bench.handle(.timerFired, at: 1_200)
        #expect(bench.member.keeper.nextDeadline() == .origin + .milliseconds(4_200))
        let effects = bench.handle(.timerFired, at: 4_200)
        #expect(effects.contains { if case .close(arrival) = $0 { true } else { false } })
        #expect(bench.member.keeper.rounds.isEmpty && bench.member.keeper.arrivals.isEmpty)
        #expect(bench.member.keeper.nextDeadline() == nil)
    }

    @Test("a refused deposit's pipe is closed at once and not remembered")
    func refusedPipe() throws {
        let bench = KeeperBench()
        let noise = try Deposit(offer: [1], index: 0, share: .zero, path: [], bodies: true)
        let effects = bench.handle(.depositReceived(DepositID(number: 1), via: 1, from: nil, noise), at: 300)
        #expect(effects.contains { if case .close = $0 { true } else { false } })
        #expect(bench.member.keeper.arrivals.isEmpty)
    }

    @Test("when the clock is set back, rounds that are far ahead by it are dropped instead of waited for")
    func clockSetBack() throws {
        let bench = KeeperBench()
        let (_, arrival) = bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        let earlier = World.start - .hours(1)
        let effects = bench.handle(.clockSet(MeshClock(wallAtOrigin: earlier)), at: 400)
        #expect(effects.contains { if case .close(arrival) = $0 { true } else { false } })
        #expect(bench.member.keeper.nextDeadline() == nil)
    }

    @Test("when the clock is set forward, rounds that are over by it are answered at once")
    func clockSetForward() throws {
        let bench = KeeperBench()
        bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        let later = World.start + .seconds(2)
        #expect(bench.answers(bench.handle(.clockSet(MeshClock(wallAtOrigin: later)), at: 400)).count == 1)
    }

    @Test("a round that was answered takes nothing more, also when the clock is set back into it")
    func answeredRound() throws {
        let bench = KeeperBench()
        bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        #expect(bench.answers(bench.handle(.timerFired, at: 1_200)).count == 1)
        bench.handle(.clockSet(MeshClock(wallAtOrigin: World.start - .milliseconds(300))), at: 1_250)
        let late = try bench.maker.offer(round: round)
        #expect(bench.deposit(try bench.made(late), at: 1_260).0 == .wrongRound)
        #expect(bench.answers(bench.handle(.timerFired, at: 1_600)).isEmpty)
    }

    @Test("a late timer still answers before anything else is looked at")
    func lateTimer() throws {
        let bench = KeeperBench()
        bench.deposit(try bench.made(try bench.maker.offer(round: round)), at: 300)
        let noise = try Deposit(offer: [1], index: 0, share: .zero, path: [], bodies: true)
        let effects = bench.handle(.depositReceived(DepositID(number: 50), via: 1, from: nil, noise), at: 1_900)
        guard case .answer? = effects.first else {
            Issue.record("the answer was due")
            return
        }
    }
}
