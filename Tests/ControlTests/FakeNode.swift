// A node that answers from a script, and remembers what it was asked.

import ControlAPI
import Foundation
import Synchronization

final class FakeNode: ControlService {
    struct Seen: Sendable {
        var joined: [[String]] = []
        var wishes: [MeetWish] = []
        var commands: [MeetCommand] = []
        var closed = 0
    }
    private let seen = Mutex(Seen())
    private let seats = Mutex<[AsyncStream<MeetEvent>.Continuation]>([])
    let state: NodeStatus
    let members: [PeerStatus]
    let failure: ControlError?
    let isSilent: Bool

    init(state: NodeStatus = .sample, members: [PeerStatus] = [], failure: ControlError? = nil, isSilent: Bool = false)
    {
        self.state = state
        self.members = members
        self.failure = failure
        self.isSilent = isSilent
    }

    var asked: Seen { seen.withLock { $0 } }

    /// Tells every seat.
    func tell(_ event: MeetEvent) { for seat in seats.withLock({ $0 }) { seat.yield(event) } }

    func status() async throws(ControlError) -> NodeStatus {
        if let failure { throw failure }
        if isSilent { try? await Task.sleep(for: .seconds(3_600)) }
        return state
    }

    func peers() async throws(ControlError) -> [PeerStatus] { members }

    func invite() async throws(ControlError) -> InviteReply {
        InviteReply(invite: "passant:aaaa", entries: 3, expires: 2_000_000_000)
    }

    func join(_ invites: [String]) async throws(ControlError) -> JoinReply {
        seen.withLock { $0.joined.append(invites) }
        return JoinReply(added: invites.count, known: 7)
    }

    func friends() async throws(ControlError) -> [String] { ["Ann", "Ben"] }

    func forget(friend name: String) async throws(ControlError) -> Bool { name == "Ann" }

    func meet(_ wish: MeetWish) async throws(ControlError) -> MeetSession {
        if let failure { throw failure }
        seen.withLock { $0.wishes.append(wish) }
        let (events, continuation) = AsyncStream.makeStream(
            of: MeetEvent.self, bufferingPolicy: .bufferingNewest(4_096))
        seats.withLock { $0.append(continuation) }
        continuation.yield(.waiting)
        return MeetSession(
            events: events,
            command: { command in
                self.seen.withLock { $0.commands.append(command) }
                if case .send(let text) = command { continuation.yield(.gotMessage("re: " + text)) }
            },
            close: {
                self.seen.withLock { $0.closed += 1 }
                continuation.finish()
            })
    }
}

extension NodeStatus {
    static let sample = NodeStatus(
        node: "abcd2345", network: "local-test", role: .member, members: 3, links: 2,
        table: Table(known: 4, expected: 5),
        homes: [Home(node: "efgh2345", live: true), Home(node: "ijkl2345", live: false)], cover: 3,
        listening: ["127.0.0.1:4700"], looking: Looking(estimate: 12, age: 3.5),
        puzzle: Puzzle(solved: false, progress: 0.25),
        warnings: ["all that is known came from one invite"],
        conversations: [
            Conversation(state: "talking", home: "efgh2345", door: "mnop2345", cover: 3),
            Conversation(state: "seeking"),
        ],
        counters: ["b.two": 2, "a.one": 1])
}

/// A socket path in a directory of its own, which goes away with it.
final class Place: Sendable {
    let directory: String
    var socket: String { directory + "/control.sock" }

    init() {
        directory = "/tmp/passant-control-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }
}

/// Waits until the condition holds; false when it does not within so long.
func soon(within seconds: Double = 30, _ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        guard ContinuousClock.now < end else { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
