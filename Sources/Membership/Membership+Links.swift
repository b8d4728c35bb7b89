// Links that come up and go down: which are taken, and which of two to the same member stays.
// Protocol/04-membership.md, "Links".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium

extension Membership {
    mutating func linkUp(
        _ id: LinkID, peer: NodeKey?, isLeaf: Bool, outbound: Bool, at now: Moment, using random: inout RandomStream
    ) {
        guard linkTable[id] == nil else { return }
        var link = Link(id: id, peer: peer, isLeaf: isLeaf, isOutbound: outbound, at: now)
        if isLeaf {
            guard linkTable.leaves.count < MembershipLimits.leafLinks else { return refuse(id, .full) }
            return linkTable.insert(link)
        }
        guard let peer else { return refuse(id, .violation) }
        let call = outbound ? choice.dialing.removeValue(forKey: peer) : nil
        if call != nil { timers.cancel(.dialUnanswered(peer)) }
        if peer == ownKey { return refuse(id, .ownNode) }
        if outbound { answered(peer, call, at: now) }
        if choice.isBanned(peer, at: now) { return refuse(id, .banned) }
        if isMember, !outbound {
            link.isGuest = linkTable.inboundCount(areGuests: false) >= MembershipLimits.inboundLinks
            if link.isGuest, linkTable.inboundCount(areGuests: true) >= MembershipLimits.guestLinks {
                return refuse(id, .full)
            }
        }
        link.isFeeler = call.map { $0.purpose != .kept } ?? false
        linkTable.insert(link)
        if link.isFeeler { timers.arm(.feelerDone(id), at: now + MembershipLimits.feelerStay) }
        if link.isGuest { timers.arm(.guestGoes(id), at: now + MembershipLimits.guestStay) }
        if isMember, linkTable.links(to: peer).count > 1, !timers.isArmed(.settleDuplicate(peer)) {
            timers.arm(.settleDuplicate(peer), at: now + MembershipLimits.duplicateGrace)
        }
        greet(id, at: now, using: &random)
        if outbound { runErrands(to: peer, over: id, at: now) }
        graftEnough()
        scheduleMaintenance(at: now)
    }

    private mutating func refuse(_ id: LinkID, _ reason: HangUpReason) {
        switch reason {
        case .full: count(.inboundRefused)
        case .banned: count(.bannedRefused)
        default: break
        }
        effects.append(.hangUp(id, reason))
    }

    mutating func linkDown(_ id: LinkID, isSilent: Bool, at now: Moment, using random: inout RandomStream) {
        guard let link = removeLink(id) else { return }
        if link.isEager, !link.isLeaf { eagerLinkEnded(at: now) }
        guard let peer = link.peer, isMember, !link.isAsLeaf else { return }
        guard !linkTable.isLinked(peer) else { return }
        choice.vacate(peer)
        // The one with the lower key calls back first, so that the two do not cross.
        let courtesy = ownKey.map { $0 > peer } == true ? MembershipLimits.courtesy : .zero
        if now - link.since >= MembershipLimits.linkTrial { _ = choice.heard(peer) }
        // Who has no line is not dialled, and whoever calls with ever new keys must leave nothing behind.
        if table[peer] != nil { choice.failed(peer, extra: courtesy, at: now, using: &random) }
        if isSilent { fellSilent(peer, at: now, using: &random) }
        scheduleMaintenance(at: now)
    }

    mutating func dialFailed(_ peer: NodeKey, at now: Moment, using random: inout RandomStream) {
        guard let call = choice.dialing.removeValue(forKey: peer) else { return }
        timers.cancel(.dialUnanswered(peer))
        count(.dialFailed)
        if !linkTable.isLinked(peer) { choice.vacate(peer) }
        choice.failed(peer, at: now, using: &random)
        unanswered(peer, call, at: now, using: &random)
        scheduleMaintenance(at: now)
    }

    mutating func dialUnanswered(_ peer: NodeKey, at now: Moment, using random: inout RandomStream) {
        count(.dialUnanswered)
        dialFailed(peer, at: now, using: &random)
    }

    /// Ends a link from this side.
    mutating func hangUp(_ id: LinkID, _ reason: HangUpReason, at now: Moment) {
        guard let link = removeLink(id) else { return }
        effects.append(.hangUp(id, reason))
        if link.isEager, !link.isLeaf { eagerLinkEnded(at: now) }
        if let peer = link.peer, !linkTable.isLinked(peer) { choice.vacate(peer) }
        scheduleMaintenance(at: now)
    }

    /// A guest has seen the table by now. It stays only if somebody else has left, or is made to.
    mutating func guestGoes(_ id: LinkID, at now: Moment, using random: inout RandomStream) {
        guard let guest = linkTable[id] else { return }
        let isFree = linkTable.inbound.count < MembershipLimits.inboundLinks
        if isFree || makePlace(for: guest, at: now, using: &random) {
            linkTable.update(id) { $0.isGuest = false }
        } else {
            count(.inboundRefused)
            hangUp(id, .full, at: now)
        }
    }

    /// Both ends compare their tables when a link comes up. A newcomer with an empty one asks a single neighbour first
    /// and gives it a moment, so that not all of them send it the same.
    private mutating func greet(_ id: LinkID, at now: Moment, using random: inout RandomStream) {
        let isEmpty = table.count + applicants.count <= (isMember ? 1 : 0)
        if isEmpty, let asked = emptyAsked, now - asked < MembershipLimits.emptyPatience {
            return compareSoon(at: asked + MembershipLimits.emptyPatience)
        }
        if isEmpty { emptyAsked = now }
        compareEverything(with: id, at: now, using: &random)
    }

    private mutating func removeLink(_ id: LinkID) -> Link? {
        fetches.ended(id)
        timers.cancel(.feelerDone(id))
        timers.cancel(.guestGoes(id))
        let link = linkTable.remove(id)
        dropApplicants(of: id)
        return link
    }

    /// Two members dialled each other at the same moment. Both keep the link that the lower key began, and of two of
    /// those the newer. The other one goes once the one that stays has shown that it lives.
    mutating func settleDuplicate(_ peer: NodeKey, at now: Moment) {
        guard let ownKey else { return }
        let same = linkTable.links(to: peer)
        guard same.count > 1 else { return }
        let begunByLower = same.filter { $0.isOutbound == (ownKey < peer) }
        let candidates = begunByLower.isEmpty ? same : begunByLower
        guard let staying = candidates.max(by: { ($0.since, $0.id) < ($1.since, $1.id) }) else { return }
        for link in same where link.id != staying.id && (staying.since >= link.since || staying.heard > link.since) {
            if !link.isFeeler { linkTable.update(staying.id) { $0.isFeeler = false } }
            count(.duplicateHungUp)
            hangUp(link.id, .duplicate, at: now)
        }
        if linkTable.links(to: peer).count > 1 {
            timers.arm(.settleDuplicate(peer), at: now + MembershipLimits.duplicateGrace)
        }
    }
}
