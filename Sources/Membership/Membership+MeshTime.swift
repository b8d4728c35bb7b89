// When mesh time is looked at again, and what follows when it has moved.

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

extension Membership {
    mutating func offsetMeasured(
        _ id: LinkID, offset: Span, meshOffset: Span?, uncertainty: Span, at now: Moment
    ) {
        guard let link = linkTable[id], !link.isLeaf else { return }
        let peerOffset = meshOffset.map { $0 - offset }
        let sample = OffsetSample(
            offset: offset, peerOffset: peerOffset, uncertainty: max(.zero, uncertainty), measured: now)
        let isBetter = link.offset?.yields(to: sample) ?? true
        linkTable.update(id) { link in
            link.roundTrip = min(link.roundTrip ?? .days(1), sample.uncertainty * 2)
            if isBetter { link.offset = sample } else { link.offset?.peerOffset = peerOffset }
        }
        scheduleClock(at: now)
    }

    mutating func scheduleClock(at now: Moment) {
        guard !timers.isArmed(.adjustClock) else { return }
        let pause = isMember ? MembershipLimits.clockInterval : MembershipLimits.clockIntervalLeaf
        timers.arm(.adjustClock, at: now + (time.isSettled(at: now) ? pause : MembershipLimits.clockFirstDelay))
    }

    mutating func adjustClock(at now: Moment) {
        let samples = clockSamples(at: now)
        // At the start it may jump, and should not with whoever answers first.
        if isMember, samples.count < MembershipLimits.clockQuorum, isStillCalling(at: now) {
            return scheduleClock(at: now)
        }
        let estimate =
            isMember
            ? time.memberEstimate(samples) : time.leafEstimate(samples, heartbeats: heartbeatSamples(at: now))
        guard let estimate else { return }
        let before = time.clock.offset
        let isStepping = time.isSettled(at: now)
        if let clock = time.approach(estimate, at: now) { effects.append(.clockChanged(clock)) }
        clockMoved(by: time.clock.offset - before, at: now)
        if isStepping, time.isFar(from: estimate) { scheduleClock(at: now) }
    }

    /// What links say of the time, those that count for it. At a member whoever likes can call: only those count whom this
    /// node has chosen by itself, each once, or anybody could outvote them by calling often.
    private func clockSamples(at now: Moment) -> [OffsetSample] {
        let links = linkTable.members.values.filter { $0.offset != nil }
        guard isMember else { return links.compactMap(\.offset) }
        let (isComplete, time) = (isCompleteMesh(at: now), leastTime(at: now))
        let chosen = links.filter { link in
            guard let peer = link.peer else { return false }
            return isComplete ? table[peer]?.isUnexpired(at: time) ?? false : choice.holds(peer)
        }
        if !chosen.isEmpty { return Self.onePerPeer(chosen) }
        // Who knows nobody goes by all: every record may be refused because the own clock is far off.
        return Self.onePerPeer(table.count <= 1 ? links : links.filter { $0.isOutbound && !$0.isFeeler })
    }

    /// Whether this node has begun a moment ago and others than those who have answered are being called.
    private func isStillCalling(at now: Moment) -> Bool {
        let isCalling = choice.dialing.values.contains { $0.purpose == .kept }
        guard isCalling, !time.isSettled(at: now) else { return false }
        return linkTable.members.values.allSatisfy { now - $0.since < MembershipLimits.clockQuorumPatience }
    }

    /// Of several links with one peer the sample that would count if they were one link.
    private static func onePerPeer(_ links: [Link]) -> [OffsetSample] {
        var samples: OrderedDictionary<NodeKey, OffsetSample> = [:]
        for link in links {
            guard let peer = link.peer, let sample = link.offset else { continue }
            guard let other = samples[peer] else {
                samples[peer] = sample
                continue
            }
            let (older, newer) = other.measured <= sample.measured ? (other, sample) : (sample, other)
            samples[peer] = older.yields(to: newer) ? newer : older
        }
        return Array(samples.values)
    }

    /// Of whoever speaks, also where it is absent only because its clock seems to be wrong: that may be ours.
    private func heartbeatSamples(at now: Moment) -> [HeartbeatSample] {
        table.sorted.compactMap { entry in
            guard let last = entry.heartbeat,
                entry.isPresent || last.isInTime && now - last.received < span(of: last.statement) / 2
            else { return nil }
            return HeartbeatSample(
                offset: last.statement.time - time.clock.wall(at: last.received), period: last.statement.period,
                isInTime: last.isInTime)
        }
    }

    mutating func wallClockRead(_ wall: WallTime, at now: Moment) {
        let step = wall - time.clock.wall(at: now)
        guard step.magnitude >= MembershipLimits.clockStepReported else { return }
        let before = meshTime(at: now)
        time.wallClockStepped(by: step)
        for id in Array(linkTable.members.keys) {
            linkTable.update(id) { link in
                if let offset = link.offset?.offset { link.offset?.offset = offset - step }
            }
        }
        effects.append(.clockChanged(time.clock))
        clockMoved(by: meshTime(at: now) - before, at: now)
        scheduleClock(at: now)
    }

    /// After a jump, what was refused as too late or too early may be in time, and what we said ourselves may be
    /// dated wrongly.
    mutating func clockMoved(by step: Span, at now: Moment) {
        if step.magnitude >= .seconds(1) { compareSoon(at: now + MembershipLimits.maintenanceDelay) }
        // A leaf never asks for one.
        guard publication.recordAsked != nil else { return }
        let moved = time.clock.mesh(at: .origin) - publication.meshAtOriginThen
        if moved.magnitude >= MembershipLimits.ownRecordClockTolerance {
            timers.arm(.renewRecord, at: now + MembershipLimits.maintenanceDelay)
            timers.arm(.heartbeat, at: now + MembershipLimits.clockInterval)
        }
    }
}
