// Who has talked with somebody meets others first, and the same stranger only when nobody else comes.

import Foundation
import Testing

@Suite(.serialized)
struct NoRepeatTests {
    private func mesh(_ name: String, leaves: Int) async throws -> Mesh {
        let mesh = try Mesh(name)
        for _ in 0..<3 { try await mesh.addMember() }
        for _ in 0..<leaves { try await mesh.addLeaf(environment: ["PASSANT_NO_REPEAT_HOURS": "24"]) }
        try await mesh.settle()
        return mesh
    }

    @Test(
        "two who are alone meet again after ten seconds and are told; a third one is met at once",
        .timeLimit(.minutes(2)))
    func again() async throws {
        let mesh = try await mesh("local-again", leaves: 3)
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        for person in [ann, ben] { try await person.expect("connected") }
        ann.tell("disconnect")
        try await ben.expect("strangerDisconnected")
        for person in [ann, ben] { person.tell("new") }
        let began = try await ann.expect("waiting").at
        for person in [ann, ben] {
            let met = try await person.expect("connected", within: 25).at
            #expect((met - began) / .seconds(1) > 9.5)
            let said = try await person.expect("serverMessage").values[1] as? String ?? ""
            #expect(said.contains("talked with this stranger"))
        }
        try await talk(ann, ben, "once more")
        ann.tell("disconnect")
        try await ben.expect("strangerDisconnected")

        let cleo = try mesh.person(at: mesh.leaves[2])
        try await cleo.expect("waiting")
        ann.tell("new")
        try await ann.expect("waiting")
        try await ann.expect("connected", within: 8)
        try await cleo.expect("connected", within: 8)
        #expect(!cleo.heard("serverMessage"))
        try await talk(ann, cleo, "somebody new")
    }
}
