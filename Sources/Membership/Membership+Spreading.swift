// How news travels: at once over every link but the ones that have it already, in as few messages as carry what
// came within a moment. Only what was verified here leaves here. Protocol/04-membership.md, "Pushing".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

extension Membership {
    /// Takes what the other end of a link pushes.
    mutating func take(_ push: Push, from id: LinkID, at now: Moment) {
        guard let link = linkTable[id] else { return count(.pushFromUnknownLink) }
        guard !link.isLeaf else { return count(.leafPush) }
        for signed in push.records {
            guard linkTable[id] != nil else { return }
            settle(acceptRecord(signed, from: id, at: now), of: id, at: now)
        }
        for signed in push.heartbeats {
            guard linkTable[id] != nil else { return }
            settle(acceptHeartbeat(signed, from: id, at: now), of: id, at: now)
        }
    }

    mutating func settle(_ verdict: Verdict, of id: LinkID, at now: Moment) {
        switch verdict {
        case .known: break
        case .accepted(let counter):
            linkTable.update(id) { $0.comparison.brings() }
            count(counter)
        case .refused(let counter): count(counter)
        case .violation(let counter):
            count(counter)
            let violations = linkTable.update(id) { link in
                link.violations += 1
                return link.violations
            }
            if let violations, violations >= MembershipLimits.violations { hangUpForViolations(id, at: now) }
        }
    }

    private mutating func hangUpForViolations(_ id: LinkID, at now: Moment) {
        if let peer = linkTable[id]?.peer { choice.ban(peer, until: now + MembershipLimits.banTime, at: now) }
        count(.violationHungUp)
        hangUp(id, .violation, at: now)
    }

    mutating func spreadRecord(_ short: UInt64, age: Span, from link: LinkID?, at now: Moment) {
        guard isMember else { return }
        guard outbox.passes(age: age, at: now) else { return count(.newsHeldBack) }
        outbox.addRecord(short, from: link)
        armFlush(at: now)
    }

    /// - Parameters:
    ///   - isForAll: its owner was not present before, or has a new record.
    ///   - isUrgent: it does not wait for others.
    mutating func spreadHeartbeat(
        _ short: UInt64, isForAll: Bool, isUrgent: Bool, age: Span, from link: LinkID?, at now: Moment
    ) {
        guard isMember else { return }
        guard outbox.passes(age: age, at: now) else { return count(.newsHeldBack) }
        outbox.addHeartbeat(short, from: link, isForAll: isForAll)
        let period = policy.heartbeatPeriod(members: table.presentCount)
        let delay = MembershipLimits.heartbeatDelay(for: period)
        let comeMeanwhile =
            delay * Int64(table.presentCount) >= period * MembershipLimits.heartbeatsWorthAPacket
        let waits = comeMeanwhile && !isForAll && !isUrgent && outbox.heartbeats < MembershipLimits.heartbeatsTogether
        armFlush(after: waits ? delay : MembershipLimits.flushDelay, at: now)
    }

    /// Both records, so that whoever has only one of them sees as well.
    mutating func spread(_ proof: Equivocation, at now: Moment) {
        guard isMember else { return }
        outbox.add(proof)
        armFlush(at: now)
    }

    /// Asks a neighbour for the record of somebody whose heartbeat it sent.
    mutating func want(_ short: UInt64, from link: LinkID, at now: Moment) {
        outbox.want(short, from: link)
        armFlush(at: now)
    }

    private mutating func armFlush(after delay: Span = MembershipLimits.flushDelay, at now: Moment) {
        if let flushDue, flushDue <= now + delay { return }
        flushDue = now + delay
        timers.arm(.flush, at: now + delay)
    }

    mutating func flush(at now: Moment) {
        flushDue = nil
        sendWanted(at: now)
        let (news, proofs) = outbox.take()
        guard isMember, !news.isEmpty || !proofs.isEmpty else { return }
        let shown = proofs.flatMap { [$0.first.signed, $0.second.signed] }
        for link in linkTable.peers {
            var records = shown
            var heartbeats: [Signed] = []
            for (short, item) in news {
                guard let entry = table[short] else { continue }
                if let known = item.recordKnownTo, !known.contains(link.id) { records.append(entry.record.signed) }
                if let known = item.heartbeatKnownTo, link.isEager || item.isForAll, !known.contains(link.id),
                    let last = entry.heartbeat
                {
                    heartbeats.append(last.statement.signed)
                }
            }
            send(Self.pushes(records: records, heartbeats: heartbeats), to: link.id)
        }
        guard !linkTable.leaves.isEmpty else { return }
        // Closures and not key paths into tuples, which are put together anew each time.
        let entries = news.compactMap { short, item in table[short].map { (entry: $0, item: item) } }
        let records = shown + entries.filter { $0.item.recordKnownTo != nil }.map { $0.entry.record.signed }
        let beats = entries.filter { $0.item.heartbeatKnownTo != nil }
        let toAll = Self.pushes(
            records: records,
            heartbeats: beats.filter { $0.item.isForAll }.compactMap { $0.entry.heartbeat?.statement.signed })
        let toEager = Self.pushes(
            records: records, heartbeats: beats.compactMap { $0.entry.heartbeat?.statement.signed })
        for leaf in linkTable.leaves.values { send(leaf.isEager ? toEager : toAll, to: leaf.id) }
    }

    /// News in as many pushes as are shortest on the wire: the smallest packet (03, "Packets") has room for one heartbeat,
    /// the next one for five, and what stands in one push is not divided.
    static func pushes(records: [Signed], heartbeats: [Signed]) -> [Push] {
        let together = MembershipLimits.heartbeatsTogether
        guard records.isEmpty, heartbeats.count <= 2 * together else {
            return Push.split(records: records, heartbeats: heartbeats)
        }
        var pushes: [Push] = []
        var rest = heartbeats[...]
        while !rest.isEmpty {
            let count = rest.count >= MembershipLimits.heartbeatsWorthAPacket ? together : 1
            pushes += Push.split(records: [], heartbeats: Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pushes
    }

    mutating func send(_ pushes: [Push], to link: LinkID) {
        for push in pushes { effects.append(.sendPush(link, push)) }
    }
}
