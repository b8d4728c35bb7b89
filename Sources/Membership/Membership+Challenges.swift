// What a node does about members that it does not reach: it asks a few others whether they do. What comes back can only
// show that somebody lives, never that it does not, and is signed by whom it is about, so that whoever passes it on can
// do nothing but keep it back. Protocol/04-membership.md, "Challenges"; Docs/Decisions/0013-challenges-prove-life-only.md.

public import Essentials
public import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// What this node itself thinks of the way to a member. Nobody else's word is in it but the member's own.
    public enum Reach: String, Hashable, Sendable, CaseIterable {
        /// Linked, or it answered the last call.
        case reached
        /// It does not answer this node, and others have brought an answer of it within the hour.
        case answersOthers
        case noAnswer
        /// Never called.
        case unknown
    }

    public func reach(of nodeKey: NodeKey, at now: Moment) -> Reach {
        if linkTable.members.values.contains(where: { $0.peer == nodeKey }) { return .reached }
        if let opinion = asks.opinion(of: nodeKey, at: now) { return opinion }
        return table[nodeKey]?.isVerified == true ? .reached : .unknown
    }

    // MARK: Whom this node does not reach

    /// A call was not answered. Where it was a trial, others are asked before the line goes.
    mutating func unanswered(
        _ nodeKey: NodeKey, _ call: LinkChoice.Call, at now: Moment, using random: inout RandomStream
    ) {
        asks.failed(nodeKey)
        if trials.isRunning(nodeKey) {
            // Asked already, after another call.
            guard !asks.isForTrial(nodeKey) else { return }
            let isAsked = ask(about: nodeKey, at: call.endpoints, at: now, using: &random)
            if !isAsked { loseTrial(of: nodeKey, at: now) }
        } else if call.purpose != .errand {
            // Who calls for others does not ask others in turn: one question would go through the whole mesh.
            wonder(about: nodeKey, at: now, using: &random)
        }
    }

    /// A link to it ended because nothing came any more.
    mutating func fellSilent(_ nodeKey: NodeKey, at now: Moment, using random: inout RandomStream) {
        asks.failed(nodeKey)
        wonder(about: nodeKey, at: now, using: &random)
    }

    /// Asks about somebody whose heartbeats come and who does not answer. Whom nobody hears any more is more likely gone.
    private mutating func wonder(about nodeKey: NodeKey, at now: Moment, using random: inout RandomStream) {
        guard let entry = table[nodeKey], entry.isPresent, !isOverdue(entry, at: now), !trials.isRunning(nodeKey),
            asks.mayAsk(nodeKey, at: now)
        else { return }
        _ = ask(about: nodeKey, at: [], at: now, using: &random)
    }

    /// Asks a few others; false if there is nobody to ask, or no need to.
    private mutating func ask(
        about nodeKey: NodeKey, at addresses: [Endpoint], at now: Moment, using random: inout RandomStream
    ) -> Bool {
        let helpers = linkTable.isLinked(nodeKey) ? [] : helpers(using: &random)
        guard !helpers.isEmpty else { return false }
        var nonces: OrderedDictionary<LinkID, Bytes32> = [:]
        for link in helpers {
            // Each gets a nonce of its own, so that whoever is challenged cannot tell by it that one node asks.
            let nonce = random.bytes32()
            guard let ask = try? Ask(node: nodeKey.bytes, nonce: nonce, addresses: addresses) else { return false }
            nonces[link] = nonce
            effects.append(.sendAsk(link, ask))
        }
        asks.begin(nodeKey, at: addresses, nonces)
        timers.arm(.askUnanswered(nodeKey), at: now + MembershipLimits.askPatience)
        count(.othersAsked)
        return true
    }

    /// Up to three linked members in distinct subnets, at random; those that this node chose itself before those that
    /// came to it.
    private func helpers(using random: inout RandomStream) -> [LinkID] {
        let present = linkTable.peers.filter { link in
            !link.isFeeler && link.peer.flatMap { table[$0] }?.isPresent == true
        }
        let chosen = present.filter(\.isOutbound).shuffled(using: &random)
        let others = present.filter { !$0.isOutbound }.shuffled(using: &random)
        var helpers: [LinkID] = []
        var taken: [Subnet] = []
        for link in chosen + others where helpers.count < MembershipLimits.helpersAsked {
            let apart = link.peer.flatMap { table[$0] }?.apart(in: policy) ?? []
            guard !apart.contains(where: taken.contains) else { continue }
            taken += apart
            helpers.append(link.id)
        }
        return helpers
    }

    // MARK: What comes back

    /// Either what this node has asked for, or what it was asked to bring to somebody else.
    mutating func aliveReceived(_ alive: Alive, over id: LinkID, at now: Moment) {
        if let nodeKey = asks.take(alive.nonce, over: id) {
            guard holds(alive, of: nodeKey, over: id, at: now) else { return }
            if asks.answered(nodeKey) { askEnds(nodeKey, isAnswered: true, at: now) }
        } else if let errand = errands.take(alive.nonce, over: id, at: now) {
            guard holds(alive, of: errand.node, over: id, at: now) else { return }
            count(.alivePassedOn)
            effects.append(.sendAlive(errand.asker, alive))
        } else {
            // Too late, perhaps.
            count(.aliveUnasked)
        }
    }

    /// Nobody honest passes on, or signs, anything else: that is held against the link.
    private mutating func holds(_ alive: Alive, of nodeKey: NodeKey, over id: LinkID, at now: Moment) -> Bool {
        let context = LifeSign.Context(owner: nodeKey, policy: policy, nonce: alive.nonce)
        if (try? Unverified(LifeSign(alive)).verify(in: context)) != nil { return true }
        settle(.violation(.aliveInvalid), of: id, at: now)
        return false
    }

    /// Enough have answered, or time is up.
    mutating func askEnds(_ nodeKey: NodeKey, isAnswered: Bool, at now: Moment) {
        timers.cancel(.askUnanswered(nodeKey))
        let isForTrial = asks.isForTrial(nodeKey)
        guard let asking = asks.end(nodeKey) else { return }
        if isAnswered {
            count(.answersOthers)
            asks.answersOthers(nodeKey, at: now)
        }
        // What was asked before a contest began decides nothing in it.
        guard isForTrial else { return }
        if isAnswered {
            _ = trials.end(nodeKey)
            trials.spare(nodeKey, at: asking.addresses, now: now)
        } else {
            loseTrial(of: nodeKey, at: now)
        }
    }
}
