import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Whole rounds in virtual time")
struct WholeRoundTests {
    /// Everybody's stamps are ready; all ask 300 ms into the first round.
    private static func world(members: Int, seekers: Int, seed: UInt64 = 1, clockErrors: [Int64] = []) -> World {
        let world = World(members: members, seekers: seekers, seed: seed, clockErrors: clockErrors)
        for seeker in 0..<seekers { world.at(300, { $0.seek(seeker) }) }
        return world
    }

    @Test("everybody computes the same matching in the first round", arguments: [1, 2, 5, 9, 12], [2, 3, 8, 24])
    func sameMatching(members: Int, seekers: Int) {
        let world = Self.world(members: members, seekers: seekers)
        world.run(until: 2_000)
        #expect(world.checkedPairings().count == seekers / 2 * 2)
        for seeker in world.seekers {
            #expect(seeker.outcomes.first?.outcome.offers == seekers)
            #expect(seeker.outcomes.first?.outcome.addressed == min(9, members))
            #expect(seeker.outcomes.first?.outcome.answered == min(9, members))
        }
    }

    @Test("two alone are together 0.5 s after the round's end at the latest")
    func twoAlone() throws {
        let world = Self.world(members: 9, seekers: 2)
        world.run(until: 3_000)
        #expect(world.checkedPairings().count == 2)
        for seeker in world.seekers {
            let at = try #require(seeker.pairings.first?.at)
            #expect(at <= .origin + .milliseconds(1_500))
        }
    }

    @Test("one who seeks alone is told so every round and found as soon as a second comes")
    func aloneThenFound() {
        let world = World(members: 5, seekers: 2)
        world.at(300) { $0.seek(0) }
        world.at(10_300) { $0.seek(1) }
        world.run(until: 12_000)
        let rounds = world.seekers[0].outcomes.map(\.outcome.round)
        #expect(rounds == Array(World.firstRound...World.firstRound + 10))
        #expect(world.seekers[0].outcomes.dropLast().allSatisfy { $0.outcome.offers == 1 && !$0.outcome.isMatched })
        #expect(world.checkedPairings().count == 2)
    }

    @Test("seekers that come and come again all meet, nobody twice, over 40 rounds", arguments: [1, 2, 3] as [UInt64])
    func churn(seed: UInt64) {
        let world = World(members: 9, seekers: 10, seed: seed)
        var generator = SeededGenerator(seed: seed)
        for seeker in 0..<10 {
            world.at(Int64.random(in: 50...5_000, using: &generator)) { $0.seek(seeker) }
            for second in stride(from: Int64(8), to: 36, by: 4) {
                // Whoever is in a pairing has talked enough and looks for the next.
                world.at(second * 1_000 + Int64.random(in: 0..<3_000, using: &generator)) {
                    $0.give(seeker, .pairingFailed(SeekID(number: 1)))
                }
            }
        }
        world.run(until: 40_000)
        #expect(world.checkedPairings().count >= 40)
    }

    @Test("clocks that are 50 ms apart from mesh time harm nobody", arguments: 1...6 as ClosedRange<UInt64>)
    func clockErrors(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let errors = (0..<17).map { _ in Int64.random(in: -50...50, using: &generator) }
        let world = World(members: 9, seekers: 8, seed: seed, clockErrors: errors)
        for seeker in 0..<8 { world.at(Int64.random(in: 100...900, using: &generator)) { $0.seek(seeker) } }
        world.run(until: 6_000)
        #expect(world.checkedPairings().count == 8)
        #expect(world.seekers.allSatisfy { $0.outcomes.allSatisfy { $0.outcome.answered == 9 } })
    }

    @Test("all clocks at one or the other end of what is allowed still give one matching", arguments: [-50, 50])
    func worstClocks(error: Int64) {
        let errors = (0..<17).map { $0 < 9 ? error : -error }
        let world = World(members: 9, seekers: 8, clockErrors: errors)
        for seeker in 0..<8 { world.at(900 + Int64(seeker) * 10) { $0.seek(seeker) } }
        world.run(until: 6_000)
        #expect(world.checkedPairings().count == 8)
    }

    @Test("the same seed gives the same course, byte for byte")
    func deterministic() {
        func transcript(_ seed: UInt64) -> [String] {
            let world = Self.world(members: 9, seekers: 12, seed: seed)
            world.members[3].isSilent = true
            world.run(until: 6_000)
            return world.transcript
        }
        let first = transcript(5)
        let isSame = first == transcript(5), isOther = first != transcript(6)
        #expect(first.count > 100 && isSame && isOther)
    }

    @Test("four of nine keepers that are silent or down cost time, not the pairing", arguments: [false, true])
    func missingKeepers(areDown: Bool) throws {
        let world = Self.world(members: 9, seekers: 6)
        for index in 0..<4 {
            if areDown { world.members[index].isDown = true } else { world.members[index].isSilent = true }
        }
        world.run(until: 2_500)
        #expect(world.checkedPairings().count == 6)
        let outcome = try #require(world.seekers[0].outcomes.first?.outcome)
        #expect(outcome.addressed == 9 && outcome.answered == 5 && outcome.offers == 6)
        let at = try #require(world.seekers[0].pairings.first?.at)
        // With keepers that are known to be down nobody waits for the deadline, 700 ms after the round's end.
        #expect(areDown ? at < .origin + .milliseconds(1_500) : at >= .origin + .milliseconds(1_700))
        #expect(at <= .origin + .milliseconds(2_001))
    }

    @Test("half of the keepers is no majority: with one of two silent no offer counts")
    func halfIsNoMajority() {
        let world = Self.world(members: 2, seekers: 2)
        world.members[0].isSilent = true
        world.run(until: 4_000)
        #expect(world.checkedPairings().isEmpty)
        for outcome in world.seekers.flatMap(\.outcomes) {
            #expect(outcome.outcome.offers == 0 && outcome.outcome.answered == 1)
        }
    }

    @Test("with five of nine keepers gone no offer counts, and every round still ends")
    func noMajority() {
        let world = Self.world(members: 9, seekers: 4)
        for index in 0..<5 { world.members[index].isSilent = true }
        world.run(until: 5_000)
        #expect(world.checkedPairings().isEmpty)
        for seeker in world.seekers {
            #expect(seeker.outcomes.count >= 2)
            #expect(seeker.outcomes.allSatisfy { $0.outcome.offers == 0 })
            #expect(seeker.counters.contains(.roundWithoutMajority))
        }
    }

    @Test("who does not show up leaves the other with fresh keys in the next round")
    func noShow() throws {
        let world = Self.world(members: 5, seekers: 3)
        world.run(until: 1_600)
        let paired = world.seekers.indices.filter { !world.seekers[$0].pairings.isEmpty }
        try #require(paired.count == 2)
        // One of the two goes away, the other finds nobody at the doors.
        world.give(paired[0], .seekCancelled(SeekID(number: 1)))
        world.give(paired[1], .pairingFailed(SeekID(number: 1)))
        world.run(until: 6_000)
        let pairings = world.seekers[paired[1]].pairings
        #expect(pairings.count == 2)
        let first = try #require(pairings.first?.pairing), second = try #require(pairings.last?.pairing)
        #expect(first.ownKey.value.publicKey != second.ownKey.value.publicKey)
        #expect(first.token != second.token)
        #expect(second.round > first.round)
        #expect(world.seekers[paired[0]].pairings.count == 1)
    }

    @Test("two seeks of one node are never put together, and both go on")
    func ownSeeks() {
        let world = World(members: 5, seekers: 2)
        world.at(300) { world in
            world.seek(0, 1)
            world.seek(0, 2)
        }
        world.run(until: 4_000)
        #expect(world.seekers[0].pairings.isEmpty)
        #expect(world.seekers[0].counters.contains(.ownOffersMet))
        #expect(world.seekers[0].outcomes.allSatisfy { $0.outcome.offers == 2 && !$0.outcome.isMatched })
        // A third offer frees one of them.
        world.seek(1)
        world.run(until: 20_000)
        #expect(world.checkedPairings().count == 2)
        #expect(world.seekers[0].pairings.count == 1)
    }

    @Test("who wants something else than a talk between two is in no pair")
    func kinds() {
        let world = World(members: 5, seekers: 5)
        world.at(300) { world in
            for seeker in 0..<5 { world.seek(seeker, kind: UInt32(seeker % 2)) }
        }
        world.run(until: 2_000)
        let pairings = world.checkedPairings()
        #expect(pairings.count == 2)
        #expect(pairings.allSatisfy { $0.kind == 0 })
    }

    @Test("more offers than a keeper lists: the same 24 for everybody, the others go on")
    func crowded() {
        let world = Self.world(members: 5, seekers: 30)
        world.run(until: 2_000)
        #expect(world.checkedPairings().count == 24)
        #expect(world.seekers.allSatisfy { $0.outcomes.first?.outcome.offers == 24 })
        // The six that are left may look for each other in different places first.
        world.run(until: 9_000)
        #expect(world.checkedPairings().count == 30)
    }

    @Test("a round over an epoch's end has other keepers and old stamps, and people meet")
    func overEpochs() {
        let world = World(members: 12, seekers: 4)
        world.at(58_500) { $0.seek(0) }
        for second in 0..<3 { world.at(61_200 + Int64(second) * 10) { [second] in $0.seek(1 + second) } }
        world.run(until: 84_000)
        #expect(world.checkedPairings().count == 4)
        #expect(world.seekers[0].deposits.contains { $0.round % 60 == 59 })
    }
}
