// Everything that can happen to links, pipes and homes, in the past tense.

public import Essentials
public import Identity
public import Wire

/// One event for the relaying engine.
public enum RelayingInput: Sendable {
    // What the shell saw.

    /// A connection is open. `from` is the remote end of an inbound one, when the shell knows it.
    case connectionOpened(ConnectionID, from: Endpoint?, outbound: Bool)
    /// A connection that was asked for did not come about.
    case connectionFailed(ConnectionID)
    case received(ConnectionID, [UInt8])
    /// Whether the connection takes more bytes. It does until this says otherwise.
    case writabilityChanged(ConnectionID, isWritable: Bool)
    /// The other end closed the connection, or it broke. Answers to `.close` may come or not.
    case connectionClosed(ConnectionID)
    /// The moment that `nextDeadline()` named has come.
    case timerFired

    // What the owner knows.

    case clockSet(MeshClock)
    /// This node publishes this record from now on: inbound connections are answered.
    case becameMember(Signed)
    /// The own record was renewed.
    case ownRecordChanged(Signed)
    /// This node publishes nothing any more.
    case becameLeaf
    /// All members of the table that are not refused, this node itself included if it is one.
    case membersChanged([KnownMember])
    /// A path over this link's node failed further on: it is avoided for a while.
    case homeFailed(LinkID)

    // What the owner wants.

    /// Open a link. As a member only when this node is one; as a leaf the node at the other end learns nothing
    /// about this node. Nothing happens when there is such a link or such a dial already.
    case dialAsked(DialTarget, as: Role)
    case hangUpAsked(LinkID)
    /// The table has no use for this link any more: hang it up as soon as it carries nothing.
    case retireAsked(LinkID)
    /// See whether the other end of a link still lives, unless something was heard of it since then.
    case probeAsked(LinkID, silentSince: Moment)
    /// Send a message of the control stream, for example a pull or a push.
    case controlAsked(LinkID, Control)
    /// Something about a pipe of the own person.
    case pipeAsked(PipeID, PipeRequest)
    /// Something about a pipe that arrived here.
    case arrivalAsked(ArrivalID, ArrivalRequest)
}

/// A member as this engine needs to know it.
public struct KnownMember: Hashable, Sendable {
    public let node: NodeKey
    public let channel: ChannelKey
    /// One to three.
    public let addresses: [Endpoint]
    /// Whether its heartbeat is fresh.
    public let isPresent: Bool
    /// Whether its record says that it serves as a home.
    public let servesAsHome: Bool

    public init(
        node: NodeKey, channel: ChannelKey, addresses: [Endpoint], isPresent: Bool, servesAsHome: Bool = true
    ) {
        self.node = node
        self.channel = channel
        self.addresses = addresses
        self.isPresent = isPresent
        self.servesAsHome = servesAsHome
    }
}

/// Whom to dial.
public enum DialTarget: Hashable, Sendable {
    /// A member of the table; its addresses are tried in turn.
    case member(NodeKey, ChannelKey, [Endpoint])
    /// An entry point of an invite: only an address and a fingerprint are known.
    case entry(InviteEntry)
}

/// What the own person wants of a pipe.
public enum PipeRequest: Sendable {
    case open(PipeOpening)
    /// Raw bytes to a door. At most `RelayingLimits.pipeQueue` may wait; see `Relaying.room(of:)`.
    case write([UInt8])
    /// One packet to a keeper, at most `Relaying.pipePacketMaximum` bytes.
    case sendPacket([UInt8])
    /// Nothing more will be written. What comes from the other side is still received.
    case finish
    /// Forget the pipe at once. No `.pipeClosed` follows.
    case reset
    /// So many received bytes have been dealt with; only for pipes opened with `manualCredit`.
    case consumed(Int)
}

/// A member that a pipe goes through between the home and its end: that end sees it in the home's place.
public struct PipeRelay: Hashable, Sendable {
    public let node: NodeKey
    public let channel: ChannelKey

    public init(node: NodeKey, channel: ChannelKey) {
        self.node = node
        self.channel = channel
    }
}

/// A pipe to a keeper or a door.
public struct PipeOpening: Sendable {
    /// The home that carries it: a link from `Relaying.pickHome`.
    public var through: LinkID
    public var to: NodeKey
    public var channel: ChannelKey
    /// A deposit makes it a pipe to a keeper, a join one to a door.
    public var request: Request
    /// Only to a door: raw bytes that ride on the opening, at most `RelayingLimits.doorHold`; over a relay fewer by the
    /// request, which rides there too.
    public var early: [UInt8]
    public var priority: StreamPriority
    /// True when the owner says itself, by `.consumed`, how much it has dealt with.
    public var manualCredit: Bool
    /// Only to a door: the relay, if there is to be one. Neither the home nor the door.
    public var via: PipeRelay?

    public init(
        through: LinkID, to: NodeKey, channel: ChannelKey, request: Request, early: [UInt8] = [],
        priority: StreamPriority = .text, manualCredit: Bool = false, via: PipeRelay? = nil
    ) {
        self.through = through
        self.to = to
        self.channel = channel
        self.request = request
        self.early = early
        self.priority = priority
        self.manualCredit = manualCredit
        self.via = via
    }
}

/// What the owner, as a keeper, wants of an arrival.
public enum ArrivalRequest: Sendable {
    /// The second handshake message. Must come first, and within `RelayingLimits.arrivalDeadline`.
    case answer(Answer)
    /// One packet, at most `Relaying.pipePacketMaximum` bytes.
    case sendPacket([UInt8])
    /// Nothing more will be sent.
    case finish
    /// Forget it at once. No `.arrivalClosed` follows.
    case reset
}
