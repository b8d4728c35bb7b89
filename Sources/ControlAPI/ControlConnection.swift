// One client of the control socket: its requests, its seats, and its end.

internal import NIOCore
internal import Synchronization

/// Serves one client until it leaves, misbehaves, or the server stops.
final class ControlConnection: Sendable {
    private struct State {
        var unanswered = 0
        var seats: [Int64: MeetSession] = [:]
    }

    private let channel: ControlServer.ClientChannel
    private let service: any ControlService
    private let outbox: Outbox
    private let state = Mutex(State())

    init(_ channel: ControlServer.ClientChannel, _ service: any ControlService) {
        self.channel = channel
        self.service = service
        let raw = channel.channel
        outbox = Outbox(overflow: { raw.close(promise: nil) })
    }

    func run() async {
        try? await channel.executeThenClose { inbound, outbound in
            guard await isOwnUser() else { return }
            await withTaskCancellationHandler {
                let writer = Task { await self.write(to: outbound) }
                // A discarding group keeps nothing of an answered request: a face may ask for days on one connection.
                await withDiscardingTaskGroup { group in
                    await self.read(inbound, &group)
                    await self.closeSeats()
                }
                self.outbox.finish()
                await writer.value
            } onCancel: {
                channel.channel.close(promise: nil)
            }
        }
    }

    /// The socket's mode keeps others out already; this holds when somebody loosened it.
    private func isOwnUser() async -> Bool {
        guard let provider = channel.channel as? any SocketOptionProvider else { return true }
        let asked: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: PeerCredentials.socketOption))
        guard let peer = try? await asked.get() else { return false }
        return peer.user == PeerCredentials.ownUser || peer.user == PeerCredentials.administrator
    }

    private func write(to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async {
        for await line in outbox.lines {
            do { try await outbound.write(ByteBuffer(bytes: line)) } catch { break }
            outbox.written(line.count)
        }
    }

    private func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ group: inout DiscardingTaskGroup) async {
        var splitter = LineSplitter(limit: ControlLimits.line)
        do {
            for try await buffer in inbound {
                for item in splitter.append(buffer.readableBytesView) {
                    guard case .line(let line) = item else {
                        let fault = LineFault("line-too-long", "a line has at most \(ControlLimits.line) bytes")
                        return outbox.put(.failure(id: nil, fault.error))
                    }
                    guard await take(line, &group) else { return }
                }
            }
        } catch {
            // The client is gone; what it had is given back by the caller.
        }
    }

    /// False when the connection cannot go on.
    private func take(_ bytes: [UInt8], _ group: inout DiscardingTaskGroup) async -> Bool {
        let line: ClientLine
        do { line = try ClientLine(parsing: bytes) } catch {
            outbox.put(.failure(id: error.id, error.error))
            return error.canGoOn
        }
        switch line {
        case .request(let id, .meet(let wish)): await meet(id, wish, &group)
        case .request(let id, let verb): request(id, verb, &group)
        case .command(let id, let command): await self.command(id, command)
        case .end(let id):
            if let seat = seat(id) { await seat.close() } else { noSuchSeat(id) }
        }
        return true
    }

    private func request(_ id: Int64, _ verb: ClientLine.Verb, _ group: inout DiscardingTaskGroup) {
        let isTooMany = state.withLock { state in
            guard state.unanswered < ControlLimits.requests else { return true }
            state.unanswered += 1
            return false
        }
        guard !isTooMany else {
            return fail(id, "too-many-requests", "at most \(ControlLimits.requests) requests wait for an answer")
        }
        group.addTask {
            do throws(ControlError) {
                let result = try await self.answer(verb)
                self.outbox.put(.result(id: id, result))
            } catch {
                self.outbox.put(.failure(id: id, error))
            }
            self.state.withLock { $0.unanswered -= 1 }
        }
    }

    private func answer(_ verb: ClientLine.Verb) async throws(ControlError) -> JSON {
        switch verb {
        case .status: try await service.status().json
        case .peers(let addresses): PeerStatus.json(of: try await service.peers(), withAddresses: addresses)
        case .invite: try await service.invite().json
        case .join(let invites): try await service.join(invites).json
        case .friends: FriendsReply.json(of: try await service.friends())
        case .forgetFriend(let name): ["forgotten": .bool(try await service.forget(friend: name))]
        case .meet: .null
        }
    }

    // MARK: - Seats

    /// Taken before the next line is read, so that a client may write its first commands at once.
    private func meet(_ id: Int64, _ wish: MeetWish, _ group: inout DiscardingTaskGroup) async {
        let taken = state.withLock { ($0.seats[id] != nil, $0.seats.count) }
        if taken.0 { return fail(id, "id-in-use", "a seat of this id is open already") }
        if taken.1 >= ControlLimits.meets {
            return fail(id, "too-many-meets", "a connection has at most \(ControlLimits.meets) seats")
        }
        do {
            let seat = try await service.meet(wish)
            state.withLock { $0.seats[id] = seat }
            outbox.put(.begun(id: id))
            group.addTask {
                for await event in seat.events { self.outbox.put(.event(id: id, event)) }
                let left = self.state.withLock { $0.seats.removeValue(forKey: id) }
                // When the server stops, the events end here before the seat has.
                if Task.isCancelled { await left?.close() }
                self.outbox.put(.result(id: id, [:]))
            }
        } catch {
            outbox.put(.failure(id: id, error))
        }
    }

    private func command(_ id: Int64, _ command: Result<MeetCommand, MeetCommandFault>) async {
        guard let seat = seat(id) else { return noSuchSeat(id) }
        switch command {
        case .success(let command): await seat.command(command)
        case .failure(let fault): outbox.put(.event(id: id, .error("\(fault)")))
        }
    }

    private func closeSeats() async {
        let seats = state.withLock { state in
            defer { state.seats = [:] }
            return state.seats.values.map { $0 }
        }
        for seat in seats { await seat.close() }
    }

    private func seat(_ id: Int64) -> MeetSession? { state.withLock { $0.seats[id] } }

    private func noSuchSeat(_ id: Int64) { fail(id, "no-such-meet", "no seat of this id is open") }

    private func fail(_ id: Int64, _ code: String, _ message: String) {
        outbox.put(.failure(id: id, LineFault(code, message).error))
    }
}
