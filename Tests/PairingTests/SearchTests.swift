import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("A search in several pools")
struct SearchTests {
    @Test("offers of different pools never meet")
    func pools() {
        let world = World(members: 9, seekers: 4)
        for seeker in 0..<4 { world.at(300) { $0.seek(seeker, pool: seeker < 3 ? UInt64(seeker) : 2) } }
        world.run(until: 4_000)
        #expect(world.seekers.map(\.pairings.count) == [0, 0, 1, 1])
        #expect(world.checkedPairings().count == 2)
    }

    @Test("of two matches in one round the one among fewer offers is the pairing, and the other stranger is told")
    func fewest() throws {
        let world = World(members: 9, seekers: 6)
        // The first looks in pool 1 beside one other, and in pool 2 beside three, so that it is matched in both.
        world.at(300) {
            $0.seek(0, 1, pool: 2, search: 100)
            $0.seek(0, 2, pool: 1, search: 100)
        }
        world.at(300) { $0.seek(1, pool: 1) }
        for seeker in 2..<5 { world.at(300) { $0.seek(seeker, pool: 2) } }
        world.run(until: 1_900)
        let first = world.seekers[0]
        #expect(first.pairings.map(\.seek) == [SeekID(number: 2)])
        #expect(first.declined.map(\.seek) == [SeekID(number: 1)])
        #expect(world.seekers[1].pairings.count == 1)
        let declined = try #require(first.declined.first?.pairing)
        let told = try #require(
            world.seekers[2..<5].compactMap { $0.pairings.first }.first {
                $0.pairing.theirKey == declined.ownKey.value.publicKey
            })
        #expect(told.pairing.token == declined.token)
        // Nothing more is deposited while the two are in a pairing.
        world.run(until: 6_000)
        #expect(Set(first.deposits.map(\.round)) == [World.firstRound])
    }

    @Test("two who share several things choose the same of them", arguments: 1...6 as ClosedRange<UInt64>)
    func several(seed: UInt64) {
        let world = World(members: 5, seekers: 2, seed: seed)
        world.at(300) {
            for number in 1...4 as ClosedRange<UInt64> {
                $0.seek(0, number, pool: number, search: 100)
                $0.seek(1, number, pool: 5 - number, search: 100)
            }
        }
        world.run(until: 1_900)
        #expect(world.seekers.map(\.pairings.count) == [1, 1])
        #expect(world.checkedPairings().count == 2)
        #expect(world.seekers.allSatisfy { !$0.declined.isEmpty })
    }

    @Test("after a pairing that failed, all seeks of the search look again, with fresh keys where they were matched")
    func again() {
        let world = World(members: 5, seekers: 2)
        world.at(300) {
            $0.seek(0, 1, pool: 1, search: 100)
            $0.seek(0, 2, pool: 2, search: 100)
            $0.seek(1, pool: 1)
        }
        world.run(until: 1_900)
        let first = world.seekers[0]
        #expect(first.pairings.map(\.seek) == [SeekID(number: 1)])
        world.give(0, .pairingFailed(SeekID(number: 1)))
        world.run(until: 3_500)
        func keys(_ seek: UInt64) -> Set<Bytes32> {
            Set(
                first.deposits.filter { $0.seek.number == seek }.compactMap {
                    try? Offer(decoding: $0.deposit.offer).key
                })
        }
        #expect(keys(1).count == 2 && keys(2).count == 1)
    }

    @Test("no seek of a search goes into a round before the others have decided the one before")
    func lockstep() {
        let world = World(members: 5, seekers: 1)
        // The keepers of the second pool are slow to say that nobody is there.
        world.at(300) {
            $0.seek(0, 1, pool: 1, search: 100)
            $0.seek(0, 2, pool: 2, search: 100)
        }
        world.members[0].isSilent = true
        world.run(until: 6_000)
        let deposits = world.seekers[0].deposits
        for round in Set(deposits.map(\.round)) {
            let begun = deposits.filter { $0.round == round }
            let earlier = world.seekers[0].outcomes.filter { $0.outcome.round < round }
            #expect(Set(begun.map(\.seek)).count == 2)
            #expect(earlier.count == 2 * Int(round - World.firstRound))
        }
    }

    @Test("a search that ends while a match of it waits tells that stranger")
    func cancelled() {
        let bench = SeekBench(keepers: 1)
        let ids = [SeekID(number: 1), SeekID(number: 2)]
        for (place, id) in ids.enumerated() {
            bench.give(
                .seekAsked(id, SeekWish(pool: UInt64(place + 1), search: SearchID(number: 9))), at: 300)
        }
        #expect(SeekBench.deposits(bench.effects).count == 2)
        // The first is decided as matched by hand: the second has not heard yet.
        guard let pairing = matchedPairing() else {
            Issue.record("no pairing to begin with")
            return
        }
        bench.seeks.seeks[ids[0]]?.phase = .decided(.pair(pairing), offers: 2)
        let effects = bench.give(.seekCancelled(ids[0]), at: 400)
        #expect(effects.contains { if case .declined(SeekID(number: 1), _) = $0 { true } else { false } })
    }

    private func matchedPairing() -> Pairing? {
        let world = World(members: 3, seekers: 2)
        for seeker in 0..<2 { world.seek(seeker) }
        world.run(until: 2_000)
        return world.seekers[0].pairings.first?.pairing
    }
}
