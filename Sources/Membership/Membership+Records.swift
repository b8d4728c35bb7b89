// How records come into the table. The order of the checks is the order of their cost; whatever fails leaves the
// table as it was. Protocol/04-membership.md, "Accepting a record".

internal import Essentials
internal import Identity
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
        guard let claim = try? Unverified<NodeRecord>(decoding: signed) else { return .violation(.recordMalformed) }
        guard claim.claimed(\.body.network) == policy.id else { return .violation(.recordOfOtherNetwork) }
        let nodeKey = claim.claimed(\.nodeKey)
        if nodeKey == ownKey { return ownRecordHeard(claim, from: link, at: now) }
        let short = nodeKey.short
        if equivocators.isIgnored(short, at: now) { return .refused(.ownerIgnored) }
        guard let entry = table[short] else { return admit(claim, from: link, at: now) }
        guard entry.nodeKey == nodeKey else { return .refused(.shortIdTaken) }
        let seq = claim.claimed(\.seq)
        if seq < entry.record.seq { return .refused(.recordStale) }
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
        let record: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let verified): record = verified
        case .failure(let refusal): return refusal.verdict
        }
        let displaced: [UInt64]
        switch makeRoom(for: record, inPlaceOf: nil, at: now) {
        case .success(let shorts): displaced = shorts
        case .failure(let refusal): return refusal.verdict
        }
        guard let placement = placement(for: record, reusing: nil) else { return .violation(.puzzleFailed) }
        for short in displaced { forget(short) }
        table.insert(TableEntry(record, placement: placement, policy: policy, at: now))
        fetches.brought(1)
        if hasCalled(record.nodeKey) { answered(record.nodeKey, nil, at: now) }
        recordTaken(record, from: link, at: now)
        return .accepted(.recordAccepted)
    }

    /// A newer record of a node in the table.
    private mutating func renew(
        _ entry: TableEntry, with claim: Unverified<NodeRecord>, from link: LinkID, at now: Moment
    ) -> Verdict {
        let record: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let verified): record = verified
        case .failure(let refusal): return refusal.verdict
        }
        let displaced: [UInt64]
        switch makeRoom(for: record, inPlaceOf: entry, at: now) {
        case .success(let shorts): displaced = shorts
        case .failure(let refusal): return refusal.verdict
        }
        guard let placement = placement(for: record, reusing: entry) else { return .violation(.puzzleFailed) }
        for short in displaced { forget(short) }
        table.update(entry.short) { $0.renew(record, placement: placement, policy: policy, at: now) }
        if entry.isPresent { isTableChanged = true }
        recordTaken(record, from: link, at: now)
        return .accepted(.recordAccepted)
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

    /// The same seq with another body. Both signatures hold, or this is a forgery like any other.
    private mutating func compare(
        _ claim: Unverified<NodeRecord>, with entry: TableEntry, from link: LinkID, at now: Moment
    ) -> Verdict {
        let second: Verified<NodeRecord>
        switch verify(claim, from: link, at: now) {
        case .success(let verified): second = verified
        case .failure(let refusal): return refusal.verdict
        }
        guard let proof = Equivocation(entry.record, second) else { return .refused(.recordStale) }
        equivocators.convict(entry.short, proof, until: now + MembershipLimits.equivocatorIgnored)
        refreshPresence(entry.short, at: now)
        spread(proof, at: now)
        return .accepted(.equivocation)
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

    /// The placement key that the record's puzzle gives; nil if it is no solution. Computed once per solution.
    mutating func placement(for record: Verified<NodeRecord>, reusing entry: TableEntry?) -> PlacementKey? {
        if let entry, let placement = entry.placement, entry.record.puzzle == record.puzzle { return placement }
        let name = Self.name(of: record.puzzle, record.nodeKey)
        if failedPuzzles.contains(name) { return nil }
        if let placement = Puzzle.check(record.puzzle, nodeKey: record.nodeKey, policy: policy) { return placement }
        failedPuzzles.insert(name)
        return nil
    }

    /// What a node's solution is remembered by here. This domain is of this memory alone and never on the wire.
    static func name(of puzzle: PuzzleSolution, _ nodeKey: NodeKey) -> Bytes32 {
        Blake2b.hash(domain: "passant/failed-puzzle/1", nodeKey.bytes.bytes, puzzle.encoded())
    }

    mutating func forget(_ short: UInt64) {
        guard let entry = table[short] else { return }
        table.remove(short)
        choice.forget(entry.nodeKey)
        _ = trials.end(entry.nodeKey)
        if entry.isPresent { isTableChanged = true }
        effects.append(.forget(entry.nodeKey))
    }
}
