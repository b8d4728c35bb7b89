// Everything between the bytes of a TCP connection and who talks to whom: links, the streams inside them, homes,
// doors, and the pipes of the own person. It decides and keeps count; it reads no clock and owns no socket. See
// Protocol/05-homes-and-doors.md.

public import Essentials
public import Identity
internal import Noise
public import Sodium
internal import Wire

/// The relaying engine of one node.
public struct Relaying: ~Copyable {
    /// The most that one packet on a pipe to a keeper carries, in bytes.
    public static let pipePacketMaximum = PaddingClasses.conversation.maximumContent

    public let policy: NetworkPolicy
    public let limits: RelayingLimits
    let identity: Owned<NodeIdentity>
    let ownKey: NodeKey
    var clock: MeshClock
    /// What this node publishes; nil for a leaf.
    var ownRecord: Signed?
    var members = MemberDirectory()

    // Connections that are no links yet.
    var gate: ConnectionGate
    var dials = Dials()
    var pending: [ConnectionID: Owned<PendingLink>] = [:]
    var handshakesSeen: RecentSet<Bytes32>
    var nextConnection: UInt64 = 2
    var loopback = Loopback()

    // Links.
    var links: [LinkID: Owned<Link>] = [:]
    /// Links between members, the oldest first.
    var linksByMember: [NodeKey: [LinkID]] = [:]
    var census = LinkCensus()
    var encoding = ControlEncoding()
    /// Bytes that wait in all streams together.
    let held = Owned(0)
    var dirty: [LinkID] = []
    var written: [LinkID] = []
    var drained: [Drained] = []
    /// Streams that may hold parts of what came in this turn.
    var borrowers: [Owned<Stream>] = []
    var timers = Timers<RelayingTimer>()
    private var countRoom: [Turn.Count] = []

    // What streams are for.
    var carrier = Carrier()
    var carryShares: CarryShares
    var extensions: Extensions
    var arrivals: [ArrivalID: Owned<Arrival>] = [:]
    var arrivalsSeen: RecentSet<Bytes32>
    var arrivalBudget: SharedBudget
    var nextArrival: UInt64 = 1
    var doors: Doors
    var homes: Homes
    var pipes: [PipeID: Owned<Pipe>] = [:]

    /// - Parameters:
    ///   - homes: what the last `.homesChanged` said, from an earlier life.
    public init(
        policy: NetworkPolicy, identity: Owned<NodeIdentity>, limits: RelayingLimits = .standard, clock: MeshClock,
        homes: [NodeKey] = [], at now: Moment
    ) {
        self.policy = policy
        self.identity = identity
        self.limits = limits
        self.clock = clock
        ownKey = identity.value.nodeKey
        gate = ConnectionGate(limits: limits, at: now)
        handshakesSeen = RecentSet(capacity: limits.handshakesRemembered)
        arrivalsSeen = RecentSet(capacity: limits.arrivalsRemembered)
        arrivalBudget = SharedBudget(
            capacity: limits.arrivalsBurstTotal, perSecond: limits.arrivalsPerSecondTotal, at: now)
        carryShares = CarryShares(limits: limits)
        extensions = Extensions(limits: limits)
        doors = Doors(limits: limits)
        self.homes = Homes(limits: limits, policy: policy, ownKey: ownKey, remembered: homes)
    }

    /// Takes in one event and returns what follows from it.
    public mutating func handle(
        _ input: RelayingInput, at now: Moment, using random: inout RandomStream
    ) -> [RelayingEffect] {
        var turn = Turn(now: now, random: random, room: takeCountRoom())
        take(input, &turn)
        settle(&turn)
        countRoom = turn.tellCounts()
        random = turn.random
        return turn.effects
    }

    /// When `.timerFired` is due next. It may lie in the past: then at once.
    public mutating func nextDeadline() -> Moment? { timers.next() }

    private mutating func takeCountRoom() -> [Turn.Count] {
        var room: [Turn.Count] = []
        swap(&room, &countRoom)
        return room
    }

    private mutating func take(_ input: RelayingInput, _ turn: inout Turn) {
        switch input {
        case .connectionOpened(let connection, let endpoint, let outbound):
            connectionOpened(connection, from: endpoint, outbound: outbound, &turn)
        case .connectionFailed(let connection): connectionFailed(connection, &turn)
        case .received(let connection, let bytes): received(bytes, on: connection, &turn)
        case .writabilityChanged(let connection, let isWritable):
            writabilityChanged(connection, isWritable: isWritable)
        case .connectionClosed(let connection): connectionClosed(connection, &turn)
        case .timerFired: timerFired(&turn)
        case .clockSet(let clock): self.clock = clock
        case .becameMember(let record), .ownRecordChanged(let record):
            ownRecord = record
            reviewHomes(&turn)
        case .becameLeaf:
            ownRecord = nil
            reviewHomes(&turn)
        case .membersChanged(let members):
            self.members.replace(by: members)
            reviewHomes(&turn)
        case .homeFailed(let link): homeFailed(link, &turn)
        case .dialAsked(let target, let role): dialAsked(target, as: role, &turn)
        case .hangUpAsked(let link): hangUp(link, &turn)
        case .retireAsked(let link): retire(link, &turn)
        case .probeAsked(let link, let moment): probeAsked(link, silentSince: moment, &turn)
        case .controlAsked(let link, let control): sendControl(control, on: link, &turn)
        case .pipeAsked(let pipe, let request): pipeAsked(pipe, request, &turn)
        case .arrivalAsked(let arrival, let request): arrivalAsked(arrival, request, &turn)
        }
    }
}

/// What a deadline is for.
enum RelayingTimer: Hashable, Sendable {
    case connect(ConnectionID)
    case handshake(ConnectionID)
    case keepalive(LinkID)
    case sweep(LinkID)
    case passing(LinkID)
    case unattached(LinkID)
    case quota(LinkID)
    case flush(LinkID)
    case carriage(StreamRef)
    case arrival(ArrivalID)
    case pipe(PipeID)
    case homes
}
