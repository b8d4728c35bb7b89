// How records come into the table. The order of the checks is the order of their cost; whatever fails leaves the
// table as it was. Protocol/04-membership.md, "Accepting a record".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

/// What became of a record or a heartbeat.
enum Verdict: Sendable {
    case accepted(MembershipCounter)
    /// Nothing new.
    case known
    /// Not taken, and nobody's fault.
    case refused(MembershipCounter)
    /// Nobody may send this: it counts against the link.
    case violation(MembershipCounter)
}

extension Membership {
    /// Mesh time now, as far as this node knows.
    func meshTime(at now: Moment) -> WallTime { time.clock.mesh(at: now) }

    mutating func acceptRecord(_ signed: Signed, from link: LinkID, at now: Moment) -> Verdict {
        let claim: Unverified<NodeRecord>
        do throws(WireFault) { claim = try Unverified(decoding: signed) } catch {
            // Honest neighbours of a later version pass on what only that has to understand.
            return error == .unknownCritical ? .refused(.recordOfLaterVersion) : .violation(.recordMalformed)
        }
        guard claim.claimed(\.body.network) == policy.id else { return .violation(.recordOfOtherNetwork) }
        let nodeKey = claim.claimed(\.nodeKey)
        if nodeKey == ownKey { return ownRecordHeard(claim, from: link, at: now) }
        let short = nodeKey.short
        if equivocators.isIgnored(short, at: now) { return .refused(.ownerIgnored) }
        if let verdict = meetApplicant(claim, short, from: link, at: now) { return verdict }
        guard let entry = table[short] else { return admit(claim, from: link, at: now) }
        guard entry.nodeKey == nodeKey else { return .refused(.shortIdTaken) }
        let seq = claim.claimed(\.seq)
        if seq < entry.record.seq { return olderRecordHeard(claim, of: entry, from: link, at: now) }
        if seq == entry.record.seq {
            if signed.body != entry.record.signed.body { return compare(claim, with: entry, from: link, at: now) }
            outbox.recordCameBack(short, from: link)
            return .known
        }
        guard entry.mayRenew(at: now) else { return .refused(.recordTooSoon) }
        return renew(entry, with: claim, from: link, at: now)
    }

    /// A record of a node that is not in the table.
    private mutating func admit(_ claim: Unverified<NodeRecord>, from link: LinkID, at now: Moment) -> Verdict {
        let nodeKey = claim.claimed(\.nodeKey)
        if trials.isLost(nodeKey, at: now), !hasCalled(nodeKey) { return .refused(.notReachedLately) }
        switch verify(claim, from: link, at: now) {
        case .success(let record): return consider(record, inPlaceOf: nil, from: link, at: now)
        case .failure(let refusal): return refusal.verdict
        }
    }

    /// A newer record of a node in the table.
    private mutating func renew(
        _ entry: TableEntry, with claim: Unverified<NodeRecord>, from link: LinkID, at now: Moment
    ) -> Verdict {
        switch verify(claim, from: link, at: now) {
        case .success(let record): return consider(record, inPlaceOf: entry, from: link, at: now)
        case .failure(let refusal): return refusal.verdict
        }
    }

    /// What follows from a record that is now in the table; `link` is nil for the own one.
    mutating func recordTaken(_ record: Verified<NodeRecord>, from link: LinkID?, at now: Moment) {
        effects.append(.store(record.signed, nodeKey: record.nodeKey, seq: record.seq))
        let short = record.nodeKey.short
        refreshPresence(short, at: now)
        spreadRecord(
            short, age: meshTime(at: now) - WallTime(milliseconds: record.seq), from: link, at: now)
        scheduleMaintenance(at: now)
    }

    /// The same seq with another body. Both signatures hold and both puzzles are solved, or this is a forgery like any
    /// other: whoever hears of the proof later holds the second body to everything, and would blame whom it comes from.
    private mutating func compare(
        _ claim: Unverified<NodeRecord>, with entry: TableEntry, from link: LinkID, at now: Moment
    ) -> Verdict {
        let second: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let verified): second = verified
        case .failure(let refusal): return refusal.verdict
        }
        guard let proof = Equivocation(entry.record, second) else { return .refused(.recordStale) }
        let name = Self.name(of: second.puzzle, second.nodeKey)
        guard knownPlacement(of: second, name, reusing: entry) != nil else {
            return keepContradiction(second, name, from: link)
        }
        convict(entry.short, proof, at: now)
        return .accepted(.equivocation)
    }

    /// An older record is nothing new; but two bodies with one older seq are proof as well. Who is told of a proof when it has
    /// a newer record of the owner already would never be told of another one: nobody else takes what that owner says.
    private mutating func olderRecordHeard(
        _ claim: Unverified<NodeRecord>, of entry: TableEntry, from link: LinkID, at now: Moment
    ) -> Verdict {
        guard let earlier = olderRecords[entry.short], earlier.claimed(\.seq) == claim.claimed(\.seq),
            earlier.claimed(\.signed.body) != claim.claimed(\.signed.body)
        else {
            if olderRecords[entry.short] == nil, olderRecords.count >= MembershipLimits.olderRecords {
                olderRecords.removeFirst()
            }
            olderRecords[entry.short] = claim
            return .refused(.recordStale)
        }
        let second: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let record): second = record
        case .failure(let refusal): return refusal.verdict
        }
        // The earlier one may have come over another link: nobody is blamed for it here, and it makes room for this one.
        olderRecords[entry.short] = claim
        guard case .success(let first) = verify(earlier, from: link, at: now), let proof = Equivocation(first, second),
            // Solved, that is, without looking.
            entry.placement != nil, [first, second].allSatisfy({ $0.puzzle == entry.record.puzzle })
        else { return .refused(.recordStale) }
        convict(entry.short, proof, at: now)
        return .accepted(.equivocation)
    }

    mutating func convict(_ short: UInt64, _ proof: Equivocation, at now: Moment) {
        equivocators.convict(short, proof, until: now + MembershipLimits.equivocatorIgnored)
        _ = applicants.remove(short)
        outbox.drop(short)
        refreshPresence(short, at: now)
        spread(proof, at: now)
    }

    struct Refusal: Error { let verdict: Verdict }

    mutating func verify(
        _ claim: Unverified<NodeRecord>, from link: LinkID, at now: Moment
    ) -> Result<Verified<NodeRecord>, Refusal> {
        guard spendIntake(of: link, at: now) else { return .failure(Refusal(verdict: .refused(.intakeFull))) }
        do throws(RecordFault) {
            return .success(try claim.verify(in: NodeRecord.Context(policy: policy, now: meshTime(at: now))))
        } catch {
            // Clocks differ, so what is a moment too late or too early here was in time at an honest neighbour.
            switch error {
            case .fromTheFuture, .expired, .livesTooLong, .wrongMonth:
                return .failure(Refusal(verdict: .refused(.recordUntimely)))
            case .wrongNetwork: return .failure(Refusal(verdict: .violation(.recordOfOtherNetwork)))
            case .addressNotAllowed, .badSignature:
                return .failure(Refusal(verdict: .violation(.recordInvalid)))
            }
        }
    }

    /// What a node's solution is remembered by here. This domain is of this memory alone and never on the wire.
    static func name(of puzzle: PuzzleSolution, _ nodeKey: NodeKey) -> Bytes32 {
        Blake2b.hash(domain: "passant/failed-puzzle/1", nodeKey.bytes.bytes, puzzle.encoded())
    }

    mutating func forget(_ short: UInt64) {
        guard let entry = table[short] else { return }
        table.remove(short)
        olderRecords[short] = nil
        _ = applicants.remove(short)
        choice.forget(entry.nodeKey)
        _ = trials.end(entry.nodeKey)
        asks.forget(entry.nodeKey)
        timers.cancel(.askUnanswered(entry.nodeKey))
        if entry.isPresent { isTableChanged = true }
        effects.append(.forget(entry.nodeKey))
    }
}
