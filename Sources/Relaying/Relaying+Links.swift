// What comes over a link that is up: packets, their frames, control messages; and how a link ends.

internal import Essentials
internal import Noise
internal import Sodium
internal import Wire

extension Relaying {
    // MARK: packets and frames

    mutating func received(_ bytes: [UInt8], on link: Owned<Link>, _ turn: inout Turn) {
        guard let packets = try? link.value.channel.receivePackets(bytes, at: turn.now) else {
            return violated(link, &turn)
        }
        for packet in packets { take(packet, on: link, &turn) }
    }

    mutating func take(_ packet: ArraySlice<UInt8>, on link: Owned<Link>, _ turn: inout Turn) {
        guard isUp(link) else { return }
        turn.count(.packetsReceived)
        link.value.keepalive.heard(at: turn.now)
        var reader = FrameReader(packet)
        takeFrames(&reader, on: link, &turn)
    }

    mutating func takeFrames(_ reader: inout FrameReader, on link: Owned<Link>, _ turn: inout Turn) {
        while isUp(link) {
            do throws(FrameFault) {
                guard let frame = try reader.next() else { return }
                take(frame, on: link, &turn)
            } catch {
                return violated(link, &turn)
            }
        }
    }

    private func isUp(_ link: Owned<Link>) -> Bool { !link.value.isDown }

    private mutating func take(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        switch frame.kind {
        case .data: dataArrived(frame, on: link, &turn)
        case .credit: creditArrived(frame, on: link, &turn)
        case .open: openArrived(frame, on: link, &turn)
        case .finish: finishArrived(frame, on: link, &turn)
        case .reset: resetArrived(frame, on: link, &turn)
        case .control: controlArrived(frame, on: link, &turn)
        case .ping: pingArrived(frame, on: link, &turn)
        case .pong: pongArrived(frame, on: link, &turn)
        case .close:
            let code = UInt16(bigEndianBytes: frame.payload)
            take(down: link, .closed(code: code), &turn)
            close(link.value.connection, &turn)
        }
    }

    /// Sends a short frame before everything else. Whoever makes us owe more of them than it reads is dropped.
    mutating func signal(_ frame: [UInt8], on link: Owned<Link>, _ turn: inout Turn) {
        link.value.outbox.signal(frame)
        touch(link)
        if link.value.outbox.signalBytes > limits.signalQueue {
            hangUp(link, CloseCode.overloaded, .violation, &turn)
        }
    }

    // MARK: keepalive

    /// Answers no more pings than anybody honest sends; who goes far beyond that loses the link.
    private mutating func pingArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        guard link.value.pingBudget.take(at: turn.now) else {
            turn.count(.pingsIgnored)
            guard !link.value.pingPatience.take(at: turn.now) else { return }
            return hangUp(link, CloseCode.overloaded, .violation, &turn)
        }
        let wall = clock.wall(at: turn.now).milliseconds.bigEndianBytes
        let mesh = clock.mesh(at: turn.now).milliseconds.bigEndianBytes
        signal(FrameCodec.frame(.pong, Array(frame.payload) + wall + mesh), on: link, &turn)
    }

    private mutating func pongArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        let token = UInt64(bigEndianBytes: frame.payload.prefix(8))
        guard let roundTrip = link.value.keepalive.answered(token: token, at: turn.now) else { return }
        // The other clock was read somewhere in between: in the middle, give or take half of it, and a millisecond.
        let own = clock.wall(at: turn.now)
        let wall = WallTime(milliseconds: UInt64(bigEndianBytes: frame.payload.dropFirst(8).prefix(8)))
        let mesh = WallTime(milliseconds: UInt64(bigEndianBytes: frame.payload.suffix(8)))
        // Against the own mesh time, which moves as well.
        let ahead = mesh + roundTrip / 2 - clock.mesh(at: turn.now)
        let moved = link.value.meshAhead.map { (ahead - $0).magnitude > limits.clockMoves + roundTrip / 2 } ?? true
        link.value.meshAhead = ahead
        let isUncertain = roundTrip / 2 > limits.clockUncertain
        link.value.keepalive.measured = moved ? .moving : isUncertain ? .badly : .well
        turn.tell(
            .offsetMeasured(
                link.value.info.id, wallOffset: wall + roundTrip / 2 - own, meshOffset: mesh + roundTrip / 2 - own,
                uncertainty: roundTrip / 2 + .milliseconds(1)))
    }

    /// Asks for a sign of life, waits for one, or gives the link up.
    mutating func reviewKeepalive(of link: Owned<Link>, _ turn: inout Turn) {
        let id = link.value.info.id
        let quiet = link.value.isBetweenMembers ? limits.keepaliveMesh : limits.keepaliveQuiet
        var interval = link.value.streams.count > 0 ? limits.keepaliveBusy : quiet
        // Whoever dialled asks first, so that usually only one side does.
        if !link.value.info.outbound { interval = interval * 4 / 3 }
        switch link.value.keepalive.review(interval: interval, at: turn.now) {
        case .wait(let due):
            timers.arm(.keepalive(id), at: due)
        case .ask:
            probe(link, &turn)
        case .dead:
            turn.count(.linksSilent)
            take(down: link, .silent, &turn)
            close(link.value.connection, &turn)
        }
    }

    mutating func probe(_ link: Owned<Link>, _ turn: inout Turn) {
        let token = turn.random.next()
        let due = link.value.keepalive.asked(token: token, at: turn.now)
        timers.arm(.keepalive(link.value.info.id), at: due)
        signal(FrameCodec.frame(.ping, token.bigEndianBytes), on: link, &turn)
    }

    /// The owner has heard nothing where it should have. One answer is asked for at a time.
    mutating func probeAsked(_ id: LinkID, silentSince moment: Moment, _ turn: inout Turn) {
        guard let link = links[id], link.value.keepalive.lastHeard < moment, !link.value.keepalive.isWaiting else {
            return
        }
        probe(link, &turn)
    }

    // MARK: control messages

    private mutating func controlArrived(_ frame: Frame, on link: Owned<Link>, _ turn: inout Turn) {
        guard link.value.controlBudget.take(at: turn.now) else { return turn.count(.controlDropped) }
        let message: Control
        do throws(WireFault) {
            message = try Control(decoding: Array(frame.payload))
        } catch .unknownKind {
            return turn.count(.controlDropped)
        } catch {
            turn.count(.controlMalformed)
            return violated(link, &turn)
        }
        switch message {
        case .hello: violated(link, &turn)
        case .attach: attachAsked(by: link, &turn)
        case .attached(let attached): homeAttached(link, attached.terms, &turn)
        case .refused(let refused):
            turn.tell(.controlReceived(link.value.info.id, message))
            homeRefused(link, refused, &turn)
        case .pull, .push, .compare, .prune, .graft, .ask, .challenge, .alive:
            turn.tell(.controlReceived(link.value.info.id, message))
        case .goodbye(let goodbye):
            turn.tell(.controlReceived(link.value.info.id, message))
            take(down: link, .closed(code: UInt16(clamping: goodbye.code)), &turn)
            close(link.value.connection, &turn)
        }
    }

    mutating func sendControl(_ message: Control, on id: LinkID, _ turn: inout Turn) {
        guard let link = links[id] else { return }
        let encoded = encoding.of(message)
        let waiting = link.value.outbox.controlBytes
        // What is dropped here is said again: tables are compared every few seconds.
        guard encoded.count <= FrameCodec.payloadMaximum, waiting + encoded.count <= limits.controlQueue else {
            return turn.count(.controlDropped)
        }
        link.value.outbox.control(encoded)
        touch(link)
    }

    // MARK: the end

    mutating func hangUp(_ id: LinkID, _ turn: inout Turn) {
        guard let link = links[id] else { return }
        hangUp(link, CloseCode.goodbye, .hungUp, &turn)
    }

    /// A link that still carries somebody's streams lives on like one that was dialled for them.
    mutating func retire(_ id: LinkID, _ turn: inout Turn) {
        guard let link = links[id] else { return }
        guard link.value.streams.count > 0 else { return hangUp(id, &turn) }
        link.value.isPassing = true
        timers.arm(.passing(id), at: turn.now + limits.passingLinkIdle)
    }

    /// The other end broke the protocol.
    mutating func violated(_ link: Owned<Link>, _ turn: inout Turn) {
        turn.count(.linksViolated)
        hangUp(link, CloseCode.violation, .violation, &turn)
    }

    /// Says why, then closes.
    mutating func hangUp(_ link: Owned<Link>, _ code: UInt16, _ ending: LinkEnding, _ turn: inout Turn) {
        guard !link.value.isDown else { return }
        if link.value.channel.isEstablished {
            let farewell = FrameCodec.frame(.close, code.bigEndianBytes)
            link.value.output += (try? link.value.channel.seal(farewell, at: turn.now)) ?? []
        }
        take(down: link, ending, &turn)
        close(link.value.connection, &turn)
    }

    /// Forgets a link and everything that ran over it. Closing the connection is the caller's.
    mutating func take(down link: Owned<Link>, _ ending: LinkEnding, _ turn: inout Turn) {
        let info = link.value.info
        link.value.isDown = true
        links[info.id] = nil
        for timer in [
            RelayingTimer.keepalive(info.id), .sweep(info.id), .passing(info.id), .unattached(info.id),
            .quota(info.id), .flush(info.id),
        ] { timers.cancel(timer) }
        forgetInCensus(link)
        write(link.value.takeOutput(), on: link.value.connection, &turn)
        for number in link.value.streams.numbers {
            guard let stream = link.value.forget(number) else { continue }
            streamEnded(StreamRef(link: info.id, stream: number), stream.use, .broken, linkLost: true, &turn)
        }
        link.value.channel.close()
        turn.tell(.linkDown(info.id, ending))
        if info.asLeaf { homeLinkDown(info.id, &turn) }
    }

    private mutating func forgetInCensus(_ link: Owned<Link>) {
        let info = link.value.info
        if info.isLeaf {
            if link.value.quota == nil {
                census.unattachedLeaves.leave(link.value.origin)
            } else {
                census.attachedLeaves.leave(link.value.origin)
            }
        } else if let peer = info.peer, !info.asLeaf {
            census.members.leave(link.value.origin)
            linksByMember[peer]?.removeAll { $0 == info.id }
            if linksByMember[peer]?.isEmpty == true { linksByMember[peer] = nil }
        }
    }
}
