// Work that takes longer than an event may: puzzles, stamps, and looking whether others have solved theirs. It comes as
// a value that is stepped, so that a shell can do it on any thread, show how far it is, and drop it.

internal import Essentials
public import Identity
internal import Pairing
public import Wire

/// One piece of background work.
public struct BackgroundWork: Sendable {
    public enum Outcome: Sendable {
        case puzzle(PuzzleSolution)
        /// The stamp's nonce, 16 bytes.
        case stamp([UInt8])
        /// What was claimed, in that order, and whether it is so.
        case checked([PuzzleFinding])
    }

    private enum Task: Sendable {
        case puzzle(PuzzleWork)
        case stamp(StampTrial)
        case check([PuzzleClaim], NetworkPolicy)
    }

    private var task: Task

    private init(task: Task) { self.task = task }

    static func puzzle(_ work: PuzzleWork) -> BackgroundWork { BackgroundWork(task: .puzzle(work)) }
    /// As many as take a few milliseconds together.
    static func check(_ claims: [PuzzleClaim], _ policy: NetworkPolicy) -> BackgroundWork {
        BackgroundWork(task: .check(claims, policy))
    }
    static func stamp(_ work: StampWork) -> BackgroundWork { BackgroundWork(task: .stamp(StampTrial(work))) }

    /// Works for a few milliseconds. Nil while there is more to do.
    public mutating func step() -> Outcome? {
        switch task {
        case .puzzle(var work):
            defer { task = .puzzle(work) }
            return work.step().map(Outcome.puzzle)
        case .stamp(var work):
            defer { task = .stamp(work) }
            return work.step().map(Outcome.stamp)
        case .check(let claims, let policy): return .checked(claims.map { $0.check(policy: policy) })
        }
    }

    /// 0…1: the share of the expected work that is done; it stays near 1 when luck is bad. Nil for what is one step.
    public var progress: Double? {
        switch task {
        case .puzzle(let work): work.progress
        case .stamp(let work): work.progress
        case .check: nil
        }
    }
}

/// The identity puzzle, tried nonce by nonce.
struct PuzzleWork: Sendable {
    private static let attemptsPerStep = 2

    let nodeKey: NodeKey
    let month: UInt32
    let policy: NetworkPolicy
    private var tried: UInt64 = 0

    init(nodeKey: NodeKey, month: UInt32, policy: NetworkPolicy) {
        self.nodeKey = nodeKey
        self.month = month
        self.policy = policy
    }

    mutating func step() -> PuzzleSolution? {
        defer { tried &+= UInt64(Self.attemptsPerStep) }
        return Puzzle.attempt(
            nodeKey: nodeKey, month: month, policy: policy, startingAt: tried, count: Self.attemptsPerStep)
    }

    var progress: Double { min(0.99, Double(tried) / Double(UInt64(1) << UInt64(min(62, policy.puzzle.bits)))) }
}

/// A stamp, tried nonce by nonce.
struct StampTrial: Sendable {
    private static let attemptsPerStep = 8

    let work: StampWork
    private var tried: UInt64 = 0

    init(_ work: StampWork) { self.work = work }

    mutating func step() -> [UInt8]? {
        defer { tried &+= UInt64(Self.attemptsPerStep) }
        return work.attempt(startingAt: tried, count: Self.attemptsPerStep)
    }

    var progress: Double { min(0.99, Double(tried) / Double(UInt64(1) << UInt64(min(62, work.request.price.bits)))) }
}
