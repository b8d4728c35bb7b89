// Two leaves, each with its own home, and a door between them.

import Essentials
import Identity
import NIOCore
import Relaying
import Sodium
import Wire

/// The members of a path, as their own records describe them.
struct Members {
    let policy: NetworkPolicy
    let all: [KnownMember]

    /// Asks every member for its record, by the entry that is `HOST:PORT` of `passant:…@PORT`.
    static func find(
        _ network: String, _ invites: [String], on loop: any EventLoop, then: @escaping (Members) -> Void
    ) {
        guard let policy = NetworkPolicy.named(network) else { stop("no network: \(network)") }
        let entries = invites.map { text -> InviteEntry in
            let parts = text.split(separator: "@").map(String.init)
            guard parts.count == 2, let port = UInt16(parts[1]), let invite = try? Invite(parsing: parts[0]),
                let entry = invite.entries.first(where: { $0.endpoint.port == port })
            else { stop("no invite: \(text)") }
            return entry
        }
        var found: [UInt16: KnownMember] = [:]
        let scout = Leaf(policy, home: nil, knowing: [], on: loop)
        scout.hear = { effect in
            if case .dialFailed = effect { stop("a member could not be dialled") }
            guard case .linkUp(let info) = effect, let record = info.record,
                let body = try? RecordBody(decoding: record.body), let port = body.addresses.first?.port
            else { return }
            found[port] = KnownMember(
                node: NodeKey(body.nodeKey), channel: ChannelKey(body.channelKey), addresses: body.addresses,
                isPresent: true)
            scout.give(.hangUpAsked(info.id))
            guard found.count == entries.count else { return }
            scout.hear = { _ in }
            then(Members(policy: policy, all: entries.compactMap { found[$0.endpoint.port] }))
        }
        for entry in entries { scout.give(.dialAsked(.entry(entry), as: .leaf)) }
    }
}

/// One end: a leaf, the link to its home, and its pipe to the door.
final class End {
    let leaf: Leaf
    private(set) var home: LinkID?
    private(set) var pipe = PipeID(number: 0)
    var onHome: () -> Void = {}
    var onAnswer: (JoinAnswer.Code) -> Void = { _ in }
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onRoom: () -> Void = {}
    private let door: KnownMember

    init(_ members: Members, home: KnownMember, door: KnownMember, on loop: any EventLoop) {
        self.door = door
        leaf = Leaf(members.policy, home: home.node, knowing: members.all, on: loop)
        leaf.hear = { [unowned self] effect in hear(effect) }
    }

    func join(_ token: Bytes32, early: [UInt8] = []) {
        guard let home else { stop("a leaf without a home") }
        pipe = PipeID(number: pipe.number + 1)
        leaf.give(
            .pipeAsked(
                pipe,
                .open(
                    PipeOpening(
                        through: home, to: door.node, channel: door.channel, request: .join(Join(token: token)),
                        early: early))))
    }

    func write(_ bytes: [UInt8]) { leaf.give(.pipeAsked(pipe, .write(bytes))) }
    func reset() { leaf.give(.pipeAsked(pipe, .reset)) }
    var room: Int { leaf.room(of: pipe) }

    private func hear(_ effect: RelayingEffect) {
        switch effect {
        case .homeAttached(let link, _, _):
            home = link
            onHome()
        case .pipeAnswered(pipe, .join(let answer)): onAnswer(answer.code)
        case .pipeReceived(pipe, let bytes): onBytes(bytes)
        case .pipeWritable(pipe): onRoom()
        case .pipeClosed(pipe, let ending): stop("a pipe ended: \(ending)")
        case .controlReceived(_, .refused(let refused)): note("refused: \(refused.reason)")
        default: break
        }
    }
}

/// Both ends of one path, members in the order home, door, home.
final class Path {
    let ends: [End]
    private var homesLeft = 2

    init(_ members: Members, on loop: any EventLoop, ready: @escaping () -> Void) {
        ends = [0, 2].map { End(members, home: members.all[$0], door: members.all[1], on: loop) }
        for end in ends {
            end.onHome = { [unowned self] in
                homesLeft -= 1
                if homesLeft == 0 { ready() }
            }
        }
    }
}
