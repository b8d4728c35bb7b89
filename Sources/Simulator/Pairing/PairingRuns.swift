// The trials of people who come and go: how long it takes them to meet.

internal import Essentials
internal import Pairing
internal import Sodium

/// One run of a trial each; what was seen is added to `seen`.
enum PairingRuns {
    /// Ways between the press and the first word that are no keeper's: four links from leaf to leaf.
    private static let pathWays = 4

    /// When each of a pair can speak: the initiator's first message meets the responder at the door, the second comes
    /// back with the responder's Opening, and the initiator's Opening goes there.
    static func connected(
        _ world: inout PairingWorld, initiator: Moment, responder: Moment
    ) -> (initiator: Moment, responder: Moment) {
        let half = pathWays / 2
        let joined = max(initiator + world.ways(half), responder + world.ways(half))
        let first = joined + world.ways(half) + world.ways(pathWays)
        return (first, first + world.ways(pathWays))
    }

    /// Two halves of one pairing are of two people, agree, and each key is in it once.
    static func fits(
        _ one: PairingWorld.Match, _ other: PairingWorld.Match, _ seen: inout Observations
    ) -> Bool {
        let (left, right) = (one.pairing, other.pairing)
        let isRight =
            one.seeker != other.seeker && !one.isDouble && !other.isDouble
            && left.theirKey == right.ownKey.value.publicKey
            && right.theirKey == left.ownKey.value.publicKey && left.isInitiator != right.isInitiator
        seen.add(.wrongPairings, isRight ? 0 : 1)
        return isRight
    }

    static func seconds(_ span: Span) -> Double { Double(span.microseconds) / 1_000_000 }

    /// One waits in a mesh of five members, another comes at any time.
    static func alone(_ seed: UInt64, _ seen: inout Observations) {
        var world = PairingWorld(members: 5, seed: seed)
        for number in 0..<50 as Range<UInt64> {
            let first = world.addSeeker(), second = world.addSeeker()
            world.wake(0, after: .seconds(2))
            guard case .woken = world.run(until: .distantFuture) else { return }
            world.give(first, .seekAsked(SeekID(number: number), SeekWish()))
            world.wake(1, after: .milliseconds(3_000 + Int64(1_000 * world.chance.fraction())))
            var pressed = Moment.distantFuture
            var matches: [PairingWorld.Match] = []
            while matches.count < 2, world.now < Moment.origin + .seconds(Int64(number + 1) * 60) {
                switch world.run(until: world.now + .seconds(60)) {
                case .ended: break
                case .woken:
                    pressed = world.now
                    world.give(second, .seekAsked(SeekID(number: number), SeekWish()))
                case .happened(let all): for case .matched(let match) in all { matches.append(match) }
                }
            }
            guard matches.count == 2, fits(matches[0], matches[1], &seen) else {
                seen.add(.pairing(.alone, .time), .infinity)
                continue
            }
            for match in matches { world.leave(match.seeker, [match.seek]) }
            let (one, other) = (matches[0].pairing.isInitiator ? 0 : 1, matches[0].pairing.isInitiator ? 1 : 0)
            let at = connected(&world, initiator: matches[one].at, responder: matches[other].at)
            let ofSecond = matches[one].seeker == second ? at.initiator : at.responder
            seen.add(.pairing(.alone, .time), seconds(ofSecond - pressed))
        }
    }
}
