// Keepers and those who seek, with nothing but time on the way between them: the `Keeper` and the `Seeks` that nodes
// run, by the thousand, since neither tables nor links nor conversations are looked at here.

internal import Essentials
internal import HeapModule
internal import Identity
internal import Pairing
internal import Sodium
internal import Wire

/// A mesh of which only pairing is played.
struct PairingWorld {
    /// What a member does with what it is given to keep.
    enum Conduct: Sendable {
        case honest
        /// Takes deposits, and is gone before it answers.
        case crashing
        /// Answers when it has seen what the others answer, so that its accomplices meet a certain victim.
        case colluding
    }

    struct Member {
        let candidate: KeeperCandidate
        let identity: Owned<NodeIdentity>
        var keeper: Keeper
        var random: RandomStream
        var conduct = Conduct.honest
        var armed: Moment?

        mutating func handle(_ input: KeeperInput, at now: Moment) -> [KeeperEffect] {
            keeper.handle(input, at: now, using: &random)
        }
    }

    struct Seeker {
        var seeks: Seeks
        var random: RandomStream
        /// Beside the ways of everybody.
        let lag: Span
        var armed: Moment?
        var isGone = false

        mutating func handle(_ input: SeeksInput, at now: Moment) -> [SeeksEffect] {
            seeks.handle(input, at: now, using: &random)
        }
    }

    /// Two that were matched, as one of them sees it.
    struct Match {
        let seeker: Int
        let seek: SeekID
        let at: Moment
        let pairing: Pairing
        /// This key, which is for one pairing only, was matched before.
        var isDouble = false
    }

    enum Happening {
        case matched(Match)
        /// Matched beside another one, and not taken.
        case declined(Match)
        case roundEnded(seeker: Int, SeekID, RoundOutcome)
    }

    private struct Pipe {
        let seeker: Int
        let seek: SeekID
        let round: UInt64
        let member: Int
    }

    /// One offer of one seek, with the pipes that it went through.
    private struct RoundName: Hashable {
        let seeker: Int
        let seek: SeekID
        let round: UInt64
    }

    private enum Event {
        case toMember(Int, KeeperInput)
        case toSeeker(Int, SeeksInput)
        case memberTimer(Int)
        case seekerTimer(Int)
        case wake(Int)
    }

    private struct Scheduled: Comparable {
        let due: Moment
        let order: UInt64
        let event: Event

        static func < (left: Scheduled, right: Scheduled) -> Bool {
            left.due == right.due ? left.order < right.order : left.due < right.due
        }
        static func == (left: Scheduled, right: Scheduled) -> Bool { left.order == right.order }
    }

    /// How long a stamp of the open mesh takes.
    static let stampTime = Span.milliseconds(800)
    /// An epoch of every network begins here.
    static let start = WallTime(milliseconds: 1_767_225_600_000)

    let policy: NetworkPolicy
    private let seed: UInt64
    private(set) var now = Moment.origin
    var members: [Member] = []
    var seekers: [Seeker] = []
    var chance: SeededGenerator
    private let weather = World.Weather.internet
    private var queue = Heap<Scheduled>()
    private var ordered: UInt64 = 0
    private var pipes: [UInt64: Pipe] = [:]
    private var rounds: [RoundName: [(member: Int, pipe: UInt64)]] = [:]
    private var opened: UInt64 = 0
    private var memberOf: [NodeKey: Int] = [:]
    /// What the colluding keeper hears of others; nil where nobody colludes.
    var plot: KeeperPlot?
    private var matchedKeys: Set<Bytes32> = []
    private(set) var counters: [PairingCounter: Int] = [:]

    /// The stamps and epochs of a local mesh, so that epochs end in every run; the ways are the Internet's.
    init(members count: Int, seed: UInt64, clockErrors: (inout SeededGenerator) -> Span = { _ in .zero }) {
        guard let policy = NetworkPolicy.named("local-world") else { preconditionFailure("a name of letters") }
        self.policy = policy
        self.seed = seed
        chance = SeededGenerator(seed: seed ^ 0x7061_6972)
        for index in 0..<count { members.append(member(index, clockErrors(&chance))) }
        for index in members.indices { memberOf[members[index].candidate.nodeKey] = index }
        let candidates = members.map(\.candidate)
        for index in members.indices {
            tell(index, .membersChanged(own: candidates[index].placement, candidates))
        }
    }

    private func member(_ index: Int, _ error: Span) -> Member {
        var random = RandomStream(
            seed: Blake2b.hash(domain: "member", UInt64(index).bigEndianBytes, seed.bigEndianBytes))
        let identity = Owned(NodeIdentity.generate(using: &random))
        let candidate = KeeperCandidate(
            nodeKey: identity.value.nodeKey, channelKey: identity.value.channelKey,
            placement: PlacementKey(random.bytes32()))
        let keeper = Keeper(policy: policy, identity: identity, clock: clock(error))
        return Member(candidate: candidate, identity: identity, keeper: keeper, random: random)
    }

    private func clock(_ error: Span) -> MeshClock {
        MeshClock(wallAtOrigin: Self.start, offset: error, uncertainty: .milliseconds(10))
    }

    /// Somebody with stamps ready who looks for nobody yet.
    mutating func addSeeker(clockError: Span = .zero, lag: Span = .zero, parameters: PairingParameters = .init()) -> Int
    {
        let index = seekers.count
        let random = RandomStream(
            seed: Blake2b.hash(domain: "seeker", UInt64(index).bigEndianBytes, seed.bigEndianBytes))
        var seeker = Seeker(
            seeks: Seeks(policy: policy, clock: clock(clockError), parameters: parameters), random: random, lag: lag)
        seeker.armed = nil
        seekers.append(seeker)
        give(index, .membersChanged(members.map(\.candidate)))
        return index
    }

    /// Somebody has met whom they looked for, and looks no more.
    mutating func leave(_ index: Int, _ seeks: [SeekID]) {
        for seek in seeks { give(index, .seekCancelled(seek)) }
        seekers[index].isGone = true
    }

    /// Puts a keeper in league with some who seek.
    mutating func corrupt(_ member: Int, accomplices: Set<Int>, victim: Int) {
        members[member].conduct = .colluding
        plot = KeeperPlot(
            keeper: member, identity: members[member].identity, accomplices: accomplices, victim: victim)
    }

    // MARK: Time

    /// A way between two nodes that have a link.
    mutating func way() -> Span { weather.latency(using: &chance) }

    /// `ways` of them in a row.
    mutating func ways(_ count: Int) -> Span { (0..<count).reduce(Span.zero) { span, _ in span + way() } }

    private mutating func post(_ event: Event, after span: Span) {
        ordered += 1
        queue.insert(Scheduled(due: now + span, order: ordered, event: event))
    }

    /// Has `run` return at that time, with this number.
    mutating func wake(_ number: Int, after span: Span) { post(.wake(number), after: span) }

    enum Pause {
        case happened([Happening])
        case woken(Int)
        case ended
    }

    /// Runs until something happens that is worth knowing, or until the end.
    mutating func run(until end: Moment) -> Pause {
        while let next = queue.min, next.due <= end {
            queue.removeMin()
            now = max(now, next.due)
            var happened: [Happening] = []
            switch next.event {
            case .wake(KeeperPlot.due): carryOutPlot()
            case .wake(let number): return .woken(number)
            case .toMember(let index, let input): tell(index, input)
            case .toSeeker(let index, let input): happened = give(index, input)
            case .memberTimer(let index):
                guard members[index].armed == next.due else { continue }
                members[index].armed = nil
                tell(index, .timerFired)
            case .seekerTimer(let index):
                guard seekers[index].armed == next.due else { continue }
                seekers[index].armed = nil
                happened = give(index, .timerFired)
            }
            if !happened.isEmpty { return .happened(happened) }
        }
        now = max(now, end)
        return .ended
    }

    // MARK: Members

    private mutating func tell(_ index: Int, _ input: KeeperInput) {
        for effect in members[index].handle(input, at: now) { carryOut(effect, of: index) }
        if let due = members[index].keeper.nextDeadline(), members[index].armed != due {
            members[index].armed = max(due, now)
            post(.memberTimer(index), after: max(due, now) - now)
        }
    }

    private mutating func carryOut(_ effect: KeeperEffect, of index: Int) {
        switch effect {
        case .receipt(let arrival, let receipt):
            answer(arrival) { .receiptReceived($0.seek, round: $0.round, keeper: $1, receipt) }
        case .answer(let arrival, let answer):
            switch members[index].conduct {
            case .honest:
                if let pipe = pipes[arrival.number] { plot?.heard(answer, from: index, by: pipe.seeker) }
                give(answer, to: arrival)
            case .crashing: break
            case .colluding:
                // The first answer of a round sets the clock for all of them.
                if plot?.holdBack(answer, for: arrival) == true {
                    post(.wake(KeeperPlot.due), after: KeeperPlot.patience)
                }
            }
        case .bodies(let arrival, let bodies):
            answer(arrival) { .bodiesReceived($0.seek, round: $0.round, keeper: $1, bodies) }
        case .close(let arrival):
            pipes[arrival.number] = nil
        case .count(let counter): counters[counter, default: 0] += 1
        }
    }

    private mutating func carryOutPlot() {
        for (arrival, answer) in plot?.answers(network: policy.id) ?? [] { give(answer, to: arrival) }
    }

    private mutating func give(_ answer: RoundAnswer, to arrival: DepositID) {
        self.answer(arrival) { .answerReceived($0.seek, round: $0.round, keeper: $1, answer) }
    }

    private mutating func answer(_ arrival: DepositID, _ input: (Pipe, NodeKey) -> SeeksInput) {
        guard let pipe = pipes[arrival.number] else { return }
        let span = ways(2) + seekers[pipe.seeker].lag
        post(.toSeeker(pipe.seeker, input(pipe, members[pipe.member].candidate.nodeKey)), after: span)
    }

    // MARK: Seekers

    /// What somebody wants of their own node.
    @discardableResult
    mutating func give(_ index: Int, _ input: SeeksInput) -> [Happening] {
        guard !seekers[index].isGone else { return [] }
        var happened: [Happening] = []
        for effect in seekers[index].handle(input, at: now) { carryOut(effect, of: index, &happened) }
        if let due = seekers[index].seeks.nextDeadline(), seekers[index].armed != due {
            seekers[index].armed = max(due, now)
            post(.seekerTimer(index), after: max(due, now) - now)
        }
        return happened
    }

    private mutating func carryOut(_ effect: SeeksEffect, of index: Int, _ happened: inout [Happening]) {
        switch effect {
        case .deposit(let seek, let round, let keeper, let deposit):
            guard let member = memberOf[keeper], plot?.avoids(member, for: index, in: round) != true else { return }
            opened += 1
            pipes[opened] = Pipe(seeker: index, seek: seek, round: round, member: member)
            rounds[RoundName(seeker: index, seek: seek, round: round), default: []].append((member, opened))
            plot?.deposited(deposit.offer, by: index)
            let input = KeeperInput.depositReceived(DepositID(number: opened), via: UInt64(index), from: nil, deposit)
            post(.toMember(member, input), after: ways(2) + seekers[index].lag)
        case .askBodies(let seek, let round, let keeper, let wanted):
            let known = rounds[RoundName(seeker: index, seek: seek, round: round)] ?? []
            guard let member = memberOf[keeper], let pipe = known.first(where: { $0.member == member })?.pipe else {
                return
            }
            post(.toMember(member, .bodiesWanted(DepositID(number: pipe), wanted)), after: ways(2) + seekers[index].lag)
        case .closeRound(let seek, let round):
            let name = RoundName(seeker: index, seek: seek, round: round)
            for (member, pipe) in rounds.removeValue(forKey: name) ?? [] where pipes.removeValue(forKey: pipe) != nil {
                post(.toMember(member, .arrivalClosed(DepositID(number: pipe))), after: ways(2))
            }
        case .makeStamp(let request):
            guard let nonce = StampWork(request).attempt(startingAt: 0, count: 10_000) else { return }
            post(.toSeeker(index, .stampMade(request.number, nonce: nonce)), after: Self.stampTime)
        case .matched(let seek, let pairing):
            let isDouble = !matchedKeys.insert(pairing.ownKey.value.publicKey).inserted
            happened.append(
                .matched(Match(seeker: index, seek: seek, at: now, pairing: pairing, isDouble: isDouble)))
        case .declined(let seek, let pairing):
            happened.append(.declined(Match(seeker: index, seek: seek, at: now, pairing: pairing)))
        case .roundEnded(let seek, let outcome): happened.append(.roundEnded(seeker: index, seek, outcome))
        case .count(let counter): counters[counter, default: 0] += 1
        // Nobody here asks or discusses a question.
        case .matchedThree, .abandonStamp, .refused: break
        }
    }
}
