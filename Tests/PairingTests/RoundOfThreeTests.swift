import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Rounds in which somebody asks and others discuss")
struct RoundOfThreeTests {
    private static let questions = Pools.questions(network: testPolicy.id)
    private static let seek = SeekID(number: 1)

    /// One who seeks for each kind that is named; all ask 300 ms into the first round.
    private static func world(_ kinds: [UInt32], members: Int = 9, seed: UInt64 = 1) -> World {
        let world = World(members: members, seekers: kinds.count, seed: seed)
        for (seeker, kind) in kinds.enumerated() {
            world.at(300) { $0.seek(seeker, kind: kind, pool: Self.questions) }
        }
        return world
    }

    /// That two have the same pairing, and one of them initiates.
    private static func check(_ one: Pairing, _ other: Pairing) {
        #expect(one.theirKey == other.ownKey.value.publicKey && other.theirKey == one.ownKey.value.publicKey)
        #expect(one.token == other.token && one.prologue == other.prologue)
        #expect(one.lowerNonce == other.lowerNonce && one.higherNonce == other.higherNonce)
        #expect(one.isInitiator != other.isInitiator)
        #expect(one.round == other.round && one.pool == questions && other.pool == questions)
    }

    /// How many threes there are; all of them must fit each other, and each key is in one of them.
    private static func checkedThrees(_ world: World) throws -> Int {
        let trios = world.seekers.flatMap { $0.trios.map(\.trio) }
        var byKey: [Bytes32: Trio] = [:]
        for trio in trios {
            let keys = Set(trio.pairings.map { $0.ownKey.value.publicKey })
            let key = try #require(keys.first)
            #expect(keys.count == 1 && byKey[key] == nil, "a key was in two triples")
            byKey[key] = trio
        }
        var threes = 0
        for case .asks(let toFirst, let toSecond) in trios {
            let first = try #require(byKey[toFirst.theirKey])
            let second = try #require(byKey[toSecond.theirKey])
            #expect(first.role == .discusses(isFirst: true) && second.role == .discusses(isFirst: false))
            check(toFirst, first.pairings[0])
            check(toSecond, second.pairings[0])
            check(first.pairings[1], second.pairings[1])
            // Of the two who discuss the first is the one with the lower nonce.
            #expect([toFirst.lowerNonce, toFirst.higherNonce].contains(first.pairings[1].lowerNonce))
            #expect(Set([toFirst, toSecond, first.pairings[1]].map(\.token)).count == 3)
            threes += 1
        }
        #expect(trios.count == 3 * threes)
        return threes
    }

    @Test(
        "one who asks and two who discuss are told of the same three, each of a pairing with either of the others",
        arguments: [1, 2, 5, 9])
    func three(members: Int) throws {
        let world = Self.world([SeekKind.discusses, SeekKind.asks, SeekKind.discusses], members: members)
        world.run(until: 2_000)
        #expect(try Self.checkedThrees(world) == 1)
        #expect(world.seekers[1].trios.map(\.trio.role) == [.asks])
        for seeker in world.seekers {
            let outcome = try #require(seeker.outcomes.first?.outcome)
            #expect(outcome.isMatched && outcome.offers == 3 && outcome.asking == 1 && outcome.discussing == 2)
            #expect(seeker.counters.contains(.roundMatched))
            #expect(seeker.pairings.isEmpty && seeker.trios.map(\.seek) == [Self.seek])
        }
        // Nobody deposits anything while the three are together.
        world.run(until: 6_000)
        for seeker in world.seekers { #expect(Set(seeker.deposits.map(\.round)) == [World.firstRound]) }
    }

    @Test("one who asks and one who discusses find nobody, and are told of which there are too few")
    func tooFew() {
        let world = Self.world([SeekKind.asks, SeekKind.discusses])
        world.run(until: 4_000)
        for seeker in world.seekers {
            #expect(seeker.trios.isEmpty && seeker.pairings.isEmpty)
            #expect(seeker.outcomes.count > 1)
            for outcome in seeker.outcomes.map(\.outcome) {
                #expect(!outcome.isMatched && outcome.offers == 2 && outcome.asking == 1 && outcome.discussing == 1)
            }
        }
    }

    @Test("those who came for a talk meet in the same round and the same pool", arguments: 1...3 as ClosedRange<UInt64>)
    func mixed(seed: UInt64) throws {
        let world = Self.world([1, 1, 2, 2, 2, 2, 2, 0, 0, 3, 3], seed: seed)
        world.run(until: 2_000)
        #expect(try Self.checkedThrees(world) == 2)
        #expect(world.checkedPairings().count == 2)
        #expect(world.seekers.count { $0.trios.isEmpty && $0.pairings.isEmpty } == 3)
        #expect(world.seekers.allSatisfy { $0.outcomes.first?.outcome.discussing == 5 })
    }

    @Test("four of nine keepers that are silent change nothing of it")
    func silentKeepers() throws {
        let world = Self.world([1, 2, 2])
        for index in 0..<4 { world.members[index].isSilent = true }
        world.run(until: 2_500)
        #expect(try Self.checkedThrees(world) == 1)
    }

    @Test("three of whom one did not come look again with fresh keys")
    func again() throws {
        let world = Self.world([1, 2, 2])
        world.run(until: 1_900)
        #expect(try Self.checkedThrees(world) == 1)
        for seeker in 0..<3 { world.give(seeker, .pairingFailed(Self.seek)) }
        world.run(until: 5_000)
        #expect(try Self.checkedThrees(world) == 2)
        for seeker in world.seekers {
            #expect(seeker.counters.contains(.pairingFailed))
            #expect(Set(seeker.trios.map { $0.trio.pairings[0].ownKey.value.publicKey }).count == 2)
        }
    }

    @Test("whoever is in a triple with an offer of their own node takes themselves as alone")
    func ownOffers() {
        let world = World(members: 5, seekers: 2)
        world.at(300) {
            $0.seek(0, 1, kind: SeekKind.asks, pool: Self.questions)
            $0.seek(0, 2, kind: SeekKind.discusses, pool: Self.questions)
            $0.seek(1, kind: SeekKind.discusses, pool: Self.questions)
        }
        world.run(until: 2_000)
        #expect(world.seekers[0].trios.isEmpty)
        #expect(world.seekers[0].counters.contains(.ownOffersMet))
        #expect(world.seekers[0].outcomes.allSatisfy { !$0.outcome.isMatched })
        // The other node cannot know.
        #expect(world.seekers[1].trios.count == 1)
    }

    // MARK: Beside other seeks of a search

    /// Somebody who would talk or discuss, whichever comes; beside others who talk, and one who asks, and one who
    /// discusses.
    private static func either(talking: Int) -> World {
        let world = World(members: 9, seekers: 3 + talking)
        world.at(300) {
            $0.seek(0, 1, search: 100)
            $0.seek(0, 2, kind: SeekKind.discusses, pool: Self.questions, search: 100)
            $0.seek(1, kind: SeekKind.asks, pool: Self.questions)
            $0.seek(2, kind: SeekKind.discusses, pool: Self.questions)
            for seeker in 3..<3 + talking { $0.seek(seeker) }
        }
        world.run(until: 1_900)
        return world
    }

    @Test("a triple that a rarer meeting is preferred to is dropped, and nobody is told")
    func droppedTriple() {
        let first = Self.either(talking: 1).seekers[0]
        #expect(first.pairings.map(\.seek) == [SeekID(number: 1)])
        #expect(first.trios.isEmpty && first.declined.isEmpty)
        #expect(first.counters.contains(.pairingDeclined))
    }

    @Test("a triple that is the rarer meeting is preferred to a pair, whose stranger is told")
    func preferredTriple() {
        let first = Self.either(talking: 3).seekers[0]
        #expect(first.trios.map(\.seek) == [SeekID(number: 2)])
        #expect(first.pairings.isEmpty)
        #expect(first.declined.map(\.seek) == [SeekID(number: 1)])
    }

    @Test("a seek that ends while its triple waits for the rest of the search is forgotten without a word")
    func cancelled() throws {
        let world = Self.world([1, 2, 2])
        world.run(until: 2_000)
        let trio = try #require(world.seekers[0].trios.first?.trio)
        let bench = SeekBench(keepers: 1)
        for number in 1...2 as ClosedRange<UInt64> {
            let wish = SeekWish(pool: number, search: SearchID(number: 9))
            bench.give(.seekAsked(SeekID(number: number), wish), at: 300)
        }
        bench.seeks.seeks[Self.seek]?.phase = .decided(.three(trio, priority: .zero), offers: 3)
        let effects = bench.give(.seekCancelled(Self.seek), at: 400)
        #expect(!effects.contains { if case .declined = $0 { true } else { false } })
        #expect(bench.seeks.seeks[Self.seek] == nil)
    }
}
