// Streams: what their frames mean, and how bytes, credit, ends and resets go from one stream to the one that it
// is spliced with.

internal import Essentials
internal import Wire

extension Relaying {
    // MARK: opening

    mutating func openArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        let number = frame.stream
        guard link.value.streams.noteOpened(number) else { return violated(link, &turn) }
        guard let opening = StreamOpening(frame.payload) else {
            return refuseStream(number, on: link, .malformed, &turn)
        }
        guard opening.early.count <= RelayingLimits.initialCredit else { return violated(link, &turn) }
        let cap = link.value.info.isLeaf ? limits.leafStreams : limits.streamsFromMember
        guard link.value.streams.countTheirs < cap else {
            turn.count(.quotaStreams)
            tellRefusal(RefusalCode.tooManyStreams, retryAfter: .seconds(1), "too many streams", to: link, &turn)
            return refuseStream(number, on: link, .tooManyStreams, &turn)
        }
        switch opening.kind {
        case .carry(let node): carryAsked(number, to: node, opening, on: link, &turn)
        case .arrival, .extended:
            guard link.value.isBetweenMembers, ownRecord != nil else {
                return refuseStream(number, on: link, .notAllowed, &turn)
            }
            arrivalOpened(number, opening, on: link, &turn)
        }
    }

    /// Takes a stream of the other side into the table.
    mutating func accept(
        _ number: UInt32, _ opening: StreamOpening, as use: StreamUse, on link: Owned<Link>, _ turn: inout Turn
    ) {
        let stream = Stream(opened: opening.priority, early: opening.early.count, use: use, at: turn.now)
        link.value.streams.insert(stream, as: number)
        noteUse(of: link, &turn)
    }

    /// Opens a stream of ours; the last `early` bytes of the payload are data. Nil when the link has too many.
    mutating func openStream(
        _ payload: [UInt8], early: Int, _ priority: StreamPriority, for use: StreamUse, on link: Owned<Link>,
        _ turn: inout Turn
    ) -> StreamRef? {
        guard link.value.streams.countOurs < limits.streamsFromMember else { return nil }
        let stream = Stream(opening: payload, early: early, priority: priority, use: use, at: turn.now)
        guard let number = link.value.streams.open(stream) else { return nil }
        if let opened = link.value.streams[number] { link.value.makeReady(opened, number) }
        touch(link)
        noteUse(of: link, &turn)
        return StreamRef(link: link.value.info.id, stream: number)
    }

    mutating func refuseStream(_ number: UInt32, on link: Owned<Link>, _ code: ResetCode, _ turn: inout Turn) {
        turn.count(.streamsRefused)
        signal(FrameCodec.frame(.reset, stream: number, code.number.bigEndianBytes), on: link, &turn)
    }

    /// A link with streams is watched more closely.
    private mutating func noteUse(of link: Owned<Link>, _ turn: inout Turn) {
        let id = link.value.info.id
        link.value.lastUsed = turn.now
        guard link.value.streams.count == 1 else { return }
        reviewKeepalive(of: link, &turn)
        if !timers.isArmed(.sweep(id)) { timers.arm(.sweep(id), at: turn.now + sweepInterval) }
    }

    var sweepInterval: Span { limits.streamIdle / 4 }

    /// The stream that a frame is for. Frames for one that has just ended may still be under way and mean nothing;
    /// one that never was ends the link.
    private mutating func knownStream(
        _ number: UInt32, on link: Owned<Link>, _ turn: inout Turn
    ) -> Owned<Stream>? {
        if let stream = link.value.streams[number] { return stream }
        if !link.value.streams.isKnown(number) { violated(link, &turn) }
        return nil
    }

    // MARK: data and credit

    mutating func dataArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        let number = frame.stream
        let count = frame.payload.count
        charge(count, to: link, &turn)
        guard let stream = knownStream(number, on: link, &turn) else { return }
        guard stream.value.receive(count, at: turn.now) else { return violated(link, &turn) }
        let ref = StreamRef(link: link.value.info.id, stream: number)
        switch stream.value.use {
        case .splice(let partner, let payer):
            forward(frame.payload, to: partner, payer: payer, &turn)
        case .waiting:
            if !carrier.hold(frame.payload, of: ref, limit: limits.carriageHold) { reset(ref, .overloaded, &turn) }
        case .arrival(let id): arrivalReceived(frame.payload, id, &turn)
        case .pipe(let id): pipeReceived(frame.payload, id, &turn)
        case .ended: consumed(count, on: ref)
        }
    }

    /// The bytes are a part of what the connection brought. Mostly they leave in this turn; what does not is copied at
    /// its end, so that a few bytes do not keep much more than themselves in memory.
    mutating func forward(_ bytes: ArraySlice<UInt8>, to partner: StreamRef, payer: LinkID?, _ turn: inout Turn) {
        guard let link = links[partner.link], let stream = link.value.queue(bytes, on: partner.stream, at: turn.now)
        else { return }
        if !stream.value.isBorrowing {
            stream.value.isBorrowing = true
            borrowers.append(stream)
        }
        turn.count(.bytesForwarded, by: bytes.count)
        // What goes down to the leaf counts as well; what comes from it has been counted when it came.
        if payer == partner.link { charge(bytes.count, to: link, &turn) }
        touch(link)
        let cap = link.value.info.isLeaf ? limits.heldForLeaf : limits.heldForMember
        while link.value.held > cap || (held.value > limits.heldTotal && link.value.held > 0) {
            guard let fattest = link.value.fattestStream else { return }
            turn.count(.streamsShed)
            reset(StreamRef(link: partner.link, stream: fattest), .overloaded, &turn)
        }
    }

    /// Puts bytes of our own on a stream.
    mutating func send(_ bytes: ArraySlice<UInt8>, on ref: StreamRef, _ turn: inout Turn) {
        guard let link = links[ref.link] else { return }
        link.value.queue(bytes, on: ref.stream, at: turn.now)
        touch(link)
    }

    mutating func sendFinish(on ref: StreamRef) {
        guard let link = links[ref.link] else { return }
        link.value.finish(ref.stream)
        touch(link)
    }

    /// Gives credit back for bytes that have been dealt with.
    mutating func consumed(_ count: Int, on ref: StreamRef, payer: LinkID? = nil) {
        guard let link = links[ref.link] else { return }
        let isHeldBack = payer.map { links[$0]?.value.quota?.isInDebt ?? false } ?? false
        link.value.consumed(count, on: ref.stream, isHeldBack: isHeldBack)
        if isHeldBack, let payer { links[payer]?.value.quota?.withhold(ref) }
        touch(link)
    }

    mutating func creditArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        let amount = Int(UInt32(bigEndianBytes: frame.payload))
        guard let stream = knownStream(frame.stream, on: link, &turn) else { return }
        guard stream.value.addCredit(amount) else { return violated(link, &turn) }
        link.value.makeReady(stream, frame.stream)
        touch(link)
    }

    /// Something left a stream's queue: whoever filled it may go on.
    mutating func streamDrained(_ piece: Drained, of link: Owned<Link>, _ turn: inout Turn) {
        let ref = StreamRef(link: link.value.info.id, stream: piece.stream)
        switch piece.use {
        case .splice(let partner, let payer): consumed(piece.bytes, on: partner, payer: payer)
        case .pipe(let id): pipeDrained(id, &turn)
        case .waiting, .arrival, .ended: break
        }
        if piece.isOver { streamOver(ref, piece.use, &turn) }
    }

    // MARK: ends

    mutating func finishArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        let number = frame.stream
        guard let stream = knownStream(number, on: link, &turn) else { return }
        guard stream.value.receiveFinish(at: turn.now) else { return violated(link, &turn) }
        let ref = StreamRef(link: link.value.info.id, stream: number)
        switch stream.value.use {
        case .splice(let partner, _): sendFinish(on: partner)
        case .waiting: carrier.finish(ref)
        case .arrival(let id): arrivalFinished(id, &turn)
        case .pipe(let id): pipeFinished(id, &turn)
        case .ended: break
        }
        if stream.value.isOver, link.value.streams.remove(number) != nil {
            streamOver(ref, stream.value.use, &turn)
        }
    }

    mutating func resetArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        guard let stream = link.value.forget(frame.stream) else {
            if !link.value.streams.isKnown(frame.stream) { violated(link, &turn) }
            return
        }
        let code = ResetCode(number: UInt16(bigEndianBytes: frame.payload))
        streamEnded(StreamRef(link: link.value.info.id, stream: frame.stream), stream.use, code, &turn)
    }

    /// Ends a stream from here, and tells whoever is behind it.
    mutating func reset(_ ref: StreamRef, _ code: ResetCode, _ turn: inout Turn) {
        guard let use = resetQuietly(ref, code) else { return }
        streamEnded(ref, use, code, &turn)
    }

    /// Ends a stream from here; whoever is behind it knows already.
    @discardableResult
    mutating func resetQuietly(_ ref: StreamRef, _ code: ResetCode) -> StreamUse? {
        guard let link = links[ref.link], let stream = link.value.reset(ref.stream, code) else { return nil }
        touch(link)
        return stream.use
    }

    /// A stream is gone before its time.
    mutating func streamEnded(
        _ ref: StreamRef, _ use: StreamUse, _ code: ResetCode, linkLost: Bool = false, _ turn: inout Turn
    ) {
        switch use {
        case .splice(let partner, let payer):
            if payer == nil { turn.count(.joinedEnded) }
            resetQuietly(partner, code)
        case .waiting: dropCarriage(ref)
        case .arrival(let id): closeArrival(id, &turn)
        case .pipe(let id): closePipe(id, linkLost ? .linkLost : .reset(code), &turn)
        case .ended: break
        }
    }

    /// A stream came to its good end: both sides have finished.
    private mutating func streamOver(_ ref: StreamRef, _ use: StreamUse, _ turn: inout Turn) {
        switch use {
        case .splice(let partner, let payer):
            // The second of the two streams to end counts for both.
            let isPartnerOpen = links[partner.link]?.value.streams[partner.stream] != nil
            if payer == nil, !isPartnerOpen { turn.count(.joinedEnded) }
        case .arrival(let id): closeArrival(id, &turn)
        case .pipe(let id): closePipe(id, .finished, &turn)
        case .waiting, .ended: break
        }
    }

    /// Streams on which nothing has moved for long are reset.
    mutating func sweep(_ link: Owned<Link>, _ turn: inout Turn) {
        let id = link.value.info.id
        for number in link.value.streams.numbers {
            guard let stream = link.value.streams[number], turn.now - stream.value.lastActive >= limits.streamIdle
            else { continue }
            turn.count(.streamsExpired)
            reset(StreamRef(link: id, stream: number), .expired, &turn)
        }
        if link.value.streams.count > 0 { timers.arm(.sweep(id), at: turn.now + sweepInterval) }
    }
}

/// The payload of an OPEN frame: kind u8, for a carry the member's node key, priority u8, the first data.
struct StreamOpening {
    enum Kind {
        /// From a leaf to its home: carry this on to that member.
        case carry(Bytes32)
        /// From a member to a member: somebody's pipe to you.
        case arrival
        /// The same from a relay: it goes no further.
        case extended
    }

    static let carryKind: UInt8 = 1
    static let arrivalKind: UInt8 = 2
    static let extendedKind: UInt8 = 3

    let kind: Kind
    let priority: StreamPriority
    let early: ArraySlice<UInt8>

    /// Nil when it is too short, or of a kind that this version does not know.
    init?(_ payload: ArraySlice<UInt8>) {
        guard let number = payload.first else { return nil }
        var rest = payload.dropFirst()
        switch number {
        case Self.carryKind:
            guard let node = Bytes32(rest.prefix(Bytes32.count)) else { return nil }
            kind = .carry(node)
            rest = rest.dropFirst(Bytes32.count)
        case Self.arrivalKind:
            kind = .arrival
        case Self.extendedKind:
            kind = .extended
        default:
            return nil
        }
        guard let urgency = rest.first else { return nil }
        priority = StreamPriority(outside: urgency)
        early = rest.dropFirst()
    }

    static func carry(to node: Bytes32, _ priority: StreamPriority) -> [UInt8] {
        [carryKind] + node.bytes + [priority.rawValue]
    }

    static func arrival(_ priority: StreamPriority) -> [UInt8] { [arrivalKind, priority.rawValue] }
    static func extended(_ priority: StreamPriority) -> [UInt8] { [extendedKind, priority.rawValue] }
}
