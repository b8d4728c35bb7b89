// Whether there is room for a record, and who goes for it. An address in a record is only a claim until somebody has
// answered there, so who holds a contested place is called before it is taken away.
// Protocol/04-membership.md, "The table"; Docs/Decisions/0009-an-address-is-a-claim.md.

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

extension Membership {
    /// Who has to be forgotten for a record with these subnets, or why there is no room. `entry` is its owner's line if
    /// there is one; then only what it adds is asked for.
    mutating func makeRoom(
        for record: Verified<NodeRecord>, inPlaceOf entry: TableEntry?, at now: Moment
    ) -> Result<[UInt64], Refusal> {
        switch room(for: record, inPlaceOf: entry, at: now) {
        case .room(let displaced): return .success(displaced)
        case .full(let contest): return .failure(Refusal(verdict: .refused(refusal(in: contest))))
        case .trial(let rival, let contest):
            beginTrial(of: rival, for: contest, at: now)
            return .failure(Refusal(verdict: .refused(refusal(in: contest))))
        }
    }

    /// What making room would come to. It changes nothing.
    func room(for record: Verified<NodeRecord>, inPlaceOf entry: TableEntry?, at now: Moment) -> Table.Room {
        let subnets = TableEntry.subnets(of: record, policy).filter { entry?.subnets.contains($0) != true }
        return table.room(
            for: subnets, isNewcomer: entry == nil, isVerified: hasCalled(record.nodeKey)
        ) { rival, contest in
            rival.short == entry?.short ? .stays : standing(of: rival, in: contest, at: now)
        }
    }

    func refusal(in contest: Table.Contest) -> MembershipCounter {
        switch contest {
        case .subnet: .subnetFull
        case .bucket: .tableFull
        }
    }

    /// Whether this node has a link to it that it dialled itself.
    func hasCalled(_ nodeKey: NodeKey) -> Bool {
        linkTable.members.values.contains { $0.isOutbound && $0.peer == nodeKey }
    }

    /// How a line stands when somebody else wants its place.
    private func standing(of entry: TableEntry, in contest: Table.Contest, at now: Moment) -> Table.Standing {
        guard entry.short != ownShort, !linkTable.members.values.contains(where: { $0.peer == entry.nodeKey }) else {
            return .stays
        }
        let isReached: Bool
        switch contest {
        case .subnet(let subnet): isReached = entry.answeredIn.contains(subnet)
        case .bucket:
            // In the whole table newcomers displace only whom nobody here has reached: others make no room among those.
            guard !entry.isVerified else { return .stays }
            isReached = false
        }
        if equivocators.isIgnored(entry.short, at: now) { return .goes }
        if !isReached, !entry.isUnexpired(at: meshTime(at: now)) { return .goes }
        if trials.isSpared(entry.nodeKey, at: endpoints(of: entry, in: contest), now: now) { return .stays }
        let isSilent = !entry.isPresent && now - entry.touched >= MembershipLimits.roomAfterSilence
        // A leaf, which calls nobody, can reach nobody.
        guard choice.canReach(endpoints(of: entry, in: contest)) else { return isSilent ? .goes : .stays }
        if isReached { return isSilent ? .silent : .stays }
        return entry.isPresent ? .unreachedPresent : .unreached
    }

    /// The addresses that the contest is about: others prove nothing in it.
    private func endpoints(of entry: TableEntry, in contest: Table.Contest) -> [Endpoint] {
        guard case .subnet(let subnet) = contest else { return entry.record.addresses }
        return entry.record.addresses.filter {
            (subnet.isWide ? policy.wideSubnet(of: $0) : policy.subnet(of: $0)) == subnet
        }
    }

    // MARK: Trials

    private mutating func beginTrial(of short: UInt64, for contest: Table.Contest, at now: Moment) {
        guard let entry = table[short], !choice.isBanned(entry.nodeKey, at: now) else { return }
        // If it is being called already, that will do.
        let isCalled = choice.dialing[entry.nodeKey] != nil
        guard isCalled || choice.dialCount < MembershipLimits.dialsAtOnce,
            trials.begin(entry.nodeKey, in: table.bucket(of: entry.subnets), at: now)
        else { return }
        count(.trialBegun)
        if !isCalled { dial(entry, .feeler, at: endpoints(of: entry, in: contest), now: now) }
    }

    /// Its key has answered a call of ours.
    mutating func answered(_ nodeKey: NodeKey, _ call: LinkChoice.Call?, at now: Moment) {
        _ = trials.end(nodeKey)
        asks.forget(nodeKey)
        timers.cancel(.askUnanswered(nodeKey))
        if let call { choice.reached(call.endpoints) }
        table.update(nodeKey.short) { $0.answered(at: call?.endpoints ?? [], policy: policy) }
    }

    /// Neither this node nor anybody whom it asked was answered: the line goes, unless it may well be us who reach
    /// nobody.
    mutating func loseTrial(of nodeKey: NodeKey, at now: Moment) {
        guard trials.end(nodeKey), let entry = table[nodeKey] else { return }
        let heardLately = linkTable.peers.contains { now - $0.heard < MembershipLimits.dialPatience }
        guard heardLately, !linkTable.isLinked(nodeKey) else { return }
        count(.trialLost)
        trials.remember(nodeKey, at: now)
        forget(entry.short)
    }
}
