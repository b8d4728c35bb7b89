// A mesh of honest nodes in virtual time, with somebody evil in it.

import Essentials
import Identity
import NodeEngine
@testable import Simulator
import Testing
import Wire

final class EvilTown {
    var world: World
    let policy: NetworkPolicy
    private(set) var members: [Int] = []
    private(set) var leaves: [Int] = []
    private(set) var evil: [Int] = []
    private var texts = 0
    private var seated: Set<Int> = []

    let evilMembers: [EvilMember]

    /// Honest members, evil ones that keep the rules until the test bends them, and leaves that come when all of
    /// those know each other.
    init(
        members count: Int = 4, evil evilCount: Int = 0, leaves leafCount: Int = 2, seed: UInt64 = 1,
        network: String = "local-evil"
    ) throws {
        policy = try #require(NetworkPolicy.named(network))
        world = World(policy: policy, seed: seed)
        for _ in 0..<count { members.append(world.addNode(.member, through: members.isEmpty ? [] : [members[0]])) }
        var evilMembers: [EvilMember] = []
        for index in 0..<evilCount {
            let member = EvilMember(policy, at: world.count, through: members[0], seed: seed + UInt64(index))
            evilMembers.append(member)
            evil.append(world.addGuest(member))
        }
        self.evilMembers = evilMembers
        _ = settle()
        for index in 0..<leafCount { addLeaf(through: members[index % count]) }
    }

    func addLeaf(through entry: Int) { leaves.append(world.addNode(.leaf, through: [entry])) }

    func addEvilLeaf(seed: UInt64 = 1, through entry: Int? = nil) -> EvilLeaf {
        let leaf = EvilLeaf(policy, through: entry ?? members[0], seed: seed)
        evil.append(world.addGuest(leaf, isListening: false))
        return leaf
    }

    /// Leaves that have an evil member for a home.
    func leaves(of member: EvilMember) -> [Int] {
        leaves.filter { snapshot($0).homes.contains { $0.node == member.nodeKey && $0.isLive } }
    }

    /// Until all honest nodes see all members, evil ones too, and every leaf has a live home.
    func settle(within span: Span = .seconds(60)) -> Bool {
        let (members, leaves, all) = (members, leaves, members.count + evilMembers.count)
        let deadline = world.now + span
        while world.now < deadline {
            // Looked at now and then: a snapshot of every node after each event would cost more than the events.
            pass(.milliseconds(100))
            let isSettled =
                (members + leaves).allSatisfy { snapshot($0).members == all }
                && leaves.allSatisfy { snapshot($0).homes.count(where: \.isLive) >= min(2, all) }
            if isSettled { return true }
        }
        return false
    }

    func pass(_ span: Span) { _ = world.run(for: span) }

    /// Lets the test act for an evil node, now.
    func act(_ index: Int = 0, _ body: () -> Void) {
        // What it orders meanwhile is carried out when it is woken.
        body()
        world.wake(evil[index])
    }

    func counter(_ name: String) -> UInt64 { world.counters[name] ?? 0 }
    func told(_ node: Int) -> [PersonEvent] { world.told[MeetSeat(node: node)] ?? [] }
    func times(_ event: PersonEvent, _ node: Int) -> Int { told(node).count { $0 == event } }
    func snapshot(_ node: Int) -> NodeSnapshot { world.snapshot(node) }
    func ask(_ node: Int, _ request: PersonRequest) { world.ask(MeetSeat(node: node), request) }
    func run(for span: Span, until condition: (borrowing World) -> Bool) -> Bool {
        world.run(for: span, until: condition)
    }

    /// Presses the button: sits down, or looks for the next one.
    func look(_ node: Int) { ask(node, seated.insert(node).inserted ? .meet() : .new) }

    func isTalking(_ node: Int) -> Bool { snapshot(node).seats.first?.phase == .talking }

    /// Two honest people look for each other at the same moment, are connected, and each gets the other's text.
    /// Who is interrupted presses the button again. How long it took; nil when it did not come about in time.
    func meet(_ ann: Int, _ ben: Int, within span: Span = .seconds(20)) -> Span? {
        let (began, deadline) = (world.now, world.now + span)
        for node in [ann, ben] { look(node) }
        while world.now < deadline {
            var heard = -1
            _ = run(for: deadline - world.now) { world in
                // Who comes to talk, or stops, is told so.
                let count = [ann, ben].reduce(0) { $0 + (world.told[MeetSeat(node: $1)]?.count ?? 0) }
                defer { heard = count }
                guard count != heard else { return false }
                return [ann, ben].allSatisfy { world.snapshot($0).seats.first?.phase == .talking }
                    || [ann, ben].contains { world.snapshot($0).seats.first?.phase == .idle }
            }
            texts += 1
            let (hi, hello) = (PersonEvent.gotMessage("hi \(texts)"), PersonEvent.gotMessage("hello \(texts)"))
            if isTalking(ann), isTalking(ben) {
                ask(ann, .send("hello \(texts)"))
                ask(ben, .send("hi \(texts)"))
                _ = run(for: min(.seconds(12), deadline - world.now)) { world in
                    let told = [ann, ben].map { world.told[MeetSeat(node: $0)] ?? [] }
                    return told[0].contains(hi) && told[1].contains(hello)
                        || told.contains { $0.last == .strangerDisconnected }
                }
                if times(hi, ann) == 1, times(hello, ben) == 1 { return world.now - began }
            }
            // Neither waits for ever for somebody who is gone.
            guard world.now < deadline else { break }
            for node in [ann, ben] where !isTalking(node) || texts > 0 { look(node) }
        }
        return nil
    }
}
