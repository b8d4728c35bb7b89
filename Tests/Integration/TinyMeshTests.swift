// One member, two members: people still meet, and the missing cover is said before the first word.

import Foundation
import Testing

@Suite(.serialized)
struct TinyMeshTests {
    @Test("two leaves meet through a single member, and are told that there is no cover", .timeLimit(.minutes(2)))
    func oneMember() async throws {
        let mesh = try await Mesh.standing("local-one", members: 1, leaves: 2)
        try await meetWithoutCover(
            mesh.person(at: mesh.leaves[0]), mesh.person(at: mesh.leaves[1]), "no cover: 1 member")
    }

    @Test("two leaves meet through two members, and are told that there is no cover", .timeLimit(.minutes(2)))
    func twoMembers() async throws {
        let mesh = try await Mesh.standing("local-two", members: 2, leaves: 2)
        try await meetWithoutCover(
            mesh.person(at: mesh.leaves[0]), mesh.person(at: mesh.leaves[1]), "no cover: 2 members")
    }

    @Test("two members' own persons meet in a mesh of two", .timeLimit(.minutes(2)))
    func twoMembersOwnPersons() async throws {
        let mesh = try await Mesh.standing("local-pair", members: 2, leaves: 0)
        try await meetWithoutCover(
            mesh.person(at: mesh.members[0]), mesh.person(at: mesh.members[1]), "no cover: 2 members")
    }

    @Test("the only member's own person meets a leaf's", .timeLimit(.minutes(2)))
    func onlyMembersOwnPerson() async throws {
        let mesh = try await Mesh.standing("local-only", members: 1, leaves: 1)
        try await meetWithoutCover(
            mesh.person(at: mesh.members[0]), mesh.person(at: mesh.leaves[0]), "no cover: 1 member")
    }

    @Test("a person alone for ten seconds is told so, and how to bring a friend", .timeLimit(.minutes(2)))
    func lonely() async throws {
        let mesh = try await Mesh.standing("local-lonely", members: 2, leaves: 1)
        let ann = try mesh.person(at: mesh.leaves[0])
        try await ann.expect("waiting")
        let said = try await ann.expect("serverMessage", within: 20).values[1] as? String ?? ""
        #expect(said.contains("Nobody else is looking"))
        #expect(said.contains("2 members"))
        #expect(said.contains("passant invite"))
    }

    private func meetWithoutCover(_ ann: Person, _ ben: Person, _ words: String) async throws {
        for person in [ann, ben] {
            let said = try await person.expect("serverMessage", within: 30).values[1] as? String ?? ""
            #expect(said.contains(words), "said before the first word: \(said)")
            try await person.expect("connected")
        }
        try await talk(ann, ben, "hello in a small mesh")
        ann.tell("disconnect")
        try await ben.expect("strangerDisconnected")
    }
}
