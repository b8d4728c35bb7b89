// One round of one seek: from the deposit to the pairing or the next deposit.

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

extension Seeks {
    /// Takes a round of a seek as far as what was heard goes.
    mutating func advance(_ id: SeekID, at now: Moment) -> [SeeksEffect] {
        var effects: [SeeksEffect] = []
        if case .deposited(let tally)? = seeks[id]?.phase {
            if tally.isFull {
                effects += leaveFullRound(id, tally, at: now)
            } else if tally.isComplete || tally.decideBy <= now {
                effects += fetchOrDecide(id, tally, at: now)
            }
        }
        if case .fetching(let tally, let until)? = seeks[id]?.phase, tally.awaitsNoBodies || until <= now {
            effects += decide(id, tally, at: now)
        }
        return effects
    }

    // MARK: Deposit

    mutating func depositIfReady(
        _ id: SeekID, at now: Moment, using random: inout RandomStream
    ) -> [SeeksEffect] {
        switch seeks[id]?.phase {
        case .lacking?, .waiting?: deposit(id, at: now, using: &random)
        case .deposited?, .fetching?, .decided?, .resting?, nil: []
        }
    }

    /// Whether the rest of the search is in another round, which is to be over first, or in a pairing.
    private func isHeldBack(_ seek: Seek, from round: UInt64) -> Bool {
        seeks.values.contains { other in
            guard other.search == seek.search else { return false }
            return switch other.phase {
            case .deposited(let tally), .fetching(let tally, _): tally.round != round
            case .decided, .resting: true
            case .lacking, .waiting: false
            }
        }
    }

    /// The round that an offer made now goes into, and the moment from which it may go.
    private func nextRound(after last: UInt64?, clock: MeshClock, at now: Moment) -> (round: UInt64, from: Moment) {
        let current = schedule.round(at: clock.mesh(at: now))
        let latest = clock.moment(ofMesh: schedule.end(ofRound: current)) + schedule.grace - parameters.depositMargin
        var round = now <= latest ? current : current.saturatingAdd(1)
        if let last { round = max(round, last.saturatingAdd(1)) }
        return (round, clock.moment(ofMesh: schedule.start(ofRound: round)))
    }

    private mutating func deposit(
        _ id: SeekID, at now: Moment, using random: inout RandomStream
    ) -> [SeeksEffect] {
        guard let clock, let seek = seeks[id] else { return [] }
        seeks[id]?.phase = .lacking
        let (round, from) = nextRound(after: seek.lastRound, clock: clock, at: now)
        guard from <= now else {
            seeks[id]?.phase = .waiting(round: round)
            return []
        }
        guard !isHeldBack(seek, from: round) else { return [] }
        let address = Sharding.choose(
            pool: seek.wish.pool, epoch: schedule.epoch(ofRound: round), depth: seek.depth, using: &random)
        let keepers = keepers(of: address)
        guard !keepers.isEmpty, let credential = credential(of: id, forRound: round),
            let offered = offer(seek.wish, credential, address, round, keepers: keepers.count, using: &random)
        else { return [] }
        seeks[id]?.lastRound = round
        seeks[id]?.credential?.firstRound = credential.firstRound ?? round
        let deposits = deposits(offered, credential, keepers: keepers, using: &random)
        let decideBy = max(now, clock.moment(ofMesh: schedule.end(ofRound: round)) + parameters.decideAfter)
        var tally = RoundTally(
            network: policy.id, address: address, round: round, own: offered.encoding,
            addressed: keepers.map(\.nodeKey), decideBy: decideBy, schedule: schedule)
        for (keeper, deposit) in deposits where deposit == nil { _ = tally.fail(keeper) }
        seeks[id]?.phase = .deposited(tally)
        return [.count(.roundBegun)]
            + deposits.compactMap { keeper, deposit in
                deposit.map { .deposit(id, round: round, keeper: keeper, $0) }
            }
    }

    /// The seek's own key and stamp while they serve, otherwise a fresh pair.
    private mutating func credential(of id: SeekID, forRound round: UInt64) -> Credential? {
        if let credential = seeks[id]?.credential, credential.serves(round, schedule: schedule) { return credential }
        seeks[id]?.credential = stamps.take(forRound: round, schedule: schedule)
        if let key = seeks[id]?.credential?.publicKey { ownKeys.insert(key) }
        return seeks[id]?.credential
    }

    private struct Offered {
        let encoding: [UInt8]
        let shares: Shares
    }

    private func offer(
        _ wish: SeekWish, _ credential: Credential, _ address: ShardAddress, _ round: UInt64, keepers: Int,
        using random: inout RandomStream
    ) -> Offered? {
        guard let shares = Shares(of: Shares.drawNonce(using: &random), count: keepers),
            let offer = try? Offer(
                version: PairingVersion.current, kind: wish.kind, pool: address.pool, epoch: address.epoch,
                depth: address.depth, shard: address.shard, round: round, key: credential.publicKey,
                root: shares.tree.root, shares: UInt32(clamping: keepers), stampEpoch: credential.stampEpoch,
                stamp: credential.stamp)
        else { return nil }
        return Offered(encoding: offer.encoded(), shares: shares)
    }

    /// One deposit a keeper; nil where the keeper's channel key is of no use.
    private func deposits(
        _ offered: Offered, _ credential: Credential, keepers: [KeeperCandidate], using random: inout RandomStream
    ) -> [(NodeKey, Deposit?)] {
        let digest = Offer.digest(of: offered.encoding)
        // Drawn anew each round, so that nobody is always the one who could keep the offers back.
        let giving = Set(keepers.indices.shuffled(using: &random).prefix(max(1, parameters.bodiesFrom)))
        return keepers.enumerated().map { place, keeper in
            let index = UInt32(clamping: place)
            guard let secret = credential.key.value.agree(with: keeper.channelKey.bytes) else {
                return (keeper.nodeKey, nil)
            }
            let share = ShareSeal.apply(
                to: offered.shares.values[place], digest: digest, index: index, secret: secret)
            let deposit = try? Deposit(
                offer: offered.encoding, index: index, share: share, path: offered.shares.tree.paths[place],
                bodies: giving.contains(place))
            return (keeper.nodeKey, deposit)
        }
    }

    // MARK: Decision

    private mutating func fetchOrDecide(_ id: SeekID, _ tally: RoundTally, at now: Moment) -> [SeeksEffect] {
        var tally = tally
        let wanted = tally.askForMissing(copies: parameters.missingBodyFrom)
        guard !wanted.isEmpty else { return decide(id, tally, at: now) }
        seeks[id]?.phase = .fetching(tally, until: now + parameters.bodiesWait)
        return wanted.compactMap { keeper, digests in
            guard let wanted = try? BodiesWanted(digests: Array(digests.prefix(RoundAnswer.maximumListings))) else {
                return nil
            }
            return .askBodies(id, round: tally.round, keeper: keeper, wanted)
        }
    }

    private mutating func decide(_ id: SeekID, _ tally: RoundTally, at now: Moment) -> [SeeksEffect] {
        let (offers, counters, liars) = tally.count()
        var effects: [SeeksEffect] = counters.map { .count($0) }
        let found = found(of: id, tally, among: offers, effects: &effects)
        if !offers.contains(where: { $0.digest == tally.ownDigest }) { effects.append(.count(.roundWithoutMajority)) }
        // Before the seek goes deeper or comes back.
        let inPool = wholePool(tally, of: id)
        effects += heed(tally, for: id, at: now)
        effects.append(.closeRound(id, round: tally.round))
        effects.append(
            .roundEnded(
                id,
                RoundOutcome(
                    round: tally.round, offers: offers.count, inPool: inPool,
                    addressed: tally.addressed.count, answered: tally.answered - liars, isMatched: found != nil,
                    asking: offers.count { $0.offer.kind == SeekKind.asks },
                    discussing: offers.count { $0.offer.kind == SeekKind.discusses })))
        guard let found else {
            seeks[id]?.phase = .lacking
            return effects + [.count(.roundUnmatched)]
        }
        // From here on the key is the pairing's alone, or the two pairings' of three.
        seeks[id]?.credential = nil
        seeks[id]?.phase = .decided(found, offers: offers.count)
        return effects + [.count(.roundMatched)]
    }

    /// How many look in all shards, if they are spread as this seek is. Who only looked in at depth 0 has seen those
    /// who look there, not those who are deeper.
    private func wholePool(_ tally: RoundTally, of id: SeekID) -> Int? {
        guard let seek = seeks[id], tally.address.depth == seek.depth else { return nil }
        return tally.crowd.map { $0 << tally.address.depth }
    }

    /// What a round says about the next one: how crowded it was, and what stamps are worth.
    private mutating func heed(_ tally: RoundTally, for id: SeekID, at now: Moment) -> [SeeksEffect] {
        var effects: [SeeksEffect] = []
        if tally.refusedForStamp * 2 > tally.addressed.count {
            // Keepers are of another opinion than we are, for example after our clock was wrong.
            seeks[id]?.credential = nil
            effects.append(.count(.credentialDropped))
        }
        if let price = tally.price {
            stamps.ask(Int(clamping: price), untilEpoch: tally.address.epoch)
            effects.append(.count(.roundDear))
        }
        // Who only looked in at depth 0 has not seen its own shard.
        guard let seek = seeks[id], tally.address.depth == seek.depth else { return effects }
        let offers = tally.price == nil ? tally.crowd : max(tally.crowd ?? 0, Sharding.crowd + 1)
        if let offers { settle(id, at: Sharding.depth(after: seek.depth, offers: offers), now) }
        return effects
    }

    private mutating func settle(_ id: SeekID, at depth: UInt32, _ now: Moment) {
        guard let seek = seeks[id] else { return }
        seeks[id]?.depth = depth
        depths.remember(depth, of: seek.wish.pool, at: now)
    }

    /// There is no room where it went: it goes deeper in the next round. Who only looked in at depth 0 keeps its depth.
    private mutating func leaveFullRound(_ id: SeekID, _ tally: RoundTally, at now: Moment) -> [SeeksEffect] {
        if let seek = seeks[id], tally.address.depth == seek.depth {
            settle(id, at: Sharding.depth(after: seek.depth, offers: parameters.depositsPerRound), now)
        }
        seeks[id]?.phase = .lacking
        return [.count(.roundFull), .closeRound(id, round: tally.round)]
    }
}
