// A run's whole fate, drawn from its seed before it begins: who takes part, and what befalls them when. A plan can be
// shortened and run again, which is how a failure is reduced to what causes it.

public import Essentials
internal import Identity

/// What one seed stands for.
public struct FaultPlan: Sendable {
    public let seed: UInt64
    /// Members first, then leaves.
    public let members: Int
    public let leaves: Int
    /// How long faults go on; then everything that lives is whole, and has to find itself again.
    public let length: Span
    public let families: [FaultFamily]
    public internal(set) var faults: [TimedFault]
    /// Members that are not what they seem. The first node never is, since everybody knows it.
    public internal(set) var hostile: [Hostile] = []
    /// The honest member that some of those are after.
    public private(set) var victim: Int?

    public var nodes: Int { members + leaves }
    /// How many members there may seem to be: whoever stuffs tables is present under as many names as fit.
    var identities: Int { members + members(of: .stuffing).count * TableBounded.perNeighbourhood }
    /// Until then nobody is hurt: a mesh that never was cannot be lost.
    static let calm = Span.seconds(20)

    /// - Parameters:
    ///   - nodes: how many take part; nil lets the seed choose 5 to 50, half of the time at most 12.
    ///   - only: the families that are on; nil lets the seed choose.
    ///   - kinds: what hostile members may be.
    public init(
        seed: UInt64, nodes: Int? = nil, length: Span, only: [FaultFamily]? = nil,
        kinds: [Adversary] = Adversary.allCases
    ) {
        var chance = SeededGenerator(seed: seed ^ 0x7061_7373_616e_7421)
        let drawn = Self.size(chance.fraction())
        let all = max(5, nodes ?? drawn)
        // Hostile members come out of a stream of their own, so that they leave a seed's other fate as it is.
        var evil = SeededGenerator(seed: seed ^ 0x6576_696c_2070_6565)
        let families = FaultFamily.allCases.filter { family in
            let isDrawn = family == .adversaries ? evil.fraction() < 0.5 : chance.fraction() < 0.5
            return only?.contains(family) ?? isDrawn
        }
        self.seed = seed
        self.length = length
        self.families = families
        leaves = max(2, min(all / 5, 8))
        members = all - leaves
        faults = []
        for family in families { draw(family, &chance) }
        if families.contains(.adversaries) { recruit(kinds, &evil) }
        // Equal times stay in the order in which they were drawn.
        faults = faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// 5 to 50, with 12 in the middle: 5.2 · 1.0233³⁸ is 12.5.
    static func size(_ fraction: Double) -> Int {
        var size = 5.2
        // fraction^1.4 without a mathematics library: piecewise, exact enough for a draw.
        let bent = fraction * (0.55 + 0.45 * fraction)
        for _ in 0..<Int(bent * 100) { size *= 1.0233 }
        return min(50, Int(size))
    }

    /// The mesh that all of them are in: neighbourhoods of addresses count where somebody may have many.
    var policy: NetworkPolicy { families.contains(.adversaries) ? World.lanPolicy : World.localPolicy }
    /// Of the members that a member can be linked with, the hostile share.
    public var hostileShare: Double { Double(hostile.count) / Double(max(1, members - 1)) }

    public func members(of kind: Adversary) -> [Int] { hostile.filter { $0.kind == kind }.map(\.node) }

    /// Takes faults out of the plan.
    public mutating func leaveOut(_ isToGo: (TimedFault) -> Bool) { faults.removeAll(where: isToGo) }

    // MARK: drawing

    private mutating func draw(_ family: FaultFamily, _ chance: inout SeededGenerator) {
        switch family {
        case .storm:
            spells(&chance) { _, chance in
                .storm(
                    loss: 0.5 * chance.fraction(), slowest: .milliseconds(20 + Int64(380 * chance.fraction())),
                    breakage: 0.002 * chance.fraction())
            }
        case .partition: spells(&chance) { plan, chance in plan.split(&chance) }
        case .deaf: spells(&chance) { plan, chance in .deaf(from: plan.anyone(&chance), to: plan.anyone(&chance)) }
        case .pause:
            for _ in 0..<times(&chance) {
                let (node, begin) = (anyone(&chance), moment(&chance))
                add(.freeze(node), at: begin)
                add(.thaw(node), at: begin + .milliseconds(1_000 + Int64(59_000 * chance.fraction())))
            }
        case .crash:
            for _ in 0..<times(&chance) {
                let (node, begin) = (anyone(&chance), moment(&chance))
                let damage = DiskDamage.allCases[pick(DiskDamage.allCases.count, &chance)]
                add(.kill(node), at: begin)
                add(.restart(node, damage), at: begin + .milliseconds(500 + Int64(40_000 * chance.fraction())))
            }
        case .clock:
            for _ in 0..<times(&chance) {
                add(
                    .clock(anyone(&chance), .milliseconds(Int64(180_000 * chance.fraction()) - 90_000)),
                    at: moment(&chance))
            }
        case .churn:
            for _ in 0..<times(&chance) {
                // The first two stay, so that there is always somebody to find.
                let node = 2 + pick(max(1, nodes - 2), &chance)
                add(chance.fraction() < 0.5 ? .arrive(node) : .leave(node), at: moment(&chance))
            }
        case .adversaries: break
        }
    }

    /// 10, 20 or 30 % of the members, at least one, of one to three kinds.
    private mutating func recruit(_ kinds: [Adversary], _ chance: inout SeededGenerator) {
        let count = max(1, members * (1 + pick(3, &chance)) / 10)
        var free = Array(1..<members)
        let drawn = (0...pick(3, &chance)).compactMap { _ in kinds.isEmpty ? nil : kinds[pick(kinds.count, &chance)] }
        for place in 0..<count where !drawn.isEmpty && free.count > 1 {
            let kind = drawn[place % drawn.count]
            // One machine is crowd enough.
            if kind == .stuffing, hostile.contains(where: { $0.kind == .stuffing }) { continue }
            hostile.append(Hostile(node: free.remove(at: pick(free.count, &chance)), kind: kind))
        }
        hostile.sort { $0.node < $1.node }
        victim = free.isEmpty ? nil : free[pick(free.count, &chance)]
    }

    /// A few spells of trouble, each healed after a while.
    private mutating func spells(
        _ chance: inout SeededGenerator, _ fault: (FaultPlan, inout SeededGenerator) -> Fault
    ) {
        for _ in 0..<(1 + pick(3, &chance)) {
            let begin = moment(&chance)
            add(fault(self, &chance), at: begin)
            add(.heal, at: begin + .milliseconds(5_000 + Int64(55_000 * chance.fraction())))
        }
    }

    private func split(_ chance: inout SeededGenerator) -> Fault {
        let count = 1 + pick(3, &chance)
        var groups = [[Int]](repeating: [], count: count)
        // Some stay in the group that is not named.
        for node in 0..<nodes {
            let group = pick(count + 1, &chance)
            if group < count { groups[group].append(node) }
        }
        return .partition(groups)
    }

    private func times(_ chance: inout SeededGenerator) -> Int { 1 + pick(max(1, nodes / 2), &chance) }
    private func anyone(_ chance: inout SeededGenerator) -> Int { pick(nodes, &chance) }
    private func pick(_ count: Int, _ chance: inout SeededGenerator) -> Int { Int(chance.next() % UInt64(count)) }

    private func moment(_ chance: inout SeededGenerator) -> Span {
        let room = max(0, (length - Self.calm).microseconds)
        return Self.calm + .microseconds(Int64(Double(room) * chance.fraction()))
    }

    private mutating func add(_ fault: Fault, at span: Span) {
        if span < length { faults.append(TimedFault(at: span, fault: fault)) }
    }
}
