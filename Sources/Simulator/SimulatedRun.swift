// One seed from beginning to end: a calm start, faults, and then the proof that what lives finds itself again.

public import Essentials
internal import Identity
internal import NodeEngine
internal import Wire

/// What came of a run.
public struct RunResult: Sendable {
    public struct Failure: Sendable, CustomStringConvertible {
        public let checker: String
        public let at: Span
        public let what: String
        public var description: String { "\(checker): after \(at.milliseconds) ms \(what)" }
    }

    public let plan: FaultPlan
    public fileprivate(set) var trace: UInt64 = 0
    public fileprivate(set) var failure: Failure?
    /// From the end of the faults until everybody saw everybody; nil if that never was.
    public fileprivate(set) var healing: Span?
    /// From the button to `connected`, of two leaves after the healing.
    public fileprivate(set) var meeting: Span?
    /// By second.
    public fileprivate(set) var coverage: [Double] = []
    /// Of the links of an eclipse's victim, how many were to hostile members, over the whole run; nil without one.
    public fileprivate(set) var hostileLinks: Double?
    /// How often the mesh was looked at.
    public var looks: Int { coverage.count }
    /// At how many looks the network had been whole for long enough to judge who is held for absent.
    public fileprivate(set) var judged = 0
    /// What all nodes together have counted, by name.
    public fileprivate(set) var counters: [String: UInt64] = [:]

    /// Whether everybody was looked at in every second of the plan.
    public var wentToTheEnd: Bool { Int64(coverage.count) >= plan.length.milliseconds / 1_000 }
}

/// Runs plans.
public struct SimulatedRun: ~Copyable {
    /// How long a mesh may need to find itself again, besides the three periods for which heartbeats of those who are
    /// gone count. Feelers call every 15 to 30 s.
    public static let healingMaximum = Span.seconds(45)
    /// After a storm links measure clocks anew within 20 s, and until then keepers may hold theirs for too uncertain.
    private static let meetingMaximum = Span.seconds(45)
    /// With hostile homes, keepers and doors about; a home that fails is left out for 30 s, and keepers change after 60.
    private static let meetingMaximumAmongHostile = Span.seconds(120)
    private static let step = Span.seconds(1)

    private let plan: FaultPlan
    private let patience: Span
    private var world: World
    private var result: RunResult
    private var steady: [Moment?] = []
    private var isGone: [Bool]
    private let conspiracy: Conspiracy
    private var dead: [Moment?]
    private var hostileLinks: [Double] = []
    /// Since when nothing is wrong with the network; nil while something is.
    private var wholeSince: Moment? = .origin
    private var hasSetClocks = false
    /// How long after a storm or a split nobody is blamed for whom it lacks.
    private static let afterWeather = Span.seconds(60)
    /// How long a mesh that is whole again is watched for whether it stays so.
    private static let watching = Span.seconds(20)

    /// - Parameters:
    ///   - patience: how long the mesh may need to find itself again once nobody counts who is gone.
    ///   - cryptography: what it costs; the history is the same.
    public static func run(
        _ plan: FaultPlan, patience: Span = healingMaximum, with cryptography: Cryptography = .simulated
    ) -> RunResult {
        cryptography.during {
            var run = SimulatedRun(plan, patience: patience)
            run.play()
            return run.result
        }
    }

    private init(_ plan: FaultPlan, patience: Span) {
        self.plan = plan
        let period = plan.policy.heartbeatPeriod(members: plan.identities)
        // Whoever learned of somebody late counts the heartbeat for half as long again.
        self.patience = patience + period * plan.policy.presencePeriods * 3 / 2
        world = World(policy: plan.policy, seed: plan.seed)
        conspiracy = Conspiracy(policy: plan.policy)
        result = RunResult(plan: plan)
        isGone = [Bool](repeating: false, count: plan.nodes)
        dead = [Moment?](repeating: nil, count: plan.nodes)
        let hostile = Dictionary(uniqueKeysWithValues: plan.hostile.map { ($0.node, $0.kind) })
        for index in 0..<plan.nodes {
            if let kind = hostile[index] {
                let guest = kind.guest(at: index, through: world.entry(0), seed: plan.seed, conspiracy)
                _ = world.addGuest(guest)
            } else {
                // The first is always there; the other one may come later than whoever counts on it.
                let entries = index == 0 ? [] : [0, Int(plan.seed % UInt64(min(index, plan.members)))]
                _ = world.addNode(index < plan.members ? .member : .leaf, through: entries)
            }
            steady.append(world.now)
        }
        conspiracy.victim = plan.victim.map {
            Conspiracy.Victim(key: world.nodeKey($0), endpoint: World.endpoint(of: $0, in: plan.policy))
        }
        // Who arrives later is not there yet.
        for case .arrive(let node) in plan.faults.map(\.fault) where steady[node] != nil { kill(node) }
    }

    private mutating func play() {
        var next = 0
        while world.now - .origin < plan.length, result.failure == nil {
            let end = world.now - .origin + Self.step
            while next < plan.faults.count, plan.faults[next].at < end {
                pass(plan.faults[next].at - (world.now - .origin))
                strike(plan.faults[next].fault)
                next += 1
            }
            pass(end - (world.now - .origin))
            check()
        }
        if result.failure == nil { heal() }
        if result.failure == nil { meet() }
        if !hostileLinks.isEmpty { result.hostileLinks = hostileLinks.reduce(0, +) / Double(hostileLinks.count) }
        result.counters = world.counters
        for node in 0..<plan.nodes {
            for (what, times) in world.played(node) { result.counters["hostile.\(what)", default: 0] += UInt64(times) }
        }
        result.trace = world.trace ^ digest()
    }

    /// Of what every node knows at the end, and of what was counted: the trace tells when what came and of which size, this
    /// what was made of it. Nodes by their numbers, since their keys cost more in earnest.
    private func digest() -> UInt64 {
        var digest = Digest()
        let look = look()
        let numbers = Dictionary(
            look.keys.enumerated().map { ($1, UInt64($0)) }, uniquingKeysWith: { first, _ in first })
        for snapshot in look.snapshots {
            guard let snapshot else {
                digest.mix(.max)
                continue
            }
            digest.mix(UInt64(snapshot.members) << 32 | UInt64(snapshot.known))
            let peers = snapshot.peers.map { peer -> UInt64 in
                let state: UInt64 = (peer.isPresent ? 1 : 0) | (peer.link == .none ? 0 : peer.link == .outbound ? 2 : 4)
                return numbers[peer.node, default: 1 << 20] << 8 | state
            }
            for peer in peers.sorted() { digest.mix(peer) }
            for home in snapshot.homes { digest.mix(numbers[home.node, default: 1 << 20]) }
        }
        for (name, count) in result.counters.sorted(by: { $0.key < $1.key }) {
            for byte in name.utf8 { digest.mix(UInt64(byte)) }
            digest.mix(count)
        }
        return digest.value
    }

    private mutating func pass(_ span: Span) { if span > .zero { _ = world.run(for: span) } }

    // MARK: faults

    private mutating func strike(_ fault: Fault) {
        if fault.touchesNetwork { wholeSince = nil }
        switch fault {
        case .storm(let loss, let slowest, let breakage):
            world.weather.loss = loss
            world.weather.latencyMaximum = slowest
            world.weather.breakage = breakage
        case .partition(let groups): world.partition(groups.map(Set.init))
        case .deaf(let from, let to): world.block(from: from, to: to)
        case .heal: fairWeather()
        case .freeze(let node) where world.state(node) == .running:
            world.freeze(node)
            steady[node] = nil
        case .thaw(let node) where world.state(node) == .frozen:
            world.thaw(node)
            steady[node] = world.now
        case .kill(let node) where world.state(node) != .dead: kill(node)
        case .leave(let node):
            isGone[node] = true
            if world.state(node) != .dead { kill(node) }
        case .restart(let node, let damage) where !isGone[node]: start(node, damage)
        case .arrive(let node) where !isGone[node]: start(node, .lost)
        case .clock(let node, let error):
            hasSetClocks = true
            world.setClock(node, error: error)
            if steady[node] != nil { steady[node] = world.now }
        case .freeze, .thaw, .kill, .restart, .arrive: break
        }
    }

    private mutating func kill(_ node: Int) {
        world.kill(node)
        steady[node] = nil
        dead[node] = world.now
    }

    private mutating func start(_ node: Int, _ damage: DiskDamage) {
        guard world.state(node) == .dead else { return }
        world.restart(node, disk: damage)
        // The first has no entry point. Without its table it waits until somebody calls, as feelers do every 15 to 30 s.
        steady[node] = world.now + (node == 0 && damage == .lost ? .seconds(30) : .zero)
        dead[node] = nil
    }

    private mutating func fairWeather() {
        world.weather = World.Weather()
        world.heal()
        wholeSince = world.now
    }

    // MARK: judgement

    private mutating func check() {
        let look = look()
        result.coverage.append(look.coverage)
        judge(NobodyInvented(), look)
        judge(ConnectionsBounded(), look)
        judge(TableBounded(members: plan.members, stuffing: plan.members(of: .stuffing).count), look)
        // A wrong clock takes old heartbeats for new ones.
        if !hasSetClocks {
            judge(NobodyKeptAlive(policy: plan.policy, members: plan.identities), look)
        }
        if isWhole {
            result.judged += 1
            judge(NobodyNamedDead(), look)
            judge(VictimReached(), look)
            judge(TwoFacesUnmasked(members: plan.members(of: .equivocating)), look)
        }
        if isBesieged, let share = look.hostileLinks { hostileLinks.append(share) }
    }

    /// Whether the network has been whole for so long that all that were not reached have been.
    private var isWhole: Bool {
        guard plan.isStrict else { return !plan.families.contains(where: \.touchesNetwork) }
        guard let wholeSince else { return false }
        return wholeSince == .origin || world.now - wholeSince >= Self.afterWeather
    }

    private var isBesieged: Bool { !plan.members(of: .eclipsing).isEmpty }

    /// How long the dead may still be seen at the end: those who play back what they said can make it last.
    private var lingering: Span {
        let isPlayedBack = plan.hostile.contains { [.replaying, .dripping, .restarting].contains($0.kind) }
        return isPlayedBack ? NobodyKeptAlive.longest(in: plan.policy, members: plan.identities) : .zero
    }

    private mutating func judge(_ checker: some Checker, _ look: Look) {
        var checker = checker
        guard result.failure == nil, let what = checker.look(look) else { return }
        fail(type(of: checker).name, what)
    }

    private mutating func fail(_ checker: String, _ what: String) {
        result.failure = RunResult.Failure(checker: checker, at: world.now - .origin, what: what)
    }

    private func look() -> Look {
        let all = 0..<plan.nodes
        return Look(
            now: world.now,
            snapshots: all.map { world.state($0) == .running && !world.isGuest($0) ? world.snapshot($0) : nil },
            keys: all.map { world.nodeKey($0) }, steady: steady, dead: dead,
            connections: all.map { world.connections(of: $0) }, isMember: all.map { $0 < plan.members },
            hostile: conspiracy.identities, victim: plan.victim)
    }

    /// The faults are over: whoever is not gone for good runs, and the network is whole.
    private mutating func heal() {
        fairWeather()
        for node in 0..<plan.nodes {
            world.setClock(node, error: .zero)
            switch world.state(node) {
            case .running: break
            case .frozen: strike(.thaw(node))
            case .dead: if !isGone[node] { start(node, .none) }
            }
        }
        let healed = world.now
        while world.now - healed < patience {
            pass(Self.step)
            check()
            guard result.failure == nil else { return }
            if look().flaw(lingering: lingering) == nil {
                result.healing = world.now - healed
                // Whose clock was set back says nothing until it has caught up.
                if plan.isStrict, !hasSetClocks { watch(until: world.now + Self.watching) }
                return
            }
        }
        fail("what lives finds itself again", look().flaw(lingering: lingering) ?? "nothing is wrong any more")
    }

    /// What has found itself stays whole.
    private mutating func watch(until end: Moment) {
        while world.now < end, result.failure == nil {
            pass(Self.step)
            check()
            // Whoever comes back may have heard of somebody who is dead as late as a heartbeat can count.
            let fading = NobodyKeptAlive.longest(in: plan.policy, members: plan.identities)
            guard result.failure == nil, let flaw = look().flaw(lingering: fading, deceived: false) else { continue }
            fail("what is whole stays whole", flaw)
        }
    }

    /// Two people find each other. Somebody whose homes all lie by silence has nobody to look through: see
    /// Docs/ThreatModel.md.
    private mutating func meet() {
        let look = look()
        let leaves = (plan.members..<plan.nodes).filter { node in
            look.snapshots[node]?.homes.contains { $0.isLive && !look.hostile.contains($0.node) } ?? false
        }
        // Nor is there a promise where most of those who are left to be keepers are hostile, or where there are not three
        // honest ones for two homes and a door.
        let members = (0..<plan.members).filter { world.state($0) == .running }
        let hostile = members.count { look.hostile.contains(look.keys[$0]) }
        guard leaves.count >= 2, hostile == 0 || members.count - hostile >= max(3, hostile + 1) else { return }
        let seats = leaves.prefix(2).map { MeetSeat(node: $0) }
        let pressed = world.now
        for seat in seats { world.ask(seat, .meet()) }
        let maximum = plan.hostile.isEmpty ? Self.meetingMaximum : Self.meetingMaximumAmongHostile
        while world.now - pressed < maximum {
            pass(.milliseconds(100))
            if seats.allSatisfy({ world.told[$0]?.contains(.connected) == true }) {
                result.meeting = world.now - pressed
                return
            }
        }
        let clocks = self.look().snapshots.map { $0?.clockOffset.milliseconds ?? 0 }
        fail("two people meet", "leaves \(seats.map(\.node)) did not; clocks \(clocks)")
    }
}

/// FNV-1a over words.
struct Digest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x0000_0100_0000_01b3 }
}
