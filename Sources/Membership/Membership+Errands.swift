// What a member does when others do not reach somebody: it challenges whom they ask about, calls it first if need be, and
// brings the answer back. And what it does when it is challenged itself.
// Protocol/04-membership.md, "Challenges".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    // MARK: For others

    mutating func askReceived(_ ask: Ask, from id: LinkID, at now: Moment) {
        // A link costs nothing, a line in the table does.
        guard let asker = memberLink(id)?.peer, isPresent(asker) else { return count(.askIgnored) }
        guard linkTable.update(id, { $0.asks.take(MembershipLimits.errandCost, at: now) }) == true,
            errands.hasRoom(for: id, at: now)
        else { return count(.askTooOften) }
        let nodeKey = NodeKey(ask.node)
        guard let entry = table[nodeKey], nodeKey != ownKey else { return count(.askIgnored) }
        guard let link = linkTable.links(to: nodeKey).first else { return call(entry, for: ask, from: id, at: now) }
        // Whoever has called us has shown its key, and not that it is where it says.
        guard ask.addresses.allSatisfy({ entry.answeredIn.contains(policy.subnet(of: $0)) }) else {
            return count(.askIgnored)
        }
        errands.add(ask.nonce, about: nodeKey, for: id, over: link.id, at: now)
        challenge(over: link.id, ask.nonce)
    }

    /// Calls somebody for others: only at addresses of its own record, and seldom, so that nobody can turn members
    /// against a place.
    private mutating func call(_ entry: TableEntry, for ask: Ask, from id: LinkID, at now: Moment) {
        let addresses = entry.record.addresses.filter { ask.addresses.isEmpty || ask.addresses.contains($0) }
        guard !addresses.isEmpty, !choice.isBanned(entry.nodeKey, at: now),
            !equivocators.isIgnored(entry.short, at: now)
        else { return count(.askIgnored) }
        guard !errands.isCalling(for: id) else { return count(.askTooOften) }
        if let call = choice.dialing[entry.nodeKey] {
            guard call.endpoints.allSatisfy(addresses.contains) else { return count(.askIgnored) }
        } else {
            guard errands.mayCall(in: addresses.map(policy.subnet(of:)), at: now) else { return count(.askTooOften) }
            count(.calledForOthers)
            dial(entry, .errand, at: addresses, now: now)
        }
        errands.add(ask.nonce, about: entry.nodeKey, for: id, over: nil, at: now)
    }

    /// A call of ours was answered: what waited for it goes.
    mutating func runErrands(to nodeKey: NodeKey, over id: LinkID, at now: Moment) {
        for nonce in errands.carry(to: nodeKey, over: id, at: now) { challenge(over: id, nonce) }
    }

    private mutating func challenge(over id: LinkID, _ nonce: Bytes32) {
        count(.challengePassedOn)
        effects.append(.sendChallenge(id, Challenge(nonce: nonce)))
    }

    // MARK: For itself

    mutating func challengeReceived(_ challenge: Challenge, from id: LinkID, at now: Moment) {
        guard memberLink(id) != nil else { return count(.challengeIgnored) }
        guard linkTable.update(id, { $0.challenges.take(at: now) }) == true else { return count(.challengeTooOften) }
        count(.challengeAnswered)
        effects.append(.signAlive(id, nonce: challenge.nonce))
    }

    /// A link on which both ends are members.
    private func memberLink(_ id: LinkID) -> Link? {
        guard isMember, let link = linkTable.members[id], !link.isAsLeaf else { return nil }
        return link
    }
}
