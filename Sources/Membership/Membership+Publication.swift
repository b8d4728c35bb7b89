// The own record and heartbeats of a member. The engine holds no keys: it says what to sign and gets it back
// signed. A leaf never comes here. Protocol/04-membership.md, "Publishing".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    mutating func becameMember(at now: Moment) {
        guard !isMember, ownKey != nil else { return }
        isMember = true
        // Those at the other end took us for a leaf and go on doing so.
        for id in linkTable.members.keys { linkTable.members[id]?.isAsLeaf = true }
        beginMembership(at: now)
    }

    mutating func beginMembership(at now: Moment) {
        timers.arm(.renewRecord, at: now)
        timers.arm(.maintainLinks, at: now)
        armFeeler(after: MembershipLimits.feelerIntervalAlone, at: now)
        timers.arm(.resetSlot, at: now + MembershipLimits.slotLife)
    }

    /// A change is published at once, but not sooner after the last record than others take it.
    mutating func descriptionChanged(at now: Moment) {
        guard isMember else { return }
        let earliest = publication.recordAsked.map { $0 + MembershipLimits.ownRecordSpacing } ?? now
        timers.arm(.renewRecord, at: max(now, earliest))
    }

    mutating func publishRecord(at now: Moment, using random: inout RandomStream) {
        guard isMember else { return }
        let meshTime = meshTime(at: now)
        let seq = publication.nextSeq(at: meshTime, tolerance: policy.futureTolerance)
        publication.lastSeq = seq
        publication.recordAsked = now
        publication.meshAtOriginThen = time.clock.mesh(at: .origin)
        effects.append(.signRecord(seq: seq, expires: meshTime + policy.recordLifetime))
        // Should the answer not come or not hold, this asks again.
        timers.arm(.renewRecord, at: now + MembershipLimits.ownRecordRetry)
    }

    mutating func recordSigned(_ signed: Signed, at now: Moment, using random: inout RandomStream) {
        guard isMember, let ownKey, let record = verifiedOwn(signed, at: now), record.nodeKey == ownKey,
            table[ownKey].map({ $0.record.signed.body != signed.body }) ?? true,
            let placement = ownPlacement(for: record)
        else { return count(.ownRecordRefused) }
        let hadHeartbeat = table[ownKey]?.heartbeat != nil
        if table[ownKey] == nil {
            table.insert(TableEntry(record, placement: placement, policy: policy, at: now))
        } else {
            table.update(record.nodeKey.short) { $0.renew(record, placement: placement, policy: policy, at: now) }
        }
        isTableChanged = true
        recordTaken(record, from: nil, at: now)
        let half = policy.recordLifetime / 2
        timers.arm(.renewRecord, at: now + half + jitter(of: half, using: &random))
        if !hadHeartbeat { publishHeartbeat(at: now, using: &random) }
    }

    /// Computed here, once for each of our own puzzles.
    private func ownPlacement(for record: Verified<NodeRecord>) -> PlacementKey? {
        if let entry = table[record.nodeKey], entry.record.puzzle == record.puzzle { return entry.placement }
        return Puzzle.check(record.puzzle, nodeKey: record.nodeKey, policy: policy)
    }

    private func verifiedOwn(_ signed: Signed, at now: Moment) -> Verified<NodeRecord>? {
        guard let claim = try? Unverified<NodeRecord>(decoding: signed) else { return nil }
        return try? claim.verify(in: NodeRecord.Context(policy: policy, now: meshTime(at: now)))
    }

    mutating func publishHeartbeat(at now: Moment, using random: inout RandomStream) {
        guard isMember, let ownKey, let own = table[ownKey] else { return }
        let period = policy.heartbeatPeriod(members: max(1, table.presentCount))
        let tolerance = period * policy.heartbeatTolerancePeriods + policy.heartbeatTolerance
        let moment = publication.nextHeartbeat(at: meshTime(at: now), tolerance: tolerance)
        publication.lastHeartbeat = moment.milliseconds
        effects.append(.signHeartbeat(time: moment, period: period))
        timers.arm(.heartbeat, at: now + pause(of: period, after: own.heartbeat?.statement.period, using: &random))
    }

    /// How long until the next heartbeat. Many who came at once said their first ones at once: after the first one, and after one
    /// that was said knowing much better how many there are, a member waits for less, by chance, so that they do not all speak
    /// at once ever after.
    private func pause(of period: Span, after last: Span?, using random: inout RandomStream) -> Span {
        if let last, period < last * 3 / 2 { return period + jitter(of: period, using: &random) }
        let least = period / 100 * MembershipLimits.heartbeatSpreadPercent
        let rest = UInt64(max(0, (period - least).microseconds))
        return least + Span(microseconds: Int64(clamping: random.uniform(below: rest + 1)))
    }

    mutating func heartbeatSigned(_ signed: Signed, at now: Moment) {
        guard isMember, let ownKey, let entry = table[ownKey],
            let claim = try? Unverified<Heartbeat>(decoding: signed),
            let statement = try? claim.verify(
                in: Heartbeat.Context(owner: ownKey, policy: policy, now: meshTime(at: now), previous: nil))
        else { return count(.ownHeartbeatRefused) }
        let isForAll = !entry.isPresent || entry.opensRecord(statement.body.time)
        table.hear(entry.short, TableEntry.LastHeartbeat(statement, received: now, isForAll: isForAll))
        refreshPresence(entry.short, at: now)
        let counts = noticePruner(statement.signed, over: nil, at: now)
        spreadHeartbeat(entry.short, isForAll: isForAll, isUrgent: counts, age: .zero, from: nil, at: now)
    }

    /// Our own key speaks elsewhere: an earlier life of this node, or a copy of it. The newest record must be ours.
    mutating func ownRecordHeard(
        _ claim: Unverified<NodeRecord>, from link: LinkID, at now: Moment
    ) -> Verdict {
        guard let ownKey, claim.claimed(\.seq) >= publication.lastSeq,
            claim.claimed(\.signed.body) != table[ownKey]?.record.signed.body
        else { return .known }
        switch verify(claim, from: link, at: now) {
        case .failure(let refusal): return refusal.verdict
        case .success(let record):
            publication.lastSeq = record.seq
            descriptionChanged(at: now)
            return .refused(.ownKeyElsewhere)
        }
    }

    mutating func ownHeartbeatHeard(_ claim: Unverified<Heartbeat>, from link: LinkID, at now: Moment) -> Verdict {
        guard let ownKey, claim.claimed(\.body.time) > publication.lastHeartbeat else { return .known }
        guard spendIntake(of: link, at: now) else { return .refused(.intakeFull) }
        do throws(HeartbeatFault) {
            let statement = try claim.verify(
                in: Heartbeat.Context(owner: ownKey, policy: policy, now: meshTime(at: now), previous: nil))
            publication.lastHeartbeat = statement.body.time
            return .refused(.ownKeyElsewhere)
        } catch {
            return verdict(on: error)
        }
    }

    /// A random span of up to a tenth of `span`, to either side of zero.
    private func jitter(of span: Span, using random: inout RandomStream) -> Span {
        let tenth = max(0, span.microseconds / 100 * MembershipLimits.heartbeatJitterPercent)
        return Span(microseconds: Int64(clamping: random.uniform(below: UInt64(tenth) * 2 + 1)) - tenth)
    }
}
