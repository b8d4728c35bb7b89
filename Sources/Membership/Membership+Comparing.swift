// How two tables find out where they differ: a sum over each range of short ids says whether both have the same there,
// and ranges that differ are cut until they are small enough to be listed. What is alike costs one number.
// Protocol/04-membership.md, "Comparing".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// Asks one neighbour at random for heartbeats that are overdue, and one every few rounds where tables differ.
    mutating func exchangeRound(at now: Moment, using random: inout RandomStream) {
        let isFilling = fetches.hasBrought(atLeast: MembershipLimits.fillingLines)
        timers.arm(
            .exchangeRound,
            at: now + (isFilling ? MembershipLimits.roundIntervalFilling : MembershipLimits.roundInterval))
        rounds &+= 1
        let links = isMember ? linkTable.peers : Array(linkTable.members.values)
        if let link = Self.anyone(of: links, using: &random) { pullOverdue(from: link.id, at: now, using: &random) }
        probeOverdue(links, at: now)
        guard isFilling || rounds.isMultiple(of: MembershipLimits.roundsPerComparison) else { return }
        let awake = links.filter { !$0.comparison.isResting(at: now) }
        if let link = Self.anyone(of: awake, using: &random) {
            compareEverything(with: link.id, at: now, using: &random)
        }
    }

    private static func anyone(of links: [Link], using random: inout RandomStream) -> Link? {
        links.isEmpty ? nil : links[Int(random.uniform(below: UInt64(links.count)))]
    }

    /// Makes the next round come at `due`, and be one that compares.
    mutating func compareSoon(at due: Moment) {
        rounds = MembershipLimits.roundsPerComparison - 1
        timers.arm(.exchangeRound, at: due)
    }

    /// Begins a comparison of the whole tables.
    mutating func compareEverything(with link: LinkID, at now: Moment, using random: inout RandomStream) {
        guard linkTable.update(link, { $0.comparison.begin(at: now) }) != nil else { return }
        let salt = random.bytes(count: Compare.saltCount)
        guard let hash = SipHash(key: salt) else { return }
        let (count, sum) = total(from: 0, to: .max, hash, at: now)
        guard let part = try? Part(from: 0, to: .max, count: UInt32(clamping: count), sum: sum),
            let compare = try? Compare(salt: salt, parts: [part])
        else { return }
        effects.append(.sendCompare(link, compare))
    }

    /// Answers where the own table differs: small ranges with what is there, large ones with the sums of their parts.
    mutating func answer(_ compare: Compare, from id: LinkID, at now: Moment, using random: inout RandomStream) {
        guard let link = linkTable[id], let hash = SipHash(key: compare.salt) else { return }
        if let whole = compare.parts.first, whole.from == 0, whole.to == .max {
            linkTable.update(id) { $0.tableCount = Int(whole.count) }
        }
        let gives = isMember && !link.isAsLeaf
        var smaller: [Part] = []
        // From a random part on, so that what does not fit this time has its turn another time.
        let start = Int(random.uniform(below: UInt64(compare.parts.count)))
        for part in [compare.parts[start...], compare.parts[..<start]].joined() {
            let lines = table.shorts(from: part.from, to: part.to).count
            guard linkTable.update(id, { $0.exchange.take(1 + Int64(lines / 64), at: now) }) == true else {
                count(.exchangeTooOften)
                break
            }
            let (own, sum) = total(from: part.from, to: part.to, hash, at: now)
            guard (own, sum) != (Int(part.count), part.sum) else { continue }
            linkTable.update(id) { $0.comparison.differs() }
            switch Self.step(own: own, theirs: Int(part.count)) {
            case .give: if gives { push(from: part.from, to: part.to, lacking: [:], to: id, at: now, using: &random) }
            case .list: list(part, to: id, at: now)
            case .sayEmpty:
                if smaller.count < Compare.maximumParts { smaller += parts(of: part, into: 1, hash, at: now) }
            case .cut:
                if smaller.count + Int(MembershipLimits.cuts) < Compare.maximumParts {
                    smaller += parts(of: part, into: MembershipLimits.cuts, hash, at: now)
                }
            }
        }
        smaller.sort { $0.from < $1.from }
        guard !smaller.isEmpty, let answer = try? Compare(salt: compare.salt, parts: smaller) else { return }
        effects.append(.sendCompare(id, answer))
    }

    private enum Step {
        /// The other side has nothing there: it gets everything.
        case give
        /// Few enough to be named one by one.
        case list
        /// Nothing here and much there: the other side shall cut it.
        case sayEmpty
        case cut
    }

    private static func step(own: Int, theirs: Int) -> Step {
        if theirs == 0, own <= MembershipLimits.givenAtOnce { return .give }
        if theirs > MembershipLimits.givenAtOnce { return own == 0 ? .sayEmpty : .cut }
        return own <= MembershipLimits.listedAtOnce ? .list : .cut
    }

    /// Names what is here; the other side sends what is missing, and asks for what it has older.
    private mutating func list(_ part: Part, to id: LinkID, at now: Moment) {
        let have = haves(from: part.from, to: part.to, at: now)
        if Int(part.count) - have.count >= MembershipLimits.fetchedLines {
            guard fetches.begin(from: part.from, to: part.to, over: id, at: now) else { return }
        }
        guard let pull = try? Pull(have: have, from: part.from, to: part.to) else { return }
        effects.append(.sendPull(id, pull))
    }

    /// Equal parts of a range, each with its sum.
    private func parts(of range: Part, into pieces: UInt64, _ hash: SipHash, at now: Moment) -> [Part] {
        let width = (range.to - range.from) / pieces
        var parts: [Part] = []
        var low = range.from
        while parts.count < Int(pieces) + 1 {
            let (end, isBeyond) = low.addingReportingOverflow(width)
            let high = isBeyond ? range.to : min(end, range.to)
            let (count, sum) = total(from: low, to: high, hash, at: now)
            if let part = try? Part(from: low, to: high, count: UInt32(clamping: count), sum: sum) {
                parts.append(part)
            }
            guard high < range.to else { break }
            low = high + 1
        }
        return parts
    }

    /// How many lines there are in a range, and the sum of their hashes.
    private func total(from low: UInt64, to high: UInt64, _ hash: SipHash, at now: Moment) -> (count: Int, sum: UInt64)
    {
        let meshTime = meshTime(at: now)
        var count = 0
        var sum: UInt64 = 0
        for position in table.positions(from: low, to: high) {
            let short = table.shorts[position]
            guard let line = line(short, table.marks[position], meshTime, at: now) else { continue }
            count += 1
            sum &+= hash.hash(short, line.seq, line.state.rawValue)
        }
        return (count, sum)
    }

    /// What a line is when tables are compared. Heartbeats are not part of it: they change all the time, and who lacks
    /// one knows it.
    private enum LineState: UInt64 { case absent = 0, present, ignored }

    /// Nil for a line that is not shown.
    private func line(
        _ short: UInt64, _ mark: Lines.Mark, _ meshTime: WallTime, at now: Moment
    ) -> (seq: UInt64, state: LineState)? {
        if equivocators.isIgnored(short, at: now) { return (0, .ignored) }
        guard meshTime < mark.expires else { return nil }
        return (mark.seq, mark.isPresent ? .present : .absent)
    }
}
