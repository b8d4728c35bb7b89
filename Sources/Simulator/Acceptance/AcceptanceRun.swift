// One seed of an acceptance plan: a mesh comes together and is measured at rest, then something befalls it. The scenarios
// are in files of their own.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Wire

/// Plays acceptance plans.
public struct AcceptanceRun: ~Copyable {
    /// Told now and then how far a run is: the seed, and the share of its time.
    public typealias Watcher = (UInt64, Double) -> Void

    let plan: AcceptancePlan
    let seed: UInt64
    let watcher: Watcher
    /// Bytes that the process takes; nil where nobody knows.
    let memory: () -> Int?
    var world: World
    var seen: Observations
    var chance: SeededGenerator
    let conspiracy: Conspiracy
    let memories: [RestoredState]
    /// Members that keep the rules and run, by index, with the moment since when nothing disturbs them.
    var honest: [(index: Int, short: UInt64, since: Moment)] = []

    /// How long an honest pair is left alone before it has to see each other: a joiner has to learn, and a period passes.
    static let settling = Span.seconds(60)
    private static let told = Span.seconds(10)
    private var nextTold = Moment.origin

    /// - Parameter memory: the bytes that the process takes.
    public static func run(
        _ plan: AcceptancePlan, seed: UInt64, memory: @escaping () -> Int? = { nil },
        watcher: @escaping Watcher = { _, _ in }
    ) -> Observations {
        Cryptography.simulated.during {
            var run = AcceptanceRun(plan, seed, memory, watcher)
            run.play()
            return run.seen
        }
    }

    private init(_ plan: AcceptancePlan, _ seed: UInt64, _ memory: @escaping () -> Int?, _ watcher: @escaping Watcher) {
        self.plan = plan
        self.seed = seed
        seen = Observations(of: seed)
        self.memory = memory
        self.watcher = watcher
        world = World(policy: World.openPolicy, seed: seed)
        world.weather = .internet
        chance = SeededGenerator(seed: seed ^ 0x6163_6365_7074)
        conspiracy = Conspiracy(policy: world.policy)
        memories = world.memories(of: plan.nodes)
    }

    private mutating func play() {
        switch plan.isWarm {
        case false: comeTogether()
        case true: wakeUp()
        }
        switch plan.scenario(of: seed) {
        case .forgers: watchForgers()
        case .losses: measureRecords(loss: 0.05, .record)
        case .hostileLosses: measureRecords(loss: 0.2, .recordAmongHostile)
        case .split:
            measureSplit(for: .seconds(100), within: .seconds(120))
            pass(until: clock + .seconds(60))
            measureVanishing(of: 5)
        case .daySplit: measureSplit(for: .hours(24), within: .minutes(5))
        case .halfLost: watchLoss()
        case .eclipse: watchEclipse()
        case .collapse: measureCollapse()
        case .stuffing: measureStuffing()
        }
    }

    // MARK: who takes part

    /// Of the members of a scenario with hostile ones, how many those are.
    var hostileCount: Int {
        switch plan.scenario(of: seed) {
        case .forgers: max(1, plan.nodes / 10)
        case .hostileLosses, .eclipse, .stuffing: max(1, plan.nodes / 5)
        case .losses, .split, .daySplit, .halfLost, .collapse: 0
        }
    }

    mutating func addHonest(through entries: [Int], restored: RestoredState) {
        let index = world.addNode(.member, through: entries, restored: restored)
        honest.append((index, world.nodeKey(index).short, world.now))
    }

    /// What a member has of an earlier life that solved its puzzle and knew nobody.
    func solved(_ index: Int) -> RestoredState { RestoredState(puzzle: memories[index].puzzle) }

    mutating func addHostile(_ kind: Adversary) {
        let guest = kind.guest(at: world.count, through: world.entry(0), seed: seed, conspiracy)
        (guest as? EvilMember)?.expected = plan.nodes
        _ = world.addGuest(guest)
    }

    /// Somebody honest other than the first, whom hostile members know.
    mutating func anyone(but taken: Set<Int> = []) -> Int {
        while true {
            let member = honest[Int(chance.next() % UInt64(honest.count))].index
            if member != 0, !taken.contains(member) { return member }
        }
    }

    // MARK: time

    var clock: Span { world.now - .origin }

    mutating func pass(_ span: Span) {
        _ = world.run(for: span)
        guard world.now >= nextTold else { return }
        nextTold = world.now + Self.told
        watcher(seed, min(1, Double(clock.milliseconds) / Double(max(1, plan.length.milliseconds))))
    }

    /// Until so long after the beginning of the run.
    mutating func pass(until end: Span) {
        while clock < end { pass(min(.seconds(1), end - clock)) }
    }

    /// How long it takes, in seconds, until `isDone` holds of each of these nodes; infinity if it does not within `limit`.
    mutating func time(
        _ nodes: [Int], within limit: Span, step: Span = .milliseconds(20), _ isDone: (borrowing World, Int) -> Bool
    ) -> Double {
        let begun = world.now
        var waiting = nodes
        while true {
            waiting = waiting.filter { !isDone(world, $0) }
            if waiting.isEmpty { return Self.seconds(world.now - begun) }
            guard world.now - begun < limit else { return .infinity }
            pass(step)
        }
    }

    static func seconds(_ span: Span) -> Double { Double(span.milliseconds) / 1_000 }

    // MARK: looks

    /// What each node writes in `span`, in bytes a second; where others do not keep it busy.
    mutating func measureIdle(for span: Span, _ measure: Measure = .idle) {
        guard world.count == honest.count else { return pass(until: clock + span) }
        let before = honest.map { world.written[$0.index] ?? 0 }
        pass(until: clock + span)
        let each = zip(honest, before).map {
            Double((world.written[$0.index] ?? 0) - $1) / Self.seconds(span)
        }
        seen.add(measure, each.reduce(0, +) / Double(max(1, each.count)))
        if measure == .idle { seen.add(.idleHighest, each.max() ?? 0) }
    }

    /// Pairs of undisturbed honest nodes of which one holds the other for absent.
    func falselyAbsent() -> Int {
        let settled = honest.filter { world.now - $0.since >= Self.settling }
        var pairs = 0
        for one in settled { pairs += settled.count { !world.holds(one.index, present: $0.short) } }
        return pairs
    }

    /// Looks at all pairs until the end of the run.
    mutating func watchAbsence(_ measure: Measure, until end: Span, every span: Span = .seconds(2)) {
        while clock < end {
            pass(min(span, end - clock))
            seen.add(measure, Double(falselyAbsent()))
        }
    }

    /// Of the honest nodes that run, the share in the largest part of them that hangs together by links.
    func largestComponent() -> Double {
        let place = Dictionary(uniqueKeysWithValues: honest.enumerated().map { (world.nodeKey($1.index), $0) })
        var group = Array(honest.indices)
        func root(_ start: Int) -> Int {
            var node = start
            while group[node] != node { node = group[node] }
            return node
        }
        for (number, member) in honest.enumerated() {
            for link in world.glance(member.index)?.links ?? [] {
                guard let other = place[link.peer] else { continue }
                group[root(other)] = root(number)
            }
        }
        var sizes: [Int: Int] = [:]
        for number in honest.indices { sizes[root(number), default: 0] += 1 }
        return Double(sizes.values.max() ?? 0) / Double(max(1, honest.count))
    }
}
