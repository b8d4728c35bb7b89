// The protocol's pages are enough: a leaf in another language, written from them alone, meets strangers of ours.

import Foundation
import Testing

/// The leaf in Protocol/Reference, with the Python that its `set-up` has made.
enum SecondImplementation {
    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let python = root.appendingPathComponent(".build-reference/bin/python").path
    static let program = root.appendingPathComponent("Protocol/Reference/leaf.py").path

    /// In continuous integration a missing set-up is a failure; elsewhere the tests are skipped.
    static let isWanted =
        FileManager.default.isExecutableFile(atPath: python) || ProcessInfo.processInfo.environment["CI"] != nil

    static func leaf(in mesh: Mesh, _ arguments: [String] = []) async throws -> Person {
        guard let first = mesh.members.first else { throw Missing("a leaf needs a member") }
        let given = ["--network", mesh.network, "--join", try await first.invite(), "--verbose"]
        return Person(try Subject("second implementation", [python, program] + given + arguments))
    }
}

@Suite(
    .serialized,
    .enabled(if: SecondImplementation.isWanted, "the second implementation is not set up: Protocol/Reference/set-up"))
struct SecondImplementationTests {
    private static let question = "What would you do with a free day?"

    @Test("a leaf written from the pages alone meets ours twenty times out of twenty", .timeLimit(.minutes(5)))
    func twentyMeetings() async throws {
        let mesh = try await Mesh.standing("local-second", members: 5, leaves: 1)
        let ann = try mesh.person(at: mesh.leaves[0])
        let other = try await SecondImplementation.leaf(in: mesh)
        var times: [Double] = []
        for meeting in 1...20 {
            let (leaver, left) = meeting.isMultiple(of: 2) ? (ann, other) : (other, ann)
            if meeting > 1 {
                ann.tell("new")
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1_000)))
                other.tell("new")
            }
            try await ann.expect("waiting")
            let waiting = try await other.expect("waiting").at
            let first = try await ann.expect("connected")
            let second = try await other.expect("connected")
            times.append((max(first.at, second.at) - waiting) / .seconds(1))
            let (words, others) = (try await safetyWords(of: ann), try await safetyWords(of: other))
            #expect(words == others && words.count == 5)
            #expect(!SocketTable.areConnected(mesh.leaves[0].subject.pid, other.subject.pid))
            #expect(!SocketTable.areConnected(other.subject.pid, mesh.leaves[0].subject.pid))
            try await talk(ann, other, "meeting \(meeting), «Grüße» 👋")
            leaver.tell("disconnect")
            try await left.expect("strangerDisconnected")
        }
        times.sort()
        print(
            "20 meetings with the second implementation: time to [\"connected\"] p50 \(String(format: "%.2f", times[10])) s,"
                + " max \(String(format: "%.2f", times[19])) s"
        )
        #expect(times.count == 20)
        let ports = Set(mesh.members.map(\.port))
        let connections = SocketTable.connections(of: other.subject.pid)
        #expect(!connections.isEmpty && connections.allSatisfy { ports.contains($0.remotePort) && !$0.isListening })
        other.subject.closeInput()
        #expect(try await other.subject.status() == 0)
    }

    @Test("typing, marks and the end of its input reach the other side, both ways", .timeLimit(.minutes(2)))
    func signs() async throws {
        let mesh = try await Mesh.standing("local-second-signs", members: 3, leaves: 1)
        let ann = try mesh.person(at: mesh.leaves[0])
        let other = try await SecondImplementation.leaf(in: mesh, ["--answer-all"])
        try await ann.expect("connected", within: 30)
        try await other.expect("connected")
        ann.tell("typing")
        try await other.expect("typing")
        other.tell("typing")
        try await ann.expect("typing")
        other.tell("stoppedtyping")
        try await ann.expect("stoppedTyping")
        ann.tell("send", "hello")
        #expect(try await ann.expect("gotMessage").values[1] as? String == "re: hello")
        try await other.expect("delivered")
        #expect(ann.heard("delivered"))
        other.subject.closeInput()
        try await ann.expect("strangerDisconnected")
        #expect(try await other.subject.status() == 0)
    }

    @Test(
        "a leaf of the second implementation does not meet the same stranger twice, until nobody else comes",
        .timeLimit(.minutes(2)))
    func again() async throws {
        let mesh = try Mesh("local-second-again")
        for _ in 0..<3 { try await mesh.addMember() }
        for _ in 0..<2 { try await mesh.addLeaf(environment: ["PASSANT_NO_REPEAT_HOURS": "24"]) }
        try await mesh.settle()
        let ann = try mesh.person(at: mesh.leaves[0])
        let other = try await SecondImplementation.leaf(in: mesh)
        for person in [ann, other] { try await person.expect("connected", within: 30) }
        ann.tell("disconnect")
        try await other.expect("strangerDisconnected")
        for person in [ann, other] { person.tell("new") }
        let began = try await ann.expect("waiting").at
        for person in [ann, other] {
            let met = try await person.expect("connected", within: 25).at
            #expect((met - began) / .seconds(1) > 9.5)
            let said = try await person.expect("serverMessage").values[1] as? String ?? ""
            #expect(said.contains("talked with this stranger"))
        }
        #expect(other.subject.errors.contains("you have met"), "the two were matched meanwhile, and parted")
        try await talk(ann, other, "once more")
        ann.tell("disconnect")
        try await other.expect("strangerDisconnected")

        let cleo = try mesh.person(at: mesh.leaves[1])
        try await cleo.expect("waiting")
        other.tell("new")
        try await other.expect("waiting")
        try await other.expect("connected", within: 8)
        try await cleo.expect("connected", within: 8)
        try await talk(other, cleo, "somebody new")
        #expect(!cleo.heard("serverMessage"))
    }

    @Test("a leaf of the second implementation discusses a question with two of ours", .timeLimit(.minutes(2)))
    func discusses() async throws {
        let mesh = try await Mesh.standing("local-second-spy", members: 4, leaves: 2)
        let asker = try mesh.person(at: mesh.leaves[0], "--ask", Self.question)
        let ann = try mesh.person(at: mesh.leaves[1], "--discuss")
        let other = try await SecondImplementation.leaf(in: mesh, ["--discuss"])
        try await begin(asker, ann, other)
        other.tell("typing")
        try await ann.expect("typing")
        try await asker.expect("spyTyping")
        try await discuss(ann, other, before: asker)
        ann.tell("typing")
        try await other.expect("typing")
        for number in 1...30 { ann.tell("send", "afterthought \(number)") }
        try await other.expectText("afterthought 30")
        other.tell("send", "the last word")
        other.tell("disconnect")
        try await ann.expectText("the last word")
        try await ann.expect("strangerDisconnected")
        try await asker.expect("spyDisconnected")
        #expect(watched(by: asker, "the last word").count == 1 && watched(by: asker, "afterthought").count == 30)
        #expect(!asker.events.contains { $0.contains("do not tell you the same") })
    }

    @Test("a leaf of the second implementation asks two of ours, sees all of it and leaves", .timeLimit(.minutes(2)))
    func asks() async throws {
        let mesh = try await Mesh.standing("local-second-asks", members: 4, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0], "--discuss")
        let ben = try mesh.person(at: mesh.leaves[1], "--discuss")
        let asker = try await SecondImplementation.leaf(in: mesh, ["--ask", Self.question])
        try await begin(asker, ann, ben)
        ben.tell("typing")
        try await asker.expect("spyTyping")
        try await discuss(ann, ben, before: asker)
        asker.tell("send", "may I?")
        let refused = try await asker.expect("error").values[1] as? String ?? ""
        #expect(refused.contains("only watches"))
        asker.tell("disconnect")
        for person in [ann, ben] {
            var said = ""
            while !said.contains("does not follow") {
                said = try await person.expect("serverMessage").values[1] as? String ?? ""
            }
        }
        try await talk(ben, ann, "still here")
        #expect(!asker.heard("spyDisconnected") && !asker.events.contains { $0.contains("do not tell you the same") })
        asker.subject.closeInput()
        #expect(try await asker.subject.status() == 0)
    }

    private func begin(_ asker: Person, _ one: Person, _ other: Person) async throws {
        for person in [asker, one, other] {
            #expect(try await person.expect("question", within: 30).values[1] as? String == Self.question)
            try await person.expect("connected")
        }
        let (words, others) = (try await safetyWords(of: one), try await safetyWords(of: other))
        #expect(words == others && words.count == 5)
    }

    /// Both say something, one of them much at once.
    private func discuss(_ one: Person, _ other: Person, before asker: Person) async throws {
        try await talk(one, other, "sleep")
        for number in 1...30 { other.tell("send", "thought \(number)") }
        try await one.expectText("thought 30")
        try await Task.sleep(for: .seconds(1))
        let (first, second) = (watched(by: asker, "\"sleep\""), watched(by: asker, "\"re: sleep\""))
        #expect(first.count == 1 && second.count == 1)
        let name = first.allSatisfy { $0.contains("Stranger 1") } ? "Stranger 2" : "Stranger 1"
        let thoughts = watched(by: asker, "\"thought ")
        #expect(thoughts.count == 30 && (second + thoughts).allSatisfy { $0.contains(name) })
        #expect(!asker.heard("safetyWords") && !asker.events.contains { $0.contains("do not tell you the same") })
    }

    private func watched(by asker: Person, _ text: String) -> [String] {
        asker.events.filter { $0.contains("spyMessage") && $0.contains(text) }
    }

    private func safetyWords(of person: Person) async throws -> [String] {
        try await person.expect("safetyWords").values[1] as? [String] ?? []
    }
}
