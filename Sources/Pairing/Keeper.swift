// The member's side of pairing: takes deposits of a round, and says at its end what it holds.
// See Protocol/06-pairing.md, "At a keeper". The checks of a deposit are in `Keeper+Deposits.swift`.

public import Essentials
public import Identity
public import Sodium
internal import Wire

/// Keeps the offers of the rounds that are open, and nothing of a round that is over but which stamps were in it.
public struct Keeper: Sendable {
    let policy: NetworkPolicy
    let parameters: PairingParameters
    let schedule: RoundSchedule
    let identity: Owned<NodeIdentity>
    let nodeKey: NodeKey

    var clock: MeshClock?
    var own: PlacementKey?
    var others: [KeeperCandidate] = []
    var rounds: [KeeperRound] = []
    var arrivals: [DepositID: Arrival] = [:]
    var links: [LinkRound: LinkTally] = [:]
    /// Deposits of the links of a wide subnet.
    var subnets: [SubnetRound: Int] = [:]
    var stamps: StampMemory
    var depositChecks: TokenBucket
    var stampChecks: TokenBucket

    /// One link in one round.
    struct LinkRound: Hashable {
        let link: UInt64
        let round: UInt64
    }

    struct SubnetRound: Hashable {
        let subnet: Subnet
        let round: UInt64
    }

    /// Who brought a deposit.
    struct Carrier {
        let link: UInt64
        let subnet: Subnet?
    }

    /// A pipe whose deposit was accepted.
    struct Arrival {
        let address: ShardAddress
        let round: UInt64
        var bodiesRequests = 0
    }

    /// `identity` signs the answers and opens the seals; it stays the owner's.
    public init(
        policy: NetworkPolicy, identity: Owned<NodeIdentity>, clock: MeshClock? = nil,
        parameters: PairingParameters = PairingParameters(), at now: Moment = .origin
    ) {
        self.policy = policy
        self.parameters = parameters
        self.identity = identity
        self.clock = clock
        schedule = RoundSchedule(policy: policy)
        nodeKey = identity.value.nodeKey
        stamps = StampMemory(capacity: parameters.stampsRemembered)
        depositChecks = TokenBucket(
            capacity: parameters.depositCheckBurst, perSecond: parameters.depositChecksPerSecond, at: now)
        stampChecks = TokenBucket(
            capacity: parameters.stampCheckBurst, perSecond: parameters.stampChecksPerSecond, at: now)
    }

    /// `random` is not used: a keeper decides nothing by chance.
    public mutating func handle(
        _ input: KeeperInput, at now: Moment, using random: inout RandomStream
    ) -> [KeeperEffect] {
        // A round that is due is answered before anything else is looked at, however late the timer comes.
        var effects = settle(at: now)
        switch input {
        case .depositReceived(let arrival, let link, let subnet, let deposit):
            effects += accept(deposit, from: arrival, via: Carrier(link: link, subnet: subnet), at: now)
        case .bodiesWanted(let arrival, let wanted):
            effects += giveBodies(wanted, to: arrival)
        case .arrivalClosed(let arrival):
            forget(arrival)
        case .clockSet(let clock):
            self.clock = clock
            effects += dropMisplacedRounds(at: now) + settle(at: now)
        case .membersChanged(let own, let others):
            self.own = own
            self.others = others
        case .timerFired:
            break
        }
        return effects
    }

    /// When `.timerFired` is due; nil while no round is held.
    public func nextDeadline() -> Moment? {
        guard let clock else { return nil }
        return rounds.lazy.map { $0.isAnswered ? endOfBodies($0.round, clock) : answerTime($0.round, clock) }.min()
    }

    // MARK: The end of a round

    private func answerTime(_ round: UInt64, _ clock: MeshClock) -> Moment {
        clock.moment(ofMesh: schedule.end(ofRound: round)) + schedule.grace + schedule.answerDelay
    }

    private func endOfBodies(_ round: UInt64, _ clock: MeshClock) -> Moment {
        answerTime(round, clock) + parameters.bodiesKept
    }

    private mutating func settle(at now: Moment) -> [KeeperEffect] {
        guard let clock else { return [] }
        var effects: [KeeperEffect] = []
        for index in rounds.indices where !rounds[index].isAnswered && answerTime(rounds[index].round, clock) <= now {
            effects += answer(index)
        }
        let over = rounds.filter { endOfBodies($0.round, clock) <= now }
        rounds = rounds.filter { endOfBodies($0.round, clock) > now }
        for round in over { effects += closeArrivals(of: round) }
        if !over.isEmpty { stamps.forget(before: schedule.epoch(at: clock.mesh(at: now)).saturatingAdd(-1)) }
        return effects
    }

    private mutating func answer(_ index: Int) -> [KeeperEffect] {
        let list = rounds[index].close(maximum: policy.sampleMaximum)
        let round = rounds[index]
        guard !round.depositors.isEmpty, let body = body(of: round, listing: list) else { return [] }
        let signature = identity.value.signature(over: body, domain: RoundTally.signatureDomain, network: policy.id)
        func answer(withBodies: Bool) -> RoundAnswer? {
            try? RoundAnswer(
                body: body, signature: signature,
                listings: list.compactMap {
                    try? Listing(
                        digest: $0.digest, index: $0.index, share: $0.share, path: $0.path,
                        offer: withBodies ? $0.encoding : nil)
                })
        }
        guard let bare = answer(withBodies: false), let full = answer(withBodies: true) else { return [] }
        return round.depositors.map { .answer($0.arrival, $0.wantsBodies ? full : bare) } + [.count(.roundAnswered)]
    }

    /// What is signed.
    private func body(of round: KeeperRound, listing list: [KeeperRound.Held]) -> [UInt8]? {
        let body = try? RoundAnswerBody(
            network: policy.id, pool: round.address.pool, epoch: round.address.epoch, shard: round.address.shard,
            depth: round.address.depth, round: round.round, keeper: nodeKey.bytes, digests: list.map(\.digest),
            offers: UInt32(clamping: round.accepted))
        return body?.encoded()
    }

    // MARK: After the answer

    private mutating func giveBodies(_ wanted: BodiesWanted, to arrival: DepositID) -> [KeeperEffect] {
        guard var known = arrivals[arrival], known.bodiesRequests < parameters.bodiesRequests,
            let round = rounds.first(where: { $0.address == known.address && $0.round == known.round }),
            round.isAnswered, let bodies = try? Bodies(offers: round.bodies(of: wanted.digests))
        else { return [.count(.bodiesRefused)] }
        known.bodiesRequests += 1
        arrivals[arrival] = known
        return [.bodies(arrival, bodies), .count(.bodiesGiven)]
    }

    private mutating func forget(_ arrival: DepositID) {
        guard let known = arrivals.removeValue(forKey: arrival) else { return }
        for index in rounds.indices where rounds[index].address == known.address && rounds[index].round == known.round {
            rounds[index].forget(arrival)
        }
    }

    private mutating func closeArrivals(of round: KeeperRound) -> [KeeperEffect] {
        round.depositors.compactMap {
            arrivals.removeValue(forKey: $0.arrival) == nil ? nil : .close($0.arrival)
        }
    }

    /// After the clock was set anew: rounds that are nowhere near any more would otherwise wait for a time that
    /// may be far away.
    private mutating func dropMisplacedRounds(at now: Moment) -> [KeeperEffect] {
        guard let clock else { return [] }
        let latest = schedule.round(at: clock.mesh(at: now) + parameters.early)
        let misplaced = rounds.filter { $0.round > latest }
        rounds.removeAll { $0.round > latest }
        return misplaced.flatMap { closeArrivals(of: $0) }
    }
}
