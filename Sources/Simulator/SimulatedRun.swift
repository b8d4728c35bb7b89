// One seed from beginning to end: a calm start, faults, and then the proof that what lives finds itself again.

public import Essentials
internal import Identity
internal import NodeEngine
internal import Wire

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
    private var housed: [Moment?]
    private var isGone: [Bool]
    private let conspiracy: Conspiracy
    private var dead: [Moment?]
    private var hostileLinks: [Double] = []
    /// Since when nothing is wrong with the network; nil while something is.
    private var wholeSince: Moment? = .origin
    private var hasSetClocks = false
    /// How long after a storm or a split nobody is blamed for whom it lacks.
    private static let afterWeather = Span.seconds(60)
    /// How long everything has to be as it should be before a mesh counts as whole again.
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
        housed = dead
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
        for (node, snapshot) in look.snapshots.enumerated() {
            guard let snapshot else {
                digest.mix(.max)
                continue
            }
            digest.mix(UInt64(snapshot.members) << 32 | UInt64(snapshot.known))
            digest.mix(world.seq(at: node, of: snapshot.node.short) ?? .max)
            digest.mix(span: snapshot.clockOffset)
            let lines = snapshot.peers.map { peer in
                Digest.line(
                    of: peer, number: numbers[peer.node, default: 1 << 20],
                    seq: world.seq(at: node, of: peer.node.short))
            }
            for line in lines.sorted() { digest.mix(line) }
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
        wholeSince = wholeSince ?? world.now
    }

    // MARK: judgement

    private mutating func check() {
        visitLeaves()
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

    /// Notes which leaves have a home that can be relied upon.
    private mutating func visitLeaves() {
        let undisturbed = Set(
            (0..<plan.members).filter { node in
                !world.isGuest(node) && (steady[node].map { world.now - $0 >= NobodyNamedDead.settling } ?? false)
            }.map { world.nodeKey($0) })
        for leaf in plan.members..<plan.nodes {
            let isHoused =
                world.state(leaf) == .running
                && world.snapshot(leaf).homes.contains { $0.isLive && undisturbed.contains($0.node) }
            housed[leaf] = isHoused ? housed[leaf] ?? world.now : nil
        }
    }

    /// Whether the network has been whole for so long that all that were not reached have been.
    private var isWhole: Bool {
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
        guard result.failure == nil else { return }
        let name = type(of: checker).name
        if checker.applies(to: look) { result.judgements[name, default: 0] += 1 }
        if let what = checker.look(look) { fail(name, what) }
    }

    private mutating func fail(_ checker: String, _ what: String) {
        result.failure = RunResult.Failure(checker: checker, at: world.now - .origin, what: what)
    }

    private func look() -> Look {
        let all = 0..<plan.nodes
        return Look(
            now: world.now,
            snapshots: all.map { world.state($0) == .running && !world.isGuest($0) ? world.snapshot($0) : nil },
            keys: all.map { world.nodeKey($0) }, steady: steady, housed: housed, dead: dead,
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
            guard look().flaw(lingering: lingering) == nil else { continue }
            let since = world.now
            guard staysWhole() else {
                result.relapses += 1
                continue
            }
            result.healing = since - healed
            return
        }
        if result.failure == nil {
            fail("what lives finds itself again", look().flaw(lingering: lingering) ?? "it did not last")
        }
    }

    /// Whether what has found itself lasts. Whose clock was set back says nothing until it has caught up.
    private mutating func staysWhole() -> Bool {
        let end = world.now + (hasSetClocks ? .zero : Self.watching)
        // Whoever comes back may have heard of somebody who is dead as late as a heartbeat can count.
        let fading = NobodyKeptAlive.longest(in: plan.policy, members: plan.identities)
        while world.now < end, result.failure == nil {
            pass(Self.step)
            check()
            guard look().flaw(lingering: fading, deceived: false) == nil else { return false }
        }
        return result.failure == nil
    }

    /// Two people find each other. Somebody whose homes all lie by silence has nobody to look through: see
    /// Docs/ThreatModel.md.
    private mutating func meet() {
        let look = look()
        let leaves = (plan.members..<plan.nodes).filter { node in
            guard look.snapshots[node]?.homes.contains(where: { $0.isLive && !look.hostile.contains($0.node) }) == true
            else { return false }
            // Nor is there a promise where one host's many names are most of those whom it sees: its keepers, and its clock.
            let present = look.present(at: node)
            return plan.members(of: .stuffing).isEmpty
                || 2 * present.count { look.hostile.contains($0) } < present.count
        }
        // And there is none where most of those who are left to be keepers are hostile, or where there are not three
        // honest ones for two homes and a door.
        let members = (0..<plan.members).filter { world.state($0) == .running }
        let hostile = members.count { look.hostile.contains(look.keys[$0]) }
        guard leaves.count >= 2, hostile == 0 || members.count - hostile >= max(3, hostile + 1) else { return }
        result.hasPair = true
        let seats = leaves.prefix(2).map { MeetSeat(node: $0) }
        let pressed = world.now
        let before = world.counters
        for seat in seats { world.ask(seat, .meet()) }
        let maximum = plan.hostile.isEmpty ? Self.meetingMaximum : Self.meetingMaximumAmongHostile
        while world.now - pressed < maximum {
            pass(.milliseconds(100))
            let heard = seats.map { seat in world.told[seat]?.last { Self.isTurn($0) } }
            if heard.allSatisfy({ $0 == .connected }) {
                result.meeting = world.now - pressed
                return
            }
            // Whose path broke before the stranger knew of it was left, and presses again as anybody would.
            for (seat, last) in zip(seats, heard) where last == .strangerDisconnected { world.ask(seat, .new) }
        }
        fail("two people meet", notMet(seats, before))
    }

    /// Whether it says that somebody looks, talks, or does neither any more.
    private static func isTurn(_ event: PersonEvent) -> Bool {
        switch event {
        case .waiting, .connected, .strangerDisconnected: true
        default: false
        }
    }

    /// What there is to know of two people who did not meet.
    private func notMet(_ seats: [MeetSeat], _ before: [String: UInt64]) -> String {
        let look = look()
        let people = seats.map { seat in
            let snapshot = look.snapshots[seat.node]
            let homes = snapshot?.homes.filter(\.isLive).compactMap { look.keys.firstIndex(of: $0.node) } ?? []
            let phase = snapshot?.seats.first?.phase.rawValue ?? "gone"
            return "\(seat.node) (\(phase), at home with \(homes), told \(world.told[seat] ?? []))"
        }
        let counted = world.counters.sorted { $0.key < $1.key }.compactMap { name, count in
            let more = count &- before[name, default: 0]
            return more == 0 ? nil : "\(name) \(more)"
        }
        let clocks = look.snapshots.map { $0?.clockOffset.milliseconds ?? 0 }
        return "\(people.joined(separator: " and ")) did not; clocks \(clocks); counted meanwhile: "
            + counted.joined(separator: ", ")
    }
}
