// Keeping the links that a member wants: everybody in a small mesh, eight chosen ones in a large one, and now
// and then somebody else, so that what was torn apart grows together. Protocol/04-membership.md, "Links".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    mutating func scheduleMaintenance(at now: Moment) {
        guard isMember else { return }
        let due = now + MembershipLimits.maintenanceDelay
        if let armed = choice.maintenanceDue, armed <= due, timers.isArmed(.maintainLinks) { return }
        choice.maintenanceDue = due
        timers.arm(.maintainLinks, at: due)
    }

    mutating func maintainLinks(at now: Moment, using random: inout RandomStream) {
        guard isMember else { return }
        choice.maintenanceDue = nil
        choice.drawSeeds(using: &random)
        dialAnchors(at: now)
        var retry: Moment?
        if isCompleteMesh(at: now) {
            retry = dialEverybody(at: now)
            if linkTable.peers.isEmpty, choice.dialing.isEmpty { fillSlots(at: now) }
        } else {
            fillSlots(at: now)
            dropSurplus(at: now)
        }
        reportAnchors(at: now)
        let isWanting = isCompleteMesh(at: now) || choice.slots.contains { $0.peer == nil }
        if isWanting, let due = [retry, choice.earliestRetry(after: now)].compactMap(\.self).min() {
            choice.maintenanceDue = due
            timers.arm(.maintainLinks, at: due)
        }
    }

    /// The earlier of mesh time and the own clock. Whom a node is linked with decides its mesh time: a mesh time that
    /// somebody has moved ahead must not make everybody else expire.
    func leastTime(at now: Moment) -> WallTime { min(meshTime(at: now), time.clock.wall(at: now)) }

    /// A table so small that everybody is linked with everybody.
    func isCompleteMesh(at now: Moment) -> Bool {
        let time = leastTime(at: now)
        var count = 0
        for entry in table.sorted where entry.isUnexpired(at: time) {
            count += 1
            if count > MembershipLimits.completeMesh { return false }
        }
        return true
    }

    /// Whether this one could be dialled now.
    private func isDialable(_ entry: TableEntry, at now: Moment) -> Bool {
        !linkTable.isLinked(entry.nodeKey) && isDialableUnlinked(entry, at: now)
    }

    private func isDialableUnlinked(_ entry: TableEntry, at now: Moment) -> Bool {
        entry.nodeKey != ownKey && choice.dialing[entry.nodeKey] == nil
            && !choice.isWaiting(entry.nodeKey, at: now) && !equivocators.isIgnored(entry.short, at: now)
    }

    private mutating func dial(_ entry: TableEntry, _ purpose: LinkChoice.Purpose, at now: Moment) {
        dial(entry, purpose, at: entry.record.addresses, now: now)
    }

    mutating func dial(
        _ entry: TableEntry, _ purpose: LinkChoice.Purpose, at endpoints: [Endpoint], now: Moment
    ) {
        guard choice.dialCount < MembershipLimits.dialsAtOnce else { return }
        choice.dialing[entry.nodeKey] = LinkChoice.Call(purpose: purpose, endpoints: endpoints)
        timers.arm(.dialUnanswered(entry.nodeKey), at: now + MembershipLimits.dialPatience)
        effects.append(.dial(entry.nodeKey, entry.record.channelKey, endpoints))
    }

    private mutating func dialAnchors(at now: Moment) {
        let anchors = choice.anchors
        choice.anchors = []
        for anchor in anchors {
            guard let entry = table[anchor], isDialable(entry, at: now) else { continue }
            if let index = choice.slots.firstIndex(where: { $0.peer == nil }) { choice.slots[index].peer = anchor }
            dial(entry, .kept, at: now)
        }
    }

    /// Returns when somebody will be dialled whose own call is awaited until then.
    private mutating func dialEverybody(at now: Moment) -> Moment? {
        guard let ownKey else { return nil }
        var earliest: Moment?
        let time = leastTime(at: now)
        for entry in Array(table.sorted) where entry.isUnexpired(at: time) && isDialable(entry, at: now) {
            let awaited = entry.learned + MembershipLimits.courtesy
            if ownKey > entry.nodeKey, now < awaited {
                earliest = min(earliest ?? awaited, awaited)
            } else {
                dial(entry, .kept, at: now)
            }
        }
        return earliest
    }

    private mutating func fillSlots(at now: Moment) {
        for index in choice.slots.indices {
            guard let peer = choice.slots[index].peer else { continue }
            if choice.dialing[peer] == nil, !linkTable.isLinked(peer) { choice.slots[index].peer = nil }
        }
        let free = linkTable.peers.filter { $0.isOutbound && !$0.isFeeler }.compactMap(\.peer)
        for peer in free where !choice.holds(peer) {
            guard let index = choice.slots.firstIndex(where: { $0.peer == nil }) else { break }
            choice.slots[index].peer = peer
        }
        for index in choice.slots.indices where choice.slots[index].peer == nil { fill(index, at: now) }
    }

    /// Gives a slot to the one that it ranks first, and dials it unless there is a link already.
    private mutating func fill(_ index: Int, at now: Moment) {
        guard let entry = best(for: index, at: now) else { return }
        choice.slots[index].peer = entry.nodeKey
        if !linkTable.isLinked(entry.nodeKey) { dial(entry, .kept, at: now) }
    }

    private func best(for index: Int, at now: Moment) -> TableEntry? {
        let seed = choice.slots[index].seed
        let held = choice.slots.compactMap(\.peer)
        let taken = Set(held.flatMap { table[$0]?.apart(in: policy) ?? [] })
        let meshTime = meshTime(at: now)
        let linked = linkTable.linkedPeers
        var best: (tier: Int, rank: UInt64, entry: TableEntry)?
        for entry in table.sorted {
            // Present before absent before expired, and a subnet of its own before a shared one.
            let standing = entry.isPresent ? 0 : entry.isUnexpired(at: meshTime) ? 2 : 4
            if let best, best.tier < standing { continue }
            let tier = standing + (entry.isApart(from: taken, in: policy) ? 0 : 1)
            if let best, best.tier < tier { continue }
            let nodeKey = entry.nodeKey
            guard !held.contains(nodeKey),
                linked.contains(nodeKey)
                    ? !equivocators.isIgnored(entry.short, at: now) : isDialableUnlinked(entry, at: now)
            else { continue }
            let rank = LinkChoice.rank(nodeKey, seed: seed)
            if let best, (best.tier, best.rank) <= (tier, rank) { continue }
            best = (tier, rank, entry)
        }
        return best?.entry
    }

    /// More outbound links than slots: those go that no slot wants, the newest first.
    private mutating func dropSurplus(at now: Moment) {
        let outbound = linkTable.peers.filter { $0.isOutbound && !$0.isFeeler }
        var surplus = outbound.count - MembershipLimits.outboundLinks
        for link in outbound.reversed() {
            guard surplus > 0 else { return }
            if let peer = link.peer, choice.holds(peer) { continue }
            hangUp(link.id, .replaced, at: now)
            surplus -= 1
        }
    }

    mutating func resetSlot(at now: Moment, using random: inout RandomStream) {
        timers.arm(.resetSlot, at: now + MembershipLimits.slotLife)
        guard isMember, !isCompleteMesh(at: now), let index = choice.resetNext(using: &random) else { return }
        fill(index, at: now)
    }

    /// The two that have been linked longest among those that this node chose. Whoever makes a node start again and
    /// again must not make it forget them: a link that has not lasted takes the place of nobody named before.
    private mutating func reportAnchors(at now: Moment) {
        let chosen = linkTable.peers.filter { $0.isOutbound && !$0.isFeeler }
        let lasting = chosen.filter { now - $0.since >= MembershipLimits.linkTrial }
        var anchors: [NodeKey] = []
        for peer in lasting.compactMap(\.peer) + choice.reportedAnchors + chosen.compactMap(\.peer)
        where anchors.count < MembershipLimits.anchors && table[peer] != nil && !anchors.contains(peer) {
            anchors.append(peer)
        }
        guard !anchors.isEmpty, anchors != choice.reportedAnchors else { return }
        choice.reportedAnchors = anchors
        effects.append(.keepAnchors(anchors))
    }

    mutating func armFeeler(after span: Span, at now: Moment) {
        choice.feelerDue = now + span
        timers.arm(.feeler, at: now + span)
    }

    /// Somebody is absent: from now on there is somebody to find again.
    mutating func hastenFeeler(at now: Moment) {
        guard isMember, let due = choice.feelerDue, due > now + MembershipLimits.feelerInterval else { return }
        armFeeler(after: MembershipLimits.feelerInterval, at: now)
    }

    /// Calls somebody to whom there is no link, half of the time somebody absent: this is how two halves of a mesh
    /// find each other again. Half of the other calls go to who has never answered one, so that the table becomes
    /// verified. Failures do not keep a feeler back, its own pace does.
    mutating func sendFeeler(at now: Moment, using random: inout RandomStream) {
        guard isMember else { return }
        var (present, absent, unreached): ([UInt64], [UInt64], [UInt64]) = ([], [], [])
        let linked = linkTable.linkedPeers
        for entry in table.sorted {
            guard entry.nodeKey != ownKey, choice.dialing[entry.nodeKey] == nil, !linked.contains(entry.nodeKey),
                !choice.isBanned(entry.nodeKey, at: now), !equivocators.isIgnored(entry.short, at: now)
            else { continue }
            if entry.isPresent { present.append(entry.short) } else { absent.append(entry.short) }
            if entry.isPresent, !entry.isVerified { unreached.append(entry.short) }
        }
        let whole = MembershipLimits.feelerIntervalWhole
        let usual = absent.isEmpty ? whole : MembershipLimits.feelerInterval
        let interval = linkTable.peers.isEmpty ? MembershipLimits.feelerIntervalAlone : usual
        let chance = random.uniform(below: UInt64(clamping: interval.microseconds / 2))
        armFeeler(after: interval - Span(microseconds: Int64(clamping: chance)), at: now)
        let preference = random.uniform(below: 4)
        let isForAbsent = preference < 2 && !absent.isEmpty || present.isEmpty
        let candidates = isForAbsent ? absent : preference == 3 && !unreached.isEmpty ? unreached : present
        guard !candidates.isEmpty else { return }
        guard let entry = table[candidates[Int(random.uniform(below: UInt64(candidates.count)))]] else { return }
        count(.feelerSent)
        dial(entry, .feeler, at: now)
    }

    /// A feeler's link stays when it is wanted anyway.
    mutating func feelerDone(_ id: LinkID, at now: Moment) {
        guard let link = linkTable[id], link.isFeeler, let peer = link.peer else { return }
        let hasRoom = choice.slots.contains { $0.peer == nil }
        if isCompleteMesh(at: now) || hasRoom || choice.holds(peer) {
            linkTable.update(id) { $0.isFeeler = false }
            scheduleMaintenance(at: now)
        } else {
            hangUp(id, .feelerDone, at: now)
        }
    }
}
