// The node as its faces see it: answers from snapshots, seats for persons, invites in and out.

internal import ControlAPI
internal import Essentials
internal import Foundation
internal import Identity
internal import NIOCore
internal import Settings
internal import NodeEngine
internal import Observability
internal import Transport
internal import Wire
internal import WishText

/// Serves faces. Everything about the engine happens on its event loop.
final class NodeService: ControlService {
    private let loop: any EventLoop
    private let driver: NIOLoopBound<NodeDriver>
    private let counters: CounterBoard
    private let invites: InviteBook
    private let policy: NetworkPolicy
    private let listening: [String]
    private let ownEntry: InviteEntry?

    init(
        loop: any EventLoop, driver: NIOLoopBound<NodeDriver>, counters: CounterBoard, invites: InviteBook,
        policy: NetworkPolicy, listening: [String], ownEntry: InviteEntry?
    ) {
        self.loop = loop
        self.driver = driver
        self.counters = counters
        self.invites = invites
        self.policy = policy
        self.listening = listening
        self.ownEntry = ownEntry
    }

    func status() async throws(ControlError) -> NodeStatus {
        let (snapshot, progress, transport) = try await onLoop {
            ($0.snapshot(), $0.workProgress, $0.transportCounters)
        }
        let counted =
            counters.snapshot().map { ($0.name, $0.value) }
            + transport.all.filter { $0.value > 0 }.map { (CounterName.make($0.name), $0.value) }
        return NodeStatus(
            node: snapshot.node.name, network: policy.name, role: snapshot.isMember ? .member : .leaf,
            members: snapshot.members, links: snapshot.links,
            table: NodeStatus.Table(known: snapshot.known, expected: snapshot.expected),
            homes: snapshot.homes.map { NodeStatus.Home(node: $0.node.name, live: $0.isLive) }, cover: snapshot.cover,
            listening: listening,
            looking: snapshot.looking.map {
                NodeStatus.Looking(estimate: $0.people, age: Double($0.age.milliseconds) / 1_000)
            },
            puzzle: NodeStatus.Puzzle(
                solved: !snapshot.isSolvingPuzzle, progress: snapshot.isSolvingPuzzle ? progress : 1),
            warnings: warnings(snapshot),
            conversations: snapshot.seats.map {
                NodeStatus.Conversation(
                    state: $0.phase.rawValue, home: $0.home?.name, door: $0.door?.name, cover: $0.cover)
            },
            counters: Dictionary(counted.map { ($0.0, Int(clamping: $0.1)) }, uniquingKeysWith: max))
    }

    private func warnings(_ snapshot: NodeSnapshot) -> [String] {
        var warnings: [String] = []
        let others = snapshot.members - (snapshot.isMember ? 1 : 0)
        if others == 0, !snapshot.isMember {
            warnings.append(
                invites.count == 0
                    ? "No entry point is known. Ask somebody for an invite, then run: passant join passant:…"
                    : "No way into the mesh yet: no entry point answers. A fresh invite helps: passant join passant:…")
        }
        if others > 0, invites.count == 1 {
            warnings.append(
                "Everything this node knows came through one invite: whoever gave it could show a mesh of their own. "
                    + "An invite from somebody else rules that out: passant join passant:…")
        }
        if snapshot.members > 0, let warning = snapshot.coverWarning { warnings.append(warning) }
        if snapshot.clockOffset.magnitude >= .seconds(30) {
            warnings.append(
                "This machine's clock is \(snapshot.clockOffset.milliseconds / 1_000) s behind the mesh's (negative: ahead). Set it right."
            )
        }
        return warnings
    }

    func peers() async throws(ControlError) -> [PeerStatus] {
        try await look().peers.map { peer in
            PeerStatus(
                node: peer.node.name, present: peer.isPresent,
                heartbeatAge: peer.heartbeatAge.map { Double($0.microseconds) / 1_000_000 },
                link: PeerStatus.Link(rawValue: peer.link.rawValue) ?? .none,
                reach: PeerStatus.Reach(rawValue: peer.reach.rawValue) ?? .unknown,
                addresses: peer.addresses.map(\.description))
        }
    }

    func invite() async throws(ControlError) -> InviteReply {
        let snapshot = try await look()
        var entries: [InviteEntry] = []
        if snapshot.isMember, let ownEntry { entries.append(ownEntry) }
        for peer in snapshot.peers.filter(\.isPresent).shuffled() where entries.count < 3 {
            guard let address = peer.addresses.first,
                let entry = try? InviteEntry(endpoint: address, fingerprint: peer.node.fingerprint)
            else { continue }
            entries.append(entry)
        }
        guard !entries.isEmpty else {
            throw ControlError(
                code: "nobody-to-name", message: "There is no entry point that an invite could name.",
                reason: "This node is a leaf and knows no member that is present.",
                remedy:
                    "Join a mesh first: passant join passant:…   or run a member: passant up --member --listen HOST:PORT",
                exitCode: ExitStatus.tryAgain)
        }
        let expires = WallTime.now() + InviteBook.lifetime
        do {
            let invite = try Invite(networkName: policy.name, expires: expires, entries: entries)
            return InviteReply(
                invite: invite.text, entries: entries.count, expires: Int(clamping: expires.milliseconds / 1_000))
        } catch {
            throw ControlError(
                code: "invite-impossible", message: "The invite could not be made.", reason: "\(error)",
                remedy: "Report this: it is a fault of ours.", exitCode: ExitStatus.bug)
        }
    }

    func join(_ texts: [String]) async throws(ControlError) -> JoinReply {
        let entries: [InviteEntry]
        do {
            entries = try invites.read(texts)
        } catch {
            throw ControlError(
                code: error.code, message: error.message, reason: error.reason, remedy: error.remedy,
                exitCode: error.exitCode)
        }
        let added = invites.remember(texts, entries)
        try await onLoop { $0.handle(.joinAsked(entries)) }
        return JoinReply(added: added, known: invites.entries.count)
    }

    func friends() async throws(ControlError) -> [String] { try await look().friends }

    func forget(friend name: String) async throws(ControlError) -> Bool {
        let name = FriendName.kept(name)
        guard try await look().friends.contains(name) else { return false }
        try await onLoop { $0.handle(.friendForgotten(name)) }
        return true
    }

    func meet(_ wish: MeetWish) async throws(ControlError) -> MeetSession {
        try wish.refuseUnbuilt()
        let asked = try Wish(wish)
        let snapshot = try await look()
        let others = snapshot.members - (snapshot.isMember ? 1 : 0)
        if let friend = asked.friend, !snapshot.friends.contains(friend) { throw ControlError.noFriend(friend) }
        // A member can be the first of its mesh; a leaf that knows nobody cannot meet anybody.
        guard others > 0 || snapshot.isMember || snapshot.isSolvingPuzzle || invites.count > 0 || snapshot.known > 0
        else {
            throw ControlError.noEntryPoint
        }
        let (events, continuation) = AsyncStream.makeStream(
            of: MeetEvent.self, bufferingPolicy: .bufferingOldest(4_096))
        let seat = try await onLoop { driver in
            // A face that reads nothing loses its seat rather than some of the stranger's words.
            let seat = driver.takeSeat { event in
                if case .dropped = continuation.yield(event.shown) { continuation.finish() }
            } ended: {
                continuation.finish()
            }
            driver.handle(.personAsked(seat, .meet(asked)))
            return seat
        }
        return MeetSession(
            events: events,
            command: { command in
                guard let request = command.request else {
                    continuation.yield(.error("\(command.name) is not built yet."))
                    return
                }
                try? await self.onLoop { $0.handle(.personAsked(seat, request)) }
            },
            close: { try? await self.onLoop { $0.leaveSeat(seat) } })
    }

    // MARK: the event loop

    private func look() async throws(ControlError) -> NodeSnapshot { try await onLoop { $0.snapshot() } }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (NodeDriver) -> Value) async throws(ControlError)
        -> Value
    {
        let driver = driver
        do {
            return try await loop.submit { body(driver.value) }.get()
        } catch {
            throw ControlError(
                code: "stopping", message: "The node is stopping.", remedy: "Start it again: passant up",
                exitCode: ExitStatus.unavailable)
        }
    }
}

extension PersonEvent {
    /// The same, as faces know it.
    var shown: MeetEvent {
        switch self {
        case .waiting: .waiting
        case .connected: .connected
        case .commonLikes(let likes): .commonLikes(likes)
        case .typing: .typing
        case .stoppedTyping: .stoppedTyping
        case .gotMessage(let text): .gotMessage(text)
        case .delivered(let number): .delivered(Int(clamping: number))
        case .safetyWords(let words): .safetyWords(words)
        case .strangerDisconnected: .strangerDisconnected
        case .interrupted: .interrupted
        case .resumed: .resumed
        case .saved: .saved
        case .question(let text): .question(text)
        case .spyMessage(let who, let text): .spyMessage(who, text)
        case .spyTyping(let who): .spyTyping(who)
        case .spyStoppedTyping(let who): .spyStoppedTyping(who)
        case .spyDisconnected(let who): .spyDisconnected(who)
        case .keptInTouch(let name): .keptInTouch(name)
        case .serverMessage(let text): .serverMessage(text)
        case .error(let text): .error(text)
        }
    }
}

extension MeetCommand {
    /// The command's own name.
    fileprivate var name: String {
        switch self {
        case .block: "block"
        case .report: "report"
        default: "This"
        }
    }

    /// What the engine is asked; nil for what is not built yet.
    var request: PersonRequest? {
        switch self {
        case .send(let text): .send(text)
        case .typing: .typing
        case .stoppedTyping: .stoppedTyping
        case .disconnect: .disconnect
        case .new: .new
        case .stopLookingForCommonLikes: .stopLookingForCommon
        case .lookForCommonLikes: .goOnLookingForCommon
        case .save: .save
        case .keepInTouch(let name): .keepInTouch(FriendName.kept(name))
        case .block, .report: nil
        }
    }
}
