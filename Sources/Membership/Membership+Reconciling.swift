// How two tables become alike: each side names what it has within a range of short ids and gets what it lacks.
// It mends whatever pushing missed. Protocol/04-membership.md, "Pulling".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// Asks about the whole table, or in a large one about as much as a few pulls cover, from a random place on.
    mutating func pullEverything(from link: LinkID, at now: Moment, using random: inout RandomStream) {
        let isSmall = table.count <= MembershipLimits.haves
        var cursor = isSmall ? 0 : random.next()
        let needed = isSmall ? 1 : table.count / MembershipLimits.haves + 2
        for _ in 0..<min(needed, MembershipLimits.pullsAtLinkUp) {
            guard let next = sendPull(from: cursor, to: link, at: now) else { return }
            cursor = next
        }
    }

    /// Asks one neighbour about the next stretch of the table.
    mutating func pullRound(at now: Moment, using random: inout RandomStream) {
        timers.arm(.pullRound, at: now + MembershipLimits.pullInterval)
        let candidates = isMember ? linkTable.peers.map(\.id) : Array(linkTable.members.keys)
        guard !candidates.isEmpty else { return }
        let chosen = candidates[Int(random.uniform(below: UInt64(candidates.count)))]
        pullCursor = sendPull(from: pullCursor, to: chosen, at: now) ?? 0
    }

    /// Names what is here from `cursor` on, at most as much as one pull holds. Returns where the next one begins, 0
    /// when this one reached the end.
    private mutating func sendPull(from cursor: UInt64, to link: LinkID, at now: Moment) -> UInt64? {
        let meshTime = meshTime(at: now)
        var have: [Have] = []
        var next: UInt64 = 0
        for short in table.shorts(from: cursor, to: .max) {
            guard let entry = table[short] else { continue }
            let isIgnored = equivocators.isIgnored(short, at: now)
            guard isIgnored || entry.isUnexpired(at: meshTime) else { continue }
            if have.count == MembershipLimits.haves {
                next = short
                break
            }
            let heartbeat = isIgnored ? Self.noHeartbeatWanted : entry.heartbeat?.statement.body.time ?? 0
            have.append(Have(node: short, seq: entry.record.seq, heartbeat: heartbeat))
        }
        guard let pull = try? Pull(have: have, from: cursor, to: next == 0 ? .max : next - 1) else { return nil }
        effects.append(.sendPull(link, pull))
        return next
    }

    /// In a pull, instead of a heartbeat's time: this owner is ignored here.
    static var noHeartbeatWanted: UInt64 { .max }

    /// Asks for single members whose heartbeats came without their records.
    mutating func sendWanted(at now: Moment) {
        for (link, shorts) in outbox.takeWanted() {
            for short in shorts where linkTable.update(link, { $0.wants.take(at: now) }) == true {
                if let pull = try? Pull(have: [], from: short, to: short) { effects.append(.sendPull(link, pull)) }
            }
        }
    }

    /// Sends what the other end lacks or has older within its range: records that stand, heartbeats of who is
    /// present. What one link may get is bounded; the rest comes with later pulls.
    mutating func answer(_ pull: Pull, from id: LinkID, at now: Moment, using random: inout RandomStream) {
        guard isMember, let link = linkTable[id], !link.isAsLeaf else { return }
        linkTable.update(id) { $0.heard = now }
        guard linkTable.update(id, { $0.pulls.take(at: now) }) == true else { return count(.pullTooOften) }
        guard let theirs = Self.index(pull) else { return count(.pullMalformed) }
        let range = table.shorts(from: pull.from, to: pull.to)
        guard !range.isEmpty else { return }
        // From a random place on, so that several neighbours who cannot send everything send different parts.
        let start = range.startIndex + Int(random.uniform(below: UInt64(range.count)))
        var records: [Signed] = []
        var heartbeats: [Signed] = []
        for short in [range[start...], range[..<start]].joined() {
            let lacking = lacking(short, theirs: theirs[short], at: now)
            let cost = (lacking.records + lacking.heartbeats).reduce(0) { $0 + Push.cost(of: $1) }
            guard cost > 0 else { continue }
            guard linkTable.update(id, { $0.answers.take(Int64(cost), at: now) }) == true else {
                count(.answerCut)
                break
            }
            records += lacking.records
            heartbeats += lacking.heartbeats
        }
        send(Push.split(records: records, heartbeats: heartbeats), to: id)
    }

    /// What somebody who has `theirs` of a member lacks.
    private func lacking(
        _ short: UInt64, theirs: Have?, at now: Moment
    ) -> (records: [Signed], heartbeats: [Signed]) {
        if let proof = equivocators.proof(against: short, at: now) {
            let isKnown = theirs?.heartbeat == Self.noHeartbeatWanted
            return (isKnown ? [] : [proof.first.signed, proof.second.signed], [])
        }
        guard let entry = table[short], entry.isUnexpired(at: meshTime(at: now)) else { return ([], []) }
        let lacksRecord = theirs.map { $0.seq < entry.record.seq } ?? true
        guard entry.isPresent, let last = entry.heartbeat, (theirs?.heartbeat ?? 0) < last.statement.body.time else {
            return (lacksRecord ? [entry.record.signed] : [], [])
        }
        return (lacksRecord ? [entry.record.signed] : [], [last.statement.signed])
    }

    /// What a pull names, by short id; nil unless it is sorted, each id once, and within its own range.
    private static func index(_ pull: Pull) -> [UInt64: Have]? {
        var index: [UInt64: Have] = [:]
        var last: UInt64?
        for have in pull.have {
            guard have.node >= pull.from, have.node <= pull.to else { return nil }
            if let last, have.node <= last { return nil }
            last = have.node
            index[have.node] = have
        }
        return index
    }
}
