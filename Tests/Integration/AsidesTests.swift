// Logs that the stranger is told of, and friends who meet again: on real processes and real files.

import Foundation
import Testing

@Suite(.serialized)
struct AsidesTests {
    private func connected(_ mesh: Mesh) async throws -> (Person, Person) {
        let (ann, ben) = (try mesh.person(at: mesh.leaves[0]), try mesh.person(at: mesh.leaves[1]))
        for person in [ann, ben] { try await person.expect("connected") }
        return (ann, ben)
    }

    private func logs(of node: RunningNode) -> [String] {
        let directory = node.data + "/logs"
        return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted().map {
            directory + "/" + $0
        }
    }

    @Test(
        "a log holds the whole conversation, only its owner can read it, and the stranger is told",
        .timeLimit(.minutes(2)))
    func log() async throws {
        let mesh = try await Mesh.standing("local-log", members: 3, leaves: 2)
        let (ann, ben) = try await connected(mesh)
        ann.tell("save")
        let early = try await ann.expect("error").values[1] as? String ?? ""
        #expect(early.contains("only one of you"))
        try await talk(ann, ben, "before")
        ann.tell("save")
        try await ben.expect("saved")
        let said = try await ann.expect("serverMessage").values[1] as? String ?? ""
        let file = try #require(logs(of: mesh.leaves[0]).first)
        #expect(said.contains(file))
        ben.tell("send", "after\n\u{1B}[31mred")
        try await ann.expectText("after\n\u{1B}[31mred")
        ann.tell("disconnect")
        try await ben.expect("strangerDisconnected")
        ann.tell("save")
        let late = try await ann.expect("error").values[1] as? String ?? ""
        #expect(late.contains("nobody who could be told"))

        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("Stranger: after\n    ") && !text.contains("\u{1B}"))
        #expect(text.contains("You: before"))
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(logs(of: mesh.leaves[1]).isEmpty, "the stranger keeps nothing")
    }

    @Test(
        "two who both ask keep in touch, and meet each other alone among others, also after a restart",
        .timeLimit(.minutes(3)))
    func friends() async throws {
        let mesh = try await Mesh.standing("local-friends", members: 3, leaves: 4)
        let (ann, ben) = try await connected(mesh)
        ann.tell("keepintouch", "Ben of the mesh")
        try await talk(ann, ben, "keep in touch?")
        #expect(!ben.heard("keptInTouch") && !ann.heard("keptInTouch"))
        ben.tell("keepintouch", "Ann")
        #expect(try await ben.expect("keptInTouch").values[1] as? String == "Ann")
        #expect(try await ann.expect("keptInTouch").values[1] as? String == "Ben of the mesh")
        for person in [ann, ben] { person.subject.closeInput() }
        for person in [ann, ben] { _ = try await person.subject.status() }

        let listed = try await Program.run(["friend", "list", "--data", mesh.leaves[0].data])
        #expect(listed.output == "Ben of the mesh")
        try await mesh.restartLeaf(0)
        let others = [try mesh.person(at: mesh.leaves[2]), try mesh.person(at: mesh.leaves[3])]
        for other in others { try await other.expect("connected") }
        for other in others { other.tell("new") }

        let again = try mesh.person(at: mesh.leaves[0], "--friend", "Ben of the mesh")
        let friend = try mesh.person(at: mesh.leaves[1], "--friend", "Ann")
        for (person, name) in [(again, "Ben of the mesh"), (friend, "Ann")] {
            try await person.expect("connected", within: 10)
            #expect(try await person.expect("serverMessage").values[1] as? String == "This is \(name).")
            #expect(!person.heard("commonLikes"))
        }
        try await talk(again, friend, "there you are")

        let stranger = try await Program.run(["meet", "--ndjson", "--data", mesh.leaves[0].data, "--friend", "Nobody"])
        #expect(stranger.status == 64 && stranger.errors.contains("passant friend list"))
        let forgotten = try await Program.run(["friend", "forget", "Ben of the mesh", "--data", mesh.leaves[0].data])
        #expect(forgotten.status == 0)
        let none = try await Program.run(["friend", "list", "--data", mesh.leaves[0].data, "--json"])
        #expect(none.output.contains("\"friends\":[]"))
    }

    @Test("what a person likes is kept for the next time only on request", .timeLimit(.minutes(1)))
    func remembered() async throws {
        let mesh = try await Mesh.standing("local-remember", members: 1, leaves: 1)
        let data = mesh.leaves[0].data
        let file = data + "/remembered.json"
        func meet(_ arguments: String...) async throws -> String {
            try await Program.run(["meet", "--plain", "--data", data] + arguments).errors
        }
        try "yes\n".write(toFile: data + "/adult-confirmed", atomically: true, encoding: .utf8)
        _ = try await meet("--interest", "tea")
        #expect(!FileManager.default.fileExists(atPath: file))
        _ = try await meet("--remember", "--interest", "tea", "chess")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        #expect(try await meet().contains("Remembered from last time: tea, chess"))
        #expect(try await !meet("--interest", "go").contains("Remembered"))
        #expect(try await !meet("--forget").contains("Remembered"))
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test(
        "status says how many were looking, as an estimate, once somebody at this node has looked",
        .timeLimit(.minutes(1)))
    func looking() async throws {
        let mesh = try await Mesh.standing("local-looking", members: 3, leaves: 2)
        let before = try await mesh.leaves[0].status()
        #expect(before["looking"] is NSNull)
        _ = try await connected(mesh)
        try await mesh.leaves[0].wait(for: "told how many look") { status in
            let looking = status["looking"] as? [String: Any]
            return looking?["estimate"] as? Int == 2 && looking?["age"] is Double
        }
    }
}
