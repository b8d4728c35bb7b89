// Interests in every script and languages, on real processes: who shares one meets, however it is written.

import Foundation
import Testing

@Suite(.serialized)
struct InterestsTests {
    @Test(
        "an interest is the same in any writing of it", .timeLimit(.minutes(3)),
        arguments: [
            ["Ошибка  ЖАЗ", "ошибка жаз", "ошибка жаз"], ["音楽", " 音楽 ", "音楽"],
            ["CAFE\u{301}", "caf\u{e9}", "caf\u{e9}"],
        ])
    func writings(_ names: [String]) async throws {
        let mesh = try await Mesh.standing("local-interests", members: 3, leaves: 3)
        let other = try mesh.person(at: mesh.leaves[2], "--interest", "something else")
        let ann = try mesh.person(at: mesh.leaves[0], "--interest", names[0], "chess")
        let ben = try mesh.person(at: mesh.leaves[1], "--interest", "go", names[1])
        for person in [ann, ben] {
            try await person.expect("connected", within: 9)
            #expect(try await person.expect("commonLikes").values[1] as? [String] == [names[2]])
        }
        #expect(!other.heard("connected"))
    }

    @Test("who shares an interest meets over five members as over three", .timeLimit(.minutes(2)))
    func extraCover() async throws {
        let mesh = try await Mesh.standing("local-interests-cover", members: 6, leaves: 3)
        let other = try mesh.person(at: mesh.leaves[2], "--interest", "something else", "--cover", "5")
        let ann = try mesh.person(at: mesh.leaves[0], "--interest", "chess", "--cover", "5")
        let ben = try mesh.person(at: mesh.leaves[1], "--interest", "chess", "--cover", "5")
        for person in [ann, ben] {
            try await person.expect("connected", within: 9)
            #expect(try await person.expect("commonLikes").values[1] as? [String] == ["chess"])
        }
        #expect(!other.heard("connected"))
        ann.tell("send", "over five")
        try await ben.expectText("over five")
    }

    @Test("after ten seconds anybody will do, and it says so; the wait can be skipped", .timeLimit(.minutes(2)))
    func anybody() async throws {
        let mesh = try await Mesh.standing("local-anybody", members: 3, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0], "--interest", "jazz")
        let ben = try mesh.person(at: mesh.leaves[1], "--interest", "chess")
        let began = try await ann.expect("waiting").at
        let said = try await ann.expect("serverMessage", within: 14)
        #expect((9.0...13.0).contains((said.at - began) / .seconds(1)))
        #expect((said.values[1] as? String ?? "").contains("likes jazz"))
        try await ann.expect("connected", within: 10)
        try await ben.expect("connected")
        #expect(!ann.heard("commonLikes"))
        ann.tell("new")
        try await ann.expect("waiting")
        try await ben.expect("strangerDisconnected")
        ben.tell("new")
        for person in [ann, ben] { person.tell("stoplookingforcommonlikes") }
        try await ann.expect("connected", within: 6)
    }

    @Test("who goes on waiting for something in common waits longer than ten seconds", .timeLimit(.minutes(2)))
    func patience() async throws {
        let mesh = try await Mesh.standing("local-patience", members: 3, leaves: 3)
        let ann = try mesh.person(at: mesh.leaves[0], "--interest", "jazz")
        let other = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("waiting")
        ann.tell("lookforcommonlikes")
        try await Task.sleep(for: .seconds(13))
        #expect(!ann.heard("serverMessage") && !ann.heard("connected") && !other.heard("connected"))
        let ben = try mesh.person(at: mesh.leaves[2], "--interest", "jazz")
        for person in [ann, ben] {
            try await person.expect("connected", within: 9)
            #expect(try await person.expect("commonLikes").values[1] as? [String] == ["jazz"])
        }
        #expect(!other.heard("connected"))
    }

    @Test("speakers of a language meet before others", .timeLimit(.minutes(2)))
    func languages() async throws {
        let mesh = try await Mesh.standing("local-languages", members: 3, leaves: 3)
        let other = try mesh.person(at: mesh.leaves[2], "--language", "de")
        let ann = try mesh.person(at: mesh.leaves[0], "--language", "pt-BR", "en")
        let ben = try mesh.person(at: mesh.leaves[1], "--language", "PT")
        for person in [ann, ben] {
            try await person.expect("connected", within: 9)
            #expect(try await person.expect("serverMessage").values[1] as? String == "You both speak pt.")
        }
        #expect(!other.heard("connected"))
    }

    @Test("a wish that cannot be compared is refused with what to write instead", .timeLimit(.minutes(1)))
    func badWishes() async throws {
        let mesh = try await Mesh.standing("local-wishes", members: 1, leaves: 0)
        let data = mesh.members[0].data
        for (arguments, status, word) in [
            (["--interest", " "], 65, "interest"), (["--language", "fr_CA"], 65, "--language fr"),
            (["--interest"] + (0..<9).map { "\($0)" }, 64, "at most 8"),
        ] as [([String], Int32, String)] {
            let result = try await Program.run(["meet", "--ndjson", "--data", data] + arguments)
            #expect(result.status == status && (result.errors + result.output).contains(word), "\(result.errors)")
        }
    }
}
