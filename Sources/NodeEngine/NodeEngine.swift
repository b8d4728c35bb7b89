// The whole node as one value: the engines side by side, and the routes between them. An engine never calls
// another; what one wants of another passes through here as an input. The simulator and the node run this.

internal import Conversation
internal import DequeModule
public import Essentials
public import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
public import Sodium
internal import Wire

/// A node without sockets, clock and disk.
public struct NodeEngine: ~Copyable {
    let configuration: NodeConfiguration
    let identity: Owned<NodeIdentity>
    var clock: MeshClock
    var membership: Membership
    var relaying: Relaying
    var keeper: Keeper
    var seeks: Seeks

    var entryPoints: EntryPoints
    var standing: Standing
    var seats: OrderedDictionary<SeatID, Seat> = [:]
    /// Which person's seek this is; a new number each time somebody begins to look.
    var seatOfSeek: [SeekID: SeatID] = [:]
    var pipes: OrderedDictionary<PipeID, PipeUse> = [:]
    var works: [WorkID: WorkUse] = [:]
    var links: OrderedDictionary<LinkID, LinkInfo> = [:]
    var timers = Timers<NodeTimer>()
    var numbers = Numbers()
    /// Whom this node has talked with lately, without knowing whom.
    var encounters = Encounters()
    var friends: [String: Friendship] = [:]
    /// How many people looked among everyone, as keepers said last, and when.
    var crowd: (people: Int, at: Moment)?

    private var steps = Deque<Step>()
    private var effects: [NodeEffect] = []
    var tableHasChanged = false
    /// When the other engines were last told of the table.
    var tableTold: Moment?

    /// What still has to be told to one of the engines.
    enum Step {
        case membership(MembershipInput)
        case relaying(RelayingInput)
        case keeper(KeeperInput)
        case seeks(SeeksInput)
        case conversation(PipeID, ConversationInput)
        /// For a conversation without a path.
        case rejoining(SeatID, ConversationInput)
        /// What one conversation of a meeting of three has to say.
        case leg(SeatID, LegNews)
        /// The next door of somebody's trial is to be opened.
        case door(SeatID, Member)
        /// A stranger is to hear that the person meets another.
        case refusal(SeatID?, Pairing)
    }

    /// What a pipe of the own person is for.
    enum PipeUse {
        case deposit(SeekID, round: UInt64, keeper: NodeKey)
        case door(SeatID)
        /// To a door where a conversation may go on.
        case way(SeatID)
        /// To a stranger who was found beside another one, to say that this is not the one.
        case refusal(Attempt)
        /// Its conversation is over; the last bytes are leaving.
        case draining
    }

    enum WorkUse {
        case puzzle
        case stamp(UInt64)
        /// Of others' puzzles.
        case check
    }

    enum NodeTimer: Hashable {
        case knock
        /// A large table has changed a while ago.
        case table
        case lonely(SeatID)
        /// To look wider.
        case wider(SeatID)
        /// To look for a friend where the day asks for it.
        case friendDay(SeatID)
        case nextDoor(SeatID)
        case trialEnds(SeatID)
        /// Three who were put together have not come together.
        case threeEnds(SeatID)
        case rejoin(SeatID)
        case rejoinEnds(SeatID)
        case conversation(PipeID)
        case draining(PipeID)
    }

    /// The next unused number of each kind.
    struct Numbers {
        private var last: UInt64 = 0
        mutating func next() -> UInt64 {
            last += 1
            return last
        }
    }

    public init(
        configuration: NodeConfiguration, restored: RestoredState, identity: Owned<NodeIdentity>,
        wallAtOrigin: WallTime,
        at now: Moment
    ) {
        self.configuration = configuration
        self.identity = identity
        let clock = MeshClock(wallAtOrigin: wallAtOrigin)
        self.clock = clock
        let policy = configuration.policy
        let isMember = configuration.role == .member
        membership = Membership(
            policy: policy, own: isMember ? identity.value.nodeKey : nil, isMember: false, restored: restored.records,
            anchors: restored.anchors.map(NodeKey.init), clock: clock, lastSeq: restored.lastSeq, at: now)
        relaying = Relaying(
            policy: policy, identity: identity, clock: clock, homes: restored.homes.map(NodeKey.init), at: now)
        keeper = Keeper(policy: policy, identity: identity)
        seeks = Seeks(policy: policy)
        entryPoints = EntryPoints(configuration.entryPoints)
        standing = Standing(restored: restored)
        friends = restored.friends.mapValues { Friendship(secret: $0) }
    }

    /// Takes one event and returns what must be done, in order.
    public mutating func handle(
        _ input: NodeInput, at now: Moment, using random: inout RandomStream
    ) -> [NodeEffect] {
        effects = []
        switch input {
        case .started: start(at: now)
        case .clockRead(let wall): readClock(wall, at: now)
        case .connectionOpened(let number, let remote, let isOutbound):
            push(.relaying(.connectionOpened(ConnectionID(number: number), from: remote, outbound: isOutbound)))
        case .connectionFailed(let number): push(.relaying(.connectionFailed(ConnectionID(number: number))))
        case .received(let number, let bytes): push(.relaying(.received(ConnectionID(number: number), bytes)))
        case .writabilityChanged(let number, let isWritable):
            push(.relaying(.writabilityChanged(ConnectionID(number: number), isWritable: isWritable)))
        case .connectionClosed(let number): push(.relaying(.connectionClosed(ConnectionID(number: number))))
        case .timerFired: fire(at: now, using: &random)
        case .workFinished(let work, let outcome): finish(work, outcome, at: now)
        case .personAsked(let id, let request): ask(id, request, at: now, using: &random)
        case .joinAsked(let entries):
            entryPoints.add(entries)
            knock(at: now)
        case .friendForgotten(let name):
            forgetFriend(name, at: now, using: &random)
        case .logFailed(let id): seats[meeting(of: id)]?.transcript.fail()
        }
        drain(at: now, using: &random)
        return effects
    }

    /// When `.timerFired` is wanted next.
    public mutating func nextDeadline() -> Moment? {
        var earliest = timers.next()
        func consider(_ due: Moment?) {
            if let due { earliest = earliest.map { min($0, due) } ?? due }
        }
        consider(membership.nextDeadline())
        consider(relaying.nextDeadline())
        consider(keeper.nextDeadline())
        consider(seeks.nextDeadline())
        return earliest
    }

    // MARK: routing

    mutating func push(_ step: Step) { steps.append(step) }
    mutating func emit(_ effect: NodeEffect) { effects.append(effect) }
    mutating func tell(_ id: SeatID, _ event: PersonEvent) {
        if seats[id]?.leg != nil { push(.leg(id, .told(event))) } else { emit(.tell(id, event)) }
    }
    mutating func count(_ source: NodeCounter.Source, by amount: UInt64 = 1) {
        emit(.count(NodeCounter(source: source), by: amount))
    }

    private mutating func drain(at now: Moment, using random: inout RandomStream) {
        repeat {
            while let step = steps.popFirst() {
                switch step {
                case .membership(let input):
                    for effect in membership.handle(input, at: now, using: &random) {
                        take(effect, at: now, using: &random)
                    }
                case .relaying(let input):
                    for effect in relaying.handle(input, at: now, using: &random) {
                        take(effect, at: now, using: &random)
                    }
                case .keeper(let input):
                    for effect in keeper.handle(input, at: now, using: &random) { take(effect) }
                case .seeks(let input):
                    for effect in seeks.handle(input, at: now, using: &random) { take(effect, at: now, using: &random) }
                case .conversation(let pipe, let input):
                    converse(pipe, input, at: now, using: &random)
                case .rejoining(let id, let input): converse(id, input, at: now, using: &random)
                case .leg(let id, let news): hear(news, from: id, at: now, using: &random)
                case .door(let id, let door): openDoor(id, door, at: now, using: &random)
                case .refusal(let id, let pairing): refuse(pairing, of: id, at: now, using: &random)
                }
            }
            if tableHasChanged, mayTellTable(at: now) { tellTable() }
        } while !steps.isEmpty
    }

    private mutating func fire(at now: Moment, using random: inout RandomStream) {
        if isDue(membership.nextDeadline(), now) { push(.membership(.timerFired)) }
        if isDue(relaying.nextDeadline(), now) { push(.relaying(.timerFired)) }
        if isDue(keeper.nextDeadline(), now) { push(.keeper(.timerFired)) }
        if isDue(seeks.nextDeadline(), now) { push(.seeks(.timerFired)) }
        while let timer = timers.pop(at: now) {
            switch timer {
            case .knock: knock(at: now)
            // What follows every event tells the table, since its time has come.
            case .table: break
            case .lonely(let id): checkLonely(id, at: now)
            case .wider(let id): lookWider(id, at: now)
            case .friendDay(let id): lookForFriend(id, at: now)
            case .nextDoor(let id): tryNextDoor(id, at: now)
            case .trialEnds(let id): failTrial(id, at: now)
            case .threeEnds(let id): threeTimeCame(id, at: now, using: &random)
            case .rejoin(let id): rejoin(id, at: now, using: &random)
            case .rejoinEnds(let id): tellRejoin(id, .timerFired)
            case .conversation(let pipe): push(.conversation(pipe, .timerFired))
            case .draining(let pipe): drop(pipe)
            }
        }
    }

    private func isDue(_ deadline: Moment?, _ now: Moment) -> Bool { deadline.map { $0 <= now } ?? false }

    // MARK: time

    private mutating func readClock(_ wall: WallTime, at now: Moment) {
        let origin = wall - (now - .origin)
        // Less than this is rounding; more is a clock that somebody set.
        guard (origin - clock.wallAtOrigin).magnitude >= .milliseconds(5) else { return }
        clock.wallAtOrigin = origin
        push(.membership(.wallClockRead(wall)))
        spread(clock)
    }

    /// Tells everybody but the keeper of mesh time itself.
    mutating func spread(_ clock: MeshClock) {
        self.clock = clock
        push(.relaying(.clockSet(clock)))
        push(.keeper(.clockSet(clock)))
        push(.seeks(.clockSet(clock)))
    }
}
