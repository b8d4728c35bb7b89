// One engine on a bench: a test says what happens to it and looks at what it wants.

import Essentials
import Identity
import Membership
import Sodium
import Wire

/// A single engine, its clock and everything it ever wanted.
struct Bench {
    typealias LinkID = Membership.LinkID

    let policy: NetworkPolicy
    let own: TestMember
    var engine: Membership
    var random = RandomStream(seed: .zero)
    var now = Moment(microseconds: 1_000_000_000)
    /// Effects of the last input, and of all.
    var last: [MembershipEffect] = []
    var all: [MembershipEffect] = []
    /// Whether puzzles are checked at once, or when the test says so.
    var isChecking = true
    /// What is to be checked and is not yet.
    private(set) var orders: [[PuzzleClaim]] = []
    private var nextLink: UInt64 = 0

    init(
        policy: NetworkPolicy = .local, isMember: Bool = true, restored: [Signed] = [], anchors: [NodeKey] = [],
        number: Int = 0, wallError: Span = .zero
    ) throws {
        self.policy = policy
        let address: Endpoint? =
            switch policy.kind {
            case .local: nil
            case .lan: .v4(0x0A00_0001, port: 7_000)
            case .open: .v4(0x0101_0101, port: 7_000)
            }
        own = try TestMember(number, policy: policy, endpoint: address)
        engine = Membership(
            policy: policy, own: own.key, isMember: isMember, restored: restored, anchors: anchors,
            clock: MeshClock(wallAtOrigin: .worldStart + wallError), at: now)
        fire()
    }

    /// The world's wall clock, which the engine's own agrees with unless it was given an error.
    var wall: WallTime { .worldStart + (now - .origin) }

    @discardableResult
    mutating func say(_ input: MembershipInput) -> [MembershipEffect] {
        last = engine.handle(input, at: now, using: &random)
        all += last
        for effect in last { sign(effect) }
        return last
    }

    private mutating func sign(_ effect: MembershipEffect) {
        let answer: [MembershipEffect]
        switch effect {
        case .checkPuzzles(let claims):
            guard isChecking else { return orders.append(claims) }
            answer = engine.handle(.puzzlesChecked(claims.map { $0.check(policy: policy) }), at: now, using: &random)
        case .signRecord(let seq, let expires):
            guard
                let signed = try? NodeRecord.make(
                    identity: own.identity.value, policy: policy, seq: seq, expires: expires, addresses: [own.endpoint],
                    capabilities: Capability.all, puzzle: own.puzzle)
            else { return }
            answer = engine.handle(.recordSigned(signed), at: now, using: &random)
        case .signHeartbeat(let time, let period):
            guard
                let signed = try? Heartbeat.make(
                    identity: own.identity.value, policy: policy, time: time, period: period)
            else { return }
            answer = engine.handle(.heartbeatSigned(signed), at: now, using: &random)
        default: return
        }
        last += answer
        all += answer
        for effect in answer { sign(effect) }
    }

    /// What was ordered first is checked.
    @discardableResult
    mutating func check() throws -> [MembershipEffect] {
        _ = try require(orders.first)
        return say(.puzzlesChecked(orders.removeFirst().map { $0.check(policy: policy) }))
    }

    @discardableResult
    mutating func fire() -> [MembershipEffect] { say(.timerFired) }

    /// Lets time pass, with every timer at its moment. Returns what came of it.
    @discardableResult
    mutating func wait(_ span: Span) -> [MembershipEffect] {
        let end = now + span
        var effects: [MembershipEffect] = []
        while let due = engine.nextDeadline(), due <= end {
            now = max(now, due)
            effects += fire()
        }
        now = end
        return effects
    }

    /// A link to a member or a leaf comes up.
    @discardableResult
    mutating func link(
        to member: TestMember?, isLeaf: Bool = false, outbound: Bool = false
    ) -> LinkID {
        nextLink += 1
        let id = LinkID(number: nextLink)
        say(.linkUp(id, peer: isLeaf ? nil : member?.key, isLeaf: isLeaf, outbound: outbound))
        return id
    }

    @discardableResult
    mutating func push(
        _ records: [Signed] = [], _ heartbeats: [Signed] = [], over link: LinkID
    ) throws -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        for push in Push.split(records: records, heartbeats: heartbeats) { effects += say(.pushReceived(link, push)) }
        return effects
    }

    /// Makes a member present: its record and a heartbeat of now.
    mutating func introduce(_ member: TestMember, over link: LinkID) throws {
        try push([member.record(at: wall)], [member.heartbeat(at: wall)], over: link)
    }

    /// A member that knows forty others and is linked with the eight that it chose.
    static func settled(number: Int = 0) throws -> (bench: Bench, members: [TestMember]) {
        let members = try (1...40).map { try TestMember($0) }
        var bench = try Bench(
            restored: members.map { try $0.record(at: .worldStart + .seconds(1_000)) }, number: number)
        for key in bench.all.dialed { bench.link(to: members.first { $0.key == key }, outbound: true) }
        return (bench, members)
    }

    func counted(_ counter: MembershipCounter) -> Int {
        all.count { if case .count(counter) = $0 { true } else { false } }
    }
}

extension [MembershipEffect] {
    var pushes: [(link: Membership.LinkID, push: Push)] {
        compactMap { if case .sendPush(let link, let push) = $0 { (link, push) } else { nil } }
    }
    var pulls: [(link: Membership.LinkID, pull: Pull)] {
        compactMap { if case .sendPull(let link, let pull) = $0 { (link, pull) } else { nil } }
    }
    var compares: [(link: Membership.LinkID, compare: Compare)] {
        compactMap { if case .sendCompare(let link, let compare) = $0 { (link, compare) } else { nil } }
    }
    var pruned: [Membership.LinkID] { compactMap { if case .sendPrune(let link) = $0 { link } else { nil } } }
    var grafted: [Membership.LinkID] { compactMap { if case .sendGraft(let link) = $0 { link } else { nil } } }
    var asks: [(link: Membership.LinkID, ask: Ask)] {
        compactMap { if case .sendAsk(let link, let ask) = $0 { (link, ask) } else { nil } }
    }
    var challenges: [(link: Membership.LinkID, challenge: Challenge)] {
        compactMap { if case .sendChallenge(let link, let challenge) = $0 { (link, challenge) } else { nil } }
    }
    var passedOn: [(link: Membership.LinkID, alive: Alive)] {
        compactMap { if case .sendAlive(let link, let alive) = $0 { (link, alive) } else { nil } }
    }
    var toSign: [(link: Membership.LinkID, nonce: Bytes32)] {
        compactMap { if case .signAlive(let link, let nonce) = $0 { (link, nonce) } else { nil } }
    }
    var dialed: [NodeKey] { compactMap { if case .dial(let key, _, _) = $0 { key } else { nil } } }
    var hungUp: [Membership.LinkID: HangUpReason] {
        reduce(into: [:]) { if case .hangUp(let link, let reason) = $1 { $0[link] = reason } }
    }
    var heartbeatsAsked: [(time: WallTime, period: Span)] {
        compactMap { if case .signHeartbeat(let time, let period) = $0 { (time, period) } else { nil } }
    }
    var recordsAsked: [(seq: UInt64, expires: WallTime)] {
        compactMap { if case .signRecord(let seq, let expires) = $0 { (seq, expires) } else { nil } }
    }
    var forgotten: [NodeKey] { compactMap { if case .forget(let key) = $0 { key } else { nil } } }
    var clocks: [MeshClock] { compactMap { if case .clockChanged(let clock) = $0 { clock } else { nil } } }
}
