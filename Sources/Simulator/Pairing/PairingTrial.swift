// What is played in the acceptance run of pairing, each trial with what it looks at. What the rows mean is in
// Docs/Testing.md, "Acceptance runs".

internal import Essentials
internal import Pairing

/// One kind of run.
public enum PairingTrial: Hashable, Sendable, CaseIterable {
    /// People come at so many a second.
    case load4, load8, load30, load200
    /// The same as four a second, with every clock off.
    case clocks50, clocks200
    /// The same, with a tenth of the leaves far away.
    case slowLeaves
    /// Two in a mesh where nobody else looks.
    case alone
    /// Two thousand at once, with rare interests.
    case interests
    /// Eight who look in every round.
    case uniform
    /// Eight honest ones, and so many accomplices who keep the rules.
    case rivals1, rivals2, rivals4
    /// The same as four, with one keeper in league with them.
    case colluding
    /// Three of the nine keepers are gone in the middle of a round.
    case crashes
    /// A fifth of the members is hostile: how often they have the majority of a shard's keepers.
    case hostileKeepers

    /// How many runs make the figure.
    var seeds: Int {
        switch self {
        case .load4, .load8, .clocks50, .clocks200, .slowLeaves, .alone, .rivals1, .rivals2, .rivals4, .colluding: 4
        case .load30, .load200, .interests, .crashes, .hostileKeepers: 2
        case .uniform: 20
        }
    }

    public func run(seed: UInt64) -> Observations {
        Cryptography.simulated.during {
            var seen = Observations(of: seed)
            switch self {
            case .load4: Crowd.run(.init(4, for: .seconds(250)), self, seed, &seen)
            case .load8: Crowd.run(.init(8, for: .seconds(120)), self, seed, &seen)
            case .load30: Crowd.run(Self.lively(30, for: .seconds(60)), self, seed, &seen)
            case .load200: Crowd.run(Self.lively(200, for: .seconds(20)), self, seed, &seen)
            case .clocks50: Crowd.run(Self.four.but { $0.clockError = .milliseconds(50) }, self, seed, &seen)
            case .clocks200: Crowd.run(Self.four.but { $0.clockError = .milliseconds(200) }, self, seed, &seen)
            case .slowLeaves: Crowd.run(Self.four.but { $0.farAway = .milliseconds(300) }, self, seed, &seen)
            case .alone: PairingRuns.alone(seed, &seen)
            case .interests: PairingRuns.interests(seed, &seen)
            case .uniform: PairingRuns.uniform(seed, &seen)
            case .rivals1: PairingRuns.rivals(1, colludes: false, seed, &seen)
            case .rivals2: PairingRuns.rivals(2, colludes: false, seed, &seen)
            case .rivals4: PairingRuns.rivals(4, colludes: false, seed, &seen)
            case .colluding: PairingRuns.rivals(4, colludes: true, seed, &seen)
            case .crashes: PairingRuns.crashes(seed, &seen)
            case .hostileKeepers: PairingRuns.hostileKeepers(seed, &seen)
            }
            return seen
        }
    }

    private static let four = Crowd.Manner(4, for: .seconds(120))

    /// As in a mesh that has run for a while: three in four come from another stranger.
    private static func lively(_ rate: Double, for span: Span) -> Crowd.Manner {
        Crowd.Manner(rate, for: span).but {
            $0.returning = 0.75
            $0.warming = .seconds(30)
        }
    }
}
