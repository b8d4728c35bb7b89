/// A seat at a node reached over the control socket, as a `MeetSession`.
enum SeatOverSocket {
    /// `connection` has answered `begun`. Its end ends the session, with an `error` event unless it was asked for.
    static func session(on connection: ClientConnection, id: Int64) -> MeetSession {
        let (events, continuation) = AsyncStream.makeStream(
            of: MeetEvent.self, bufferingPolicy: .bufferingOldest(ControlLimits.unreadEvents))
        Task {
            await forward(connection, id, to: continuation)
            continuation.finish()
            await connection.close()
        }
        return MeetSession(
            events: events,
            command: { command in
                let line = ClientLine.command(id: id, .success(command))
                guard line.json.bytes.count <= ControlLimits.line else {
                    continuation.yield(.error("the text is too long; send it in parts"))
                    return
                }
                try? await connection.write(line)
            },
            close: {
                // The node answers with the seat's end when it has left the stranger.
                do { try await connection.write(.end(id: id)) } catch { await connection.close() }
            })
    }

    private static func forward(
        _ connection: ClientConnection, _ id: Int64, to continuation: AsyncStream<MeetEvent>.Continuation
    ) async {
        for await line in connection.lines {
            switch line {
            case .event(id, let event):
                if case .dropped = continuation.yield(event) { return }
            case .result(id, _): return
            case .failure(_, let error):
                continuation.yield(.error(error.description))
                // An answer to one line; an error without an id ends the connection.
                if case .failure(nil, _) = line { return }
            default: continue
            }
        }
        continuation.yield(.error(ControlError.connectionLost.description))
    }
}
