// The trials of people who come and go: how long it takes them to meet.

internal import Essentials
internal import Pairing
internal import Sodium

/// One run of a trial each; what was seen is added to `seen`.
enum PairingRuns {
    /// Ways between the press and the first word that are no keeper's: four links from leaf to leaf.
    private static let pathWays = 4

    /// Somebody who looks for a stranger.
    struct Person {
        let pressed: Moment
        var isMatched = false
    }

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

    /// People who come at `rate` a second for some time, and until all have met.
    static func load(
        _ rate: Double, for span: Span, _ trial: PairingTrial, _ seed: UInt64, clockError: Span = .zero,
        farAway: Span = .zero, _ seen: inout Observations
    ) {
        func error(_ chance: inout SeededGenerator) -> Span {
            let width = clockError.microseconds
            return .microseconds(Int64(Double(2 * width) * chance.fraction()) - width)
        }
        var world = PairingWorld(members: 40, seed: seed, clockErrors: error)
        var people: [Person] = []
        var halves: [[UInt8]: PairingWorld.Match] = [:]
        let end = Moment.origin + .seconds(5) + span
        world.wake(0, after: .seconds(5))
        run: while true {
            switch world.run(until: end + .seconds(60)) {
            case .ended: break run
            case .woken(0):
                // The node has run for a while, so that stamps are ready when its person presses the button.
                let lag = world.chance.fraction() < 0.1 ? farAway : .zero
                let index = world.addSeeker(clockError: error(&world.chance), lag: lag)
                people.append(Person(pressed: world.now + .seconds(2)))
                world.wake(index + 1, after: .seconds(2))
                guard world.now < end else { continue }
                world.wake(0, after: pause(rate, &world.chance))
            case .woken(let number): world.give(number - 1, .seekAsked(SeekID(number: 1), SeekWish()))
            case .happened(let all):
                for case .matched(let match) in all {
                    world.leave(match.seeker, [match.seek])
                    people[match.seeker].isMatched = true
                    let name = match.pairing.lowerNonce.bytes + match.pairing.higherNonce.bytes
                    guard let other = halves.removeValue(forKey: name) else {
                        halves[name] = match
                        continue
                    }
                    note(match, other, of: people, in: &world, trial, &seen)
                }
                // The last one of an odd number waits for nobody.
                if world.now > end, people.count(where: { !$0.isMatched }) <= 1 { break run }
            }
        }
        // A half without the other is somebody who waits at a door in vain.
        seen.add(.pairing(trial, .alone), Double(halves.count) / Double(max(1, people.count)))
        let waiting = people.count { !$0.isMatched }
        for _ in 0..<max(0, waiting - 1) { seen.add(.pairing(trial, .time), .infinity) }
    }

    private static func note(
        _ one: PairingWorld.Match, _ other: PairingWorld.Match, of people: [Person], in world: inout PairingWorld,
        _ trial: PairingTrial, _ seen: inout Observations
    ) {
        guard fits(one, other, &seen) else { return }
        let initiator = one.pairing.isInitiator ? one : other, responder = one.pairing.isInitiator ? other : one
        let at = connected(&world, initiator: initiator.at, responder: responder.at)
        for (match, moment) in [(initiator, at.initiator), (responder, at.responder)] {
            seen.add(.pairing(trial, .time), seconds(moment - people[match.seeker].pressed))
        }
    }

    /// Two halves of one pairing are of two people, agree, and each key is in it once.
    static func fits(
        _ one: PairingWorld.Match, _ other: PairingWorld.Match, _ seen: inout Observations
    ) -> Bool {
        let (left, right) = (one.pairing, other.pairing)
        let isRight =
            one.seeker != other.seeker && left.theirKey == right.ownKey.value.publicKey
            && right.theirKey == left.ownKey.value.publicKey && left.isInitiator != right.isInitiator
        seen.add(.wrongPairings, isRight ? 0 : 1)
        return isRight
    }

    private static func seconds(_ span: Span) -> Double { Double(span.microseconds) / 1_000_000 }

    /// Exponential, so that people come independently of each other.
    private static func pause(_ rate: Double, _ chance: inout SeededGenerator) -> Span {
        .microseconds(Int64(-logarithm(1 - chance.fraction()) / rate * 1_000_000))
    }

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
