// What is measured of as many nodes as there can be: how far news gets, and how many lines somebody fills who has all
// addresses of three wide subnets.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Wire

extension AcceptanceRun {
    private static let patience = Span.seconds(60)
    /// Identities.
    private static let multitude: Int64 = 1_000_000

    mutating func measureStuffing() {
        world.weather.loss = 0.2
        // One makes as many as get through, the other as many as it can.
        let left = max(1, (plan.length - clock).milliseconds / 250)
        let stuffings = [
            WideStuffing(each: 50, from: 4_700),
            WideStuffing(each: Int(Self.multitude * 5 / 4 / left) + 1, from: 4_800),
        ]
        for stuffing in stuffings {
            let stuffer = EvilMember(world.policy, at: world.count, through: 0, seed: seed &+ UInt64(world.count))
            stuffer.expected = plan.nodes
            stuffer.corruption = stuffing
            conspiracy.join(stuffer.nodeKey)
            _ = world.addGuest(stuffer)
        }
        while clock + .seconds(20) <= plan.length {
            let begun = clock
            renewAndFollow()
            pass(until: max(clock, begun + .seconds(10)))
            for member in honest { seen.add(.waitingRecords, Double(world.glance(member.index)?.waiting ?? 0)) }
        }
        seen.add(.identitiesMade, Double(stuffings.reduce(0) { $0 + $1.made.count }))
        for member in honest {
            let peers = world.snapshot(member.index).peers
            let stuffed = peers.count { $0.addresses.contains(where: WideStuffing.isOurs) }
            seen.add(.stuffedLines, Double(stuffed) / Double(max(1, peers.count)))
            seen.add(.lines, Double(peers.count))
        }
        world.weather.loss = 0
        measureSplit(for: .seconds(100), within: .seconds(240))
    }

    /// What a line of a table takes, while only honest nodes run.
    mutating func measureMemory() {
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

/// Identities at all addresses of three wide subnets, so many every quarter of a second. Nobody answers there.
struct WideStuffing: Corruption {
    /// How many it has made.
    final class Made {
        var count = 0
    }

    let made = Made()
    private let atOnce: Int
    private let port: UInt16
    private static let network: UInt32 = 0x2D00_0000
    static func isOurs(_ endpoint: Endpoint) -> Bool {
        if case .v4(let address, _) = endpoint { address & 0xFFFC_0000 == network } else { false }
    }
    /// In each of the three.
    private static let hosts: UInt32 = 256 * 250

    /// - Parameter port: the port of the first identity of each host; the next one has the next port.
    init(each atOnce: Int, from port: UInt16) {
        self.atOnce = atOnce
        self.port = port
    }

    func bend(_ member: EvilMember) {
        member.mingle()
        var made: UInt32 = 0
        member.every(.milliseconds(250)) { [unowned member] in
            guard !member.memberLinks.isEmpty else { return true }
            var records: [Signed] = []
            var heartbeats: [Signed] = []
            for _ in 0..<atOnce {
                // The three in turn, each from its first neighbourhood on, one host after the other.
                let host = made / 3
                let address = Self.network | made % 3 << 16 | host % 256 << 8 | (host / 256 % 250 + 1)
                let endpoint = Endpoint.v4(address, port: port &+ UInt16(truncatingIfNeeded: host / Self.hosts))
                made += 1
                let sybil = NodeIdentity.generate(using: &member.random)
                guard let record = record(of: sybil, at: endpoint, by: member),
                    let beat = try? Heartbeat.make(
                        identity: sybil, policy: member.policy, time: member.wall,
                        period: member.policy.heartbeatLongest)
                else { continue }
                records.append(record)
                heartbeats.append(beat)
            }
            self.made.count += records.count
            member.tell(records, heartbeats)
            return true
        }
    }

    private func record(of sybil: borrowing NodeIdentity, at endpoint: Endpoint, by member: EvilMember) -> Signed? {
        let (policy, wall) = (member.policy, member.wall)
        guard
            let puzzle = Puzzle.attempt(
                nodeKey: sybil.nodeKey, month: Puzzle.month(at: wall, policy: policy), policy: policy, startingAt: 0,
                count: 100_000)
        else { return nil }
        return try? NodeRecord.make(
            identity: sybil, policy: policy, seq: wall.milliseconds, expires: wall + .hours(20),
            addresses: [endpoint], capabilities: Capability.all, puzzle: puzzle)
    }
}
