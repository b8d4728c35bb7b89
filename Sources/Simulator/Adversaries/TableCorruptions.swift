// Hostile statements: forged, replayed, dripped, at the ends of their ranges, and two-faced.

internal import Essentials
internal import Identity
internal import Wire

/// Records and heartbeats in others' names.
struct Forgery: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        // Whoever is asked about, it is this one that signs; and about everybody it wants to be asked.
        member.onNonce = { [unowned member] link, nonce in
            let policy = member.policy
            let alive = try? LifeSign.make(identity: member.identity.value, policy: policy, nonce: nonce)
            if let alive { link.say(.alive(alive)) }
        }
        member.every(.seconds(2)) { [unowned member] in
            let others = member.table.keys.filter { $0 != member.nodeKey }
            guard let victim = others.randomElement(using: &member.random) else { return true }
            member.tell([forgedRecord(of: victim, by: member)].compactMap { $0 }, [])
            member.tell([], [forgedHeartbeat(of: victim, by: member)].compactMap { $0 })
            if let ask = try? Ask(node: victim.bytes, nonce: victim.bytes) {
                for link in member.memberLinks { link.say(.ask(ask)) }
            }
            return true
        }
    }

    /// Newer than any, at an address where nobody is, and about to expire.
    private func forgedRecord(of victim: NodeKey, by member: EvilMember) -> Signed? {
        guard let known = member.table.records[victim]?.body,
            let body = try? RecordBody(
                network: member.policy.id, nodeKey: victim.bytes, channelKey: member.identity.value.channelKey.bytes,
                seq: (member.wall + .minutes(4)).milliseconds, expires: (member.wall + .seconds(1)).milliseconds,
                addresses: [member.endpoint], capabilities: 0, puzzle: known.puzzle)
        else { return nil }
        return try? member.identity.value.sign(body.encoded(), domain: NodeRecord.domain, network: member.policy.id)
    }

    /// So far ahead that no later one would count.
    private func forgedHeartbeat(of victim: NodeKey, by member: EvilMember) -> Signed? {
        guard
            let body = try? HeartbeatBody(
                node: victim.short, time: (member.wall + .seconds(120)).milliseconds, period: 5_000)
        else { return nil }
        return try? member.identity.value.sign(body.encoded(), domain: Heartbeat.domain, network: member.policy.id)
    }
}

/// Everything that was ever said, again and in any order.
struct Replay: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        member.every(.seconds(1)) { [unowned member] in
            let old = (0..<24).compactMap { _ in member.table.history.randomElement(using: &member.random) }
            if !old.isEmpty { member.count("replayed") }
            member.tell(old.filter(\.isRecord).map(\.signed), old.filter { !$0.isRecord }.map(\.signed))
            return true
        }
    }
}

/// Keeps the last heartbeats of whoever falls silent, and lets them out one by one, oldest first, so that somebody who
/// has not heard the later ones may take them for life.
struct Drip: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        member.passesOn = { _ in false }
        var turn = 0
        member.every(.seconds(4)) { [unowned member] in
            turn += 1
            let deadline = (member.wall - .seconds(15)).milliseconds
            var drops: [Signed] = []
            for key in member.table.keys where key != member.nodeKey {
                guard let last = member.table.heartbeats[key.short], last.time < deadline else { continue }
                // Those that may still be in time, in turn.
                let kept = member.table.history.suffix(2_048).filter { $0.owner == key.short && !$0.isRecord }.suffix(
                    26)
                if !kept.isEmpty { drops.append(Array(kept)[turn % kept.count].signed) }
            }
            if !drops.isEmpty { member.count("dripped") }
            member.tell([], drops)
            return true
        }
        // Who comes anew has heard nothing yet.
        member.onMember = { [unowned member] link in
            let records = member.table.keys.compactMap { member.table.records[$0]?.signed }
            for push in Push.split(records: records, heartbeats: []) { link.say(.push(push)) }
            return true
        }
    }
}

/// Its own statements with numbers and times at the ends of their ranges, and others' with its own signature.
struct Overflow: Corruption {
    private static let ends: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 53, 1 << 63 - 1, 1 << 63, .max - 1, .max]

    func bend(_ member: EvilMember) {
        member.mingle()
        member.every(.seconds(1)) { [unowned member] in
            guard let own = member.table.records[member.nodeKey]?.body else { return true }
            let ends = Self.ends
            func end() -> UInt64 { ends.randomElement(using: &member.random) ?? .max }
            let now = member.wall.milliseconds
            let record = try? RecordBody(
                network: member.policy.id, nodeKey: member.nodeKey.bytes,
                channelKey: member.identity.value.channelKey.bytes, seq: end(),
                expires: end(), addresses: [member.endpoint], capabilities: .max,
                puzzle: PuzzleSolution(month: UInt32(truncatingIfNeeded: end()), nonce: own.puzzle.nonce))
            let beats = [
                try? HeartbeatBody(node: member.nodeKey.short, time: end(), period: 5_000),
                try? HeartbeatBody(node: member.nodeKey.short, time: now, period: UInt32(clamping: max(1, end()))),
                try? HeartbeatBody(node: end(), time: end(), period: .max),
            ]
            let signed = beats.compactMap { $0 }.compactMap {
                try? member.identity.value.sign($0.encoded(), domain: Heartbeat.domain, network: member.policy.id)
            }
            let claim = record.flatMap {
                try? member.identity.value.sign($0.encoded(), domain: NodeRecord.domain, network: member.policy.id)
            }
            member.tell([claim].compactMap { $0 }, signed)
            return true
        }
    }
}

/// Another record for every neighbour, all under one number.
struct EquivocalRecords: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        member.every(.seconds(20)) { [unowned member] in
            let seq = member.wall.milliseconds
            for (place, link) in member.memberLinks.enumerated() {
                let other = member.endpoint.onPort(UInt16(truncatingIfNeeded: 20_000 + place))
                guard let record = member.makeRecord(seq: seq, addresses: [other]),
                    let push = try? Push(records: [record], heartbeats: [])
                else { continue }
                link.say(.push(push))
            }
            return true
        }
    }
}

/// Meets whoever comes with what that one said in its earlier life, oldest first, and with a claim that it has said
/// more than it has.
struct RestartAttack: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        member.onMember = { [unowned member] link in
            guard let peer = link.peer else { return false }
            let said = member.table.history.filter { $0.owner == peer.short }
            let pushes = Push.split(
                records: said.filter(\.isRecord).map(\.signed),
                heartbeats: said.filter { !$0.isRecord }.suffix(64).map(\.signed))
            for push in pushes { for other in member.memberLinks { other.say(.push(push)) } }
            if !pushes.isEmpty { member.count("retold") }
            if let known = member.table.records[peer]?.body, let claim = higher(than: known, by: member) {
                member.tell([claim], [])
            }
            return true
        }
    }

    private func higher(than known: RecordBody, by member: EvilMember) -> Signed? {
        guard
            let body = try? RecordBody(
                network: known.network, nodeKey: known.nodeKey, channelKey: known.channelKey,
                seq: known.seq.saturatingAdd(1), expires: known.expires, addresses: known.addresses,
                capabilities: known.capabilities, puzzle: known.puzzle)
        else { return nil }
        return try? member.identity.value.sign(body.encoded(), domain: NodeRecord.domain, network: member.policy.id)
    }
}
