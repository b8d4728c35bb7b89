// What befalls a mesh of an acceptance run, and what is measured meanwhile.

internal import Essentials
internal import Identity
internal import NodeEngine

extension AcceptanceRun {
    private static let patience = Span.seconds(60)

    // MARK: hostile statements, losses

    /// Now and then one restarts, and those who kept what it said meet it with that.
    mutating func watchForgers() {
        pass(until: clock + Self.settling)
        while clock < plan.length {
            let node = anyone()
            world.kill(node)
            pass(.seconds(1))
            world.restart(node)
            for place in honest.indices where honest[place].index == node { honest[place].since = world.now }
            watchAbsence(.absentAmongForgers, until: min(plan.length, clock + .seconds(30)))
        }
    }

    mutating func watchLoss() {
        world.weather.loss = 0.5
        watchAbsence(.absentInLoss, until: plan.length)
    }

    /// Members die and come back with a newer record, one every ten seconds.
    mutating func measureRecords(loss: Double, _ measure: Measure) {
        world.weather.loss = loss
        while clock + .seconds(20) <= plan.length {
            let begun = clock
            renewOne(measure)
            pass(until: max(clock, begun + .seconds(10)))
            if measure == .recordAmongHostile { seen.add(.absentAmongHostile, Double(falselyAbsent())) }
        }
        world.weather.loss = 0
    }

    /// From the start of a process to the moment at which all others have its new record.
    mutating func renewOne(_ measure: Measure) {
        let node = anyone()
        let short = world.nodeKey(node).short
        let last = world.seq(at: node, of: short) ?? 0
        world.kill(node)
        pass(.seconds(1))
        world.restart(node)
        for place in honest.indices where honest[place].index == node { honest[place].since = world.now }
        let all = honest.map(\.index)
        seen.add(
            measure,
            time(all, within: Self.patience) { world, other in world.seq(at: other, of: short) ?? 0 > last })
    }

    // MARK: silence

    /// Half of the honest nodes do not reach the other half for `length`, and hostile ones belong to one or the other.
    mutating func measureSplit(for length: Span, within limit: Span) {
        let all = honest.map(\.index)
        let half = all.count / 2
        let hostile = (0..<world.count).filter { world.isGuest($0) }
        pass(.seconds(1))
        world.partition(
            Set(all.prefix(half) + hostile.prefix(hostile.count / 2)),
            Set(all.dropFirst(half) + hostile.dropFirst(hostile.count / 2)))
        let healing = clock + length
        if length > .hours(1) { measureIdle(for: length - .minutes(1), .idleApart) }
        pass(until: healing)
        world.heal()
        let expected = honest.map(\.short)
        seen.add(
            .healed,
            time(all, within: limit, step: .milliseconds(200)) { world, node in
                expected.allSatisfy { world.holds(node, present: $0) }
            })
    }

    /// Machines are gone from one moment to the next, without a word to those who are linked with them.
    mutating func measureVanishing(of count: Int) {
        var gone: [(short: UInt64, key: NodeKey)] = []
        for _ in 0..<count {
            let node = anyone()
            gone.append((world.nodeKey(node).short, world.nodeKey(node)))
            honest.removeAll { $0.index == node }
            world.vanish(node)
        }
        let begun = world.now
        var linked: [(node: Int, key: NodeKey)] = []
        for member in honest {
            let peers = Set((world.glance(member.index)?.links ?? []).map(\.peer))
            for victim in gone where peers.contains(victim.key) { linked.append((member.index, victim.key)) }
        }
        var holding = honest.flatMap { member in gone.map { (node: member.index, short: $0.short) } }
        while !linked.isEmpty || !holding.isEmpty, world.now - begun < .seconds(240) {
            pass(.milliseconds(200))
            let passed = Self.seconds(world.now - begun)
            let before = linked.count
            linked.removeAll { pair in world.glance(pair.node)?.links.contains { $0.peer == pair.key } != true }
            for _ in linked.count..<before { seen.add(.crashNoticed, passed) }
            if holding.isEmpty { continue }
            holding.removeAll { !world.holds($0.node, present: $0.short) }
            if holding.isEmpty { seen.add(.crashAbsent, passed) }
        }
        for _ in linked { seen.add(.crashNoticed, .infinity) }
        if !holding.isEmpty { seen.add(.crashAbsent, .infinity) }
    }

    /// Four in five are gone; later 95 % of all.
    mutating func measureCollapse() {
        vanish(to: plan.nodes / 5)
        let begun = world.now
        var isOne = false
        for turn in 0..<12 {
            if turn < 5 { renewOne(.recordOfSurvivor) }
            pass(until: max(clock, begun - .origin + .seconds(10) * Int64(turn + 1)))
            if !isOne, largestComponent() == 1 {
                isOne = true
                seen.add(.oneComponent, Self.seconds(world.now - begun))
            }
        }
        if !isOne { seen.add(.oneComponent, .infinity) }
        for _ in 0..<5 { renewOne(.recordOfSurvivor) }
        vanish(to: max(2, plan.nodes / 20))
        pass(until: clock + .seconds(120))
        seen.add(.largestComponent, largestComponent())
    }

    private mutating func vanish(to count: Int) {
        while honest.count > max(2, count) {
            let node = anyone()
            honest.removeAll { $0.index == node }
            world.vanish(node)
        }
    }

    // MARK: one victim

    mutating func watchEclipse() {
        let victim = 5
        conspiracy.victim = Conspiracy.Victim(
            key: world.nodeKey(victim), endpoint: World.endpoint(of: victim, in: world.policy))
        pass(until: clock + Self.settling)
        while clock < plan.length {
            pass(.seconds(1))
            let links = world.glance(victim)?.links ?? []
            let isHonest: (NodeGlance.Link) -> Bool = { [conspiracy] in !conspiracy.holds($0.peer) }
            seen.add(.eclipsedHonestLinks, Double(links.count { $0.isOutbound && isHonest($0) }))
            seen.add(.eclipsedLinks, Double(links.count { !isHonest($0) }) / Double(max(1, links.count)))
            let chosen = links.filter(\.isOutbound)
            seen.add(.eclipsedOutbound, Double(chosen.count { !isHonest($0) }) / Double(max(1, chosen.count)))
            seen.add(.eclipsedClock, Self.seconds((world.glance(victim)?.meshOffset ?? .days(1)).magnitude))
        }
    }
}
