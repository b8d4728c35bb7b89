// Which meshes an acceptance run plays, for how long, and what is promised of them. Where design and research have a bar
// for the same thing, the design's stands.

public import Essentials
internal import Identity

/// What befalls a mesh after it has come together. Different seeds play different ones.
public enum AcceptanceScenario: String, Hashable, Sendable, CaseIterable {
    /// A tenth of the members forges, replays, overflows, equivocates.
    case forgers
    /// One segment in twenty is lost, and members come anew.
    case losses
    /// One in five is lost, and a fifth of the members is hostile.
    case hostileLosses
    /// Two halves do not reach each other for 100 s; later machines vanish.
    case split
    /// Two halves do not reach each other for a day.
    case daySplit
    /// Every other segment is lost.
    case halfLost
    /// A fifth of the members is after one.
    case eclipse
    /// Four in five vanish at once, and then most of the others.
    case collapse
    /// A fifth of the members is hostile, and all hosts of three wide subnets make a million identities; later two halves
    /// do not reach each other for 100 s.
    case stuffing
}

public struct AcceptancePlan: Sendable {
    public let name: String
    public let seeds: ClosedRange<UInt64>
    public let nodes: Int
    /// How many there should be, where fewer fit.
    public let promised: Int
    public let length: Span
    /// In turn, one for each seed: the first is that of seed 1.
    public let scenarios: [AcceptanceScenario]
    /// Whether all have each other's records from an earlier life, or come together through one of them.
    public let isWarm: Bool
    public let bars: [AcceptanceBar]

    /// So many nodes with a table of as many lines each go into 24 GB beside other work.
    private static let fitting: Int = 2_000
    /// How long things take on the way, in words.
    public static let latency = "one way lognormal, median 20 ms, sigma 0.5, within 10 to 400 ms"
    public static let names = ["100", "1000", "10000", "day"]

    public init(
        name: String, seeds: ClosedRange<UInt64>, nodes: Int, promised: Int? = nil, length: Span,
        scenarios: [AcceptanceScenario], isWarm: Bool, bars: [AcceptanceBar]
    ) {
        self.name = name
        self.seeds = seeds
        self.nodes = nodes
        self.promised = promised ?? nodes
        self.length = length
        self.scenarios = scenarios
        self.isWarm = isWarm
        self.bars = bars
    }

    /// - Parameters:
    ///   - first: the first seed.
    ///   - seeds: how many to run, if not as many as the run is meant to have.
    ///   - nodes: likewise.
    public static func named(
        _ name: String, from first: UInt64 = 1, seeds: UInt64? = nil, nodes: Int? = nil
    ) -> AcceptancePlan? {
        func range(_ whole: UInt64) -> ClosedRange<UInt64> { first...max(first, first &+ (max(1, seeds ?? whole) - 1)) }
        return switch name {
        case "100":
            AcceptancePlan(
                name: name, seeds: range(200), nodes: nodes ?? 100, length: .minutes(10),
                scenarios: [.forgers, .losses, .hostileLosses, .split, .halfLost], isWarm: false, bars: hundred)
        case "1000":
            AcceptancePlan(
                name: name, seeds: range(4), nodes: nodes ?? 1_000, length: .minutes(10),
                scenarios: [.hostileLosses, .eclipse, .collapse, .split], isWarm: true, bars: thousand)
        case "10000":
            AcceptancePlan(
                name: name, seeds: range(1), nodes: nodes ?? fitting, promised: 10_000, length: .minutes(5),
                scenarios: [.stuffing], isWarm: true, bars: tenThousand)
        case "day":
            AcceptancePlan(
                name: name, seeds: range(2), nodes: nodes ?? 50, length: .hours(24) + .minutes(5),
                scenarios: [.daySplit], isWarm: true, bars: day)
        default: nil
        }
    }

    public func scenario(of seed: UInt64) -> AcceptanceScenario {
        scenarios.isEmpty ? .split : scenarios[Int((seed &- 1) % UInt64(scenarios.count))]
    }

    public func rows(_ observations: Observations) -> [AcceptanceRow] { bars.map { AcceptanceRow($0, observations) } }

    private static let design = "design 6"
    private static let research = "research 5g"
    /// Since idle traffic is at most 400 B/s, links without traffic are asked for a sign of life after 45 s.
    private static let quietLinks = "research 5b; design 6 bounds idle traffic: asked once a heartbeat is overdue"

    private static let hundred = [
        AcceptanceBar("join storm, half of the nodes through one: p50", .storm, .median, 2, .seconds, design),
        AcceptanceBar("… worst", .storm, .worst, 10, .seconds, design),
        AcceptanceBar("idle at half of the nodes, mean", .idle, .mean, 400, .bytesPerSecond, design),
        AcceptanceBar("… the busiest node of a seed", .idleHighest, .worst, nil, .bytesPerSecond),
        AcceptanceBar(
            "forged, replayed, overflowing: live members dropped", .absentAmongForgers, .worst, 0, .pairs, design),
        AcceptanceBar("new record known to all, 5 % loss: p50", .record, .median, 1, .seconds, research),
        AcceptanceBar("… p99", .record, .p99, 3, .seconds, research),
        AcceptanceBar("… 20 % loss, 20 % hostile: p50", .recordAmongHostile, .median, nil, .seconds),
        AcceptanceBar("… p99", .recordAmongHostile, .p99, nil, .seconds),
        AcceptanceBar("… live members dropped meanwhile", .absentAmongHostile, .worst, 0, .pairs, design),
        AcceptanceBar("vanished neighbour noticed: p50", .crashNoticed, .median, 12, .seconds, quietLinks),
        AcceptanceBar("… p99", .crashNoticed, .p99, 20, .seconds, quietLinks),
        AcceptanceBar("… absent everywhere: worst", .crashAbsent, .worst, nil, .seconds, "three periods of 20 s"),
        AcceptanceBar("whole again after a split of 100 s: worst", .healed, .worst, 30, .seconds, design),
        AcceptanceBar("half of all segments lost: falsely absent", .absentInLoss, .worst, 0, .pairs, research),
    ]

    private static let thousand = [
        AcceptanceBar("idle, mean", .idle, .mean, 3_000, .bytesPerSecond, research),
        AcceptanceBar("… the busiest node of a seed", .idleHighest, .worst, nil, .bytesPerSecond),
        AcceptanceBar("new record, 20 % loss, 20 % hostile: p50", .recordAmongHostile, .median, nil, .seconds),
        AcceptanceBar("… known to all: worst", .recordAmongHostile, .worst, 28, .seconds, research),
        AcceptanceBar("… live members dropped meanwhile", .absentAmongHostile, .worst, 0, .pairs, design),
        AcceptanceBar("80 % vanish: one component after", .oneComponent, .worst, 60, .seconds, research),
        AcceptanceBar("… a record reaches all survivors: worst", .recordOfSurvivor, .worst, 60, .seconds, research),
        AcceptanceBar("95 % gone: largest component after 120 s", .largestComponent, .lowest, 0.99, .share, research),
        AcceptanceBar("eclipse: honest outbound links, fewest", .eclipsedHonestLinks, .lowest, 1, .links, research),
        AcceptanceBar("… hostile share of links, mean; f = 0.2", .eclipsedLinks, .mean, 0.3, .share, research),
        AcceptanceBar("… of those that it opened itself", .eclipsedOutbound, .mean, 0.3, .share, research),
        AcceptanceBar("… its clock led astray by: worst", .eclipsedClock, .worst, 60, .seconds, "half of 04, step 9"),
        AcceptanceBar("vanished neighbour noticed: p50", .crashNoticed, .median, 12, .seconds, quietLinks),
        AcceptanceBar("… p99", .crashNoticed, .p99, 20, .seconds, quietLinks),
        AcceptanceBar("… absent everywhere: worst", .crashAbsent, .worst, nil, .seconds, "three periods of 40 s"),
        AcceptanceBar("whole again after a split of 100 s: worst", .healed, .worst, 30, .seconds, design),
    ]

    private static let tenThousand = [
        AcceptanceBar("idle, mean", .idle, .mean, 5_000, .bytesPerSecond, design),
        AcceptanceBar("… the busiest node", .idleHighest, .worst, nil, .bytesPerSecond),
        AcceptanceBar(
            "new record, 20 % loss, 20 % hostile: at 99 %", .recordAmongHostileToMost, .worst, 34, .seconds, research),
        AcceptanceBar("… known to all: worst", .recordAmongHostile, .worst, 50, .seconds, design),
        AcceptanceBar("stuffing from three /16: made", .identitiesMade, .lowest, 1_000_000, .records, research),
        AcceptanceBar("… hostile lines, worst", .stuffedLines, .worst, 0.06, .share, research),
        AcceptanceBar("… lines of a table", .lines, .worst, nil, .lines),
        AcceptanceBar("… that wait at one node, most", .waitingRecords, .worst, 8_192, .records, "04, Limits"),
        AcceptanceBar("memory for each line of all tables", .bytesPerLine, .worst, nil, .bytes, "the whole process"),
        AcceptanceBar("whole again after a split of 100 s: worst", .healed, .worst, 120, .seconds, research),
    ]

    private static let day = [
        AcceptanceBar("idle at rest, mean", .idle, .mean, nil, .bytesPerSecond),
        AcceptanceBar("… in a half, through the day, mean", .idleApart, .mean, nil, .bytesPerSecond),
        AcceptanceBar("whole again after a split of 24 h: worst", .healed, .worst, 30, .seconds, research),
    ]
}
