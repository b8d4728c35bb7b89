// How a node gets what it lacks: it names what it has, of a whole range or of single members, and is sent what is
// missing there or newer. Protocol/04-membership.md, "Pulling".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// In a pull, instead of a heartbeat's time: this owner is ignored here.
    static var noHeartbeatWanted: UInt64 { .max }

    /// What is here within a range, as many as one pull holds.
    func haves(from low: UInt64, to high: UInt64, at now: Moment) -> [Have] {
        let meshTime = meshTime(at: now)
        let lines: [Have] = table.shorts(from: low, to: high).lazy.compactMap { short -> Have? in
            let isIgnored = self.equivocators.isIgnored(short, at: now)
            guard let entry = self.table[short], isIgnored || entry.isUnexpired(at: meshTime) else { return nil }
            let heartbeat = isIgnored ? Self.noHeartbeatWanted : entry.heartbeat?.statement.body.time ?? 0
            return Have(node: short, seq: entry.seq, heartbeat: heartbeat)
        }.prefix(MembershipLimits.haves).map(\.self)
        return withApplicants(lines, from: low, to: high)
    }

    /// Present members whose next heartbeat should be there by now are asked about: whoever lives has sent one.
    mutating func pullOverdue(from link: LinkID, at now: Moment, using random: inout RandomStream) {
        guard table.count > 0 else { return }
        let first = table.shorts[Int(random.uniform(below: UInt64(table.count)))]
        let asked = table.askedFor(at: now)
        let start = asked.firstIndex { $0 >= first } ?? asked.endIndex
        var have: [Have] = []
        for short in [asked[start...], asked[..<start]].joined() where short != ownShort {
            guard let entry = table[short], let last = entry.heartbeat else { continue }
            let patience = MembershipLimits.patience(for: last.statement.period)
            let since = now - last.askedFrom
            guard since.microseconds >= Int64(random.uniform(below: UInt64(max(1, patience.microseconds)))) else {
                continue
            }
            count(.heartbeatMissed)
            have.append(Have(node: short, seq: entry.seq, heartbeat: last.statement.body.time))
            if have.count == MembershipLimits.overdueAsked { break }
        }
        pull(named: have, from: link)
    }

    /// A neighbour whose heartbeat is overdue may be gone: quiet links are asked for a sign of life much more rarely.
    mutating func probeOverdue(_ links: [Link], at now: Moment) {
        for link in links {
            guard let entry = link.peer.flatMap({ table[$0] }), entry.isPresent, let due = entry.overdueFrom,
                due <= now
            else { continue }
            effects.append(.probe(link.id, silentSince: due))
        }
    }

    /// Whether the tree should have brought its next heartbeat by now.
    func isOverdue(_ entry: TableEntry, at now: Moment) -> Bool {
        entry.overdueFrom.map { $0 <= now } ?? false
    }

    /// Asks for single members whose heartbeats came without their records.
    mutating func sendWanted(at now: Moment) {
        for (link, shorts) in outbox.takeWanted() {
            var have: [Have] = []
            for short in shorts where linkTable.update(link, { $0.wants.take(at: now) }) == true {
                have.append(Have(node: short, seq: 0, heartbeat: 0))
            }
            pull(named: have, from: link)
        }
    }

    private mutating func pull(named have: [Have], from link: LinkID) {
        guard !have.isEmpty, let pull = try? Pull(have: have.sorted { $0.node < $1.node }, isNamed: true) else {
            return
        }
        effects.append(.sendPull(link, pull))
    }

    /// Sends what the other end lacks or has older: records that stand, heartbeats of who is present. What the other
    /// end has newer is asked for in turn.
    mutating func answer(_ pull: Pull, from id: LinkID, at now: Moment, using random: inout RandomStream) {
        guard let link = linkTable[id] else { return }
        let lines = pull.isNamed ? 0 : table.shorts(from: pull.from, to: pull.to).count
        let cost = 1 + Int64((pull.have.count + lines) / 64)
        guard linkTable.update(id, { $0.exchange.take(cost, at: now) }) == true else {
            return count(.exchangeTooOften)
        }
        guard let theirs = Self.index(pull) else { return count(.pullMalformed) }
        if isMember, !link.isAsLeaf {
            if pull.isNamed {
                push(pull.have.map(\.node)[...], lacking: theirs, to: id, at: now, using: &random)
            } else {
                push(from: pull.from, to: pull.to, lacking: theirs, to: id, at: now, using: &random)
            }
        }
        guard !pull.isNamed, !link.isLeaf else { return }
        linkTable.update(id) { $0.comparison.differs() }
        self.pull(named: pull.have.compactMap { newer($0, at: now) }, from: id)
    }

    /// What is here of somebody of whom the other side has something newer; nil if it has not.
    private func newer(_ theirs: Have, at now: Moment) -> Have? {
        guard theirs.node != ownShort, !equivocators.isIgnored(theirs.node, at: now) else { return nil }
        if let waiting = waitingHave(theirs.node) { return Self.isNewer(theirs, than: waiting) ? waiting : nil }
        guard let entry = table[theirs.node] else { return Have(node: theirs.node, seq: 0, heartbeat: 0) }
        let heartbeat = entry.heartbeat?.statement.body.time ?? 0
        let ours = Have(node: theirs.node, seq: entry.seq, heartbeat: heartbeat)
        return Self.isNewer(theirs, than: ours) ? ours : nil
    }

    private static func isNewer(_ theirs: Have, than ours: Have) -> Bool {
        theirs.seq > ours.seq || theirs.heartbeat > ours.heartbeat
    }

    /// Sends what somebody who has `theirs` lacks within a range.
    mutating func push(
        from low: UInt64, to high: UInt64, lacking theirs: [UInt64: Have], to id: LinkID, at now: Moment,
        using random: inout RandomStream
    ) {
        push(table.shorts(from: low, to: high), lacking: theirs, to: id, at: now, using: &random)
    }

    private mutating func push(
        _ shorts: ArraySlice<UInt64>, lacking theirs: [UInt64: Have], to id: LinkID, at now: Moment,
        using random: inout RandomStream
    ) {
        guard !shorts.isEmpty else { return }
        // From a random place on, so that several neighbours who cannot send everything send different parts.
        let start = shorts.startIndex + Int(random.uniform(below: UInt64(shorts.count)))
        var records: [Signed] = []
        var heartbeats: [Signed] = []
        for short in [shorts[start...], shorts[..<start]].joined() {
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
        let lacksRecord = theirs.map { $0.seq < entry.seq } ?? true
        guard entry.isPresent, let last = entry.heartbeat, (theirs?.heartbeat ?? 0) < last.statement.body.time,
            meshTime(at: now) - last.statement.time < tellable(last.statement)
        else {
            return (lacksRecord ? [entry.record.signed] : [], [])
        }
        return (lacksRecord ? [entry.record.signed] : [], [last.statement.signed])
    }

    /// How old a heartbeat may be that is told of: who hears a first one takes no more than half of its span for age.
    private func tellable(_ heartbeat: Verified<Heartbeat>) -> Span {
        min(heartbeat.period * policy.presencePeriods, span(of: heartbeat)) / 2
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
