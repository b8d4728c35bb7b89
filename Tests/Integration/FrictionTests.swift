// What makes a bot's life harder without asking anybody for a puzzle of pictures: few and short texts until somebody
// answers, and hints on the person's own screen.

import Foundation
import Testing

@Suite(.serialized)
struct FrictionTests {
    @Test("until the stranger answers texts are short and few, afterwards not", .timeLimit(.minutes(2)))
    func firstTexts() async throws {
        let mesh = try await Mesh.standing("local-friction", members: 3, leaves: 2)
        let (ann, ben) = (try mesh.person(at: mesh.leaves[0]), try mesh.person(at: mesh.leaves[1]))
        for person in [ann, ben] { try await person.expect("connected") }
        let long = String(repeating: "x", count: 501)
        ann.tell("send", long)
        let tooLong = try await ann.expect("error").values[1] as? String ?? ""
        #expect(tooLong.hasPrefix("Not sent:") && tooLong.contains("500"), "\(tooLong)")
        for number in 1...80 { ann.tell("send", "buy now \(number)") }
        let tooMany = try await ann.expect("error").values[1] as? String ?? ""
        #expect(tooMany.hasPrefix("Not sent:") && tooMany.contains("until the stranger has answered"), "\(tooMany)")
        try await ben.expectText("buy now 64")
        try await Task.sleep(for: .seconds(1))
        // A few more fit meanwhile, at one a second.
        #expect((64..<80).contains(ben.texts(from: "buy now").count))

        ben.tell("send", "no")
        try await ann.expectText("no")
        ann.tell("send", long)
        try await ben.expectText(long)
    }

    @Test("whoever sees a text that nobody typed is told so, on their own screen only", .timeLimit(.minutes(2)))
    func untyped() async throws {
        let mesh = try await Mesh.standing("local-untyped", members: 3, leaves: 2)
        let data = mesh.leaves[0].data
        try "yes\n".write(toFile: data + "/adult-confirmed", atomically: true, encoding: .utf8)
        let ann = try Subject("plain person", [Program.path, "meet", "--plain", "--data", data])
        defer { ann.end() }
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ben.expect("connected")
        ben.tell("send", "hello dear")
        let text = try await ann.line("the stranger's text") { $0.contains("Stranger: hello dear") }
        try await ann.line(from: text.index, "the hint") { $0.contains("without any typing") }
        ann.write("hello")
        try await ben.expectText("hello")
        #expect(ben.texts(from: "").count == 1, "the hint is not the stranger's to see")
    }
}
