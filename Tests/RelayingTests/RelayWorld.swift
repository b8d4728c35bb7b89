// A network of relaying engines in virtual time. Connections are byte pipes with latency, cut into segments, and
// with as much room as a socket has. Everything follows from the seed.

import Essentials
import Identity
import Relaying
import Sodium
import Testing
import Wire

/// One engine and what it has said so far.
final class WorldNode {
    let index: Int
    let engine: Owned<Relaying>
    let identity: Owned<NodeIdentity>
    let endpoints: [Endpoint]
    let record: Signed?
    var random: RandomStream
    var isAlive = true
    var isFrozen = false
    var heldInputs: [RelayingInput] = []
    var log: [RelayingEffect] = []
    var counters: [RelayingCounter: UInt64] = [:]
    /// What a keeper answers by itself, if anything.
    var receipt: Answer? = Fixtures.receipt()
    var received: [PipeID: [UInt8]] = [:]
    var answers: [PipeID: [Answer]] = [:]
    var packets: [PipeID: [[UInt8]]] = [:]
    var endings: [PipeID: PipeEnding] = [:]
    var finished: Set<PipeID> = []
    var deposits: [(id: ArrivalID, deposit: Deposit, via: LinkID)] = []
    var arrivalPackets: [ArrivalID: [[UInt8]]] = [:]
    var closedArrivals: [ArrivalID] = []
    var linksUp: [LinkID: LinkInfo] = [:]
    var linkEndings: [LinkID: LinkEnding] = [:]
    var wanted: [NodeKey] = []
    var controls: [Control] = []
    var offsets: [(offset: Span, uncertainty: Span)] = []
    var remembered: [[NodeKey]] = []
    var failedDials: [DialTarget] = []
    var bytesWritten = 0

    init(
        index: Int, engine: consuming Relaying, identity: Owned<NodeIdentity>, endpoints: [Endpoint], record: Signed?,
        random: RandomStream
    ) {
        self.index = index
        self.engine = Owned(engine)
        self.identity = identity
        self.endpoints = endpoints
        self.record = record
        self.random = random
    }

    var nodeKey: NodeKey { identity.value.nodeKey }
    var channelKey: ChannelKey { identity.value.channelKey }
    var liveHomes: [HomeStatus] { engine.value.homeStatus.filter(\.isLive) }
    func count(_ counter: RelayingCounter) -> UInt64 { counters[counter] ?? 0 }
    var known: KnownMember {
        KnownMember(node: nodeKey, channel: channelKey, addresses: endpoints, isPresent: isAlive)
    }
}

final class RelayWorld {
    private struct End: Hashable {
        let node: Int
        let connection: ConnectionID
    }

    private final class Wire {
        let ends: (End, End)
        var isOpen = true
        /// When the last byte written arrives, and how many bytes are under way, towards either end.
        var lastArrival = [Moment.origin, Moment.origin]
        var underWay = [0, 0]
        var isBlocked = [false, false]
        init(_ one: End, _ two: End) { ends = (one, two) }
    }

    private enum Event {
        case opened(Int)
        case failed(End)
        case bytes(Int, to: Int, [UInt8])
        case closed(End)
        case timer(Int)
    }

    let policy: NetworkPolicy
    var limits: RelayingLimits
    var latency: Span = .milliseconds(5)
    var jitter: Span = .milliseconds(2)
    var segmentMaximum: UInt64 = 3_000
    /// Bytes that a connection takes before it is not writable.
    var highWater = 64 * 1_024
    private(set) var now = Moment.origin
    private(set) var nodes: [WorldNode] = []
    /// Mixes everything that was delivered.
    private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    private var wires: [Wire] = []
    private var wireOfEnd: [End: Int] = [:]
    private var queue = Timers<Int>()
    private var events: [Int: Event] = [:]
    private var nextEvent = 0
    private var nextInbound: UInt64 = 1
    private var random: RandomStream
    private let seed: UInt8

    init(_ name: String = "local-test", seed: UInt8 = 1, limits: RelayingLimits = .standard) throws {
        policy = try Fixtures.policy(name)
        self.limits = limits
        self.seed = seed
        random = Fixtures.random(seed)
    }

    // MARK: who is there

    @discardableResult
    func addMember(at endpoints: [Endpoint]? = nil, homes: [NodeKey] = [], limits own: RelayingLimits? = nil) throws
        -> WorldNode
    {
        try add(endpoints ?? [Fixtures.endpoint(nodes.count)], homes: homes, limits: own)
    }

    @discardableResult
    func addLeaf(homes: [NodeKey] = [], limits own: RelayingLimits? = nil) throws -> WorldNode {
        try add([], homes: homes, limits: own)
    }

    private func add(_ endpoints: [Endpoint], homes: [NodeKey], limits own: RelayingLimits?) throws -> WorldNode {
        var source = RandomStream(seed: Blake2b.hash([seed], [UInt8(nodes.count)]))
        let identity = Owned(NodeIdentity.generate(using: &source))
        let record = endpoints.isEmpty ? nil : try Fixtures.record(of: identity.value, policy: policy, at: endpoints)
        let engine = Relaying(
            policy: policy, identity: identity, limits: own ?? limits, clock: MeshClock(wallAtOrigin: Fixtures.wall),
            homes: homes, at: now)
        let node = WorldNode(
            index: nodes.count, engine: engine, identity: identity, endpoints: endpoints, record: record, random: source
        )
        nodes.append(node)
        if let record { give(node, .becameMember(record)) }
        return node
    }

    /// Everybody learns of all members.
    func introduce(_ members: [WorldNode]? = nil, to readers: [WorldNode]? = nil) {
        let known = (members ?? nodes.filter { $0.record != nil }).map(\.known)
        for node in readers ?? nodes { give(node, .membersChanged(known)) }
    }

    func node(_ key: NodeKey) -> WorldNode? { nodes.first { $0.nodeKey == key } }

    // MARK: what happens

    func give(_ node: WorldNode, _ input: RelayingInput) {
        guard node.isAlive else { return }
        guard !node.isFrozen else {
            if case .timerFired = input { return }
            node.heldInputs.append(input)
            return
        }
        mix(UInt64(node.index), now.microseconds)
        let effects = node.engine.value.handle(input, at: now, using: &node.random)
        for effect in effects { carryOut(effect, of: node) }
        if let due = node.engine.value.nextDeadline() {
            schedule(.timer(node.index), at: max(due, now))
        }
    }

    /// The process dies: its connections break at once.
    func kill(_ node: WorldNode) {
        node.isAlive = false
        for (index, wire) in wires.enumerated()
        where wire.isOpen && (wire.ends.0.node == node.index || wire.ends.1.node == node.index) {
            close(index)
        }
    }

    /// The process stops, and its connections stay.
    func freeze(_ node: WorldNode) { node.isFrozen = true }

    func thaw(_ node: WorldNode) {
        node.isFrozen = false
        let held = node.heldInputs
        node.heldInputs = []
        for input in held { give(node, input) }
        give(node, .timerFired)
    }

    @discardableResult
    func run(for span: Span, until condition: () -> Bool = { false }) -> Bool {
        let deadline = now + span
        while !condition() {
            guard let due = queue.next(), due <= deadline, let key = queue.pop(at: due) else {
                now = deadline
                return condition()
            }
            now = max(now, due)
            if let event = events.removeValue(forKey: key) { perform(event) }
        }
        return true
    }

    // MARK: the wires

    private func perform(_ event: Event) {
        switch event {
        case .opened(let index):
            let wire = wires[index]
            guard wire.isOpen else { return }
            let caller = nodes[wire.ends.0.node]
            give(
                nodes[wire.ends.1.node],
                .connectionOpened(
                    wire.ends.1.connection, from: .v4(0x7F00_0001, port: UInt16(clamping: 40_000 + caller.index)),
                    outbound: false))
            give(caller, .connectionOpened(wire.ends.0.connection, from: nil, outbound: true))
        case .failed(let end): give(nodes[end.node], .connectionFailed(end.connection))
        case .bytes(let index, let side, let bytes): arrive(bytes, on: wires[index], side)
        case .closed(let end):
            wireOfEnd[end] = nil
            give(nodes[end.node], .connectionClosed(end.connection))
        case .timer(let index):
            guard let due = nodes[index].engine.value.nextDeadline(), due <= now else { return }
            give(nodes[index], .timerFired)
        }
    }

    private func arrive(_ bytes: [UInt8], on wire: Wire, _ side: Int) {
        guard wire.isOpen else { return }
        let end = side == 0 ? wire.ends.0 : wire.ends.1
        let sender = side == 0 ? wire.ends.1 : wire.ends.0
        mix(UInt64(bytes.count), UInt64(bytes.first ?? 0))
        give(nodes[end.node], .received(end.connection, bytes))
        wire.underWay[side] -= bytes.count
        if wire.isBlocked[side], wire.underWay[side] <= highWater / 2 {
            wire.isBlocked[side] = false
            give(nodes[sender.node], .writabilityChanged(sender.connection, isWritable: true))
        }
    }

    private func carryOut(_ effect: RelayingEffect, of node: WorldNode) {
        switch effect {
        case .connect(let connection, let endpoint): connect(End(node: node.index, connection: connection), endpoint)
        case .write(let connection, let bytes): write(bytes, from: End(node: node.index, connection: connection))
        case .close(let connection):
            if let wire = wireOfEnd[End(node: node.index, connection: connection)] { close(wire) }
        default: note(effect, of: node)
        }
    }

    private func connect(_ caller: End, _ endpoint: Endpoint) {
        guard let callee = nodes.first(where: { $0.endpoints.contains(endpoint) && $0.isAlive }) else {
            return schedule(.failed(caller), at: now + delay())
        }
        let other = End(node: callee.index, connection: ConnectionID(number: nextInbound))
        nextInbound += 2
        wires.append(Wire(caller, other))
        wireOfEnd[caller] = wires.count - 1
        wireOfEnd[other] = wires.count - 1
        schedule(.opened(wires.count - 1), at: now + delay())
    }

    private func write(_ bytes: [UInt8], from end: End) {
        nodes[end.node].bytesWritten += bytes.count
        guard let index = wireOfEnd[end], wires[index].isOpen else { return }
        let wire = wires[index]
        let side = wire.ends.0 == end ? 1 : 0
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int(1 + random.uniform(below: segmentMaximum)))
            rest = rest.dropFirst(piece.count)
            let due = max(wire.lastArrival[side], now + delay())
            wire.lastArrival[side] = due
            wire.underWay[side] += piece.count
            schedule(.bytes(index, to: side, Array(piece)), at: due)
        }
        if wire.underWay[side] > highWater, !wire.isBlocked[side] {
            wire.isBlocked[side] = true
            give(nodes[end.node], .writabilityChanged(end.connection, isWritable: false))
        }
    }

    private func close(_ index: Int) {
        let wire = wires[index]
        guard wire.isOpen else { return }
        // What was written before still arrives.
        schedule(.closed(wire.ends.0), at: max(wire.lastArrival[0], now + delay()))
        schedule(.closed(wire.ends.1), at: max(wire.lastArrival[1], now + delay()))
    }

    private func delay() -> Span {
        latency + .microseconds(Int64(random.uniform(below: UInt64(max(1, jitter.microseconds)))))
    }

    private func schedule(_ event: Event, at due: Moment) {
        nextEvent += 1
        events[nextEvent] = event
        queue.arm(nextEvent, at: due)
    }

    private func mix(_ first: UInt64, _ second: UInt64) {
        for word in [first, second] { trace = (trace ^ word) &* 0x0000_0100_0000_01b3 }
    }
}
