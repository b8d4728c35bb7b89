// Every state has a deadline; this is what happens when one comes.

internal import Essentials

extension Relaying {
    mutating func timerFired(_ turn: inout Turn) {
        // Deadlines that are armed for now while others are dealt with come in the next turn.
        var due: [RelayingTimer] = []
        while let timer = timers.pop(at: turn.now) { due.append(timer) }
        for timer in due { fired(timer, &turn) }
    }

    private mutating func fired(_ timer: RelayingTimer, _ turn: inout Turn) {
        switch timer {
        case .connect(let connection):
            guard pending[connection] != nil else { return }
            endPending(connection)
            close(connection, &turn)
            dialNext(after: connection, &turn)
        case .handshake(let connection): failPending(connection, .handshakesExpired, &turn)
        case .keepalive(let id):
            if let link = links[id] { reviewKeepalive(of: link, &turn) }
        case .sweep(let id):
            if let link = links[id] { sweep(link, &turn) }
        case .passing(let id): passingReviewed(id, &turn)
        case .unattached(let id):
            guard let link = links[id], link.value.quota == nil else { return }
            turn.count(.linksIdle)
            hangUp(link, CloseCode.idle, .hungUp, &turn)
        case .quota(let id):
            if let link = links[id] { quotaReviewed(link, &turn) }
        case .flush(let id):
            if let link = links[id] { touch(link) }
        case .carriage(let ref): carriageExpired(ref, &turn)
        case .arrival(let id): arrivalExpired(id, &turn)
        case .pipe(let id): pipeExpired(id, &turn)
        case .homes: reviewHomes(&turn)
        }
    }

    /// A link that was dialled for one use is hung up when it has had none for a while.
    private mutating func passingReviewed(_ id: LinkID, _ turn: inout Turn) {
        guard let link = links[id] else { return }
        let idle = link.value.streams.count == 0 && turn.now - link.value.lastUsed >= limits.passingLinkIdle
        guard idle else {
            timers.arm(.passing(id), at: turn.now + limits.passingLinkIdle)
            return
        }
        turn.count(.linksIdle)
        hangUp(link, CloseCode.idle, .hungUp, &turn)
    }
}
