// One asks and watches, two discuss: three real processes, each with two conversations.

import Foundation
import Testing

@Suite(.serialized)
struct SpyTests {
    private static let question = "What would you do with a free day?"

    private func three(_ mesh: Mesh) async throws -> (asker: Person, first: Person, second: Person) {
        let asker = try mesh.person(at: mesh.leaves[0], "--ask", Self.question)
        let one = try mesh.person(at: mesh.leaves[1], "--discuss")
        let other = try mesh.person(at: mesh.leaves[2], "--discuss")
        for person in [asker, one, other] {
            #expect(try await person.expect("question", within: 20).values[1] as? String == Self.question)
            try await person.expect("connected")
        }
        one.tell("send", "who am I?")
        let said = try await asker.expect("spyMessage").values.compactMap { $0 as? String }
        try await other.expect("gotMessage")
        #expect(["Stranger 1", "Stranger 2"].contains(said[1]) && said[2] == "who am I?")
        return said[1] == "Stranger 1" ? (asker, one, other) : (asker, other, one)
    }

    @Test("two discuss a question, whoever asked it sees all of it and cannot speak", .timeLimit(.minutes(2)))
    func discussion() async throws {
        let mesh = try await Mesh.standing("local-spy", members: 4, leaves: 3)
        let (asker, first, second) = try await three(mesh)
        second.tell("typing")
        try await first.expect("typing")
        #expect(try await asker.expect("spyTyping").values[1] as? String == "Stranger 2")
        second.tell("send", "sleep")
        try await first.expectText("sleep")
        let seen = try await asker.expect("spyMessage").values.compactMap { $0 as? String }
        #expect(seen == ["spyMessage", "Stranger 2", "sleep"])
        for number in 1...30 { first.tell("send", "thought \(number)") }
        try await second.expectText("thought 30")
        asker.tell("send", "may I?")
        let refused = try await asker.expect("error").values[1] as? String ?? ""
        #expect(refused.contains("only watches"))
        #expect(first.heard("safetyWords") && second.heard("safetyWords") && !asker.heard("safetyWords"))
        #expect(first.texts(from: "may").isEmpty && second.texts(from: "may").isEmpty)
        try await Task.sleep(for: .seconds(1))
        let watched = asker.events.filter { $0.contains("spyMessage") && $0.contains("thought") }
        #expect(watched.count == 30 && watched.allSatisfy { $0.contains("Stranger 1") })
        #expect(!asker.events.contains { $0.contains("do not tell you the same") })

        first.tell("disconnect")
        try await second.expect("strangerDisconnected")
        #expect(try await asker.expect("spyDisconnected").values[1] as? String == "Stranger 1")
    }

    @Test("when the asker leaves, the two are told and go on", .timeLimit(.minutes(2)))
    func askerLeaves() async throws {
        let mesh = try await Mesh.standing("local-spy-leaves", members: 4, leaves: 3)
        let (asker, first, second) = try await three(mesh)
        asker.tell("disconnect")
        for person in [first, second] {
            var said = ""
            while !said.contains("does not follow") {
                said = try await person.expect("serverMessage").values[1] as? String ?? ""
            }
        }
        second.tell("send", "still here")
        try await first.expectText("still here")
        second.tell("disconnect")
        try await first.expect("strangerDisconnected")
        #expect(!asker.heard("spyDisconnected"))
    }

    @Test("too few for a question are told who is missing; a question that is none is refused", .timeLimit(.minutes(2)))
    func missing() async throws {
        let mesh = try await Mesh.standing("local-spy-missing", members: 3, leaves: 2)
        let asker = try mesh.person(at: mesh.leaves[0], "--ask", Self.question)
        let one = try mesh.person(at: mesh.leaves[1], "--discuss")
        for person in [asker, one] {
            let said = try await person.expect("serverMessage", within: 16).values[1] as? String ?? ""
            #expect(said.contains("1 ask and 1 discuss"), "\(said)")
        }
        #expect(!asker.heard("connected") && !one.heard("connected"))
        for (arguments, status) in [
            (["--ask", "Why?"], 65), (["--ask", String(repeating: "x", count: 201)], 65),
            (["--ask", Self.question, "--discuss"], 64), (["--discuss", "--interest", "tea"], 64),
        ] as [([String], Int32)] {
            let result = try await Program.run(["meet", "--ndjson", "--data", mesh.leaves[0].data] + arguments)
            #expect(result.status == status, "\(arguments) \(result.errors)")
        }
    }
}
