// The end of every turn: what waits on links is packed, sealed and written, as far as their connections take it.

internal import Essentials
internal import Noise

extension Relaying {
    /// Notes that a link may have something to send.
    mutating func touch(_ link: Owned<Link>) {
        guard !link.value.isDirty, link.value.isWritable, link.value.hasOutput else { return }
        link.value.isDirty = true
        dirty.append(link.value.info.id)
    }

    /// Sends until nothing moves any more. What one link sends frees credit on another, and what goes over the
    /// loop comes back at once, so this goes round until it is quiet.
    mutating func settle(_ turn: inout Turn) {
        var next = 0
        // Bounded by credit; the number only guards against a mistake of ours.
        for _ in 0..<1_000_000 {
            if next < dirty.count {
                let link = links[dirty[next]]
                next += 1
                if let link { flush(link, &turn) }
            } else if let (connection, arrival) = loopback.takeArrival() {
                take(arrival, on: connection, &turn)
            } else if !written.isEmpty {
                writeOut(&turn)
            } else {
                break
            }
        }
        dirty.removeAll(keepingCapacity: true)
        for stream in borrowers { stream.value.keepOwnCopies() }
        borrowers.removeAll(keepingCapacity: true)
    }

    private mutating func writeOut(_ turn: inout Turn) {
        let batch = written
        written.removeAll(keepingCapacity: true)
        for id in batch {
            guard let link = links[id] else { continue }
            write(link.value.takeOutput(), on: link.value.connection, &turn)
        }
    }

    private mutating func take(_ arrival: Loopback.Arrival, on connection: ConnectionID, _ turn: inout Turn) {
        switch arrival {
        case .opened:
            if dials[connection] != nil { connectionOpened(connection, from: nil, outbound: true, &turn) }
        case .bytes(let bytes): received(bytes, on: connection, &turn)
        case .closed:
            connectionClosed(connection, &turn)
            loopback.leave(connection)
        }
    }

    private mutating func flush(_ link: Owned<Link>, _ turn: inout Turn) {
        link.value.isDirty = false
        if link.value.output.isEmpty { written.append(link.value.info.id) }
        drained.removeAll(keepingCapacity: true)
        var packet = PacketBuilder(link.value.takeOutput())
        // Room for all of it at once, instead of growing packet by packet and copying each time.
        let waiting = link.value.held
        if packet.bytes.isEmpty, waiting > 0 {
            packet.bytes.reserveCapacity(min(waiting + waiting / 8, limits.writeBurst) + PacketSizes.overhead)
        }
        var packets = 0
        while link.value.hasOutput {
            guard packet.bytes.count < limits.writeBurst else {
                // The rest in the next turn, so that no connection keeps the others waiting.
                timers.arm(.flush(link.value.info.id), at: turn.now)
                break
            }
            packet.begin()
            link.value.fill(&packet, drained: &drained, windowMaximum: limits.windowMaximum, at: turn.now)
            guard packet.count > 0 else {
                packet.abandon()
                break
            }
            do throws(ChannelFault) {
                try link.value.channel.seal(from: packet.start, in: &packet.bytes, at: turn.now)
            } catch {
                break
            }
            packets += 1
        }
        link.value.output = packet.bytes
        turn.count(.packetsSent, by: packets)
        var left: [Drained] = []
        swap(&left, &drained)
        for piece in left { streamDrained(piece, of: link, &turn) }
        swap(&left, &drained)
    }
}
