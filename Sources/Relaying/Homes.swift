// The homes of the own person: which members, whether they are live, when they are replaced. Homes are kept as long
// as possible, since every change shows the leaf's address to one more node. See Protocol/05-homes-and-doors.md,
// "Homes".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

struct Homes {
    enum Action {
        case dial(KnownMember)
        case attach(LinkID)
        case hangUp(LinkID)
        case remember([NodeKey])
        case attached(LinkID, NodeKey, HomeTerms)
        case lost(LinkID, NodeKey)
        case count(RelayingCounter)
    }

    struct Home {
        enum State {
            /// Not connected; to be dialled at this moment.
            case away(retry: Moment)
            case dialling
            case attaching(LinkID, until: Moment)
            case attached(LinkID, HomeTerms)
        }

        let node: NodeKey
        var state: State
        /// Since when it has not been live.
        var deadSince: Moment?
        var backoff: Span
        /// When a path over it last failed.
        var failed: Moment?

        var link: LinkID? {
            switch state {
            case .attaching(let link, _), .attached(let link, _): link
            case .away, .dialling: nil
            }
        }

        var isLive: Bool {
            if case .attached = state { true } else { false }
        }
    }

    let limits: RelayingLimits
    let policy: NetworkPolicy
    let ownKey: NodeKey
    var current: [Home] = []
    /// Members that were homes once, the ones in use first.
    private(set) var remembered: [NodeKey]
    /// Somebody who refused, or was dead.
    struct Shunned {
        let until: Moment
        let wasDead: Bool
    }
    /// Not to be taken before.
    var shunned: [NodeKey: Shunned] = [:]

    init(limits: RelayingLimits, policy: NetworkPolicy, ownKey: NodeKey, remembered: [NodeKey]) {
        self.limits = limits
        self.policy = policy
        self.ownKey = ownKey
        self.remembered = Array(remembered.prefix(limits.homesRemembered))
    }

    var isAnyLive: Bool { current.contains { $0.isLive } }

    func isAttached(_ link: LinkID) -> Bool { current.contains { $0.isLive && $0.link == link } }

    var status: [HomeStatus] {
        current.map { home in
            guard case .attached(let link, let terms) = home.state else {
                return HomeStatus(node: home.node, link: home.link, terms: nil, isLive: false)
            }
            return HomeStatus(node: home.node, link: link, terms: terms, isLive: true)
        }
    }

    /// A live home at random among the best: not avoided, not just failed, heard from recently.
    func pick(
        avoiding avoided: NodeKey?, at now: Moment, lastHeard: (LinkID) -> Moment?, using random: inout RandomStream
    ) -> LinkID? {
        let ranked = current.compactMap { home -> (rank: Int, link: LinkID)? in
            guard case .attached(let link, _) = home.state else { return nil }
            let isAvoided = home.node == avoided
            let hasFailed = home.failed.map { now - $0 < limits.failedHomePenalty } ?? false
            let isStale = lastHeard(link).map { now - $0 > limits.keepaliveQuiet * 2 } ?? true
            // This node itself is a stopgap while it is the only member.
            let isOwn = home.node == ownKey
            return ((isOwn ? 8 : 0) + (isAvoided ? 4 : 0) + (hasFailed ? 2 : 0) + (isStale ? 1 : 0), link)
        }
        guard let best = ranked.map(\.rank).min() else { return nil }
        let candidates = ranked.filter { $0.rank == best }
        return candidates[Int(random.uniform(below: UInt64(candidates.count)))].link
    }

    // MARK: what happens to a home

    mutating func linkUp(_ link: LinkID, to node: NodeKey, at now: Moment) -> [Action] {
        guard let index = current.firstIndex(where: { $0.node == node }), current[index].link == nil else {
            return [.hangUp(link)]
        }
        current[index].state = .attaching(link, until: now + limits.attachDeadline)
        return [.attach(link)]
    }

    mutating func attached(_ link: LinkID, _ terms: HomeTerms) -> [Action] {
        guard let index = current.firstIndex(where: { $0.link == link }), !current[index].isLive else { return [] }
        current[index].state = .attached(link, terms)
        current[index].deadSince = nil
        current[index].backoff = limits.homeRedialMinimum
        return [.attached(link, current[index].node, terms)] + remember()
    }

    /// A home declines. One that is in use and only slows us down stays.
    mutating func refused(_ link: LinkID, retryAfter: Span, at now: Moment) -> [Action] {
        guard let index = current.firstIndex(where: { $0.link == link }), !current[index].isLive else { return [] }
        let node = current[index].node
        current.remove(at: index)
        shun(node, for: min(max(retryAfter, .seconds(10)), .hours(1)), wasDead: false, at: now)
        return [.count(.homesRefused), .hangUp(link)]
    }

    mutating func linkDown(_ link: LinkID, at now: Moment) -> [Action] {
        guard let index = current.firstIndex(where: { $0.link == link }) else { return [] }
        let wasLive = current[index].isLive
        current[index].deadSince = current[index].deadSince ?? now
        setAway(index, at: now)
        return wasLive ? [.lost(link, current[index].node)] : []
    }

    mutating func dialFailed(_ node: NodeKey, at now: Moment) {
        guard let index = current.firstIndex(where: { $0.node == node }), current[index].link == nil else { return }
        setAway(index, at: now)
    }

    mutating func failed(_ link: LinkID, at now: Moment) {
        guard let index = current.firstIndex(where: { $0.link == link }) else { return }
        current[index].failed = now
    }

    private mutating func setAway(_ index: Int, at now: Moment) {
        current[index].state = .away(retry: now + current[index].backoff)
        current[index].backoff = min(current[index].backoff * 2, limits.homeRedialMaximum)
    }

    mutating func shun(_ node: NodeKey, for span: Span, wasDead: Bool, at now: Moment) {
        // A table of at most a few dozen: what has passed is swept out when it grows.
        if shunned.count >= 64 { shunned = shunned.filter { $0.value.until > now } }
        if shunned.count < 1_024 { shunned[node] = Shunned(until: now + span, wasDead: wasDead) }
    }

    /// The homes in use come first, then those of earlier, each once.
    private mutating func remember() -> [Action] {
        let live = current.filter { $0.isLive && $0.node != ownKey }.map(\.node)
        let known = current.map(\.node).filter { remembered.contains($0) && !live.contains($0) }
        let former = remembered.filter { !live.contains($0) && !known.contains($0) }
        let list = Array((live + known + former).prefix(limits.homesRemembered))
        guard list != remembered else { return [] }
        remembered = list
        return [.remember(list)]
    }
}
