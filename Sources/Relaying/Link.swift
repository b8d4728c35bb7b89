// One link: a channel with streams inside. This file keeps its queues and credit in order; what the streams are
// for is decided elsewhere.

internal import Essentials
internal import Noise
internal import Wire

struct Link: ~Copyable {
    let info: LinkInfo
    let connection: ConnectionID
    /// Where an inbound one comes from.
    let origin: Origin
    /// Whether it was dialled for one use and may be hung up when it has none.
    var isPassing: Bool
    /// What the other end's hello grants a leaf.
    let terms: HomeTerms?
    var channel: Channel
    var streams: StreamTable
    var outbox = Outbox()
    var keepalive: Keepalive
    /// The other end's mesh time minus the own one, as last measured.
    var meshAhead: Span?
    var isWritable = true
    /// Whether the engine has given it up.
    var isDown = false
    /// Whether the engine has it in the list of links to be flushed.
    var isDirty = false
    /// Sealed packets of this turn.
    var output: [UInt8] = []
    /// Bytes of data that wait in its streams, and in all streams of all links.
    private(set) var held = 0
    private let heldByAll: Owned<Int>
    /// Present exactly while the other end is a leaf attached to us.
    var quota: LeafQuota?
    var controlBudget: TokenBucket
    var arrivalBudget: TokenBucket
    /// Pings that are answered, and pings beyond them that are borne.
    var pingBudget: TokenBucket
    var pingPatience: TokenBucket
    var lastUsed: Moment

    init(
        info: LinkInfo, connection: ConnectionID, origin: Origin, isPassing: Bool, terms: HomeTerms?,
        channel: consuming Channel, heldByAll: Owned<Int>, limits: RelayingLimits, at now: Moment
    ) {
        self.heldByAll = heldByAll
        self.info = info
        self.connection = connection
        self.origin = origin
        self.isPassing = isPassing
        self.terms = terms
        self.channel = channel
        streams = StreamTable(isInitiator: info.outbound)
        keepalive = Keepalive(limits: limits, hasDialled: info.outbound, at: now)
        controlBudget =
            info.isLeaf
            ? TokenBucket(capacity: limits.controlBurstLeaf, perSecond: limits.controlPerSecondLeaf, at: now)
            : TokenBucket(capacity: limits.controlBurstMember, perSecond: limits.controlPerSecondMember, at: now)
        arrivalBudget = TokenBucket(
            capacity: limits.arrivalsBurstPerLink, perSecond: limits.arrivalsPerSecondPerLink, at: now)
        pingBudget = TokenBucket(capacity: limits.pingBurst, perSecond: limits.pingsPerSecond, at: now)
        pingPatience = TokenBucket(capacity: limits.pingExcess, perSecond: limits.pingsPerSecond, at: now)
        lastUsed = now
    }

    /// A member's link to a member: the only kind over which streams are carried on.
    var isBetweenMembers: Bool { !info.isLeaf && !info.asLeaf }
    var hasOutput: Bool { !outbox.isEmpty }

    /// Takes out the sealed packets, for the caller alone.
    mutating func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    // MARK: streams

    /// Puts bytes into a stream's queue; nil when there is no such stream.
    @discardableResult
    mutating func queue(_ bytes: ArraySlice<UInt8>, on number: UInt32, at now: Moment) -> Owned<Stream>? {
        guard let stream = streams[number] else { return nil }
        hold(stream.value.append(bytes))
        stream.value.lastActive = now
        makeReady(stream, number)
        return stream
    }

    mutating func finish(_ number: UInt32) {
        guard let stream = streams[number] else { return }
        stream.value.finish()
        makeReady(stream, number)
    }

    mutating func makeReady(_ stream: Owned<Stream>, _ number: UInt32) {
        guard stream.value.canSend, !stream.value.isReady else { return }
        stream.value.isReady = true
        outbox.ready(number, stream.value.priority)
    }

    /// Takes a stream out and, if the other end knows it, says why.
    mutating func reset(_ number: UInt32, _ code: ResetCode) -> Stream? {
        let isUnknownThere = streams.isOurs(number) && streams[number]?.value.opening != nil
        guard let stream = forget(number) else { return nil }
        if !isUnknownThere {
            outbox.signal(FrameCodec.frame(.reset, stream: number, code.number.bigEndianBytes))
        }
        return stream
    }

    /// Takes a stream out without a word.
    mutating func forget(_ number: UInt32) -> Stream? {
        guard let stream = streams.remove(number) else { return nil }
        hold(-stream.value.drop())
        return stream.value
    }

    private mutating func hold(_ change: Int) {
        held += change
        heldByAll.value += change
    }

    /// So many bytes of a stream have been dealt with. `isHeldBack` keeps the credit for later.
    mutating func consumed(_ count: Int, on number: UInt32, isHeldBack: Bool = false) {
        guard let stream = streams[number] else { return }
        stream.value.owe(count)
        if !isHeldBack { giveCredit(stream, number) }
    }

    mutating func giveCredit(_ stream: Owned<Stream>, _ number: UInt32) {
        guard stream.value.isCreditDue, !stream.value.isInCreditQueue else { return }
        stream.value.isInCreditQueue = true
        outbox.owe(number)
    }

    /// The stream with most bytes waiting: what is given up when a link has too many. The lowest of equals.
    var fattestStream: UInt32? {
        streams.streams.max { ($0.value.value.queued, $1.key) < ($1.value.value.queued, $0.key) }?.key
    }
}

/// What left a stream's queue with one packet.
struct Drained {
    let stream: UInt32
    /// Bytes of data.
    let bytes: Int
    let use: StreamUse
    /// Whether the stream is over with this.
    let isOver: Bool
}

/// Packets in the making, one behind the other: those that are sealed, and the frames of one that is not.
struct PacketBuilder {
    /// What is to be written to the connection.
    var bytes: [UInt8]
    /// Where the packet that is being made begins.
    private(set) var start = 0

    /// Goes on behind `bytes`.
    init(_ bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// Content of the packet that is being made.
    var count: Int { bytes.count - start - Channel.headSize }

    mutating func begin() {
        start = bytes.count
        Channel.leaveRoom(in: &bytes)
    }

    /// Takes back what `begin` left room for.
    mutating func abandon() { bytes.removeSubrange(start...) }

    mutating func append(frame: [UInt8]) { bytes.append(contentsOf: frame) }

    mutating func append(_ kind: FrameKind, stream: UInt32, payload: some Collection<UInt8>) {
        FrameCodec.append(kind, stream: stream, payload, to: &bytes)
    }
}

extension Link {
    /// Fills one packet with what is most urgent, and notes what left the streams.
    mutating func fill(_ packet: inout PacketBuilder, drained: inout [Drained], windowMaximum: Int, at now: Moment) {
        while let size = outbox.nextSignalSize, packet.count + size <= PacketSizes.largest,
            let frame = outbox.takeSignal()
        {
            packet.append(frame: frame)
        }
        while packet.count + FrameCodec.headerSize + 4 <= PacketSizes.largest, let number = outbox.takeCredit() {
            appendCredit(of: number, to: &packet, windowMaximum: windowMaximum, at: now)
        }
        while let size = outbox.nextControlSize {
            let frame = FrameCodec.headerSize + size
            guard PacketSizes.takes(frame, beside: packet.count, pending: frame + held),
                let message = outbox.takeControl()
            else { return }
            packet.append(.control, stream: 0, payload: message)
        }
        while let number = outbox.nextStream {
            let room = PacketSizes.largest - packet.count - FrameCodec.headerSize
            guard let stream = streams[number], let next = stream.value.next(room: room) else {
                _ = outbox.takeStream()
                streams[number]?.value.isReady = false
                continue
            }
            let frame = FrameCodec.headerSize + next.size
            guard PacketSizes.takes(frame, beside: packet.count, pending: frame + held) else { return }
            _ = outbox.takeStream()
            append(next, of: stream, number, to: &packet, drained: &drained, at: now)
        }
    }

    private mutating func appendCredit(
        of number: UInt32, to packet: inout PacketBuilder, windowMaximum: Int, at now: Moment
    ) {
        guard let stream = streams[number] else { return }
        stream.value.isInCreditQueue = false
        let credit = stream.value.takeCredit(roundTrip: keepalive.roundTrip, maximum: windowMaximum, at: now)
        guard credit > 0, let amount = UInt32(exactly: credit) else { return }
        packet.append(frame: FrameCodec.frame(.credit, stream: number, amount.bigEndianBytes))
    }

    private mutating func append(
        _ next: Stream.Next, of stream: Owned<Stream>, _ number: UInt32, to packet: inout PacketBuilder,
        drained: inout [Drained], at now: Moment
    ) {
        FrameCodec.appendHeader(next.kind, stream: number, length: next.size, to: &packet.bytes)
        let bytes = stream.value.take(next, onto: &packet.bytes)
        if next.kind == .data { hold(-bytes) }
        stream.value.lastActive = now
        stream.value.isReady = false
        let isOver = stream.value.isOver
        if isOver { streams.remove(number) } else { makeReady(stream, number) }
        drained.append(Drained(stream: number, bytes: bytes, use: stream.value.use, isOver: isOver))
    }
}
