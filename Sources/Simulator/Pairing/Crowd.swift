// People who come and look until they meet, some of them again and again: how long it takes them.

internal import Essentials
internal import Pairing

struct Crowd: ~Copyable {
    /// Somebody who looks for a stranger, once.
    private struct Search {
        let seeker: Int
        let pressed: Moment
        var isMatched = false
    }

    /// What one of two has found, and when it pressed the button.
    private typealias Half = (match: PairingWorld.Match, pressed: Moment)

    /// How people come.
    struct Manner {
        /// A second.
        var rate: Double
        var span: Span
        /// Every clock is off by up to so much.
        var clockError = Span.zero
        /// How much later a tenth of the leaves is with everything.
        var farAway = Span.zero
        /// Of those who press the button, how many come from another stranger.
        var returning = 0.0
        /// Who presses before is not counted.
        var warming = Span.zero
    }

    private let manner: Manner
    private var world: PairingWorld
    private var searches: [Search] = []
    /// The search that each seeker is at.
    private var current: [Int: Int] = [:]
    /// Those who talk, and when they are ready for another.
    private var talking: [(seeker: Int, until: Moment)] = []
    private var halves: [[UInt8]: Half] = [:]
    /// Somebody was matched who was matched already.
    private var doubles = 0

    /// Lets people come for some time, and waits until all have met.
    static func run(_ manner: Manner, _ trial: PairingTrial, _ seed: UInt64, _ seen: inout Observations) {
        var crowd = Crowd(manner, seed)
        crowd.play(trial, &seen)
    }

    private init(_ manner: Manner, _ seed: UInt64) {
        self.manner = manner
        world = PairingWorld(members: 40, seed: seed, clockErrors: { Self.error(manner, &$0) })
    }

    private mutating func play(_ trial: PairingTrial, _ seen: inout Observations) {
        let begin = Moment.origin + .seconds(5) + manner.warming
        let end = begin + manner.span
        world.wake(0, after: .seconds(5))
        run: while true {
            switch world.run(until: end + .seconds(60)) {
            case .ended: break run
            case .woken(0):
                come()
                if world.now < end { world.wake(0, after: pause()) }
            case .woken(let number): press(number - 1)
            case .happened(let all):
                for case .matched(let match) in all {
                    guard let pair = met(match) else { continue }
                    note(pair.0, pair.1, since: begin, trial, &seen)
                }
                // The last one of an odd number waits for nobody.
                if world.now > end, searches.count(where: { !$0.isMatched }) <= 1 { break run }
            }
        }
        seen.add(.wrongPairings, Double(doubles))
        // A half without the other is somebody who waits at a door in vain.
        seen.add(.pairing(trial, .alone), Double(halves.count) / Double(max(1, searches.count)))
        let waiting = searches.count { !$0.isMatched }
        for _ in 0..<max(0, waiting - 1) { seen.add(.pairing(trial, .time), .infinity) }
    }

    /// Somebody who has talked before, if there is one, or somebody new.
    private mutating func come() {
        let comesBack = manner.returning > 0 && world.chance.fraction() < manner.returning
        if comesBack, let ready = talking.firstIndex(where: { $0.until <= world.now }) {
            searches.append(Search(seeker: talking.remove(at: ready).seeker, pressed: world.now))
            world.wake(searches.count, after: .zero)
        } else {
            let lag = world.chance.fraction() < 0.1 ? manner.farAway : .zero
            let index = world.addSeeker(clockError: Self.error(manner, &world.chance), lag: lag)
            // The node has run for a while, so that stamps are ready when its person presses the button.
            searches.append(Search(seeker: index, pressed: world.now + .seconds(2)))
            world.wake(searches.count, after: .seconds(2))
        }
    }

    private mutating func press(_ search: Int) {
        let seeker = searches[search].seeker
        current[seeker] = search
        world.give(seeker, .seekAsked(SeekID(number: UInt64(search + 1)), SeekWish()))
    }

    /// One side has found the other. Both halves, when it is the second one.
    private mutating func met(_ match: PairingWorld.Match) -> (Half, Half)? {
        guard let search = current.removeValue(forKey: match.seeker) else {
            doubles += 1
            return nil
        }
        searches[search].isMatched = true
        if manner.returning > 0 {
            world.give(match.seeker, .seekCancelled(match.seek))
            let span = Span.milliseconds(5_000 + Int64(25_000 * world.chance.fraction()))
            talking.append((match.seeker, world.now + span))
        } else {
            world.leave(match.seeker, [match.seek])
        }
        let name = match.pairing.lowerNonce.bytes + match.pairing.higherNonce.bytes
        let half: Half = (match, searches[search].pressed)
        guard let other = halves.removeValue(forKey: name) else {
            halves[name] = half
            return nil
        }
        return (half, other)
    }

    private mutating func note(
        _ one: Half, _ other: Half, since begin: Moment, _ trial: PairingTrial, _ seen: inout Observations
    ) {
        guard PairingRuns.fits(one.match, other.match, &seen) else { return }
        let isFirst = one.match.pairing.isInitiator
        let initiator = isFirst ? one : other, responder = isFirst ? other : one
        let at = PairingRuns.connected(&world, initiator: initiator.match.at, responder: responder.match.at)
        for (half, moment) in [(initiator, at.initiator), (responder, at.responder)] where half.pressed >= begin {
            seen.add(.pairing(trial, .time), PairingRuns.seconds(moment - half.pressed))
        }
    }

    /// Exponential, so that people come independently of each other.
    private mutating func pause() -> Span {
        .microseconds(Int64(-logarithm(1 - world.chance.fraction()) / manner.rate * 1_000_000))
    }

    private static func error(_ manner: Manner, _ chance: inout SeededGenerator) -> Span {
        let width = manner.clockError.microseconds
        return .microseconds(Int64(Double(2 * width) * chance.fraction()) - width)
    }
}

extension Crowd.Manner {
    init(_ rate: Double, for span: Span) {
        self.rate = rate
        self.span = span
    }

    func but(_ change: (inout Self) -> Void) -> Self {
        var other = self
        change(&other)
        return other
    }
}
