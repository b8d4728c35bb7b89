// A real server and a real client on a real unix socket.

import ControlAPI
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ControlSocketTests {
    /// A served node and a client of it, for as long as `body` runs.
    private func serving(
        _ node: FakeNode, _ body: (ControlClient, Place) async throws -> Void
    ) async throws {
        let place = Place()
        let server = try await ControlServer.start(serving: node, at: place.socket)
        do { try await body(ControlClient(socket: place.socket), place) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test("every question gets its answer")
    func questions() async throws {
        let peers = [
            PeerStatus(node: "abcd", present: true, heartbeatAge: 2, link: .outbound, addresses: ["192.0.2.1:1"])
        ]
        let node = FakeNode(members: peers)
        try await serving(node) { client, _ in
            let status = try await client.status()
            #expect(status == .sample)
            let answered = try await client.peers()
            #expect(answered == peers)
            let invite = try await client.invite()
            #expect(invite.entries == 3)
            let joined = try await client.join(["passant:a", "passant:b"])
            #expect(joined == JoinReply(added: 2, known: 7))
            #expect(node.asked.joined == [["passant:a", "passant:b"]])
        }
    }

    @Test("an error of the node reaches the face as it was")
    func errors() async throws {
        let failure = ControlError(code: "nope", message: "m", reason: "because", remedy: "r", exitCode: 77)
        try await serving(FakeNode(failure: failure)) { client, _ in
            await #expect(throws: failure) { try await client.status() }
            await #expect(throws: failure) { try await client.meet(MeetWish()) }
        }
    }

    @Test("a seat over the socket is a seat: events out, commands in, an end")
    func seat() async throws {
        let node = FakeNode()
        try await serving(node) { client, _ in
            let wish = MeetWish(interests: ["jazz"], cover: 5)
            let session = try await client.meet(wish)
            #expect(node.asked.wishes == [wish])
            var events = session.events.makeAsyncIterator()
            #expect(await events.next() == .waiting)
            for (event, _) in MeetWireTests.events {
                node.tell(event)
                #expect(await events.next() == event)
            }
            for (command, _) in MeetWireTests.commands { await session.command(command) }
            #expect(await events.next() == .gotMessage("re: hi"))
            #expect(await soon { node.asked.commands.count == MeetWireTests.commands.count })
            #expect(node.asked.commands == MeetWireTests.commands.map(\.0), "in the order they were given")
            await session.close()
            #expect(await events.next() == nil)
            #expect(node.asked.closed == 1)
            await session.close()
        }
    }

    @Test(
        "texts of every kind and of the greatest length arrive unchanged",
        arguments: [
            "h\u{E9}llo \u{4E16}\u{754C} \u{1F44B}\u{1F3FD}", "a\nb\u{2028}c\u{0}d\u{1B}[2J", "\"\\/",
            String(repeating: "\u{1F600}", count: 4_000),
        ])
    func texts(_ text: String) async throws {
        try await serving(FakeNode()) { client, _ in
            let session = try await client.meet(MeetWish())
            var events = session.events.makeAsyncIterator()
            _ = await events.next()
            await session.command(.send(text))
            #expect(await events.next() == .gotMessage("re: " + text))
            await session.close()
        }
    }

    @Test("a text too long for a line is an error to its writer, and the seat goes on")
    func longLine() async throws {
        try await serving(FakeNode()) { client, _ in
            let session = try await client.meet(MeetWish())
            var events = session.events.makeAsyncIterator()
            _ = await events.next()
            await session.command(.send(String(repeating: "\u{1}", count: 16_000)))
            let next = await events.next()
            #expect(next?.isError == true, "\(String(describing: next))")
            await session.command(.send("short"))
            #expect(await events.next() == .gotMessage("re: short"))
            await session.close()
        }
    }

    @Test("when the server stops, its seats are given back and the face is told")
    func serverStops() async throws {
        let node = FakeNode()
        let place = Place()
        let server = try await ControlServer.start(serving: node, at: place.socket)
        let session = try await ControlClient(socket: place.socket).meet(MeetWish())
        await server.stop()
        var events: [MeetEvent] = []
        for await event in session.events { events.append(event) }
        #expect(events.first == .waiting)
        #expect(events.last?.isError == true, "\(events)")
        #expect(node.asked.closed == 1)
        #expect(access(place.socket, F_OK) != 0, "the socket is removed")
    }

    // MARK: - The file

    @Test("without a node the error says so, and how to start one")
    func notRunning() async throws {
        let place = Place()
        do {
            _ = try await ControlClient(socket: place.socket).status()
            Issue.record("answered")
        } catch {
            #expect(error.code == "not-running")
            #expect(error.exitCode == 69)
            #expect(error.remedy.contains("passant up"))
        }
    }

    @Test("a socket that a dead node left behind is not running, and is replaced")
    func stale() async throws {
        let place = Place()
        let first = try await ControlServer.start(serving: FakeNode(), at: place.socket)
        // What a crash leaves: the name stays, nobody listens.
        #expect(link(place.socket, place.socket + ".kept") == 0)
        await first.stop()
        #expect(rename(place.socket + ".kept", place.socket) == 0)
        await #expect(throws: ControlError.notRunning(at: place.socket)) {
            try await ControlClient(socket: place.socket).status()
        }
        let second = try await ControlServer.start(serving: FakeNode(), at: place.socket)
        let status = try await ControlClient(socket: place.socket).status()
        #expect(status == .sample)
        await second.stop()
    }

    @Test("a second server on a served socket is refused, and the first goes on")
    func alreadyRunning() async throws {
        try await serving(FakeNode()) { client, place in
            await #expect(throws: ControlError.alreadyRunning(at: place.socket)) {
                try await ControlServer.start(serving: FakeNode(), at: place.socket)
            }
            let status = try await client.status()
            #expect(status == .sample)
        }
    }

    @Test("socket and directory are for their owner only")
    func modes() async throws {
        try await serving(FakeNode()) { _, place in
            var information = stat()
            #expect(stat(place.socket, &information) == 0 && information.st_mode & 0o777 == 0o600)
            #expect(stat(place.directory, &information) == 0 && information.st_mode & 0o777 == 0o700)
        }
    }

    @Test("a directory that others may write in is refused")
    func openDirectory() async throws {
        let place = Place()
        try FileManager.default.createDirectory(atPath: place.directory, withIntermediateDirectories: true)
        chmod(place.directory, 0o777)
        do {
            _ = try await ControlServer.start(serving: FakeNode(), at: place.socket)
            Issue.record("served")
        } catch { #expect(error.code == "unsafe-directory" && error.exitCode == 77) }
    }

    @Test("a file that is no socket is left alone")
    func otherFile() async throws {
        let place = Place()
        try FileManager.default.createDirectory(atPath: place.directory, withIntermediateDirectories: true)
        chmod(place.directory, 0o700)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: place.socket))
        await #expect(throws: ControlError.self) {
            try await ControlServer.start(serving: FakeNode(), at: place.socket)
        }
        #expect(try String(contentsOfFile: place.socket, encoding: .utf8) == "mine")
    }

    @Test("a path that no socket can have is refused in words")
    func longPath() async throws {
        let path = "/tmp/" + String(repeating: "x", count: 110)
        do {
            _ = try await ControlServer.start(serving: FakeNode(), at: path)
            Issue.record("served")
        } catch { #expect(error.code == "path-too-long" && error.exitCode == 73) }
        await #expect(throws: ControlError.notRunning(at: path)) { try await ControlClient(socket: path).status() }
    }
}

extension MeetEvent {
    var isError: Bool { if case .error = self { true } else { false } }
}
