// What is looked at in an acceptance run, the bars that it is held against, and what comes of that. A bar is what it
// is: a figure that misses it is printed as missed.

/// One kind of figure; what it means is in Docs/Testing.md, "Acceptance runs".
public enum Measure: Hashable, Sendable {
    /// Seconds.
    case storm, record, recordAmongHostile, recordAmongHostileToMost, recordOfSurvivor, crashNoticed, crashAbsent
    case healed, oneComponent
    /// Bytes a second and node.
    case idle, idleHighest, idleApart
    /// Pairs of honest nodes of which one wrongly holds the other for absent, one count for each look.
    case absentAmongForgers, absentAmongHostile, absentInLoss
    /// Shares.
    case largestComponent, eclipsedLinks, eclipsedOutbound, stuffedLines
    /// Links.
    case eclipsedHonestLinks
    /// Lines of a table, and bytes of the process for each line of all tables.
    case lines, bytesPerLine
    /// Names that hostile members made up, and records that wait at a node until they are checked.
    case identitiesMade, waitingRecords
    /// Seconds between a member's mesh time and what its own right clock says.
    case eclipsedClock
    /// Of pairing.
    case pairing(PairingTrial, PairingFigure)
    /// 1 for a pairing whose two sides are not two people who agree, else 0.
    case wrongPairings
}

/// Everything that was seen, by kind, in the order in which it was seen.
public struct Observations: Sendable {
    public struct Value: Hashable, Sendable {
        public let number: Double
        /// The run in which it was seen.
        public let seed: UInt64
    }

    public private(set) var values: [Measure: [Value]] = [:]
    private let seed: UInt64

    /// - Parameter seed: the run of what is added one by one.
    public init(of seed: UInt64) { self.seed = seed }

    /// Something that never came in the time that it had is `infinity`.
    public mutating func add(_ measure: Measure, _ number: Double) {
        values[measure, default: []].append(Value(number: number, seed: seed))
    }

    public mutating func add(_ other: Observations) {
        for (measure, more) in other.values { values[measure, default: []] += more }
    }
}

/// What a figure has to be.
public struct AcceptanceBar: Sendable {
    public enum Statistic: Sendable {
        case median, p99, worst, mean, lowest
        /// A mean that is to be high.
        case highMean

        public var isHighGood: Bool { self == .lowest || self == .highMean }
    }

    public enum Unit: Sendable {
        case seconds, bytesPerSecond, pairs, share, links, lines, records, bytes
        /// A chance that it is chance.
        case chance
        /// As a multiple.
        case times
    }

    public let what: String
    public let measure: Measure
    public let statistic: Statistic
    /// Nil where nothing is promised.
    public let limit: Double?
    public let unit: Unit
    /// Who says so, and what else has to be known.
    public let source: String

    public init(
        _ what: String, _ measure: Measure, _ statistic: Statistic, _ limit: Double?, _ unit: Unit,
        _ source: String = ""
    ) {
        self.what = what
        self.measure = measure
        self.statistic = statistic
        self.limit = limit
        self.unit = unit
        self.source = source
    }
}

/// A bar with what was measured.
public struct AcceptanceRow: Sendable {
    public enum Verdict: String, Sendable {
        case met, missed
        /// There is no bar.
        case told = "–"
    }

    public let bar: AcceptanceBar
    /// How many values the figure is made of.
    public let count: Int
    /// Nil when there was no value at all.
    public let figure: Double?
    /// The run with the value furthest on the wrong side; of equal ones the first.
    public let worstSeed: UInt64?

    public init(_ bar: AcceptanceBar, _ observations: Observations) {
        let values = observations.values[bar.measure] ?? []
        self.bar = bar
        count = values.count
        figure = Self.figure(values.map(\.number).sorted(), bar.statistic)
        let numbers = values.lazy.map(\.number)
        let worst = bar.statistic.isHighGood ? numbers.min() : numbers.max()
        worstSeed = values.first { $0.number == worst }?.seed
    }

    /// What was to be measured and was not, is missed.
    public var verdict: Verdict {
        guard let limit = bar.limit else { return .told }
        guard let figure else { return .missed }
        return (bar.statistic.isHighGood ? figure >= limit : figure <= limit) ? .met : .missed
    }

    /// The run to play again when the bar is missed.
    public var missedBy: UInt64? { verdict == .missed ? worstSeed : nil }

    private static func figure(_ sorted: [Double], _ statistic: AcceptanceBar.Statistic) -> Double? {
        guard let first = sorted.first, let last = sorted.last else { return nil }
        return switch statistic {
        case .median: sorted[(sorted.count - 1) / 2]
        case .p99: sorted[min(sorted.count - 1, (sorted.count * 99 + 99) / 100 - 1)]
        case .worst: last
        case .mean, .highMean: sorted.reduce(0, +) / Double(sorted.count)
        case .lowest: first
        }
    }
}
