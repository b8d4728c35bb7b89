// `simulate --accept pairing`: which trials are run, and what is promised of them (design 6, research 5g).

internal import Essentials

/// What is looked at in a trial of pairing.
public enum PairingFigure: Hashable, Sendable {
    /// Seconds from the press to the first word.
    case time
    /// The share of people who were matched with somebody who was not matched with them.
    case alone
    /// 1 for a pair that met, or for somebody who did, else 0.
    case met, anyone
    /// Of the trial with even chances.
    case chiSquare, rounds, chosen, planted
    /// What comes of these: the chance that it is chance.
    case evenness, chosenChance, plantedChance
    /// 1 for each partner who is an accomplice, else 0: of the victim, and of the other honest people.
    case victim, others
    /// What comes of these: the accomplices' share of honest people's partners beside what their offers pay for, the
    /// chance that the victim's differs by chance, and the victim's share.
    case priced, victimsChance, victimsShare
    /// 1 for somebody who was not matched in the round, else 0.
    case slipped
    /// 1 for a shard in which hostile keepers decide, else 0.
    case taken
}

public struct PairingPlan: Sendable {
    public static let name = "pairing"

    public struct Run: Hashable, Sendable {
        public let trial: PairingTrial
        public let seed: UInt64
    }

    /// Long ones first, so that all cores have something to do until the end.
    public let runs: [Run]

    /// - Parameters:
    ///   - first: the first seed.
    ///   - seeds: how many of each trial, if not as many as it is meant to have.
    public init(from first: UInt64 = 1, seeds: UInt64? = nil) {
        let order: [PairingTrial] =
            [.interests, .load200] + PairingTrial.allCases.filter { $0 != .interests && $0 != .load200 }
        runs = order.flatMap { trial in
            (0..<(seeds ?? UInt64(trial.seeds))).map { Run(trial: trial, seed: first &+ $0) }
        }
    }

    /// The rows; `seen` has what all runs saw.
    public static func rows(_ seen: Observations) -> [AcceptanceRow] {
        var seen = seen
        summarise(&seen)
        return bars.map { AcceptanceRow($0, seen) }
    }

    // MARK: What several runs say together

    private static func summarise(_ seen: inout Observations) {
        let even = sum(.uniform, .chiSquare, seen), rounds = sum(.uniform, .rounds, seen)
        let count = seen.values[.pairing(.uniform, .chiSquare)]?.count ?? 0
        if count > 0 {
            let people = PairingRuns.uniformPeople
            let degrees = count * people * (people - 3) / 2
            seen.add(.pairing(.uniform, .evenness), Statistics.chiSquareTail(even, degrees: degrees))
            for (figure, chance) in [(PairingFigure.chosen, PairingFigure.chosenChance), (.planted, .plantedChance)] {
                let share = 1 / Double(people - 1)
                let spread = (rounds * share * (1 - share)).squareRoot()
                let excess = sum(.uniform, figure, seen) - rounds * share
                seen.add(.pairing(.uniform, chance), Statistics.normalTail(excess / spread))
            }
        }
        for (trial, accomplices) in [(PairingTrial.rivals1, 1), (.rivals2, 2), (.rivals4, 4), (.colluding, 4)] {
            let victim = share(trial, .victim, seen), others = share(trial, .others, seen)
            guard victim.of > 0, others.of > 0 else { continue }
            let all = Double(victim.hits + others.hits) / Double(victim.of + others.of)
            // Whoever makes so many offers among eight is each one's partner as often as there are of them.
            seen.add(.pairing(trial, .priced), all / (Double(accomplices) / Double(7 + accomplices)))
            seen.add(
                .pairing(trial, .victimsChance),
                Statistics.twoProportions((victim.hits, victim.of), (others.hits, others.of)))
            seen.add(.pairing(trial, .victimsShare), Double(victim.hits) / Double(victim.of))
        }
    }

    private static func sum(_ trial: PairingTrial, _ figure: PairingFigure, _ seen: Observations) -> Double {
        (seen.values[.pairing(trial, figure)] ?? []).reduce(0) { $0 + $1.number }
    }

    private static func share(
        _ trial: PairingTrial, _ figure: PairingFigure, _ seen: Observations
    ) -> (hits: Int, of: Int) {
        let values = seen.values[.pairing(trial, figure)] ?? []
        return (values.count { $0.number > 0 }, values.count)
    }

    // MARK: Bars

    private static let design = "design 6"
    private static let research = "research 5g"

    private static func time(_ what: String, _ trial: PairingTrial, _ median: Double?, _ p99: Double?)
        -> [AcceptanceBar]
    {
        [
            AcceptanceBar(
                "\(what): p50", .pairing(trial, .time), .median, median, .seconds, median == nil ? "" : design),
            AcceptanceBar("… p99", .pairing(trial, .time), .p99, p99, .seconds, p99 == nil ? "" : design),
        ]
    }

    private static let bars: [AcceptanceBar] =
        time("from the press, 4 a second", .load4, 1.2, 3) + time("… 8 a second", .load8, 1.2, 3)
        + time("… 30 a second: shards", .load30, 1.2, 3) + time("… 200 a second: shards", .load200, 1.2, 3)
        + time("… 4 a second, clocks ±50 ms", .clocks50, 1.2, 3)
        + time("… 4 a second, clocks ±200 ms", .clocks200, nil, nil)
        + time("… 4 a second, a tenth 300 ms further away", .slowLeaves, nil, nil)
        + [
            AcceptanceBar("… matched alone, 4 a second", .pairing(.load4, .alone), .mean, nil, .share),
            AcceptanceBar("… clocks ±200 ms", .pairing(.clocks200, .alone), .mean, nil, .share),
            AcceptanceBar(
                "two alone, from the second's press: p50", .pairing(.alone, .time), .median, 2, .seconds, design),
            AcceptanceBar("… worst", .pairing(.alone, .time), .worst, nil, .seconds),
            AcceptanceBar("keys matched twice, or halves that do not fit", .wrongPairings, .worst, 0, .pairs, design),
            AcceptanceBar(
                "2,000 at once: who share what nobody else likes meet in 10 s", .pairing(.interests, .met), .highMean,
                0.95, .share, design),
            AcceptanceBar("… have met anyone who likes the same", .pairing(.interests, .anyone), .mean, nil, .share),
            AcceptanceBar(
                "all pairs alike: chance of this", .pairing(.uniform, .evenness), .lowest, 0.01, .chance, design),
            AcceptanceBar(
                "… of a chosen pair's number", .pairing(.uniform, .chosenChance), .lowest, 0.01, .chance, design),
            AcceptanceBar(
                "… favoured by 5 %: found", .pairing(.uniform, .plantedChance), .worst, 0.01, .chance, design),
            AcceptanceBar(
                "1 accomplice and 8 others: of its priced share", .pairing(.rivals1, .priced), .worst, 1.35, .times,
                research),
            AcceptanceBar("2 accomplices", .pairing(.rivals2, .priced), .worst, 1.35, .times, research),
            AcceptanceBar("4 accomplices", .pairing(.rivals4, .priced), .worst, 1.35, .times, research),
            AcceptanceBar(
                "… victim as often as others: chance", .pairing(.rivals4, .victimsChance), .lowest, 0.01, .chance,
                research),
            AcceptanceBar("… the victim's share", .pairing(.rivals4, .victimsShare), .mean, nil, .share),
            AcceptanceBar(
                "… and a keeper in league: the victim's share", .pairing(.colluding, .victimsShare), .mean, nil, .share,
                "model: 50 %"),
            AcceptanceBar("… of its priced share, all", .pairing(.colluding, .priced), .worst, nil, .times),
            AcceptanceBar(
                "20 % hostile keepers decide", .pairing(.hostileKeepers, .taken), .mean, 0.025, .share, research),
            AcceptanceBar(
                "3 of 9 keepers crash mid-round: a round later", .pairing(.crashes, .slipped), .mean, 0.05, .share,
                research),
        ]
}
