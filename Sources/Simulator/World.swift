// A small mesh in one process: the same engines as in the node, with time, network and work that the test
// decides. Everything follows from the seed; nothing here reads a clock.

public import Essentials
public import Identity
public import NodeEngine
internal import Sodium
public import Wire

/// A world of nodes in virtual time.
public struct World: ~Copyable {
    public typealias NodeIndex = Int

    public let policy: NetworkPolicy
    public var weather = Weather()
    public private(set) var now = Moment.origin
    /// What each person was told, in order.
    public private(set) var told: [MeetSeat: [PersonEvent]] = [:]
    private var counted: [NodeCounter: UInt64] = [:]
    /// What all nodes together have counted, by name.
    public var counters: [String: UInt64] {
        Dictionary(counted.map { ($0.name, $1) }, uniquingKeysWith: &+)
    }
    /// Bytes that each node has written, whether or not they arrived.
    public private(set) var written: [NodeIndex: Int] = [:]
    /// Mixes every delivered event: equal traces have equal hashes.
    public var trace: UInt64 { digest.value }
    private var digest = Digest()

    private var nodes: [Owned<SimulatedNode>] = []
    private var wires = Wires()
    private var queue = EventQueue()
    private var generator: SeededGenerator
    private var seed: UInt64

    public init(policy: NetworkPolicy, seed: UInt64) {
        self.policy = policy
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    /// A mesh on one machine, with short times and cheap puzzles.
    public static var localPolicy: NetworkPolicy {
        guard let policy = NetworkPolicy.named("local-world") else { preconditionFailure("a name of letters") }
        return policy
    }

    /// The same for a private network, where neighbourhoods of addresses count and each node has one of its own.
    public static var lanPolicy: NetworkPolicy {
        guard let policy = NetworkPolicy.named("lan-world") else { preconditionFailure("a name of letters") }
        return policy
    }

    /// The open mesh, with long periods and two widths of neighbourhoods.
    public static var openPolicy: NetworkPolicy {
        guard let policy = NetworkPolicy.named("world") else { preconditionFailure("a name of letters") }
        return policy
    }

    // MARK: building the world

    public var count: Int { nodes.count }

    /// Adds a node and starts it now. Members listen on 127.0.0.1, each on a port of its own.
    public mutating func addNode(
        _ role: Role, through entries: [NodeIndex] = [], clockError: Span = .zero,
        in other: NetworkPolicy? = nil, restored: RestoredState = RestoredState()
    ) -> NodeIndex {
        let index = nodes.count
        let node = SimulatedNode(
            role: role, policy: other ?? policy, endpoint: endpoint(of: index),
            entries: entries.compactMap { nodes[$0].value.entry }, clockError: clockError, restored: restored,
            seed: seed(of: index), at: now)
        nodes.append(Owned(node))
        deliver(.started, to: index)
        return index
    }

    /// What the next nodes would find on their disks if all of them had been there before: everybody's record, and the
    /// solution of the own puzzle.
    public func memories(of count: Int) -> [RestoredState] {
        let owners = (nodes.count..<nodes.count + count).compactMap { index in
            SimulatedNode.past(policy: policy, endpoint: endpoint(of: index), seed: seed(of: index))
        }
        let records = owners.map(\.record)
        return owners.map { RestoredState(records: records, puzzle: $0.puzzle, lastSeq: $0.seq) }
    }

    private func seed(of index: NodeIndex) -> Bytes32 {
        Blake2b.hash(domain: "simulated node", Self.bytes(of: seed), Self.bytes(of: UInt64(index)))
    }

    /// Adds somebody else's program. It starts now, and is reached at its endpoint if it listens.
    public mutating func addGuest(_ guest: any Guest, isListening: Bool = true) -> NodeIndex {
        let index = nodes.count
        nodes.append(
            Owned(SimulatedNode(guest, endpoint: endpoint(of: index), isListening: isListening)))
        deliver(.started, to: index)
        return index
    }

    /// Lets a guest act now, outside of its own time.
    public mutating func wake(_ index: NodeIndex) { deliver(.timerFired, to: index) }

    /// Where a node of a mesh is reached, and where the next one will be.
    public static func endpoint(of index: NodeIndex, in policy: NetworkPolicy = localPolicy) -> Endpoint {
        SimulatedNode.endpoint(index, in: policy.kind)
    }
    private func endpoint(of index: NodeIndex) -> Endpoint { Self.endpoint(of: index, in: policy) }

    /// How somebody knocks at a node.
    public func entry(_ index: NodeIndex) -> InviteEntry? { nodes[index].value.entry }
    public func isGuest(_ index: NodeIndex) -> Bool { nodes[index].value.isGuest }
    /// How often a guest has done what by which it is known.
    public func played(_ index: NodeIndex) -> [String: Int] { nodes[index].value.played }
    /// Mesh time while nobody's clock is wrong.
    public static let wallAtOrigin = SimulatedNode.worldStart

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// The world's own generator, for what a test decides by chance.
    public mutating func chance() -> Double { generator.fraction() }

    /// Of a node; a guest shows nothing of itself.
    public func snapshot(_ index: NodeIndex) -> NodeSnapshot {
        guard let snapshot = nodes[index].value.snapshot(at: now) else { preconditionFailure("\(index) is a guest") }
        return snapshot
    }
    public func nodeKey(_ index: NodeIndex) -> NodeKey { nodes[index].value.nodeKey }
    /// What a node knows, without a picture of all of it; nil for a guest.
    public func glance(_ index: NodeIndex) -> NodeGlance? { nodes[index].value.glance }
    /// Whether a node holds somebody for present.
    public func holds(_ index: NodeIndex, present short: UInt64) -> Bool { nodes[index].value.holds(present: short) }
    /// The number of the newest record that a node has of somebody.
    public func seq(at index: NodeIndex, of short: UInt64) -> UInt64? { nodes[index].value.seq(of: short) }

    // MARK: what happens to it

    public mutating func ask(_ seat: MeetSeat, _ request: PersonRequest) {
        deliver(.personAsked(seat.meet, request), to: seat.node)
    }

    /// The person of a node lets go of a friend.
    public mutating func forget(friend name: String, at index: NodeIndex) { deliver(.friendForgotten(name), to: index) }

    public mutating func join(_ index: NodeIndex, through entries: [NodeIndex]) {
        deliver(.joinAsked(entries.compactMap { nodes[$0].value.entry }), to: index)
    }

    /// The process dies: its connections break at once.
    public mutating func kill(_ index: NodeIndex) {
        nodes[index].value.state = .dead
        for ends in wires.cutAll(of: index) { scheduleClosing(ends) }
    }

    /// The whole machine is gone: its connections stay open at the other ends, and nothing comes of them. It counts until
    /// the network is told to be whole.
    public mutating func vanish(_ index: NodeIndex) {
        nodes[index].value.state = .dead
        wires.groups[index] = -1 - index
    }

    /// The process stops running but its connections stay; `thaw` lets it go on.
    public mutating func freeze(_ index: NodeIndex) { nodes[index].value.state = .frozen }

    public mutating func thaw(_ index: NodeIndex) {
        nodes[index].value.state = .running
        for input in nodes[index].value.takeHeld() { deliver(input, to: index) }
        deliver(.timerFired, to: index)
    }

    /// Nothing passes between the groups any more, in either direction, and nothing tells them so. Whom no group names
    /// belongs with the others who are not named.
    public mutating func partition(_ groups: Set<NodeIndex>...) { partition(groups) }

    public mutating func partition(_ groups: [Set<NodeIndex>]) {
        wires.groups = [:]
        for (number, group) in groups.enumerated() { for node in group { wires.groups[node] = number + 1 } }
    }

    /// What one node sends to the other is lost; the other way stays whole.
    public mutating func block(from: NodeIndex, to: NodeIndex) { wires.blocked.insert(Wires.Way(from: from, to: to)) }

    /// All reach each other again. What was lost meanwhile breaks its connection, as a real one would break or repair
    /// itself.
    public mutating func heal() {
        wires.groups = [:]
        wires.blocked = []
        for ends in wires.closeLossy() { scheduleClosing(ends) }
    }

    /// The process that died starts anew, with what its disk kept of it.
    public mutating func restart(_ index: NodeIndex, disk damage: DiskDamage = .none) {
        guard nodes[index].value.state == .dead else { return }
        nodes[index].value.restart(policy: policy, damage, using: &generator, at: now)
        deliver(.started, to: index)
        tellClock(index)
    }

    /// Somebody sets a node's wall clock, which was right or wrong before.
    public mutating func setClock(_ index: NodeIndex, error: Span) {
        nodes[index].value.clockError = error
        tellClock(index)
    }

    private mutating func tellClock(_ index: NodeIndex) {
        deliver(.clockRead(SimulatedNode.worldStart + (now - .origin) + nodes[index].value.clockError), to: index)
    }

    public func state(_ index: NodeIndex) -> NodeState { nodes[index].value.state }

    /// How many connections of a node are open.
    public func connections(of index: NodeIndex) -> Int { wires.count(of: index) }

    // MARK: time

    /// Runs until `deadline`, or until `condition` holds after some event.
    public mutating func run(for span: Span, until condition: (borrowing World) -> Bool = { _ in false }) -> Bool {
        let deadline = now + span
        while !condition(self) {
            guard let next = queue.pop(by: deadline) else {
                now = deadline
                return condition(self)
            }
            now = max(now, next.due)
            perform(next.event)
        }
        return true
    }

    private mutating func perform(_ event: Event) {
        switch event {
        case .timer(let index, let armed):
            guard nodes[index].value.armed == armed else { return }
            nodes[index].value.armed = nil
            deliver(.timerFired, to: index)
        case .established(let wire):
            guard let ends = wires.establish(wire) else { return }
            deliver(
                .connectionOpened(ends.caller.connection, remote: ends.endpoint, isOutbound: true), to: ends.caller.node
            )
            // On one machine the other end's port says nothing about it.
            let remote = policy.kind == .local ? nil : endpoint(of: ends.caller.node)
            deliver(.connectionOpened(ends.callee.connection, remote: remote, isOutbound: false), to: ends.callee.node)
        case .refused(let end):
            guard isCurrent(end) else { return }
            deliver(.connectionFailed(end.connection), to: end.node)
        case .bytes(let wire, let end, let bytes):
            guard wires.isOpen(wire) else { return }
            if let writer = wires.took(bytes.count, at: end, of: wire) {
                schedule(.writable(writer, true), after: .zero)
            }
            guard !wires.isCut(wire, towards: end.node) else {
                wires.lose(wire)
                return
            }
            deliver(.received(end.connection, bytes), to: end.node)
        case .writable(let end, let isWritable):
            guard isCurrent(end) else { return }
            deliver(.writabilityChanged(end.connection, isWritable: isWritable), to: end.node)
        case .closed(let end):
            wires.forget(end)
            guard isCurrent(end) else { return }
            deliver(.connectionClosed(end.connection), to: end.node)
        case .worked(let index, let life, let work, let outcome):
            guard life == nodes[index].value.life else { return }
            deliver(.workFinished(work, outcome), to: index)
        }
    }

    private mutating func deliver(_ input: NodeInput, to index: NodeIndex) {
        switch nodes[index].value.state {
        case .dead: return
        case .frozen:
            nodes[index].value.hold(input)
            return
        case .running: break
        }
        mix(UInt64(index) << 8 | input.kind, now.microseconds)
        for effect in nodes[index].value.handle(input, at: now) { carryOut(effect, of: index) }
        arm(index)
    }

    private mutating func arm(_ index: NodeIndex) {
        guard let due = nodes[index].value.nextDeadline() else { return }
        guard nodes[index].value.armed != due else { return }
        nodes[index].value.armed = due
        schedule(.timer(index, due), at: max(due, now))
    }

    private mutating func carryOut(_ effect: NodeEffect, of index: NodeIndex) {
        switch effect {
        case .connect(let connection, let endpoint):
            let caller = end(connection, of: index)
            let callee = SimulatedNode.index(of: endpoint)
            let fails = generator.fraction() < weather.connectFailure
            guard let callee, callee < nodes.count, nodes[callee].value.isListening, !fails else {
                schedule(.refused(caller), after: latency())
                return
            }
            guard !wires.isCut(between: index, and: callee) else {
                schedule(.refused(caller), after: .seconds(3))
                return
            }
            let wire = wires.open(from: caller, to: callee, life: nodes[callee].value.life, at: endpoint)
            schedule(.established(wire), after: latency() + weather.repetition(using: &generator))
        case .write(let connection, let bytes): write(bytes, on: end(connection, of: index))
        case .close(let connection):
            let end = end(connection, of: index)
            guard let (wire, peer) = wires.other(of: end) else { return }
            schedule(.closed(end), after: latency())
            if wires.isCut(wire, towards: peer.node) {
                wires.lose(wire)
            } else {
                schedule(.closed(peer), at: wires.arrival(wire, at: peer, notBefore: now + latency()))
            }
        case .work(let identifier, var work):
            while true {
                if let outcome = work.step() {
                    schedule(
                        .worked(index, life: nodes[index].value.life, identifier, outcome), after: .milliseconds(5))
                    break
                }
            }
        case .tell(let meet, let event):
            mix(UInt64(index) << 8 | 0xFE, now.microseconds)
            told[MeetSeat(node: index, meet: meet), default: []].append(event)
        case .count(let counter, let amount):
            counted[counter, default: 0] &+= amount
        case .store(let change): nodes[index].value.disk.write(change)
        case .abandon, .note, .keepLog: break
        }
    }

    private mutating func write(_ bytes: [UInt8], on end: Wires.End) {
        guard let (wire, peer) = wires.other(of: end) else { return }
        written[end.node, default: 0] += bytes.count
        if generator.fraction() < weather.breakage {
            for end in wires.close(wire) { schedule(.closed(end), after: latency()) }
            return
        }
        var begin = 0
        while begin < bytes.count {
            let end = min(bytes.count, begin + weather.segmentMaximum)
            // Most of what is written is shorter than a segment, and goes without a copy.
            let segment = end - begin == bytes.count ? bytes : Array(bytes[begin..<end])
            begin = end
            mix(UInt64(segment.count), UInt64(peer.node))
            let way = latency() + retransmission()
            let reading = nodes[peer.node].value.timeToRead(segment.count)
            schedule(
                .bytes(wire, peer, segment),
                at: wires.arrival(wire, at: peer, notBefore: now + way, reading: reading))
        }
        if let writer = wires.set(bytes.count, outTowards: peer, on: wire) {
            schedule(.writable(writer, false), after: .zero)
        }
    }

    private func end(_ connection: UInt64, of index: NodeIndex) -> Wires.End {
        Wires.End(node: index, life: nodes[index].value.life, connection: connection)
    }

    private func isCurrent(_ end: Wires.End) -> Bool { nodes[end.node].value.life == end.life }

    private mutating func scheduleClosing(_ ends: [Wires.End]) {
        for end in ends { schedule(.closed(end), after: latency()) }
    }

    private mutating func latency() -> Span { weather.latency(using: &generator) }
    private mutating func retransmission() -> Span { weather.retransmission(using: &generator) }

    private mutating func schedule(_ event: Event, after span: Span) { schedule(event, at: now + span) }

    private mutating func schedule(_ event: Event, at due: Moment) { queue.insert(event, at: due) }

    private mutating func mix(_ first: UInt64, _ second: UInt64) {
        digest.mix(first)
        digest.mix(second)
    }
}

/// One person's seat in the world.
public struct MeetSeat: Hashable, Sendable {
    public let node: World.NodeIndex
    public let meet: SeatID
    public init(node: World.NodeIndex, meet: SeatID = SeatID(number: 1)) {
        self.node = node
        self.meet = meet
    }
}

extension NodeInput {
    /// For the trace.
    fileprivate var kind: UInt64 {
        switch self {
        case .started: 0
        case .clockRead: 1
        case .connectionOpened: 2
        case .connectionFailed: 3
        case .received: 4
        case .writabilityChanged: 5
        case .connectionClosed: 6
        case .timerFired: 7
        case .workFinished: 8
        case .personAsked: 9
        case .joinAsked: 10
        case .friendForgotten: 11
        case .logFailed: 12
        }
    }
}
