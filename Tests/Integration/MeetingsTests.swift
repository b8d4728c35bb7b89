// The main promise on real processes: strangers meet through the mesh, talk, and are never connected.

import Foundation
import Testing

@Suite(.serialized)
struct MeetingsTests {
    @Test(
        "twenty meetings in a row across five members, and never a connection between the two leaves",
        .timeLimit(.minutes(5)))
    func twentyMeetings() async throws {
        let mesh = try await Mesh.standing("local-twenty", members: 5, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        var times: [Double] = []
        for meeting in 1...20 {
            if meeting > 1 {
                ann.tell("new")
                // People do not press at the same moment, nor at the beginning of a round.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1_000)))
                ben.tell("new")
            }
            try await ann.expect("waiting")
            let waiting = try await ben.expect("waiting").at
            let first = try await ann.expect("connected")
            let second = try await ben.expect("connected")
            let seconds = (max(first.at, second.at) - waiting) / .seconds(1)
            times.append(seconds)
            #expect(!SocketTable.areConnected(mesh.leaves[0].subject.pid, mesh.leaves[1].subject.pid))
            #expect(!SocketTable.areConnected(mesh.leaves[1].subject.pid, mesh.leaves[0].subject.pid))
            try await talk(ann, ben, "meeting \(meeting)")
            ann.tell("disconnect")
            try await ben.expect("strangerDisconnected")
        }
        times.sort()
        let median = (times[9] + times[10]) / 2
        print(
            "20 meetings: time to [\"connected\"] p50 \(String(format: "%.2f", median)) s,"
                + " max \(String(format: "%.2f", times[19])) s (bar: p50 at most 2 s)")
        #expect(times.count == 20)
        for leaf in mesh.leaves {
            let connections = SocketTable.connections(of: leaf.subject.pid)
            #expect(!connections.isEmpty, "the kernel's list is read as a whole")
            #expect(!connections.contains { $0.isListening }, "a leaf listens to nobody")
            let ports = Set(mesh.members.map(\.port))
            #expect(connections.allSatisfy { ports.contains($0.remotePort) }, "a leaf is connected to members only")
        }
    }

    @Test("typing, delivery marks and safety words reach the other side", .timeLimit(.minutes(2)))
    func signs() async throws {
        let mesh = try await Mesh.standing("local-signs", members: 3, leaves: 2)
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("connected")
        try await ben.expect("connected")
        let words = try await ann.expect("safetyWords").values
        let others = try await ben.expect("safetyWords").values
        #expect(words[1] as? [String] == others[1] as? [String])
        ann.tell("typing")
        let typing = try await ben.expect("typing").at
        let stopped = try await ben.expect("stoppedTyping").at
        #expect((4.0...7.0).contains((stopped - typing) / .seconds(1)), "typing stops after five idle seconds")
        ann.tell("send", "Héllo, 世界 👋")
        #expect(try await ben.expect("gotMessage").values[1] as? String == "Héllo, 世界 👋")
        #expect(try await ann.expect("delivered").values[1] as? Int == 1)
        ben.subject.closeInput()
        try await ann.expect("strangerDisconnected")
        #expect(try await ben.subject.status() == 0, "at the end of its input meet ends well")
    }

    @Test("a member's own person meets a leaf's through other members", .timeLimit(.minutes(2)))
    func membersOwnPerson() async throws {
        let mesh = try await Mesh.standing("local-own", members: 4, leaves: 1)
        let ann = try mesh.person(at: mesh.members[1])
        let ben = try mesh.person(at: mesh.leaves[0])
        try await ann.expect("connected", within: 30)
        try await ben.expect("connected")
        try await talk(ann, ben, "from a member")
        let own = try await mesh.members[1].status()
        let homes = (own["homes"] as? [[String: Any]] ?? []).compactMap { $0["node"] as? String }
        #expect(
            !homes.isEmpty && !homes.contains(own["node"] as? String ?? ""), "a member's person is at home elsewhere")
    }

    @Test("meet starts a leaf of its own when no node runs", .timeLimit(.minutes(2)))
    func meetAlone() async throws {
        let mesh = try await Mesh.standing("local-alone", members: 3, leaves: 1)
        let ben = try mesh.person(at: mesh.leaves[0])
        let invite = try await mesh.members[0].invite()
        let ann = Person(
            try Subject(
                "own leaf",
                [
                    Program.path, "meet", "--ndjson", "--data", "\(mesh.directory)/own", "--network", "local-alone",
                    "--join", invite,
                ]))
        try await ann.expect("connected", within: 30)
        try await ben.expect("connected")
        try await talk(ann, ben, "from a leaf of my own")
        ann.subject.closeInput()
        #expect(try await ann.subject.status() == 0)
        try await ben.expect("strangerDisconnected")
    }
}

/// A word each way.
func talk(_ ann: Person, _ ben: Person, _ text: String) async throws {
    ann.tell("send", text)
    #expect(try await ben.expect("gotMessage").values[1] as? String == text)
    ben.tell("send", "re: " + text)
    #expect(try await ann.expect("gotMessage").values[1] as? String == "re: " + text)
}
