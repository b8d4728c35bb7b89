// The own person's pipes: opened through a home, perhaps over a relay, answered by a keeper or a door, written to and
// read from.

internal import Essentials
internal import Identity
internal import Noise
internal import Sodium
internal import Wire

extension Relaying {
    mutating func pipeAsked(_ id: PipeID, _ request: PipeRequest, _ turn: inout Turn) {
        if case .open(let opening) = request { return openPipe(id, opening, &turn) }
        guard let pipe = pipes[id] else { return }
        switch request {
        case .open: break
        case .write(let bytes):
            guard pipe.value.isDoor, room(of: id) >= bytes.count else { return closePipe(id, .impossible, &turn) }
            put(bytes, into: pipe, id, &turn)
        case .sendPacket(let content):
            guard pipe.value.stage == .keeper, let sealed = try? pipe.value.channel.seal(content, at: turn.now),
                room(of: id) >= sealed.count
            else { return closePipe(id, .impossible, &turn) }
            put(sealed, into: pipe, id, &turn)
        case .finish: sendFinish(on: pipe.value.ref)
        case .reset:
            dropPipe(id)
            resetQuietly(pipe.value.ref, .cancelled)
        case .consumed(let count):
            if pipe.value.hasManualCredit, count > 0 { consumed(count, on: pipe.value.ref) }
        }
    }

    private mutating func openPipe(_ id: PipeID, _ opening: PipeOpening, _ turn: inout Turn) {
        guard pipes[id] == nil else { return }
        let isDoor = if case .join = opening.request { true } else { false }
        guard pipes.count < limits.pipesAtOnce, let link = links[opening.through], homes.isAttached(opening.through),
            opening.early.count <= (isDoor ? limits.doorHold : 0), isDoor || opening.via == nil
        else { return turn.tell(.pipeClosed(id, .impossible)) }
        var channel = pipeChannel(to: opening.to, opening.channel)
        guard let message = try? channel.start(payload: opening.request.block(), using: &turn.random) else {
            return turn.tell(.pipeClosed(id, .fault))
        }
        var early = message + opening.early
        var relay: Owned<Channel>?
        if let via = opening.via {
            // All of it waits at the relay until that has read what it is asked.
            guard early.count <= limits.doorHold else { return turn.tell(.pipeClosed(id, .impossible)) }
            let outer = Owned(pipeChannel(to: via.node, via.channel))
            let extend = Request.extend(Extend(node: opening.to.bytes))
            guard let first = try? outer.value.start(payload: extend.block(), using: &turn.random) else {
                return turn.tell(.pipeClosed(id, .fault))
            }
            early = first + early
            relay = outer
        }
        let payload = StreamOpening.carry(to: (opening.via?.node ?? opening.to).bytes, opening.priority) + early
        guard
            let ref = openStream(payload, early: early.count, opening.priority, for: .pipe(id), on: link, &turn)
        else { return turn.tell(.pipeClosed(id, .impossible)) }
        pipes[id] = Owned(
            Pipe(
                ref: ref, isDoor: isDoor, hasManualCredit: opening.manualCredit && isDoor, relay: relay,
                channel: channel))
        timers.arm(.pipe(id), at: turn.now + limits.pipeAnswerDeadline)
        turn.count(.pipesOpened)
    }

    private func pipeChannel(to member: NodeKey, _ key: ChannelKey) -> Channel {
        Channel(
            role: .initiator, pattern: .nk, prologue: PipePrologue.bytes(network: policy.id, member: member),
            remoteStatic: key.bytes, classes: .conversation)
    }

    private mutating func put(_ bytes: [UInt8], into pipe: Owned<Pipe>, _ id: PipeID, _ turn: inout Turn) {
        send(bytes[...], on: pipe.value.ref, &turn)
        if room(of: id) < limits.pipeQueue / 2 { pipe.value.isFull = true }
    }

    mutating func pipeDrained(_ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id], pipe.value.isFull, room(of: id) >= limits.pipeQueue / 4 * 3 else { return }
        pipe.value.isFull = false
        turn.tell(.pipeWritable(id))
    }

    // MARK: receiving

    mutating func pipeReceived(_ bytes: ArraySlice<UInt8>, _ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        switch pipe.value.stage {
        case .relaying:
            pipe.value.buffer += bytes
            readRelay(of: pipe, id, &turn)
        case .asking:
            pipe.value.buffer += bytes
            readAnswer(of: pipe, id, &turn)
        case .keeper:
            consumed(bytes.count, on: pipe.value.ref)
            guard let events = try? pipe.value.channel.receive(Array(bytes), at: turn.now) else {
                return failPipe(id, &turn)
            }
            for case .packet(let content) in events { turn.tell(.pipePacket(id, content)) }
        case .door:
            if !pipe.value.hasManualCredit { consumed(bytes.count, on: pipe.value.ref) }
            turn.tell(.pipeReceived(id, Array(bytes)))
        }
    }

    /// What follows the relay's answer comes from the end of the pipe.
    private mutating func readRelay(of pipe: Owned<Pipe>, _ id: PipeID, _ turn: inout Turn) {
        let (message, rest): ([UInt8], [UInt8])
        switch PipeOpeningBytes(pipe.value.buffer) {
        case .incomplete: return
        case .wrong: return failPipe(id, &turn)
        case .complete(let whole, _, let following): (message, rest) = (whole, following)
        }
        guard let relay = pipe.value.relay, let events = try? relay.value.receive(message, at: turn.now),
            case .handshakePayload(let block, _)? = events.first, relay.value.isEstablished,
            let answer = try? Answer(block: block), case .extend(let extend) = answer
        else { return failPipe(id, &turn) }
        relay.value.close()
        pipe.value.relay = nil
        pipe.value.buffer = []
        pipe.value.stage = .asking
        consumed(message.count, on: pipe.value.ref)
        turn.tell(.pipeAnswered(id, answer))
        if extend.code == .refused { return closePipe(id, .refused, &turn) }
        timers.arm(.pipe(id), at: turn.now + limits.pipeAnswerDeadline)
        if !rest.isEmpty { pipeReceived(rest[...], id, &turn) }
    }

    private mutating func readAnswer(of pipe: Owned<Pipe>, _ id: PipeID, _ turn: inout Turn) {
        let (message, rest): ([UInt8], [UInt8])
        switch PipeOpeningBytes(pipe.value.buffer) {
        case .incomplete: return
        case .wrong: return failPipe(id, &turn)
        case .complete(let whole, _, let following): (message, rest) = (whole, following)
        }
        guard let events = try? pipe.value.channel.receive(message, at: turn.now),
            case .handshakePayload(let block, _)? = events.first, pipe.value.channel.isEstablished,
            let answer = try? Answer(block: block)
        else { return failPipe(id, &turn) }
        pipe.value.buffer = []
        consumed(message.count, on: pipe.value.ref)
        switch answer {
        case .join(let join):
            guard pipe.value.isDoor else { return failPipe(id, &turn) }
            pipe.value.stage = .door
            timers.cancel(.pipe(id))
            turn.tell(.pipeAnswered(id, answer))
            if join.code == .refused { return closePipe(id, .refused, &turn) }
        case .receipt:
            guard !pipe.value.isDoor else { return failPipe(id, &turn) }
            pipe.value.stage = .keeper
            timers.arm(.pipe(id), at: turn.now + limits.keeperPipeLife)
            turn.tell(.pipeAnswered(id, answer))
        case .extend: return failPipe(id, &turn)
        }
        if !rest.isEmpty { pipeReceived(rest[...], id, &turn) }
    }

    // MARK: ends

    mutating func pipeFinished(_ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        if pipe.value.isUnanswered { return failPipe(id, &turn) }
        turn.tell(.pipeFinished(id))
    }

    mutating func pipeExpired(_ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        if pipe.value.isUnanswered {
            turn.count(.pipesUnanswered)
            closePipe(id, .unanswered, &turn)
        } else {
            closePipe(id, .reset(.expired), &turn)
        }
    }

    private mutating func failPipe(_ id: PipeID, _ turn: inout Turn) {
        turn.count(.pipesFailed)
        closePipe(id, .fault, &turn)
    }

    /// Ends a pipe and tells the owner why.
    mutating func closePipe(_ id: PipeID, _ ending: PipeEnding, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        dropPipe(id)
        resetQuietly(pipe.value.ref, .cancelled)
        turn.tell(.pipeClosed(id, ending))
    }

    private mutating func dropPipe(_ id: PipeID) {
        pipes[id]?.value.channel.close()
        pipes[id]?.value.relay?.value.close()
        pipes[id] = nil
        timers.cancel(.pipe(id))
    }
}
