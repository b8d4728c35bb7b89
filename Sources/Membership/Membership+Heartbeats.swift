// How heartbeats are taken, and who is present. A member is present because it said so itself a short while ago;
// no input says that somebody else is not. Protocol/04-membership.md, "Accepting a heartbeat" and "Presence".

internal import Essentials
internal import Identity
internal import Wire

extension Membership {
    mutating func acceptHeartbeat(_ signed: Signed, from link: LinkID, at now: Moment) -> Verdict {
        let claim: Unverified<Heartbeat>
        do throws(WireFault) { claim = try Unverified(decoding: signed) } catch {
            return error == .unknownCritical ? .refused(.heartbeatOfLaterVersion) : .violation(.heartbeatMalformed)
        }
        let short = claim.claimed(\.node)
        if short == ownShort { return ownHeartbeatHeard(claim, from: link, at: now) }
        if equivocators.isIgnored(short, at: now) { return .refused(.ownerIgnored) }
        let line = table[short].flatMap { $0.isUnexpired(at: meshTime(at: now)) ? $0 : nil }
        if line?.placement == nil, let waiting = applicants[short] {
            return keepHeartbeat(claim, of: waiting, from: link, at: now)
        }
        guard let entry = line else {
            want(short, from: link, at: now)
            return .refused(.heartbeatOfUnknown)
        }
        let last = entry.heartbeat?.statement
        if let last, claim.claimed(\.time) <= last.time {
            guard signed.body == last.signed.body else { return .refused(.heartbeatStale) }
            outbox.heartbeatCameBack(short, from: link)
            if let last = entry.heartbeat, !last.isForAll {
                cameTwice(signed, over: link, first: last.received, at: now)
            }
            return .known
        }
        if let last = entry.heartbeat, isTooSoon(claim, after: last, of: entry, at: now) {
            return .refused(.heartbeatTooSoon)
        }
        guard spendIntake(of: link, at: now) else { return .refused(.intakeFull) }
        let statement: Verified<Heartbeat>
        do throws(HeartbeatFault) {
            statement = try claim.verify(
                in: Heartbeat.Context(
                    owner: entry.nodeKey, policy: policy, now: meshTime(at: now), previous: last?.time))
        } catch {
            return verdict(on: error)
        }
        guard entry.placement != nil else { return apply(entry, with: statement, from: link, at: now) }
        return hear(statement, of: entry, from: link, received: now, at: now)
    }

    func verdict(on fault: HeartbeatFault) -> Verdict {
        switch fault {
        case .notNewer: .refused(.heartbeatStale)
        case .outOfTime: .refused(.heartbeatUntimely)
        case .periodOutOfRange: .violation(.heartbeatPeriodForbidden)
        case .wrongOwner, .badSignature: .violation(.heartbeatInvalid)
        }
    }

    /// - Parameter received: when it came, which is earlier than now if its owner's puzzle was being checked.
    mutating func hear(
        _ statement: Verified<Heartbeat>, of entry: TableEntry, from link: LinkID, received: Moment, at now: Moment
    ) -> Verdict {
        let isOverdue = isOverdue(entry, at: received)
        let isForAll = !entry.isPresent || entry.opensRecord(statement.body.time)
        if !isForAll { cameAside(over: link, isOverdue: isOverdue) }
        let age = meshTime(at: received) - statement.time
        let arrival = arrival(of: statement, age: age, after: entry.heartbeat, isOverdue: isOverdue, at: received)
        let last = TableEntry.LastHeartbeat(
            statement, received: received, age: age, arrival: arrival,
            heardSince: arrival == .late ? nil : entry.heartbeat?.heardSince, isForAll: isForAll)
        table.hear(entry.short, last)
        refreshPresence(entry.short, at: now)
        if last.goesOn(counting: span(of: statement)) {
            // One that takes all links prunes nothing, but others may be for all here and not elsewhere.
            let counts = received == now && noticePruner(statement.signed, over: link, at: now)
            spreadHeartbeat(entry.short, isForAll: isForAll, isUrgent: counts, age: age, from: link, at: now)
        }
        if choice.heard(entry.nodeKey) { scheduleMaintenance(at: now) }
        if !isMember { scheduleClock(at: now) }
        return .accepted(.heartbeatAccepted)
    }

    private func arrival(
        of heartbeat: Verified<Heartbeat>, age: Span, after last: TableEntry.LastHeartbeat?, isOverdue: Bool,
        at moment: Moment
    ) -> TableEntry.Arrival {
        // A first one has none before it that could show that it waited; but this node knows when it was stopped.
        if moment < caughtUp, moment >= caughtUp - MembershipLimits.catchingUp { return .late }
        return last?.arrival(of: heartbeat, age: age, isOverdue: isOverdue, at: moment) ?? .first
    }

    /// Timers fire every two seconds at least: who sees more pass between two inputs was stopped, and reads first what has
    /// waited in the kernel meanwhile.
    mutating func noticeStop(at now: Moment) {
        if now - lastTurn > MembershipLimits.turnLongest { caughtUp = now + MembershipLimits.catchingUp }
        lastTurn = now
    }

    /// Two heartbeats of one owner are half of its period apart at least, or half of what a table of this size asks for,
    /// by its own dating or by when they come. It bounds what one member can cost all others, whatever period it claims.
    /// By its dating all readers agree; whose clock was set back dates its heartbeats a millisecond apart until its clock
    /// has caught up, and is heard all the same.
    ///
    /// The first one since the newest record is never too soon: who is restarted says at once that it is back. It costs
    /// less than the record, which bounds how many there are.
    private func isTooSoon(
        _ claim: Unverified<Heartbeat>, after last: TableEntry.LastHeartbeat, of entry: TableEntry, at now: Moment
    ) -> Bool {
        guard !entry.opensRecord(claim.claimed(\.body.time)) else { return false }
        let spacing = spacing(of: claim.claimed(\.period), after: last.statement.period)
        return claim.claimed(\.time) - last.statement.time < spacing && now - last.received < spacing
    }

    /// A period that has grown counts from the next heartbeat on: a joiner says its first one before it knows how many
    /// there are, and its second one long before half of the period that so many ask for. It can grow by half at a time
    /// only until it is what it should be, so this buys nobody many.
    private func spacing(of period: Span, after last: Span) -> Span {
        if period >= last * 3 / 2 { return last / 2 }
        return max(period, policy.heartbeatPeriod(members: table.presentCount)) / 2
    }

    /// Computes whether a member is present, and until when.
    mutating func refreshPresence(_ short: UInt64, at now: Moment) {
        guard let entry = table[short] else { return }
        let until = presentUntil(entry, at: now)
        let isPresent = until.map { now < $0 } ?? false
        guard table.setPresence(short, until: isPresent ? until : nil) else { return }
        isTableChanged = true
        if !isPresent { hastenFeeler(at: now) }
        scheduleMaintenance(at: now)
    }

    /// Three of its periods after the last heartbeat was received, by our own monotonic clock, less its age when it
    /// came, since a table that is handed on must not keep the dead present. Never beyond the record's end.
    private func presentUntil(_ entry: TableEntry, at now: Moment) -> Moment? {
        guard let heartbeat = entry.heartbeat, entry.placement != nil else { return nil }
        guard !equivocators.isIgnored(entry.short, at: now) else { return nil }
        guard entry.isUnexpired(at: meshTime(at: now)) else { return nil }
        let span = span(of: heartbeat.statement)
        return min(
            heartbeat.received + span - heartbeat.spent(of: span), time.clock.moment(ofMesh: entry.expires))
    }

    /// For how long a heartbeat counts. A claimed period counts as no less than what a table of this size asks for, since
    /// a joiner claims its first one before it knows how many there are, and up to four times as much; a table that has
    /// grown since then counts as it is now.
    func span(of heartbeat: Verified<Heartbeat>) -> Span {
        let usual = policy.heartbeatPeriod(members: table.presentCount)
        let period = min(max(heartbeat.period, usual), usual * MembershipLimits.periodStretch)
        return period * policy.presencePeriods
    }
}
