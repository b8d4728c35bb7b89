// A tiny network of engines in virtual time: delays, loss, partitions and wrong clocks, all from one seed.

import Essentials
import Identity
import Membership
import Sodium
import Wire

final class MeshNode {
    let member: TestMember
    let wallError: Span
    var engine: Membership
    var random: RandomStream
    var isRunning = true
    var isLeaf: Bool
    var counters: [MembershipCounter: Int] = [:]
    var stored: [NodeKey: Signed] = [:]
    var bytesPushed = 0
    var trace: [String] = []

    init(_ member: TestMember, engine: Membership, random: RandomStream, isLeaf: Bool, wallError: Span) {
        self.member = member
        self.engine = engine
        self.random = random
        self.isLeaf = isLeaf
        self.wallError = wallError
    }
}

/// Engines and the links between them.
final class Mesh {
    typealias LinkID = Membership.LinkID

    struct End: Hashable {
        let node: Int
        let link: LinkID
    }

    private enum Event {
        case timer(Int)
        case input(Int, MembershipInput)
        case message(from: End, to: End, MembershipInput)
        case established(caller: Int, callee: Int)
        case closed(End)
        case silenced(End)
        case measure(End)
    }

    let policy: NetworkPolicy
    var now = Moment(microseconds: 5_000_000_000)
    private(set) var nodes: [MeshNode] = []
    var latency: ClosedRange<Int64> = 1_000...20_000
    var loss = 0.0
    /// Whether nodes remember every effect in words.
    var isTraced = false
    /// Whether members see each other's mesh time besides their wall clocks.
    var comparesMeshTime = false
    /// Whether the bytes of pushes are added up.
    var isMeasured = false
    /// Nothing passes between these and the others.
    private(set) var island: Set<Int> = []
    private var cuts: Set<[Int]> = []
    /// What somebody on the way makes of a push.
    var tamper: ((_ from: Int, _ to: Int, Push) -> Push?)?
    private var others: [End: End] = [:]
    private var arrivals: [End: Moment] = [:]
    private var timers = Timers<Int>()
    private var events: [Int: Event] = [:]
    private var eventCount = 0
    private var linkCount: UInt64 = 0
    private var chance: SeededGenerator

    init(policy: NetworkPolicy = .local, seed: UInt64 = 1) {
        self.policy = policy
        chance = SeededGenerator(seed: seed)
    }

    func wall(_ index: Int) -> WallTime { .worldStart + nodes[index].wallError + (now - .origin) }

    /// Adds a node; `seed` gives it a link to an earlier one, as an invite would.
    @discardableResult
    func add(
        isLeaf: Bool = false, through entries: [Int] = [], wallError: Span = .zero, restored: [Signed] = [],
        as member: TestMember? = nil
    ) throws -> Int {
        let index = nodes.count
        let member = try member ?? TestMember(index, policy: policy)
        let engine = Membership(
            policy: policy, own: member.key, isMember: !isLeaf, restored: restored, anchors: [],
            clock: MeshClock(wallAtOrigin: .worldStart + wallError), at: now)
        let random = RandomStream(seed: Blake2b.hash(domain: "test mesh", [UInt8(index)], member.key.bytes.bytes))
        nodes.append(MeshNode(member, engine: engine, random: random, isLeaf: isLeaf, wallError: wallError))
        deliver(.timerFired, to: index)
        for entry in entries { connect(index, to: entry) }
        return index
    }

    func connect(_ caller: Int, to callee: Int) {
        schedule(.established(caller: caller, callee: callee), after: delay())
    }

    /// The process dies: its links break at once.
    func stop(_ index: Int) {
        nodes[index].isRunning = false
        for end in others.keys.filter({ $0.node == index }).sorted(by: { $0.link < $1.link }) { close(end) }
    }

    func partition(_ group: Set<Int>) {
        island = group
        let cut = others.filter { island.contains($0.key.node) != island.contains($0.value.node) }.keys
        for end in cut.sorted(by: { ($0.node, $0.link) < ($1.node, $1.link) }) {
            others[end] = nil
            schedule(.closed(end), after: .seconds(5))
        }
    }

    func heal() { island = [] }

    /// Runs on, until the condition holds; it is looked at every 50 ms.
    func run(_ span: Span, until condition: () -> Bool = { false }) {
        let end = now + span
        var look = now
        while let due = timers.next(), due <= end {
            if due >= look {
                if condition() { return }
                look = due + .milliseconds(50)
            }
            guard let key = timers.pop(at: due) else { break }
            now = max(now, due)
            if let event = events.removeValue(forKey: key) { perform(event) }
        }
        if !condition() { now = max(now, end) }
    }

    /// Who is running and a member.
    var members: [Int] { nodes.indices.filter { nodes[$0].isRunning && !nodes[$0].isLeaf } }

    /// Whether every running node holds exactly the running members as present.
    var isAgreed: Bool {
        let keys = members.map { nodes[$0].member.key }.sorted()
        return nodes.allSatisfy { !$0.isRunning || $0.engine.presentMembers().map(\.nodeKey) == keys }
    }

    // What happens.

    private func perform(_ event: Event) {
        switch event {
        case .timer(let index):
            deliver(.timerFired, to: index)
        case .input(let index, let input):
            deliver(input, to: index)
        case .message(let from, let to, let input):
            guard others[from] == to else { return }
            deliver(input, to: to.node)
        case .established(let caller, let callee):
            guard nodes[caller].isRunning else { return }
            guard nodes[callee].isRunning, !isCut(caller, callee) else {
                return deliver(.dialFailed(nodes[callee].member.key), to: caller)
            }
            establish(caller, callee)
        case .closed(let end):
            if let other = others.removeValue(forKey: end) { others[other] = nil }
            deliver(.linkDown(end.link), to: end.node)
        case .silenced(let end): deliver(.linkDown(end.link, isSilent: true), to: end.node)
        case .measure(let end):
            measure(end)
        }
    }

    private func establish(_ caller: Int, _ callee: Int) {
        linkCount += 2
        let near = End(node: caller, link: LinkID(number: linkCount))
        let far = End(node: callee, link: LinkID(number: linkCount + 1))
        others[near] = far
        others[far] = near
        let isLeaf = nodes[caller].isLeaf
        deliver(.linkUp(near.link, peer: nodes[callee].member.key, isLeaf: false, outbound: true), to: caller)
        deliver(
            .linkUp(far.link, peer: isLeaf ? nil : nodes[caller].member.key, isLeaf: isLeaf, outbound: false),
            to: callee)
        // What the hellos carried.
        show(from: near, to: far)
        show(from: far, to: near)
        schedule(.measure(near), after: .milliseconds(30))
        schedule(.measure(far), after: .milliseconds(30))
    }

    private func show(from: End, to: End) {
        guard !nodes[from.node].isLeaf, let record = nodes[from.node].engine.signedRecord(nodes[from.node].member.key),
            let push = try? Push(records: [record], heartbeats: [])
        else { return }
        send(.pushReceived(to.link, push), from: from, to: to)
    }

    private func measure(_ end: End) {
        guard let other = others[end], nodes[end.node].isRunning else { return }
        let half = delay()
        let error = Span(microseconds: (delay() - delay()).microseconds / 2)
        // Members look at each other's wall clocks, a leaf at what its home holds for the mesh's time.
        let meshOffset = nodes[other.node].engine.clock.mesh(at: now) - wall(end.node) + error
        let offset = nodes[end.node].isLeaf ? meshOffset : wall(other.node) - wall(end.node) + error
        deliver(
            .offsetMeasured(
                end.link, offset: offset, meshOffset: comparesMeshTime ? meshOffset : nil, uncertainty: half),
            to: end.node)
        schedule(.measure(end), after: .seconds(5))
    }

    func deliver(_ input: MembershipInput, to index: Int) {
        let node = nodes[index]
        guard node.isRunning else { return }
        let effects = node.engine.handle(input, at: now, using: &node.random)
        for effect in effects { carryOut(effect, of: index) }
        if let due = node.engine.nextDeadline() { schedule(.timer(index), at: max(due, now), as: index) }
    }

    private func carryOut(_ effect: MembershipEffect, of index: Int) {
        let node = nodes[index]
        if isTraced { node.trace.append("\(now.microseconds) \(effect)") }
        switch effect {
        case .sendPull(let link, let pull): bring(End(node: index, link: link)) { .pullReceived($0, pull) }
        case .sendCompare(let link, let compare):
            if isMeasured { node.bytesPushed += compare.encoded().count }
            bring(End(node: index, link: link)) { .compareReceived($0, compare) }
        case .sendPrune(let link): bring(End(node: index, link: link)) { .pruneReceived($0) }
        case .sendGraft(let link): bring(End(node: index, link: link)) { .graftReceived($0) }
        case .sendAsk(let link, let ask): bring(End(node: index, link: link)) { .askReceived($0, ask) }
        case .sendChallenge(let link, let challenge):
            bring(End(node: index, link: link)) { .challengeReceived($0, challenge) }
        case .sendAlive(let link, let alive): bring(End(node: index, link: link)) { .aliveReceived($0, alive) }
        case .signAlive(let link, let nonce):
            guard let alive = try? LifeSign.make(identity: node.member.identity.value, policy: policy, nonce: nonce)
            else { return }
            bring(End(node: index, link: link)) { .aliveReceived($0, alive) }
        case .sendPush(let link, let push):
            let end = End(node: index, link: link)
            guard let other = others[end] else { return }
            if isMeasured { node.bytesPushed += push.encoded().count }
            guard let push = tamper.map({ $0(index, other.node, push) }) ?? push else { return }
            send(.pushReceived(other.link, push), from: end, to: other)
        case .dial(let key, _, _):
            guard let callee = nodes.firstIndex(where: { $0.member.key == key && $0.isRunning }), !isCut(index, callee)
            else { return schedule(.input(index, .dialFailed(key)), after: .seconds(1)) }
            schedule(.established(caller: index, callee: callee), after: delay())
        case .hangUp(let link, _):
            if let other = others.removeValue(forKey: End(node: index, link: link)) { close(other) }
        case .signRecord(let seq, let expires):
            guard
                let signed = try? NodeRecord.make(
                    identity: node.member.identity.value, policy: policy, seq: seq, expires: expires,
                    addresses: [node.member.endpoint], capabilities: Capability.all, puzzle: node.member.puzzle)
            else { return }
            schedule(.input(index, .recordSigned(signed)), at: now)
        case .signHeartbeat(let time, let period):
            guard
                let signed = try? Heartbeat.make(
                    identity: node.member.identity.value, policy: policy, time: time, period: period)
            else { return }
            schedule(.input(index, .heartbeatSigned(signed)), at: now)
        case .checkPuzzles(let claims):
            schedule(.input(index, .puzzlesChecked(claims.map { $0.check(policy: policy) })), after: .milliseconds(1))
        case .store(let signed, let key, _): node.stored[key] = signed
        case .forget(let key): node.stored[key] = nil
        case .count(let counter): node.counters[counter, default: 0] += 1
        case .keepAnchors, .clockChanged, .tableChanged, .probe: break
        }
    }

    /// To the other end of this one, which knows the link by a number of its own.
    private func bring(_ end: End, _ input: (Membership.LinkID) -> MembershipInput) {
        if let other = others[end] { send(input(other.link), from: end, to: other) }
    }

    // The network.

    private func send(_ input: MembershipInput, from: End, to: End) {
        if chance.fraction() < loss { return }
        let due = max(now + delay(), arrivals[to] ?? .origin)
        arrivals[to] = due
        schedule(.message(from: from, to: to, input), at: due)
    }

    private func close(_ end: End) {
        if let other = others.removeValue(forKey: end) { schedule(.closed(other), after: delay()) }
        schedule(.closed(end), after: delay())
    }

    private func isCut(_ one: Int, _ other: Int) -> Bool {
        island.contains(one) != island.contains(other) || cuts.contains([one, other]) || cuts.contains([other, one])
    }

    /// From now on nothing passes between these two, and they notice after a while.
    func cut(_ one: Int, _ other: Int) {
        cuts.insert([one, other])
        let ends = others.filter { [$0.key.node, $0.value.node].sorted() == [one, other].sorted() }.keys
        for end in ends.sorted(by: { ($0.node, $0.link) < ($1.node, $1.link) }) {
            others[end] = nil
            schedule(.silenced(end), after: .seconds(5))
        }
    }

    private func delay() -> Span {
        let width = Double(latency.upperBound - latency.lowerBound)
        return Span(microseconds: latency.lowerBound + Int64(chance.fraction() * width))
    }

    private func schedule(_ event: Event, after span: Span) { schedule(event, at: now + span) }

    /// Events of one node's timer have the node's number, so that a new deadline replaces the old.
    private func schedule(_ event: Event, at due: Moment, as key: Int? = nil) {
        eventCount += 1
        let key = key ?? 1_000_000 + eventCount
        events[key] = event
        timers.arm(key, at: due)
    }
}
