// The home: leaves attach, and their streams are carried on to members, within their quotas.

internal import Essentials
internal import Identity
internal import Wire

extension Relaying {
    // MARK: attaching

    mutating func attachAsked(by link: Owned<Link>, _ turn: inout Turn) {
        let id = link.value.info.id
        guard link.value.info.isLeaf, ownRecord != nil, let terms = ownTerms else {
            return refuseAttach(RefusalCode.notHome, retryAfter: .hours(1), "no home", to: id, &turn)
        }
        if link.value.quota == nil {
            guard census.attachedLeaves.hasRoom(for: link.value.origin, of: limits.attachedLeaves) else {
                return refuseAttach(RefusalCode.full, retryAfter: .minutes(5), "enough leaves", to: id, &turn)
            }
            link.value.quota = LeafQuota(limits: limits, at: turn.now)
            census.attachedLeaves.enter(link.value.origin)
            census.unattachedLeaves.leave(link.value.origin)
            timers.cancel(.unattached(id))
            turn.count(.leavesAttached)
        }
        sendControl(.attached(Attached(terms: terms)), on: id, &turn)
    }

    private mutating func refuseAttach(
        _ code: UInt32, retryAfter: Span, _ reason: String, to link: LinkID, _ turn: inout Turn
    ) {
        turn.count(.leavesRefused)
        sendRefusal(code, retryAfter, reason, to: link, &turn)
    }

    /// Tells a leaf why it is held back, not oftener than once a minute for one reason.
    mutating func tellRefusal(
        _ code: UInt32, retryAfter: Span, _ reason: String, to link: Owned<Link>, _ turn: inout Turn
    ) {
        guard link.value.quota?.shouldTell(code, at: turn.now) == true else { return }
        sendRefusal(code, retryAfter, reason, to: link.value.info.id, &turn)
    }

    private mutating func sendRefusal(
        _ code: UInt32, _ retryAfter: Span, _ reason: String, to link: LinkID, _ turn: inout Turn
    ) {
        let seconds = UInt32(clamping: max(1, retryAfter.milliseconds / 1_000))
        guard let refused = try? Refused(code: code, retryAfterSeconds: seconds, reason: reason) else { return }
        sendControl(.refused(refused), on: link, &turn)
    }

    // MARK: carrying

    mutating func carryAsked(
        _ number: UInt32, to key: Bytes32, _ opening: StreamOpening, on link: Owned<Link>, _ turn: inout Turn
    ) {
        guard link.value.quota != nil else {
            turn.count(.carriagesForbidden)
            return refuseStream(number, on: link, .notAllowed, &turn)
        }
        charge(opening.early.count, to: link, &turn)
        guard link.value.quota?.mayOpen(at: turn.now) == true else {
            turn.count(.quotaStreams)
            tellRefusal(RefusalCode.tooManyStreams, retryAfter: .seconds(1), "too many streams", to: link, &turn)
            return refuseStream(number, on: link, .tooManyStreams, &turn)
        }
        guard link.value.quota?.isDayUsedUp == false else {
            return refuseStream(number, on: link, .overQuota, &turn)
        }
        let node = NodeKey(key)
        if node == ownKey { return arrivalOpened(number, opening, on: link, &turn) }
        guard isWithinShare(node, link, number, &turn) else { return }
        turn.count(.carriagesOpened)
        if let onward = linkForCarrying(to: node) {
            accept(number, opening, as: .waiting, on: link, &turn)
            let ref = StreamRef(link: link.value.info.id, stream: number)
            let carriage = Carriage(to: node, priority: opening.priority, bytes: Array(opening.early))
            extend(ref, carriage, over: onward, &turn)
        } else {
            waitForLink(number, to: node, opening, on: link, &turn)
        }
    }

    /// Whether this leaf may bring that member one more stream in the present round; if not, it is told.
    private mutating func isWithinShare(
        _ node: NodeKey, _ link: Owned<Link>, _ number: UInt32, _ turn: inout Turn
    ) -> Bool {
        let round = clock.mesh(at: turn.now).milliseconds / UInt64(clamping: max(1, policy.round.milliseconds))
        switch carryShares.take(to: node, by: link.value.info.id, from: link.value.origin, round: round) {
        case .fine: return true
        case .beyondShare:
            turn.count(.carriagesBeyondShare)
            tellRefusal(
                RefusalCode.tooManyStreams, retryAfter: .seconds(1), "too many streams to one member", to: link, &turn)
            refuseStream(number, on: link, .tooManyStreams, &turn)
        case .overloaded: refuseStream(number, on: link, .overloaded, &turn)
        }
        return false
    }

    private mutating func waitForLink(
        _ number: UInt32, to node: NodeKey, _ opening: StreamOpening, on link: Owned<Link>, _ turn: inout Turn
    ) {
        // No leaf makes its home dial those who are known not to be there.
        if let member = members[node], !member.isPresent {
            turn.count(.carriagesUnreachable)
            return refuseStream(number, on: link, .unreachable, &turn)
        }
        guard carrier.count < limits.carriagesWaiting else {
            return refuseStream(number, on: link, .overloaded, &turn)
        }
        let ref = StreamRef(link: link.value.info.id, stream: number)
        accept(number, opening, as: .waiting, on: link, &turn)
        let carriage = Carriage(to: node, priority: opening.priority, bytes: Array(opening.early))
        waitForLink(ref, carriage, &turn)
    }

    mutating func waitForLink(_ ref: StreamRef, _ carriage: Carriage, _ turn: inout Turn) {
        let isFirst = !carrier.isWaiting(for: carriage.to)
        carrier.wait(ref, carriage)
        timers.arm(.carriage(ref), at: turn.now + limits.carriageWait)
        if isFirst { turn.tell(.linkWanted(carriage.to)) }
    }

    /// The oldest link to that member, which is the one most likely to stay.
    func linkForCarrying(to node: NodeKey) -> Owned<Link>? {
        linksByMember[node]?.first.flatMap { links[$0] }
    }

    /// So many bytes ride on the OPEN frame; the others follow as data.
    private static var earlyMaximum: Int { 8_192 }

    /// Opens the second half of a leaf's stream and puts the two together.
    mutating func extend(
        _ ref: StreamRef, _ carriage: Carriage, over onward: Owned<Link>, _ turn: inout Turn
    ) {
        guard let link = links[ref.link] else { return }
        let early = carriage.bytes.prefix(Self.earlyMaximum)
        let payload = carriage.opening + early
        guard
            let next = openStream(
                payload, early: early.count, carriage.priority, for: .splice(ref, payer: ref.link), on: onward, &turn)
        else {
            return reset(ref, .overloaded, &turn)
        }
        link.value.streams[ref.stream]?.value.use = .splice(next, payer: ref.link)
        let rest = carriage.bytes.dropFirst(early.count)
        if !rest.isEmpty { send(rest, on: next, &turn) }
        if carriage.isFinished { sendFinish(on: next) }
    }

    /// A link to a member is up: what waited for it goes on.
    mutating func carryWaiting(to node: NodeKey, over onward: Owned<Link>, _ turn: inout Turn) {
        for ref in carrier.waiting(for: node) {
            timers.cancel(.carriage(ref))
            if let carriage = carrier.take(ref) { extend(ref, carriage, over: onward, &turn) }
        }
    }

    /// There will be no link to that member.
    mutating func carryFailed(to node: NodeKey, _ turn: inout Turn) {
        for ref in carrier.waiting(for: node) { carriageExpired(ref, &turn) }
    }

    mutating func carriageExpired(_ ref: StreamRef, _ turn: inout Turn) {
        guard carrier.take(ref) != nil else { return }
        turn.count(.carriagesUnreachable)
        timers.cancel(.carriage(ref))
        resetQuietly(ref, .unreachable)
    }

    /// The leaf gave up a stream that was waiting.
    mutating func dropCarriage(_ ref: StreamRef) {
        _ = carrier.take(ref)
        timers.cancel(.carriage(ref))
    }

    // MARK: quotas

    /// Counts bytes against a leaf's quota. Too fast: it gets no credit back until it is within its rate again.
    /// Too much for today: its streams are reset.
    mutating func charge(_ bytes: Int, to link: Owned<Link>, _ turn: inout Turn) {
        guard let before = link.value.quota?.isInDebt, let verdict = link.value.quota?.charge(bytes, at: turn.now)
        else { return }
        let id = link.value.info.id
        switch verdict {
        case .fine: break
        case .tooFast(let until):
            guard !before || !timers.isArmed(.quota(id)) else { return }
            turn.count(.quotaRate)
            timers.arm(.quota(id), at: until)
            tellRefusal(
                RefusalCode.tooFast, retryAfter: until - turn.now, "slowed down to the rate of the terms", to: link,
                &turn)
        case .dayUsedUp(let until):
            turn.count(.quotaDay)
            tellRefusal(
                RefusalCode.dayUsedUp, retryAfter: until - turn.now, "the day's bytes are used up", to: link, &turn)
            for number in link.value.streams.numbers {
                reset(StreamRef(link: id, stream: number), .overQuota, &turn)
            }
        }
    }

    /// A leaf's debt may be paid by now: it gets the credit that was held back.
    mutating func quotaReviewed(_ link: Owned<Link>, _ turn: inout Turn) {
        guard let verdict = link.value.quota?.review(at: turn.now) else { return }
        if case .tooFast(let until) = verdict {
            timers.arm(.quota(link.value.info.id), at: until)
            return
        }
        for ref in link.value.quota?.takeWithheld() ?? [] {
            guard let other = links[ref.link], let stream = other.value.streams[ref.stream] else { continue }
            other.value.giveCredit(stream, ref.stream)
            touch(other)
        }
    }
}
