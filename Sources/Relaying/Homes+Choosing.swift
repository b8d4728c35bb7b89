// Which members become homes, and when one gives its place to another. In a mesh too small for everything, this is
// given up in turn: that homes are in different subnets, that there are two, and that the home is another node.

internal import Essentials
internal import Identity
internal import Sodium

extension Homes {
    /// How long a home that was dead is not taken again: one that has served before may be back soon.
    private static let deadFormerShunned: Span = .seconds(30)
    private static let deadNewShunned: Span = .minutes(5)

    /// Replaces, fills up and dials. `isBusy` says whether pipes run over a link: then it is not given up for
    /// something merely better.
    mutating func review(
        members: MemberDirectory, isMember: Bool, isBusy: (LinkID) -> Bool, at now: Moment,
        using random: inout RandomStream
    ) -> [Action] {
        guard limits.wantsHomes else { return [] }
        var actions = replaceDead(members, at: now)
        actions += giveUpStopgaps(members, isBusy: isBusy, at: now)
        while current.count < limits.homes, let node = choose(members, isMember: isMember, at: now, using: &random) {
            current.append(
                Home(node: node, state: .away(retry: now), deadSince: now, backoff: limits.homeRedialMinimum))
        }
        for index in current.indices {
            guard case .away(let retry) = current[index].state, retry <= now,
                let member = members[current[index].node]
            else { continue }
            current[index].state = .dialling
            actions.append(.dial(member))
        }
        return actions
    }

    /// When `review` is due next.
    func nextReview(after now: Moment) -> Moment? {
        let isLive = isAnyLive
        var dues: [Moment] = []
        for home in current {
            switch home.state {
            case .away(let retry): dues.append(retry)
            case .attaching(_, let until): dues.append(until)
            case .dialling, .attached: break
            }
            if let dead = home.deadSince { dues.append(dead + patience(isLive: isLive, isPresent: false)) }
        }
        if current.count < limits.homes {
            // Whose time was over before was looked at then.
            dues += shunned.values.map(\.until).filter { $0 > now }
        }
        // Never in the past, so that what cannot be helped now does not keep us turning.
        return dues.min().map { max($0, now + .milliseconds(100)) }
    }

    private func patience(isLive: Bool, isPresent: Bool) -> Span {
        guard isLive else { return limits.homelessPatience }
        return isPresent ? limits.deadHomePatiencePresent : limits.deadHomePatience
    }

    private mutating func replaceDead(_ members: MemberDirectory, at now: Moment) -> [Action] {
        let isLive = isAnyLive
        var actions: [Action] = []
        var index = 0
        while index < current.count {
            let home = current[index]
            if case .attaching(_, let until) = home.state, until > now {
                index += 1
                continue
            }
            let isPresent = members[home.node]?.isPresent ?? false
            let hasExpired = if case .attaching = home.state { true } else { false }
            guard
                hasExpired || home.deadSince.map({ now - $0 >= patience(isLive: isLive, isPresent: isPresent) }) == true
            else {
                index += 1
                continue
            }
            let former = remembered.contains(home.node)
            current.remove(at: index)
            shun(home.node, for: former ? Self.deadFormerShunned : Self.deadNewShunned, wasDead: true, at: now)
            actions.append(.count(.homesReplaced))
            if let link = home.link { actions.append(.hangUp(link)) }
        }
        return actions
    }

    /// What was taken for want of something better is let go when there is something better: oneself as home, and
    /// the second of two homes in one subnet.
    private mutating func giveUpStopgaps(
        _ members: MemberDirectory, isBusy: (LinkID) -> Bool, at now: Moment
    ) -> [Action] {
        func give(up index: Int) -> [Action] {
            let home = current.remove(at: index)
            var actions: [Action] = []
            if let link = home.link {
                if home.isLive { actions.append(.lost(link, home.node)) }
                actions.append(.hangUp(link))
            }
            return actions
        }
        let hasOther = current.contains { $0.isLive && $0.node != ownKey }
        if hasOther, let index = current.firstIndex(where: { $0.node == ownKey }),
            !(current[index].link.map(isBusy) ?? false)
        {
            return give(up: index)
        }
        guard current.count == limits.homes, current.count > 1, let first = members[current[0].node],
            let last = members[current[current.count - 1].node], shareSubnet(first, last),
            !(current[current.count - 1].link.map(isBusy) ?? false)
        else { return [] }
        let isBetterKnown = members.all.contains { candidate in
            candidate.isPresent && isEligible(candidate, at: now) && !shareSubnet(candidate, first)
        }
        return isBetterKnown ? give(up: current.count - 1) : []
    }

    // MARK: choosing

    private func choose(
        _ members: MemberDirectory, isMember: Bool, at now: Moment, using random: inout RandomStream
    ) -> NodeKey? {
        let eligible = members.all.filter { isEligible($0, at: now) }
        let taken = current.compactMap { members[$0.node] }
        let apart = eligible.filter { candidate in !taken.contains { shareSubnet($0, candidate) } }
        // A second home that is no better than the first is only worth having when there is no other.
        for pool in [apart, eligible] {
            if let former = remembered.first(where: { node in pool.contains { $0.node == node } }) { return former }
            let present = pool.filter(\.isPresent)
            // Without any live home the heartbeats that we have are old, and say little.
            let candidates = present.isEmpty ? pool : present
            if !candidates.isEmpty { return candidates[Int(random.uniform(below: UInt64(candidates.count)))].node }
        }
        // Whoever was without a network found everybody dead, and hears heartbeats of them again now.
        let back = isAnyLive ? [] : members.all.filter { $0.isPresent && isWilling($0) && !hasRefused($0, at: now) }
        if !back.isEmpty { return back[Int(random.uniform(below: UInt64(back.count)))].node }
        let isAlone = isMember && !members.all.contains { $0.node != ownKey && $0.servesAsHome }
        return isAlone && members[ownKey] != nil && current.isEmpty ? ownKey : nil
    }

    private func isEligible(_ member: KnownMember, at now: Moment) -> Bool {
        isWilling(member) && (shunned[member.node]?.until ?? .origin) <= now
    }

    private func isWilling(_ member: KnownMember) -> Bool {
        member.node != ownKey && member.servesAsHome && !member.addresses.isEmpty
            && !current.contains { $0.node == member.node }
    }

    private func hasRefused(_ member: KnownMember, at now: Moment) -> Bool {
        shunned[member.node].map { !$0.wasDead && $0.until > now } ?? false
    }

    private func shareSubnet(_ one: KnownMember, _ other: KnownMember) -> Bool {
        one.addresses.contains { address in
            other.addresses.contains { policy.subnet(of: $0) == policy.subnet(of: address) }
        }
    }
}
