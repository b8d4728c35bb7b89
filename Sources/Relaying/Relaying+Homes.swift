// Carries out what the homes of the own person decide.

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

extension Relaying {
    mutating func reviewHomes(_ turn: inout Turn) {
        let links = links
        let actions = homes.review(
            members: members, isMember: ownRecord != nil,
            isBusy: { links[$0].map { $0.value.streams.count > 0 } ?? false }, at: turn.now, using: &turn.random)
        carryOut(actions, &turn)
    }

    mutating func homeLinkUp(_ link: Owned<Link>, to node: NodeKey, _ turn: inout Turn) {
        carryOut(homes.linkUp(link.value.info.id, to: node, at: turn.now), &turn)
    }

    mutating func homeAttached(_ link: Owned<Link>, _ terms: HomeTerms, _ turn: inout Turn) {
        carryOut(homes.attached(link.value.info.id, terms), &turn)
        reviewHomes(&turn)
    }

    mutating func homeRefused(_ link: Owned<Link>, _ refused: Refused, _ turn: inout Turn) {
        let retryAfter = Span.seconds(Int64(refused.retryAfterSeconds))
        let actions = homes.refused(link.value.info.id, retryAfter: retryAfter, at: turn.now)
        carryOut(actions, &turn)
        if !actions.isEmpty { reviewHomes(&turn) }
    }

    mutating func homeLinkDown(_ link: LinkID, _ turn: inout Turn) {
        carryOut(homes.linkDown(link, at: turn.now), &turn)
        reviewHomes(&turn)
    }

    mutating func homeDialFailed(_ node: NodeKey, _ turn: inout Turn) {
        homes.dialFailed(node, at: turn.now)
        armHomes(&turn)
    }

    /// The owner saw a path over this home fail: others are preferred for a while, and the home is asked whether
    /// it lives.
    mutating func homeFailed(_ id: LinkID, _ turn: inout Turn) {
        homes.failed(id, at: turn.now)
        // Many paths may fail at once; one answer is enough for all of them.
        if let link = links[id], !link.value.keepalive.isWaiting { probe(link, &turn) }
    }

    private mutating func carryOut(_ actions: [Homes.Action], _ turn: inout Turn) {
        for action in actions {
            switch action {
            case .dial(let member): dialHome(member, &turn)
            case .attach(let link): sendControl(.attach(Attach()), on: link, &turn)
            case .hangUp(let link): hangUp(link, &turn)
            case .remember(let nodes): turn.tell(.homesChanged(nodes))
            case .attached(let link, let node, let terms): turn.tell(.homeAttached(link, node, terms))
            case .lost(let link, let node): turn.tell(.homeLost(link, node))
            case .count(let counter): turn.count(counter)
            }
        }
        armHomes(&turn)
    }

    private mutating func armHomes(_ turn: inout Turn) {
        if let due = homes.nextReview(after: turn.now) {
            timers.arm(.homes, at: due)
        } else {
            timers.cancel(.homes)
        }
    }
}
