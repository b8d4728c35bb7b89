// What came of one seed: whether a rule was broken, and what was measured on the way.

public import Essentials

/// What came of a run.
public struct RunResult: Sendable {
    public struct Failure: Sendable, CustomStringConvertible {
        public let checker: String
        public let at: Span
        public let what: String
        public var description: String { "\(checker): after \(at.milliseconds) ms \(what)" }
    }

    public let plan: FaultPlan
    public internal(set) var trace: UInt64 = 0
    public internal(set) var failure: Failure?
    /// From the end of the faults until everybody saw everybody; nil if that never was.
    public internal(set) var healing: Span?
    /// From the button to `connected`, of two leaves after the healing.
    public internal(set) var meeting: Span?
    /// By second.
    public internal(set) var coverage: [Double] = []
    /// Of the links of an eclipse's victim, how many were to hostile members, over the whole run; nil without one.
    public internal(set) var hostileLinks: Double?
    /// How often the mesh was looked at.
    public var looks: Int { coverage.count }
    /// At how many looks the network had been whole for long enough to judge who is held for absent.
    public internal(set) var judged = 0
    /// By rule, at how many looks there was anybody to judge by it.
    public internal(set) var judgements: [String: Int] = [:]
    /// The rules that a look is judged by, in their order. One that is not in `judgements` has had nobody to judge.
    public static let rules = [
        NobodyInvented.name, ConnectionsBounded.name, TableBounded.name, NobodyKeptAlive.name, NobodyNamedDead.name,
        VictimReached.name, TwoFacesUnmasked.name,
    ]
    /// How often it was whole for a while after the faults, and not for long enough to count.
    public internal(set) var relapses = 0
    /// Whether two people were there of whom it is promised that they meet.
    public internal(set) var hasPair = false
    /// What all nodes together have counted, by name.
    public internal(set) var counters: [String: UInt64] = [:]

    /// Whether everybody was looked at in every second of the plan.
    public var wentToTheEnd: Bool { Int64(coverage.count) >= plan.length.milliseconds / 1_000 }
}
