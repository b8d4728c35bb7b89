// A running node, reached over its control socket.

internal import NIOCore
internal import NIOPosix

/// `ControlService` over the socket: a connection a question, one for each seat.
public struct ControlClient: ControlService {
    private let path: String

    /// `path` is the node's control socket. Nothing is opened before the first question.
    public init(socket path: String) { self.path = path }

    public func status() async throws(ControlError) -> NodeStatus {
        let answer = try await ask(.status)
        return try understood { () throws(JSONFault) in try NodeStatus(json: answer) }
    }

    public func peers() async throws(ControlError) -> [PeerStatus] {
        let answer = try await ask(.peers(addresses: true))
        return try understood { () throws(JSONFault) in try PeerStatus.list(json: answer) }
    }

    public func invite() async throws(ControlError) -> InviteReply {
        let answer = try await ask(.invite)
        return try understood { () throws(JSONFault) in try InviteReply(json: answer) }
    }

    public func join(_ invites: [String]) async throws(ControlError) -> JoinReply {
        let answer = try await ask(.join(invites))
        return try understood { () throws(JSONFault) in try JoinReply(json: answer) }
    }

    public func friends() async throws(ControlError) -> [String] {
        let answer = try await ask(.friends)
        return try understood { () throws(JSONFault) in try answer.strings("friends") }
    }

    public func forget(friend name: String) async throws(ControlError) -> Bool {
        let answer = try await ask(.forgetFriend(name))
        return try understood { () throws(JSONFault) in try answer.bool("forgotten") }
    }

    public func meet(_ wish: MeetWish) async throws(ControlError) -> MeetSession {
        let connection = try await ClientConnection.open(path)
        do {
            try await connection.write(.request(id: Self.requestID, .meet(wish)))
            guard case .begun = try await connection.firstAnswer() else { throw ControlError.connectionLost }
        } catch {
            await connection.close()
            throw error as? ControlError ?? .connectionLost
        }
        return SeatOverSocket.session(on: connection, id: Self.requestID)
    }

    /// Whether something accepts connections there.
    func isAnswered() async -> Bool {
        guard let connection = try? await ClientConnection.open(path) else { return false }
        await connection.close()
        return true
    }

    static let requestID: Int64 = 1

    private func ask(_ verb: ClientLine.Verb) async throws(ControlError) -> JSON {
        let connection = try await ClientConnection.open(path)
        let answer: Result<ServerLine, ControlError>
        do throws(ControlError) {
            try await connection.write(.request(id: Self.requestID, verb))
            answer = .success(try await connection.firstAnswer())
        } catch {
            answer = .failure(error)
        }
        await connection.close()
        guard case .result(_, let value) = try answer.get() else { throw .connectionLost }
        return value
    }

    private func understood<Value>(_ read: () throws(JSONFault) -> Value) throws(ControlError) -> Value {
        do { return try read() } catch { throw .otherVersion("its answer is not understood: \(error)") }
    }
}
