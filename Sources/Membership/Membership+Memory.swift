// What outlives a restart: verified again when it comes back, kept for thirty days after it expired, as somebody
// to dial and nothing more. Protocol/04-membership.md, "Memory".

internal import Essentials
internal import Identity
internal import Wire

extension Membership {
    mutating func restore(_ restored: [Signed], at now: Moment) {
        table.expectedCount = restored.count
        defer { table.expectedCount = 0 }
        for signed in restored {
            guard let claim = try? Unverified<NodeRecord>(decoding: signed) else { continue }
            let expires = claim.claimed(\.expires)
            guard !isForgettable(expires, at: now) else { continue }
            // It was in time when it was stored. So it is judged as of its last moment, by no clock of today.
            let context = NodeRecord.Context(policy: policy, now: expires - .milliseconds(1))
            guard let record = try? claim.verify(in: context) else { continue }
            if record.nodeKey == ownKey {
                publication.lastSeq = max(publication.lastSeq, record.seq)
                continue
            }
            if let entry = table[record.nodeKey.short] {
                guard entry.nodeKey == record.nodeKey, entry.record.seq < record.seq else { continue }
                table.remove(entry.short)
            }
            let subnets = TableEntry.subnets(of: record, policy)
            let room = table.room(for: subnets, isNewcomer: true, isVerified: false) { _, _ in .stays }
            guard room == .room(displacing: []) else { continue }
            table.insert(TableEntry(record, placement: nil, policy: policy, at: now))
        }
    }

    private func isForgettable(_ expires: WallTime, at now: Moment) -> Bool {
        expires + MembershipLimits.memory <= meshTime(at: now)
    }

    /// Forgets who has been silent for too long.
    mutating func sweep(at now: Moment) {
        timers.arm(.sweep, at: now + MembershipLimits.sweepInterval)
        for entry in Array(table.sorted) where isForgettable(entry.record.expires, at: now) { forget(entry.short) }
    }
}
