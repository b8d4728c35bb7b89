// What is measured of as many nodes as there can be: how far news gets, and how many lines somebody fills who has all
// addresses of three wide subnets.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Wire

extension AcceptanceRun {
    private static let patience = Span.seconds(60)

    mutating func measureStuffing() {
        world.weather.loss = 0.2
        let stuffer = EvilMember(world.policy, at: world.count, through: 0, seed: seed)
        stuffer.expected = plan.nodes
        stuffer.corruption = WideStuffing(conspiracy)
        conspiracy.join(stuffer.nodeKey)
        _ = world.addGuest(stuffer)
        while clock + .seconds(20) <= plan.length {
            let begun = clock
            renewAndFollow()
            pass(until: max(clock, begun + .seconds(10)))
        }
        let stuffed = conspiracy.made.map(\.short)
        for member in honest {
            let lines = max(1, world.glance(member.index)?.known ?? 0)
            let hostile = stuffed.count { world.seq(at: member.index, of: $0) != nil }
            seen.add(.stuffedLines, Double(hostile) / Double(lines))
            seen.add(.lines, Double(lines))
        }
        let lines = honest.reduce(0) { $0 + (world.glance($1.index)?.known ?? 0) }
        if let bytes = memory() { seen.add(.bytesPerLine, Double(bytes) / Double(max(1, lines))) }
    }

    /// Somebody comes back with a newer record: when 99 in 100 have it, and when all have.
    private mutating func renewAndFollow() {
        let node = anyone()
        let short = world.nodeKey(node).short
        let last = world.seq(at: node, of: short) ?? 0
        world.kill(node)
        pass(.seconds(1))
        world.restart(node)
        let begun = world.now
        var waiting = honest.map(\.index)
        let few = honest.count / 100
        var isMost = false
        while true {
            waiting = waiting.filter { world.seq(at: $0, of: short) ?? 0 <= last }
            let passed = Self.seconds(world.now - begun)
            if waiting.count <= few, !isMost {
                isMost = true
                seen.add(.recordAmongHostileToMost, passed)
            }
            if waiting.isEmpty { return seen.add(.recordAmongHostile, passed) }
            guard world.now - begun < Self.patience else { break }
            pass(.milliseconds(100))
        }
        if !isMost { seen.add(.recordAmongHostileToMost, .infinity) }
        seen.add(.recordAmongHostile, .infinity)
    }
}

/// Identities at all addresses of three wide subnets, two hundred a second. Nobody answers there.
struct WideStuffing: Corruption {
    private static let atOnce = 50
    private static let network: UInt32 = 0x2D00_0000

    private let conspiracy: Conspiracy

    init(_ conspiracy: Conspiracy) { self.conspiracy = conspiracy }

    func bend(_ member: EvilMember) {
        member.mingle()
        var made: UInt32 = 0
        member.every(.milliseconds(250)) { [unowned member] in
            guard !member.memberLinks.isEmpty else { return true }
            var records: [Signed] = []
            var heartbeats: [Signed] = []
            for _ in 0..<Self.atOnce {
                // The three in turn, each from its first neighbourhood on, one host after the other.
                let host = made / 3
                let address = Self.network | made % 3 << 16 | host % 256 << 8 | (host / 256 % 250 + 1)
                made += 1
                let sybil = NodeIdentity.generate(using: &member.random)
                conspiracy.make(sybil.nodeKey)
                guard let record = record(of: sybil, at: address, by: member),
                    let beat = try? Heartbeat.make(
                        identity: sybil, policy: member.policy, time: member.wall,
                        period: member.policy.heartbeatLongest)
                else { continue }
                records.append(record)
                heartbeats.append(beat)
            }
            member.tell(records, heartbeats)
            return true
        }
    }

    private func record(of sybil: borrowing NodeIdentity, at address: UInt32, by member: EvilMember) -> Signed? {
        let (policy, wall) = (member.policy, member.wall)
        guard
            let puzzle = Puzzle.attempt(
                nodeKey: sybil.nodeKey, month: Puzzle.month(at: wall, policy: policy), policy: policy, startingAt: 0,
                count: 100_000)
        else { return nil }
        return try? NodeRecord.make(
            identity: sybil, policy: policy, seq: wall.milliseconds, expires: wall + .hours(20),
            addresses: [.v4(address, port: 4_700)], capabilities: Capability.all, puzzle: puzzle)
    }
}
