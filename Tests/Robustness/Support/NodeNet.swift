// Whole nodes on a network of the test's own, which lets it put any bytes on any connection.

import Essentials
import Identity
import NodeEngine
import Noise
import Sodium
import Testing
import Wire

@testable import Relaying

final class NodeNet {
    private struct End: Hashable {
        let node: Int
        let connection: UInt64
    }

    private struct Event {
        let due: Moment
        let order: Int
        let node: Int
        let input: NodeInput
    }

    /// Node `outside` is the test.
    static let outside = -1
    let policy: NetworkPolicy
    private(set) var now = Moment.origin
    private(set) var identities: [Owned<NodeIdentity>] = []
    private var engines: [Owned<NodeEngine>] = []
    private var randoms: [RandomStream] = []
    private var events: [Event] = []
    private var ordered = 0
    private var peers: [End: End] = [:]
    private var inbound: UInt64 = 1
    private(set) var told: [Int: [PersonEvent]] = [:]
    private(set) var counters: [String: UInt64] = [:]
    /// What nodes wrote to the test's own connections, and which of them they have closed.
    var output: [UInt64: [UInt8]] = [:]
    var closed: Set<UInt64> = []
    /// Whether background work comes to an end.
    var works = true

    init(policy: NetworkPolicy = testPolicy) { self.policy = policy }

    func endpoint(_ node: Int) -> Endpoint { .v4(0x7F00_0001, port: UInt16(20_000 + node)) }

    func add(_ role: Role, through entries: [Int] = []) throws -> Int {
        let index = engines.count
        var random = RandomStream(seed: Blake2b.hash(domain: "node net", [UInt8(index)]))
        let identity = Owned(NodeIdentity.generate(using: &random))
        let known = try entries.map {
            try InviteEntry(endpoint: endpoint($0), fingerprint: identities[$0].value.nodeKey.fingerprint)
        }
        identities.append(identity)
        engines.append(
            Owned(
                NodeEngine(
                    configuration: NodeConfiguration(
                        policy: policy, role: role, addresses: role == .member ? [endpoint(index)] : [],
                        entryPoints: known), restored: RestoredState(), identity: identity,
                    wallAtOrigin: Neighbour.wall, at: now)))
        randoms.append(random)
        give(index, .started)
        return index
    }

    func snapshot(_ node: Int) -> NodeSnapshot { engines[node].value.snapshot(at: now) }

    func give(_ node: Int, _ input: NodeInput) {
        for effect in engines[node].value.handle(input, at: now, using: &randoms[node]) { carryOut(effect, of: node) }
    }

    /// Opens a connection of the test's own to a node.
    func call(_ node: Int, from endpoint: Endpoint) -> UInt64 {
        let connection = inbound
        inbound += 2
        peers[End(node: node, connection: connection)] = End(node: Self.outside, connection: connection)
        give(node, .connectionOpened(connection, remote: endpoint, isOutbound: false))
        return connection
    }

    func run(_ span: Span, until condition: () -> Bool = { false }) {
        let end = now + span
        while !condition() {
            let event = events.first
            var due = event?.due ?? .distantFuture
            var timer: Int?
            for index in engines.indices {
                guard let deadline = engines[index].value.nextDeadline(), deadline < due else { continue }
                (due, timer) = (max(deadline, now), index)
            }
            guard due <= end else {
                now = end
                return
            }
            now = max(now, due)
            if let timer {
                give(timer, .timerFired)
            } else if let event {
                events.removeFirst()
                give(event.node, event.input)
            }
        }
    }

    private func post(_ node: Int, _ input: NodeInput, after span: Span = .milliseconds(2)) {
        ordered += 1
        let event = Event(due: now + span, order: ordered, node: node, input: input)
        let place = events.lastIndex { ($0.due, $0.order) < (event.due, event.order) }.map { $0 + 1 } ?? 0
        events.insert(event, at: place)
    }

    private func carryOut(_ effect: NodeEffect, of node: Int) {
        switch effect {
        case .connect(let connection, let endpoint):
            guard let callee = engines.indices.first(where: { self.endpoint($0) == endpoint }) else {
                return post(node, .connectionFailed(connection))
            }
            let far = End(node: callee, connection: inbound)
            inbound += 2
            peers[End(node: node, connection: connection)] = far
            peers[far] = End(node: node, connection: connection)
            post(node, .connectionOpened(connection, remote: endpoint, isOutbound: true))
            post(callee, .connectionOpened(far.connection, remote: nil, isOutbound: false))
        case .write(let connection, let bytes):
            guard let peer = peers[End(node: node, connection: connection)] else { return }
            if peer.node == Self.outside {
                output[connection, default: []] += bytes
            } else {
                post(peer.node, .received(peer.connection, bytes))
            }
        case .close(let connection):
            guard let peer = peers.removeValue(forKey: End(node: node, connection: connection)) else { return }
            peers[peer] = nil
            if peer.node == Self.outside {
                closed.insert(connection)
            } else {
                post(peer.node, .connectionClosed(peer.connection))
            }
            post(node, .connectionClosed(connection))
        case .work(let id, var work):
            guard works else { return }
            while true {
                guard let outcome = work.step() else { continue }
                return post(node, .workFinished(id, outcome))
            }
        case .tell(_, let event): told[node, default: []].append(event)
        case .count(let counter, let amount): counters[counter.name, default: 0] += amount
        case .abandon, .store, .note, .keepLog: break
        }
    }
}

/// A peer of the test's own that has a link to one of the nodes.
final class NetPeer {
    let net: NodeNet
    let node: Int
    let connection: UInt64
    private let channel: Owned<Channel>
    private var random: RandomStream
    private(set) var frames: [Frame] = []

    /// As a member, or as a leaf when there is no neighbour.
    init(_ net: NodeNet, to node: Int, as neighbour: Neighbour?, number: Int) throws {
        self.net = net
        self.node = node
        random = RandomStream(seed: Blake2b.hash(domain: "net peer", [UInt8(number & 255), UInt8(number >> 8 & 255)]))
        let identity = net.identities[node]
        let key = neighbour.map { $0.identity.value.channel.copy() } ?? AgreementKey.generate(using: &random)
        channel = Owned(
            Channel(
                role: .initiator, pattern: .ik, prologue: LinkHandshake.prologue(net.policy.id, .ik), localStatic: key,
                remoteStatic: identity.value.channelKey.bytes, classes: .link))
        connection = net.call(node, from: Fixtures.endpoint(number))
        feed(LinkHandshake.preface(.ik) + (try channel.value.start(payload: [], using: &random)))
        try read()
        guard channel.value.isEstablished else { return }
        let hello = try neighbour.map { Control.hello(try Hello(role: .member, record: $0.record())) }
        try send(FrameCodec.frame(.control, (hello ?? .hello(try Hello(role: .leaf))).encoded()))
        if neighbour == nil { try send(FrameCodec.frame(.control, Control.attach(Attach()).encoded())) }
    }

    var isGone: Bool { net.closed.contains(connection) || !channel.value.isEstablished }

    func feed(_ bytes: [UInt8]) { net.give(node, .received(connection, bytes)) }
    func send(_ content: [UInt8]) throws { feed(try channel.value.seal(content, at: net.now)) }

    func read() throws {
        let bytes = net.output.removeValue(forKey: connection) ?? []
        for case .packet(let packet) in try channel.value.receive(bytes, at: net.now) {
            var reader = FrameReader(packet)
            while let frame = try reader.next() { frames.append(frame) }
        }
        frames = frames.suffix(50)
    }
}
