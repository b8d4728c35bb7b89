// The own person's pipes: opened through a home, answered by a keeper or a door, written to and read from.

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
            opening.early.count <= (isDoor ? limits.doorHold : 0)
        else { return turn.tell(.pipeClosed(id, .impossible)) }
        var channel = Channel(
            role: .initiator, pattern: .nk, prologue: PipePrologue.bytes(network: policy.id, member: opening.to),
            remoteStatic: opening.channel.bytes, classes: .conversation)
        guard let message = try? channel.start(payload: opening.request.block(), using: &turn.random) else {
            return turn.tell(.pipeClosed(id, .fault))
        }
        let early = message + opening.early
        let payload = StreamOpening.carry(to: opening.to.bytes, opening.priority) + early
        guard
            let ref = openStream(payload, early: early.count, opening.priority, for: .pipe(id), on: link, &turn)
        else { return turn.tell(.pipeClosed(id, .impossible)) }
        pipes[id] = Owned(
            Pipe(ref: ref, isDoor: isDoor, hasManualCredit: opening.manualCredit && isDoor, channel: channel))
        timers.arm(.pipe(id), at: turn.now + limits.pipeAnswerDeadline)
        turn.count(.pipesOpened)
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
        }
        if !rest.isEmpty { pipeReceived(rest[...], id, &turn) }
    }

    // MARK: ends

    mutating func pipeFinished(_ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        if pipe.value.stage == .asking { return failPipe(id, &turn) }
        turn.tell(.pipeFinished(id))
    }

    mutating func pipeExpired(_ id: PipeID, _ turn: inout Turn) {
        guard let pipe = pipes[id] else { return }
        if pipe.value.stage == .asking {
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
        pipes[id] = nil
        timers.cancel(.pipe(id))
    }
}
