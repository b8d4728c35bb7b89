// The leaf's side of pairing: deposits an offer in every round, hears what the keepers say, and computes whom it
// was put together with. See Protocol/06-pairing.md, "At a seek". The course of a round is in `Seeks+Rounds.swift`.

public import Essentials
public import Identity
public import Sodium
internal import Wire

/// All the seeks of one node.
public struct Seeks: Sendable {
    let policy: NetworkPolicy
    let parameters: PairingParameters
    let schedule: RoundSchedule

    var clock: MeshClock?
    var candidates: [KeeperCandidate] = []
    var seeks: [SeekID: Seek] = [:]
    var stamps: StampStore
    var habit = Habit()
    var depths: DepthMemory
    /// Own keys of late, so that two seeks of one node never take each other for strangers.
    var ownKeys = RecentSet<Bytes32>(capacity: 256)
    /// When stamps are looked after next; at once before the first time.
    var nextPlanning: Moment? = .origin
    /// The keepers of the places of one epoch that were last looked for.
    private var ranked: [ShardAddress: [KeeperCandidate]] = [:]
    private static let rankedMaximum = 32

    struct Seek: Sendable {
        let wish: SeekWish
        let search: SearchID
        var phase: Phase
        var credential: Credential?
        /// The last round it deposited in: no offer of the same seek goes into it again.
        var lastRound: UInt64?
        /// How deep it goes; in a round in which it looks in at depth 0 its offer says otherwise.
        var depth: UInt32
    }

    enum Phase: Sendable {
        /// Mesh time, a keeper, a stamp or the rest of the search is missing.
        case lacking
        /// The next round to deposit in has not begun.
        case waiting(round: UInt64)
        /// The keepers have the offer.
        case deposited(RoundTally)
        /// Offers that a majority lists were asked for.
        case fetching(RoundTally, until: Moment)
        /// Matched, while other seeks of the search do not know yet; among so many offers.
        case decided(Found, offers: Int)
        /// A seek of the search is in a pairing, until its owner says how that went.
        case resting
    }

    public init(
        policy: NetworkPolicy, clock: MeshClock? = nil, parameters: PairingParameters = PairingParameters()
    ) {
        self.policy = policy
        self.clock = clock
        self.parameters = parameters
        schedule = RoundSchedule(policy: policy)
        stamps = StampStore(policy: policy)
        depths = DepthMemory(lifetime: policy.epoch)
    }

    /// How many stamps are ready for the next seek.
    public var readyStamps: Int { stamps.ready }

    public mutating func handle(
        _ input: SeeksInput, at now: Moment, using random: inout RandomStream
    ) -> [SeeksEffect] {
        var effects = apply(input, at: now)
        let ids = seeks.keys.sorted()
        for id in ids { effects += advance(id, at: now) }
        for id in ids { effects += choose(for: id) }
        for id in ids { effects += depositIfReady(id, at: now, using: &random) }
        return effects + planStamps(at: now, using: &random)
    }

    /// When `.timerFired` is due; nil while mesh time is unknown.
    public func nextDeadline() -> Moment? {
        guard let clock else { return nil }
        var earliest = nextPlanning
        for seek in seeks.values {
            let due: Moment? =
                switch seek.phase {
                case .lacking, .decided, .resting: nil
                case .waiting(let round): clock.moment(ofMesh: schedule.start(ofRound: round))
                case .deposited(let tally): tally.decideBy
                case .fetching(_, let until): until
                }
            if let due { earliest = earliest.map { min($0, due) } ?? due }
        }
        return earliest
    }

    // MARK: Inputs

    private mutating func apply(_ input: SeeksInput, at now: Moment) -> [SeeksEffect] {
        switch input {
        case .seekAsked(let id, let wish):
            return begin(id, wish, at: now)
        case .seekCancelled(let id):
            return cancel(id)
        case .pairingFailed(let id):
            return resume(searchOf: id)
        case .stampMade(let number, let nonce):
            _ = stamps.fill(number, stamp: nonce)
            return []
        case .membersChanged(let candidates):
            self.candidates = candidates
            ranked = [:]
            return []
        case .receiptReceived(let id, let round, let keeper, let receipt):
            return hear(id, round) { $0.take(receipt, from: keeper) }
        case .answerReceived(let id, let round, let keeper, let answer):
            return hear(id, round) { $0.take(answer, from: keeper) }
        case .bodiesReceived(let id, let round, let keeper, let bodies):
            return hear(id, round) { $0.take(bodies, from: keeper) }
        case .keeperFailed(let id, let round, let keeper):
            return hear(id, round) { $0.fail(keeper) }
        case .clockSet(let clock):
            self.clock = clock
            replan(at: now)
            return []
        case .timerFired:
            return []
        }
    }

    private mutating func begin(_ id: SeekID, _ wish: SeekWish, at now: Moment) -> [SeeksEffect] {
        guard seeks[id] == nil else { return [] }
        guard seeks.count < parameters.seeks else { return [.refused(id), .count(.seekRefused)] }
        let search = wish.search ?? SearchID(number: id.number)
        seeks[id] = Seek(wish: wish, search: search, phase: .lacking, depth: depths.depth(of: wish.pool, at: now))
        habit.looks(search, inPlaces: seeks.values.count { $0.search == search }, at: now)
        return []
    }

    private mutating func cancel(_ id: SeekID) -> [SeeksEffect] {
        guard let seek = seeks.removeValue(forKey: id) else { return [] }
        switch seek.phase {
        case .deposited(let tally), .fetching(let tally, _): return [.closeRound(id, round: tally.round)]
        case .decided(let found, _): return found.declined(id)
        case .lacking, .waiting, .resting: return []
        }
    }

    private mutating func resume(searchOf id: SeekID) -> [SeeksEffect] {
        guard let seek = seeks[id], case .resting = seek.phase else { return [] }
        for other in seeks.keys where seeks[other]?.search == seek.search { seeks[other]?.phase = .lacking }
        return [.count(.pairingFailed)]
    }

    private mutating func hear(
        _ id: SeekID, _ round: UInt64, _ body: (inout RoundTally) -> [PairingCounter]
    ) -> [SeeksEffect] {
        switch seeks[id]?.phase {
        case .deposited(var tally)? where tally.round == round:
            let counters = body(&tally)
            seeks[id]?.phase = .deposited(tally)
            return counters.map { .count($0) }
        case .fetching(var tally, let until)? where tally.round == round:
            let counters = body(&tally)
            seeks[id]?.phase = .fetching(tally, until: until)
            return counters.map { .count($0) }
        default:
            return []
        }
    }

    /// Mesh time was set: what waits for a round waits for another moment now, and rounds that lie in the future
    /// by the new time do not count as the last.
    private mutating func replan(at now: Moment) {
        guard let clock else { return }
        let current = schedule.round(at: clock.mesh(at: now))
        for id in seeks.keys.sorted() {
            if let last = seeks[id]?.lastRound, last > current.saturatingAdd(2) { seeks[id]?.lastRound = nil }
            if case .waiting? = seeks[id]?.phase { seeks[id]?.phase = .lacking }
        }
    }

    // MARK: Keepers

    /// The keepers that an offer goes to: the lowest of the ranking without those we refuse.
    mutating func keepers(of address: ShardAddress) -> [KeeperCandidate] {
        if let known = ranked[address] { return known }
        let count = min(policy.keepers, ShareTree.maximumLeaves)
        let keepers = KeeperRanking.lowest(count, of: candidates, network: policy.id, address: address)
            .filter { !$0.isRefused }
        if ranked.count >= Self.rankedMaximum || ranked.keys.contains(where: { $0.epoch != address.epoch }) {
            ranked = [:]
        }
        ranked[address] = keepers
        return keepers
    }
}
