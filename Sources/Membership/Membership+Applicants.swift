// Records wait outside of the table until somebody has checked their puzzles, which costs as much as forty signatures
// and is done elsewhere, a few at a time. Until then nobody is displaced, counted, compared or told of.
// Protocol/04-membership.md, "Applicants"; Docs/Decisions/0012-puzzles-are-checked-in-turn.md.

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    // MARK: Records

    /// What it says about a record that one of the same owner waits already; nil if this one is newer.
    mutating func meetApplicant(
        _ claim: Unverified<NodeRecord>, _ short: UInt64, from link: LinkID, at now: Moment
    ) -> Verdict? {
        let seq = claim.claimed(\.seq)
        guard let waiting = applicants[short] else { return nil }
        let isSame = claim.claimed(\.signed.body) == waiting.record.signed.body
        if let entry = table[short], seq <= entry.record.seq, !isSame { return nil }
        guard waiting.record.nodeKey == claim.claimed(\.nodeKey) else { return .refused(.shortIdTaken) }
        if seq > waiting.record.seq { return nil }
        if seq < waiting.record.seq { return .refused(.recordStale) }
        if isSame {
            applicants.cameAgain(short, from: bringer(link, of: waiting.record.nodeKey)) { linkTable[$0] != nil }
            return .known
        }
        let second: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let verified): second = verified
        case .failure(let refusal): return refusal.verdict
        }
        // Nobody is told before the owner has paid for its name: proofs against names that cost nothing are worth
        // nothing. With another puzzle the second body is looked at when the first has its line.
        if second.puzzle == waiting.record.puzzle {
            applicants.update(short) { $0.proof = Equivocation(waiting.record, second) }
        }
        return .refused(.recordStale)
    }

    /// The second body with the seq of a line that stands waits like any other record while its own puzzle is not known
    /// to be solved. It takes nobody's room in the table.
    mutating func keepContradiction(_ second: Verified<NodeRecord>, _ name: Bytes32, from link: LinkID) -> Verdict {
        if failedPuzzles.contains(name) { return .violation(.puzzleFailed) }
        guard applicants[second.nodeKey.short] == nil else { return .refused(.recordStale) }
        guard applicants.insert(applicant(second, name, from: link)) else { return .refused(.applicantsFull) }
        return .accepted(.recordWaits)
    }

    /// What becomes of a verified record: at once where its puzzle is known, otherwise once that is checked. `entry` is
    /// its owner's line if there is one.
    mutating func consider(
        _ record: Verified<NodeRecord>, inPlaceOf entry: TableEntry?, from link: LinkID, at now: Moment
    ) -> Verdict {
        let name = Self.name(of: record.puzzle, record.nodeKey)
        if let placement = knownPlacement(of: record, name, reusing: entry) {
            let verdict = insert(record, placement, from: [link], at: now)
            if case .accepted = verdict, var waiting = applicants.remove(record.nodeKey.short) {
                // Both bodies of a proof have a puzzle at which nobody has looked.
                waiting.proof = nil
                admitCompany(of: waiting, at: now)
            }
            return verdict
        }
        if case .full(let contest) = room(for: record, inPlaceOf: entry, at: now) {
            return .refused(refusal(in: contest))
        }
        if failedPuzzles.contains(name) { return .violation(.puzzleFailed) }
        var applicant = applicant(record, name, from: link)
        applicant.heartbeat = applicants[applicant.short]?.heartbeat
        guard applicants.insert(applicant) else { return .refused(.applicantsFull) }
        if entry == nil { fetches.brought(1) }
        return .accepted(.recordWaits)
    }

    private func applicant(_ record: Verified<NodeRecord>, _ name: Bytes32, from link: LinkID) -> Applicant {
        Applicant(
            record, name: name, subnets: TableEntry.subnets(of: record, policy),
            from: bringer(link, of: record.nodeKey))
    }

    private func bringer(_ link: LinkID, of owner: NodeKey) -> Applicant.Bringer {
        let known = linkTable[link]
        return Applicant.Bringer(link: link, isOutbound: known?.isOutbound == true, isOwn: known?.peer == owner)
    }

    func knownPlacement(
        of record: Verified<NodeRecord>, _ name: Bytes32, reusing entry: TableEntry?
    ) -> PlacementKey? {
        if let entry, let placement = entry.placement, entry.record.puzzle == record.puzzle { return placement }
        return solvedPuzzles[name]
    }

    /// Puts a record whose puzzle is solved into the table, in place of an older one or of whoever makes room.
    private mutating func insert(
        _ record: Verified<NodeRecord>, _ placement: PlacementKey, from links: [LinkID], at now: Moment
    ) -> Verdict {
        let entry = table[record.nodeKey]
        switch makeRoom(for: record, inPlaceOf: entry, at: now) {
        case .success(let displaced): for short in displaced { forget(short) }
        case .failure(let refusal):
            // It will be offered again, perhaps after a trial, and need not be computed again then.
            remember(placement, as: Self.name(of: record.puzzle, record.nodeKey))
            return refusal.verdict
        }
        if let entry {
            table.update(entry.short) { $0.renew(record, placement: placement, policy: policy, at: now) }
            if entry.isPresent { isTableChanged = true }
        } else {
            table.insert(TableEntry(record, placement: placement, policy: policy, at: now))
            if hasCalled(record.nodeKey) { answered(record.nodeKey, nil, at: now) }
        }
        recordTaken(record, from: links.first, at: now)
        for link in links.dropFirst() { outbox.recordCameBack(record.nodeKey.short, from: link) }
        return .accepted(.recordAccepted)
    }

    private mutating func remember(_ placement: PlacementKey, as name: Bytes32) {
        if solvedPuzzles.count >= MembershipLimits.solvedPuzzlesRemembered { solvedPuzzles.removeFirst() }
        solvedPuzzles[name] = placement
    }

    // MARK: Heartbeats

    /// Keeps the newest heartbeat of somebody who waits. Its signature is looked at now, so that no forgery keeps the
    /// true one out; it counts from when it came.
    mutating func keepHeartbeat(
        _ claim: Unverified<Heartbeat>, of waiting: Applicant, from link: LinkID, at now: Moment
    ) -> Verdict {
        let kept = waiting.heartbeat
        if let kept, claim.claimed(\.time) <= kept.statement.time {
            guard claim.claimed(\.signed.body) == kept.statement.signed.body else { return .refused(.heartbeatStale) }
            applicants.update(waiting.short) { applicant in
                if kept.from.count < MembershipLimits.bringers { applicant.heartbeat?.from.append(link) }
            }
            return .known
        }
        guard spendIntake(of: link, at: now) else { return .refused(.intakeFull) }
        do throws(HeartbeatFault) {
            let statement = try claim.verify(
                in: Heartbeat.Context(
                    owner: waiting.record.nodeKey, policy: policy, now: meshTime(at: now),
                    previous: table[waiting.short]?.heartbeat?.statement.time))
            applicants.update(waiting.short) {
                $0.heartbeat = Applicant.Heard(statement: statement, received: now, from: [link])
            }
        } catch {
            return verdict(on: error)
        }
        return .accepted(.heartbeatWaits)
    }

    /// A member restored from an earlier life is heard: this is the first time that it matters whether its puzzle is
    /// solved.
    mutating func apply(
        _ entry: TableEntry, with statement: Verified<Heartbeat>, from link: LinkID, at now: Moment
    ) -> Verdict {
        var applicant = applicant(entry.record, Self.name(of: entry.record.puzzle, entry.nodeKey), from: link)
        applicant.heartbeat = Applicant.Heard(statement: statement, received: now, from: [link])
        return applicants.insert(applicant) ? .accepted(.heartbeatWaits) : .refused(.applicantsFull)
    }

    // MARK: Checking

    /// Has as many checked as may be at a time.
    mutating func askForChecks() {
        let size = MembershipLimits.batch(kibibytes: policy.puzzle.kibibytes)
        while true {
            let batch = applicants.nextBatch(of: size)
            guard !batch.isEmpty else { return }
            effects.append(.checkPuzzles(batch))
        }
    }

    mutating func puzzlesChecked(_ findings: [PuzzleFinding], at now: Moment) {
        applicants.batchEnded()
        for finding in findings {
            let name = Self.name(of: finding.claim.solution, finding.claim.nodeKey)
            let short = finding.claim.nodeKey.short
            guard let (applicant, payer) = applicants.answered(name, short, isLive: { linkTable[$0] != nil })
            else { continue }
            if let placement = finding.placement {
                if let applicant { admit(applicant, placement, at: now) } else { remember(placement, as: name) }
            } else {
                failedPuzzles.insert(name)
                refuse(applicant, payer, at: now)
            }
        }
    }

    /// Whether this is the line of a member restored from an earlier life, and not something that a link has brought.
    private func isRestored(_ applicant: Applicant) -> Bool {
        table[applicant.short]?.record.signed == applicant.record.signed
    }

    /// The proof, if it is the second body with the seq of its owner's line.
    private func contradiction(by applicant: Applicant) -> Equivocation? {
        table[applicant.short].flatMap { Equivocation($0.record, applicant.record) }
    }

    private mutating func admit(_ applicant: Applicant, _ placement: PlacementKey, at now: Moment) {
        if isRestored(applicant) {
            table.update(applicant.short) { $0.place(placement) }
        } else if let proof = contradiction(by: applicant) {
            convict(applicant.short, proof, at: now)
            count(.equivocation)
            return
        } else {
            let verdict = insert(applicant.record, placement, from: applicant.bringers.map(\.link), at: now)
            if let payer = applicant.payer { settle(verdict, of: payer.link, at: now) }
        }
        admitCompany(of: applicant, at: now)
    }

    /// What came for somebody while it waited; it has its line now, or is refused one.
    private mutating func admitCompany(of applicant: Applicant, at now: Moment) {
        guard let entry = table[applicant.short], entry.placement != nil else { return }
        if let heard = applicant.heartbeat, let link = heard.from.first, entry.isUnexpired(at: meshTime(at: now)) {
            let verdict = hear(heard.statement, of: entry, from: link, received: heard.received, at: now)
            for other in heard.from.dropFirst() { outbox.heartbeatCameBack(applicant.short, from: other) }
            settle(verdict, of: link, at: now)
        }
        if let proof = applicant.proof {
            convict(entry.short, proof, at: now)
            count(.equivocation)
        }
    }

    private mutating func refuse(_ applicant: Applicant?, _ payer: LinkID?, at now: Moment) {
        if let applicant, isRestored(applicant) {
            count(.puzzleFailed)
            return forget(applicant.short)
        }
        guard let payer else { return count(.puzzleFailed) }
        settle(.violation(.puzzleFailed), of: payer, at: now)
        guard linkTable[payer] != nil else { return }
        applicants.distrust(payer) { linkTable[$0] != nil }
    }

    /// What only this link has brought need not be checked any more.
    mutating func dropApplicants(of link: LinkID) {
        for _ in 0..<applicants.ended(link, isLive: { linkTable[$0] != nil }) { count(.applicantDropped) }
    }

    // MARK: What is on its way

    /// The lines of a range and who waits there, each once, as many as one pull holds.
    func withApplicants(_ lines: [Have], from low: UInt64, to high: UInt64) -> [Have] {
        let waiting = applicants.shorts(from: low, to: high)
        guard !waiting.isEmpty else { return lines }
        let all = lines.filter { applicants[$0.node] == nil } + waiting.compactMap { waitingHave($0) }
        return Array(all.sorted { $0.node < $1.node }.prefix(MembershipLimits.haves))
    }

    /// Somebody who waits, as it is named in a pull, so that nobody sends what has come already.
    func waitingHave(_ short: UInt64) -> Have? {
        guard let waiting = applicants[short] else { return nil }
        // Where a renewal waits, heartbeats go on coming to the line that stands.
        let last = waiting.heartbeat?.statement ?? table[short]?.heartbeat?.statement
        return Have(node: short, seq: waiting.record.seq, heartbeat: last?.body.time ?? 0)
    }
}
