import Essentials
import Identity
@testable import Pairing
import Testing
import Wire

@Suite("Keepers list offers and do not give them")
struct WithheldOffersTests {
    /// No answer brings offers, so that every one must be asked for.
    private static func bareWorld(onBodies: @escaping (World, Int) -> Bool) -> World {
        let world = World(members: 3, seekers: 2)
        world.delay = { _ in .milliseconds(30) }
        for (index, member) in world.members.enumerated() {
            member.tamper = { [unowned world] effect in
                switch effect {
                case .answer(let arrival, let answer):
                    guard
                        let listings = try? answer.listings.map({
                            try Listing(digest: $0.digest, index: $0.index, share: $0.share, path: $0.path)
                        }),
                        let bare = try? RoundAnswer(body: answer.body, signature: answer.signature, listings: listings)
                    else { return [] }
                    return [.answer(arrival, bare)]
                case .bodies: return onBodies(world, index) ? [effect] : []
                case .receipt, .close, .count: return [effect]
                }
            }
        }
        for index in 0..<2 { world.at(300) { $0.seek(index) } }
        return world
    }

    @Test("one keeper that does not give what was asked for is not enough to lose it", arguments: 0..<3)
    func oneGivesNoBodies(silent: Int) {
        let world = Self.bareWorld { _, index in index != silent }
        world.run(until: 1_700)
        #expect(world.checkedPairings().count == 2)
    }

    @Test("offers that were asked for are waited for no longer than until they are there")
    func decidedAtOnce() {
        let world = Self.bareWorld { _, _ in true }
        world.run(until: 1_290)
        #expect(world.checkedPairings().count == 2)
    }

    @Test("two keepers are asked for an offer that is missing, and no more")
    func twoAreAsked() {
        let world = Self.bareWorld { _, _ in true }
        world.run(until: 1_700)
        #expect(world.members.reduce(0) { $0 + $1.counters.count { $0 == .bodiesGiven } } == 2 * 2)
    }

    @Test("keepers that fail while offers are awaited from them are not waited for")
    func failsWhileFetching() {
        let world = Self.bareWorld { _, _ in false }
        world.run(until: 1_250)
        #expect(world.seekers[0].outcomes.isEmpty)
        for member in world.members {
            world.give(
                0, .keeperFailed(SeekID(number: 1), round: World.firstRound, keeper: member.nodeKey))
        }
        #expect(world.seekers[0].outcomes.count == 1)
        #expect(world.seekers[0].outcomes.first?.outcome.answered == 3)
    }

    @Test("keepers that never give the offers that were asked for end the round 300 ms later")
    func bodiesNeverCome() {
        let world = Self.bareWorld { _, _ in false }
        world.run(until: 1_529)
        #expect(world.seekers[0].outcomes.isEmpty)
        world.run(until: 1_530)
        for seeker in world.seekers {
            #expect(seeker.counters.contains(.offerMissing))
            #expect(seeker.outcomes.first?.outcome.offers == 1)
            #expect(seeker.pairings.isEmpty)
        }
    }
}
