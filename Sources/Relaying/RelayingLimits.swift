// Every bound of the engine in one place, with its standard value. The numbers of the protocol are in
// Protocol/05-homes-and-doors.md; the others are this implementation's own.

public import Essentials

/// How much of everything there may be, and for how long.
public struct RelayingLimits: Sendable {
    // Before a link is up.

    /// From the open connection to the other end's hello.
    public var handshakeDeadline: Span = .seconds(5)
    /// From `.connect` to the open connection.
    public var connectDeadline: Span = .seconds(3)
    /// Bytes taken from a connection before its handshake is done.
    public var handshakeBytes = 1_024
    /// Bytes taken from a connection between the handshake and the end of its hello.
    public var helloBytes = 8_192
    /// Inbound connections without a hello, a quarter of them for members of the table. Beyond it another one makes room:
    /// of the wide subnet that has most, or the oldest. At the total rate below a handshake has 0.38 s before that.
    public var halfOpenTotal = 512
    /// The same of one subnet, or of one member's host.
    public var halfOpenPerSubnet = 16
    /// Handshakes of a subnet: a bucket of so many, refilled at so many a second. It is as good as its neighbourhood: a
    /// /24 may be one house, or a provider's door for thousands.
    public var acceptBurstPerSubnet: Int64 = 64
    public var acceptPerSecondPerSubnet: Int64 = 16
    /// Those of a wide subnet, so that the 256 /24s of a /16 have no more together than four of them.
    public var acceptBurstPerWideSubnet: Int64 = 256
    public var acceptPerSecondPerWideSubnet: Int64 = 64
    /// What a handshake that comes to nothing costs its subnets in all. Somebody honest hardly ever fails.
    public var failedHandshakeCost: Int64 = 8
    /// Handshakes of everybody: four key agreements and a hello each, so a quarter of a core at most. A half of the bucket
    /// is not for subnets that have used up half of their own, and a quarter is for members of the table alone.
    public var acceptBurstTotal: Int64 = 2_000
    public var acceptPerSecondTotal: Int64 = 1_000
    /// Sources of handshakes that are remembered at least, twice as many at most. No more can come within the four seconds
    /// in which a forgotten one would be full again: two for each handshake.
    public var sourcesRemembered = 16_384
    /// First handshake messages remembered against replay.
    public var handshakesRemembered = 16_384
    public var dialsAtOnce = 64

    // Links.

    /// Links with other members: a quarter of them only for those that this node dials, and another one only for members
    /// of the table. This number and those of leaves are divided among subnets by what is free (`Places`).
    public var memberLinks = 1_024
    public var linksPerMember = 4
    public var attachedLeaves = 10_000
    public var unattachedLeaves = 512
    /// How long a leaf may stay without attaching.
    public var unattachedLife: Span = .seconds(120)
    /// An on-demand link without streams is hung up after this.
    public var passingLinkIdle: Span = .seconds(120)
    /// Silence after which a link with streams is asked for a sign of life, and one without.
    public var keepaliveBusy: Span = .seconds(3)
    public var keepaliveQuiet: Span = .seconds(20)
    /// The same between members, of whom nobody waits for this one link.
    public var keepaliveMesh: Span = .seconds(45)
    /// Bounds of the time given to an answer.
    public var answerMinimum: Span = .seconds(1)
    public var answerMaximum: Span = .seconds(2)
    /// How often round trips are measured whatever else passes: by whoever dialled, and four times as rarely by the
    /// other end.
    public var measureInterval: Span = .seconds(60)
    /// The same at either end after a measurement that differed from the one before it by so much.
    public var measureIntervalMoving: Span = .seconds(5)
    public var clockMoves: Span = .milliseconds(20)
    /// The same after one that left the other clock as uncertain as this.
    public var measureIntervalUncertain: Span = .seconds(20)
    public var clockUncertain: Span = .milliseconds(25)
    /// Pings that are answered, at once and a second. An honest side sends one, awaits the answer for a second or two, and
    /// repeats it twice.
    public var pingBurst: Int64 = 50
    public var pingsPerSecond: Int64 = 10
    /// Pings beyond these that are borne at once; as many a second as are answered.
    public var pingExcess: Int64 = 1_000
    /// Control messages a second, and at once, from a leaf and from a member.
    public var controlPerSecondLeaf: Int64 = 20
    public var controlBurstLeaf: Int64 = 100
    public var controlPerSecondMember: Int64 = 500
    public var controlBurstMember: Int64 = 2_000
    /// Bytes of control messages that may wait to be sent.
    public var controlQueue = 512 * 1_024
    /// Bytes of resets, answers to pings and other short frames that may wait; a peer that makes more of them
    /// than it reads is dropped.
    public var signalQueue = 128 * 1_024
    /// Bytes put on one connection in one go.
    public var writeBurst = 256 * 1_024

    // Streams.

    public var streamsFromMember = 4_096
    /// Credit that either side has at the start, fixed by the protocol.
    public static let initialCredit = 64 * 1_024
    public var windowMaximum = 256 * 1_024
    /// A stream without any byte in either direction is reset after this.
    public var streamIdle: Span = .minutes(30)
    /// Bytes waiting to be sent to one leaf, to one member, and to all together.
    public var heldForLeaf = 1_024 * 1_024
    public var heldForMember = 32 * 1_024 * 1_024
    public var heldTotal = 256 * 1_024 * 1_024

    // What a home grants a leaf.

    public var leafStreams = 128
    public var leafBytesPerSecond: Int64 = 1_024 * 1_024
    public var leafBytesBurst: Int64 = 8 * 1_024 * 1_024
    public var leafBytesPerDay: Int64 = 8 * 1_024 * 1_024 * 1_024
    public var leafOpensPerSecond: Int64 = 64
    public var leafOpensBurst: Int64 = 256
    /// Streams that leaves may open to one member in a round, as they share it: what a keeper takes over one link.
    public var carriesPerMemberAndRound = 64
    /// Streams carried in one round in all. The accounts of the shares are as many times four at most.
    public var carriesPerRound = 16_384
    /// Names of what this node enforces, shown before a leaf attaches.
    public var enforces: [String] = []
    /// How long an opened stream waits for a link to its member.
    public var carriageWait: Span = .seconds(3)
    /// How many bytes of it wait too.
    public var carriageHold = 16 * 1_024
    public var carriagesWaiting = 4_096
    /// Pipes of others' leaves that are handed on to a further member at once, and those of them that one link brings.
    public var extensionsAtOnce = 512
    public var extensionsPerLink = 64

    // Keepers and doors.

    /// From the opening of an arrival to its answer.
    public var arrivalDeadline: Span = .seconds(5)
    /// How long a pipe to a keeper may live.
    public var keeperPipeLife: Span = .seconds(30)
    public var arrivalsAtOnce = 8_192
    /// New arrivals over one link.
    public var arrivalsPerSecondPerLink: Int64 = 1_000
    public var arrivalsBurstPerLink: Int64 = 2_000
    /// The same over all links: two key agreements each, so a fifth of a core at most. Shared like handshakes.
    public var arrivalsPerSecondTotal: Int64 = 2_000
    public var arrivalsBurstTotal: Int64 = 4_000
    public var arrivalsRemembered = 65_536
    /// How long a half waits at the door, and how many bytes of it wait too.
    public var doorWait: Span = .seconds(10)
    public var doorHold = 4_096
    public var doorWaiting = 4_096
    public var doorWaitingPerLink = 512
    public var tokensRemembered = 65_536

    // The own person.

    /// False for a node without a person: it keeps no homes.
    public var wantsHomes = true
    public var homes = 2
    public var homesRemembered = 8
    /// How long no home at all may be live before another is looked for.
    public var homelessPatience: Span = .seconds(3)
    /// How long one home may be dead beside a live one: without a heartbeat, and with one. Without one it is not waited for
    /// long, since meanwhile a leaf sees what a single home shows it.
    public var deadHomePatience: Span = .seconds(60)
    public var deadHomePatiencePresent: Span = .hours(1)
    /// How long a home that was just involved in a failure is avoided.
    public var failedHomePenalty: Span = .seconds(30)
    public var homeRedialMinimum: Span = .milliseconds(500)
    public var homeRedialMaximum: Span = .seconds(60)
    public var attachDeadline: Span = .seconds(5)
    public var pipesAtOnce = 1_024
    /// From the opening of a pipe to its answer.
    public var pipeAnswerDeadline: Span = .seconds(3)
    /// Bytes written to a pipe that may wait for credit.
    public var pipeQueue = 256 * 1_024

    public init() {}

    /// What nodes use.
    public static let standard = RelayingLimits()
}
