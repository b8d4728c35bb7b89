// A home or the door dies, freezes or is cut off during a conversation: both sides hear of it within 20 s, another path
// is found, and of what they said meanwhile nothing is lost or comes twice.

import Foundation
import Testing

@Suite(.serialized)
struct BrokenPathTests {
    enum Role: String, CaseIterable, Sendable { case home, door }
    enum Blow: String, CaseIterable, Sendable { case kill, freeze }

    @Test(
        "a killed or frozen home or door interrupts the conversation, and it goes on over another path, twice",
        .timeLimit(.minutes(6)), arguments: Role.allCases, Blow.allCases)
    func broken(_ role: Role, by blow: Blow) async throws {
        let mesh = try await Mesh.standing("local-\(role)-\(blow)", members: 5, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("connected")
        try await ben.expect("connected")
        try await talk(ann, ben, "before")
        let victim = try await Self.victim(role, of: mesh)
        try Self.expectUndisturbed(ann, ben)
        let struck = ContinuousClock.now
        victim.subject.signal(blow == .kill ? SIGKILL : SIGSTOP)
        try await Self.recover(ann, ben, since: struck, "\(role) \(blow)")
        if blow == .freeze {
            victim.subject.signal(SIGCONT)
            try await victim.wait(for: "thawed") { $0["members"] as? Int == 5 }
        }
        try await Self.strikeAgain(role, of: mesh, ann, ben)
    }

    @Test(
        "a home or door that is cut off interrupts the conversation, and it goes on over another path, twice",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"),
        .timeLimit(.minutes(4)), arguments: Role.allCases)
    func cutOff(_ role: Role) async throws {
        let spaces = try Namespaces(count: 7)
        let mesh = try Mesh("lan-cut-\(role)")
        for member in 0..<5 {
            try await mesh.addMember(host: spaces.address(member), inside: spaces.name(member), port: 7000)
        }
        for leaf in 5..<7 { try await mesh.addLeaf(inside: spaces.name(leaf)) }
        try await mesh.settle()
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("connected", within: 30)
        try await ben.expect("connected")
        try await talk(ann, ben, "before")
        let victim = try await Self.victim(role, of: mesh)
        guard let index = mesh.members.firstIndex(where: { $0.name == victim.name }) else { throw Missing("no victim") }
        try Self.expectUndisturbed(ann, ben)
        let struck = ContinuousClock.now
        try spaces.cut(index)
        try await Self.recover(ann, ben, since: struck, "\(role) cut off")
        try spaces.mend(index)
        try await Self.strikeAgain(role, of: mesh, ann, ben)
    }

    @Test("a leaf that sleeps goes on with the talk when it wakes", .timeLimit(.minutes(3)))
    func asleep() async throws {
        let mesh = try await Mesh.standing("local-asleep", members: 4, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("connected")
        try await ben.expect("connected")
        try await talk(ann, ben, "before")
        mesh.leaves[0].subject.signal(SIGSTOP)
        ann.tell("send", "said asleep")
        try await ben.expect("interrupted", within: 20)
        ben.tell("send", "are you there?")
        try await Task.sleep(for: .seconds(15))
        mesh.leaves[0].subject.signal(SIGCONT)
        for person in [ann, ben] { try await person.expect("resumed", within: 40) }
        try await ann.expectText("are you there?")
        try await ben.expectText("said asleep")
        ann.tell("send", "awake")
        try await ben.expectText("awake")
        #expect(ben.texts(from: "said") == ["said asleep"] && ann.texts(from: "are") == ["are you there?"])
    }

    @Test(
        "a leaf whose network changes goes on with the talk from its new address",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(4)))
    func moved() async throws {
        let spaces = try Namespaces(count: 6)
        let mesh = try Mesh("lan-moved")
        for member in 0..<4 {
            try await mesh.addMember(host: spaces.address(member), inside: spaces.name(member), port: 7000)
        }
        for leaf in 4..<6 { try await mesh.addLeaf(inside: spaces.name(leaf)) }
        try await mesh.settle()
        let (ann, ben) = (try mesh.person(at: mesh.leaves[0]), try mesh.person(at: mesh.leaves[1]))
        try await ann.expect("connected", within: 30)
        try await ben.expect("connected")
        try await talk(ann, ben, "before")
        try Self.expectUndisturbed(ann, ben)
        let moved = ContinuousClock.now
        try spaces.run("ip addr del \(spaces.address(4))/24 dev eth0", on: 4)
        try spaces.run("ip addr add 10.99.0.104/24 dev eth0", on: 4)
        try await Self.recover(ann, ben, since: moved, "a leaf that moved")
    }

    private static func expectUndisturbed(_ ann: Person, _ ben: Person) throws {
        for person in [ann, ben] {
            try #require(
                !person.heard("interrupted") && !person.heard("strangerDisconnected"), "still talking before the blow")
        }
    }

    /// The member that plays the role in the first leaf's conversation.
    private static func victim(_ role: Role, of mesh: Mesh) async throws -> RunningNode {
        let status = try await mesh.leaves[0].status()
        let conversations = status["conversations"] as? [[String: Any]] ?? []
        guard let name = conversations.compactMap({ $0[role.rawValue] as? String }).first else {
            throw Missing("status names no \(role): \(status)")
        }
        // One that was killed before has no status.
        for member in mesh.members where (try? await member.status())?["node"] as? String == name { return member }
        throw Missing("no member is called \(name)")
    }

    /// Kills whoever plays the role by now, on the path that was found after the first blow.
    private static func strikeAgain(_ role: Role, of mesh: Mesh, _ ann: Person, _ ben: Person) async throws {
        let victim = try await victim(role, of: mesh)
        let struck = ContinuousClock.now
        victim.subject.signal(SIGKILL)
        try await recover(ann, ben, since: struck, blow: 2, "\(role) of the next path killed")
    }

    private static func recover(
        _ ann: Person, _ ben: Person, since struck: ContinuousClock.Instant, blow: Int = 1, _ what: String
    ) async throws {
        // Some of this is on its way when the path breaks, some is said before anybody notices, some afterwards.
        let (anns, bens) = ("ann\(blow)", "ben\(blow)")
        for number in 1...5 { ann.tell("send", "\(anns) \(number)") }
        ben.tell("send", "\(bens) 1")
        // Counted from before the blow, so that an end that came of itself cannot pass for one that was noticed quickly.
        var slowest = 0.0
        for person in [ann, ben] {
            let end = try await person.expect("interrupted", within: 20)
            slowest = max(slowest, (end.at - struck) / .seconds(1))
        }
        for number in 6...10 { ann.tell("send", "\(anns) \(number)") }
        ben.tell("send", "\(bens) 2")
        let interrupted = ContinuousClock.now
        for person in [ann, ben] { try await person.expect("resumed", within: 40) }
        let resumed = (ContinuousClock.now - interrupted) / .seconds(1)
        ann.tell("send", "\(anns) last")
        ben.tell("send", "\(bens) last")
        try await ann.expectText("\(bens) last")
        try await ben.expectText("\(anns) last")
        #expect(ben.texts(from: "\(anns) ") == (1...10).map { "\(anns) \($0)" } + ["\(anns) last"])
        #expect(ann.texts(from: "\(bens) ") == ["\(bens) 1", "\(bens) 2", "\(bens) last"])
        #expect(!ann.heard("strangerDisconnected") && !ben.heard("strangerDisconnected"))
        print(
            "\(what): both heard of it within \(String(format: "%.1f", slowest)) s (bar: 20 s),"
                + " and talked again \(String(format: "%.1f", resumed)) s later")
    }
}
