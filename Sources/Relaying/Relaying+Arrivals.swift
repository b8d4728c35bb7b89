// Pipes of others to this node: the handshake, deposits for the owner as a keeper, halves for the door, and what goes
// on from here.

internal import Essentials
internal import Identity
internal import Noise
internal import Sodium
internal import Wire

extension Relaying {
    mutating func arrivalOpened(_ number: UInt32, _ opening: StreamOpening, on link: Owned<Link>, _ turn: inout Turn) {
        guard arrivals.count < limits.arrivalsAtOnce, mayArrive(on: link, turn.now) else {
            turn.count(.arrivalsRefused)
            return refuseStream(number, on: link, .overloaded, &turn)
        }
        let id = ArrivalID(number: nextArrival)
        nextArrival &+= 1
        accept(number, opening, as: .arrival(id), on: link, &turn)
        let channel = Channel(
            role: .responder, pattern: .nk, prologue: PipePrologue.bytes(network: policy.id, member: ownKey),
            localStatic: identity.value.channel.copy(), classes: .conversation)
        let ref = StreamRef(link: link.value.info.id, stream: number)
        let isExtended = if case .extended = opening.kind { true } else { false }
        arrivals[id] = Owned(Arrival(ref: ref, isExtended: isExtended, channel: channel))
        timers.arm(.arrival(id), at: turn.now + limits.arrivalDeadline)
        turn.count(.arrivalsOpened)
        if !opening.early.isEmpty { arrivalReceived(opening.early, id, &turn) }
    }

    /// Each arrival costs key agreements. What members of the table bring goes before what others bring, and links that
    /// brought little lately before those that brought much.
    private mutating func mayArrive(on link: Owned<Link>, _ now: Moment) -> Bool {
        guard link.value.arrivalBudget.take(at: now) else { return false }
        let isMember = link.value.info.peer.flatMap { members[$0] }?.isPresent == true
        let isModest = link.value.arrivalBudget.level(at: now) * 2 >= limits.arrivalsBurstPerLink
        return arrivalBudget.take(!isModest ? .greedy : isMember ? .member : .modest, at: now)
    }

    mutating func arrivalReceived(_ bytes: ArraySlice<UInt8>, _ id: ArrivalID, _ turn: inout Turn) {
        guard let arrival = arrivals[id] else { return }
        switch arrival.value.stage {
        case .opening:
            arrival.value.buffer += bytes
            readRequest(of: arrival, id, &turn)
        case .deciding, .waiting:
            // Credit for what is held is given back when it goes on.
            arrival.value.buffer += bytes
            guard arrival.value.buffer.count > limits.doorHold else { return }
            turn.count(.doorsOverrun)
            reset(arrival.value.ref, .overloaded, &turn)
        case .serving:
            consumed(bytes.count, on: arrival.value.ref)
            servePackets(Array(bytes), of: arrival, id, &turn)
        case .refused:
            consumed(bytes.count, on: arrival.value.ref)
        }
    }

    private mutating func readRequest(of arrival: Owned<Arrival>, _ id: ArrivalID, _ turn: inout Turn) {
        let (message, ephemeral, rest): ([UInt8], Bytes32, [UInt8])
        switch PipeOpeningBytes(arrival.value.buffer) {
        case .incomplete: return
        case .wrong: return failArrival(arrival, .arrivalsFailed, &turn)
        case .complete(let whole, let key, let following): (message, ephemeral, rest) = (whole, key, following)
        }
        // A first message can be replayed by whoever carried it, and then would take the place of the second half.
        guard !arrivalsSeen.contains(ephemeral) else { return failArrival(arrival, .arrivalsReplayed, &turn) }
        guard let events = try? arrival.value.channel.receive(message, at: turn.now),
            case .handshakePayload(let block, _)? = events.first, let request = try? Request(block: block)
        else { return failArrival(arrival, .arrivalsFailed, &turn) }
        arrivalsSeen.insert(ephemeral)
        arrival.value.buffer = rest
        consumed(message.count, on: arrival.value.ref)
        guard rest.count <= limits.doorHold else {
            turn.count(.doorsOverrun)
            return reset(arrival.value.ref, .overloaded, &turn)
        }
        switch request {
        case .deposit where arrival.value.isExtended:
            // Keepers count deposits by the home that brings them, and this one's home is not here.
            turn.count(.arrivalsRefused)
            reset(arrival.value.ref, .notAllowed, &turn)
        case .deposit(let deposit):
            arrival.value.stage = .deciding
            turn.count(.depositsArrived)
            let link = arrival.value.ref.link
            turn.tell(.depositArrived(id, deposit, via: link, from: links[link]?.value.origin.wide))
        case .join(let join):
            joinAsked(arrival, id, token: join.token, &turn)
        case .extend(let extend):
            extendAsked(arrival, id, to: NodeKey(extend.node), &turn)
        }
    }

    private mutating func failArrival(_ arrival: Owned<Arrival>, _ counter: RelayingCounter, _ turn: inout Turn) {
        turn.count(counter)
        reset(arrival.value.ref, .malformed, &turn)
    }

    /// The second handshake message. False when the channel is not in a state for it.
    mutating func reply(_ answer: Answer, to arrival: Owned<Arrival>, _ turn: inout Turn) -> Bool {
        guard let message = try? arrival.value.channel.reply(payload: answer.block(), using: &turn.random) else {
            return false
        }
        send(message[...], on: arrival.value.ref, &turn)
        return true
    }

    /// Says no; nothing but the stream's end is awaited then.
    mutating func refuseArrival(_ arrival: Owned<Arrival>, _ id: ArrivalID, _ answer: Answer, _ turn: inout Turn) {
        arrival.value.stage = .refused
        arrival.value.buffer = []
        timers.arm(.arrival(id), at: turn.now + limits.arrivalDeadline)
        _ = reply(answer, to: arrival, &turn)
        sendFinish(on: arrival.value.ref)
    }

    // MARK: the owner as a keeper

    mutating func arrivalAsked(_ id: ArrivalID, _ request: ArrivalRequest, _ turn: inout Turn) {
        guard let arrival = arrivals[id] else { return }
        switch (request, arrival.value.stage) {
        case (.answer(let answer), .deciding):
            guard reply(answer, to: arrival, &turn) else { return failArrival(arrival, .arrivalsFailed, &turn) }
            arrival.value.stage = .serving
            timers.arm(.arrival(id), at: turn.now + limits.keeperPipeLife)
            let waiting = arrival.value.buffer
            arrival.value.buffer = []
            if !waiting.isEmpty { arrivalReceived(waiting[...], id, &turn) }
        case (.sendPacket(let content), .serving):
            guard let sealed = try? arrival.value.channel.seal(content, at: turn.now) else { return }
            send(sealed[...], on: arrival.value.ref, &turn)
        case (.finish, .serving), (.finish, .deciding):
            sendFinish(on: arrival.value.ref)
        case (.reset, .deciding), (.reset, .serving):
            dropArrival(id)
            resetQuietly(arrival.value.ref, .cancelled)
        default:
            // Halves at the door are not the owner's.
            break
        }
    }

    private mutating func servePackets(
        _ bytes: [UInt8], of arrival: Owned<Arrival>, _ id: ArrivalID, _ turn: inout Turn
    ) {
        guard let events = try? arrival.value.channel.receive(bytes, at: turn.now) else {
            return failArrival(arrival, .arrivalsFailed, &turn)
        }
        for case .packet(let content) in events { turn.tell(.arrivalPacket(id, content)) }
    }

    // MARK: ends

    mutating func arrivalFinished(_ id: ArrivalID, _ turn: inout Turn) {
        guard let arrival = arrivals[id] else { return }
        switch arrival.value.stage {
        case .deciding, .serving:
            // It still wants to hear the answer.
            break
        case .opening, .waiting:
            reset(arrival.value.ref, .cancelled, &turn)
        case .refused:
            break
        }
    }

    mutating func arrivalExpired(_ id: ArrivalID, _ turn: inout Turn) {
        guard let arrival = arrivals[id] else { return }
        if case .waiting = arrival.value.stage { turn.count(.joinsExpired) } else { turn.count(.arrivalsExpired) }
        reset(arrival.value.ref, .expired, &turn)
    }

    /// The stream of an arrival is gone.
    mutating func closeArrival(_ id: ArrivalID, _ turn: inout Turn) {
        guard let arrival = arrivals[id] else { return }
        switch arrival.value.stage {
        case .waiting(let token): doors.leave(token)
        case .deciding, .serving: turn.tell(.arrivalClosed(id))
        case .opening, .refused: break
        }
        dropArrival(id)
    }

    mutating func dropArrival(_ id: ArrivalID) {
        arrivals[id] = nil
        timers.cancel(.arrival(id))
    }
}
