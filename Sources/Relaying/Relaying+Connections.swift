// Connections on their way to becoming links: opened, handshaken, failed. Nothing here trusts anybody yet.

internal import Essentials
internal import Identity
internal import Noise
internal import Sodium
internal import Wire

/// A connection that is no link yet.
struct PendingLink: ~Copyable {
    /// Nil while the connection is being opened.
    var handshake: LinkHandshake?
    var isWritable = true
}

extension Relaying {
    mutating func connectionOpened(
        _ connection: ConnectionID, from endpoint: Endpoint?, outbound: Bool, _ turn: inout Turn
    ) {
        if outbound {
            dialledConnectionOpened(connection, &turn)
            return
        }
        let isNew = pending[connection] == nil && links[LinkID(number: connection.number)] == nil
        guard isNew else { return }
        // A leaf has nobody to expect.
        guard ownRecord != nil else { return refuse(connection, &turn) }
        let origin = policy.origin(of: endpoint)
        var isMember = false
        if let host = origin.host { isMember = members.isPresentMember(at: host) }
        switch gate.admit(connection, from: origin, isMember: isMember, at: turn.now) {
        case .refused:
            refuse(connection, &turn)
        case .admitted(let evicted):
            if let evicted { failPending(evicted, .halfOpenEvicted, &turn) }
            awaitHandshake(on: connection, &turn)
        }
    }

    /// From here on the other end has to show in time who it is.
    mutating func awaitHandshake(on connection: ConnectionID, _ turn: inout Turn) {
        pending[connection] = Owned(
            PendingLink(handshake: LinkHandshake(answeringIn: policy.id, limits: limits)))
        timers.arm(.handshake(connection), at: turn.now + limits.handshakeDeadline)
    }

    private mutating func refuse(_ connection: ConnectionID, _ turn: inout Turn) {
        turn.count(.connectionsRefused)
        close(connection, &turn)
    }

    private mutating func dialledConnectionOpened(_ connection: ConnectionID, _ turn: inout Turn) {
        guard let waiting = pending[connection], let dial = dials[connection], waiting.value.handshake.isNil else {
            // Given up in the meantime.
            if pending[connection] == nil, links[LinkID(number: connection.number)] == nil {
                close(connection, &turn)
            }
            return
        }
        timers.cancel(.connect(connection))
        timers.arm(.handshake(connection), at: turn.now + limits.handshakeDeadline)
        var handshake = dialler(for: dial, &turn)
        guard let opening = handshake.start(using: &turn.random) else {
            return failPending(connection, .handshakesFailed, &turn)
        }
        waiting.value.handshake = consume handshake
        write(opening, on: connection, &turn)
    }

    private func dialler(for dial: Dial, _ turn: inout Turn) -> LinkHandshake {
        switch (dial.target, dial.role) {
        case (.member(_, let channel, _), .member):
            LinkHandshake(
                dialling: .ik, localStatic: identity.value.channel.copy(), remoteStatic: channel.bytes,
                network: policy.id, limits: limits)
        case (.member(let node, let channel, _), .leaf):
            LinkHandshake(
                dialling: .ik, localStatic: identity.value.leafKey(for: node), remoteStatic: channel.bytes,
                network: policy.id, limits: limits)
        case (.entry, .member):
            LinkHandshake(
                dialling: .xx, localStatic: identity.value.channel.copy(), remoteStatic: nil, network: policy.id,
                limits: limits)
        case (.entry, .leaf):
            // Whose home this would be is not known yet, so the key is for this once.
            LinkHandshake(
                dialling: .xx, localStatic: AgreementKey.generate(using: &turn.random), remoteStatic: nil,
                network: policy.id, limits: limits)
        }
    }

    mutating func connectionFailed(_ connection: ConnectionID, _ turn: inout Turn) {
        endPending(connection)
        dialNext(after: connection, &turn)
    }

    mutating func connectionClosed(_ connection: ConnectionID, _ turn: inout Turn) {
        if let link = links[LinkID(number: connection.number)] {
            take(down: link, .broken, &turn)
        } else if pending[connection] != nil {
            failPending(connection, .handshakesFailed, &turn)
        }
    }

    mutating func writabilityChanged(_ connection: ConnectionID, isWritable: Bool) {
        if let link = links[LinkID(number: connection.number)] {
            link.value.isWritable = isWritable
            if isWritable { touch(link) }
        } else {
            pending[connection]?.value.isWritable = isWritable
        }
    }

    mutating func received(_ bytes: [UInt8], on connection: ConnectionID, _ turn: inout Turn) {
        guard !bytes.isEmpty else { return }
        if let link = links[LinkID(number: connection.number)] {
            received(bytes, on: link, &turn)
        } else if let waiting = pending[connection] {
            advance(waiting, with: bytes, on: connection, &turn)
        }
    }

    private mutating func advance(
        _ waiting: Owned<PendingLink>, with bytes: [UInt8], on connection: ConnectionID, _ turn: inout Turn
    ) {
        let progress = waiting.value.handshake?.receive(
            bytes, key: identity.value.channel, seen: handshakesSeen, at: turn.now, using: &turn.random)
        guard let progress else { return failPending(connection, .handshakesFailed, &turn) }
        if let failure = progress.failure { return failPending(connection, failure, &turn) }
        write(progress.output, on: connection, &turn)
        if progress.isEstablished {
            if let ephemeral = waiting.value.handshake.look({ $0.provenEphemeral }) ?? nil {
                handshakesSeen.insert(ephemeral)
            }
            guard let hello = ownHello(on: connection).map({ Control.hello($0).encoded() }),
                let sealed = waiting.value.handshake?.seal(FrameCodec.frame(.control, hello), at: turn.now)
            else { return failPending(connection, .handshakesFailed, &turn) }
            write(sealed, on: connection, &turn)
        }
        if !progress.packets.isEmpty { takeHello(progress.packets, of: waiting, on: connection, &turn) }
    }

    /// Gives up a connection without a word to the other end.
    mutating func failPending(_ connection: ConnectionID, _ counter: RelayingCounter, _ turn: inout Turn) {
        guard pending[connection] != nil else { return }
        turn.count(counter)
        gate.fail(connection, at: turn.now)
        endPending(connection)
        close(connection, &turn)
        dialNext(after: connection, &turn)
    }

    mutating func endPending(_ connection: ConnectionID) {
        pending[connection] = nil
        gate.leave(connection)
        timers.cancel(.connect(connection))
        timers.cancel(.handshake(connection))
    }

    // MARK: the wire itself, which may be a loop

    mutating func write(_ bytes: [UInt8], on connection: ConnectionID, _ turn: inout Turn) {
        guard !bytes.isEmpty else { return }
        if loopback.contains(connection) {
            loopback.write(bytes, from: connection)
        } else {
            turn.tell(.write(connection, bytes))
        }
    }

    mutating func close(_ connection: ConnectionID, _ turn: inout Turn) {
        if loopback.contains(connection) {
            loopback.close(connection)
        } else {
            turn.tell(.close(connection))
        }
    }
}
