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

    private func safetyWords(of person: Person) async throws -> [String] {
        try await person.expect("safetyWords").values[1] as? [String] ?? []
    }
}
