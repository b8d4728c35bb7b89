// Clients that lie, flood, stall and vanish. The node goes on for everybody else.

import ChildProcess
@testable import ControlAPI
import Essentials
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HostileClientTests {
    private static let status = #"{"passant":1,"id":7,"verb":"status"}"# + "\n"
    private static let meet = #"{"passant":1,"id":1,"verb":"meet","arguments":{}}"# + "\n"

    /// Runs against a served node, and checks that it still serves others afterwards.
    private func against(
        _ node: FakeNode = FakeNode(), _ body: (_ connect: () throws -> RawClient) async throws -> Void
    ) async throws {
        let place = Place()
        let server = try await ControlServer.start(serving: node, at: place.socket)
        do {
            try await body { try #require(RawClient(place.socket)) }
            let invite = try await ControlClient(socket: place.socket).invite()
            #expect(invite.entries == 3)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func code(_ line: String?) -> String? {
        line.flatMap { try? JSON(parsing: $0) }?["error"]?["code"]?.string
    }

    @Test(
        "what is no request is answered and ends that connection only",
        arguments: [
            "hello", "", "{", "[]", "3", #"{"id":-1,"verb":"status"}"#, #"{"id":"x","passant":1,"verb":"status"}"#,
            "{\"id\":1,\"id\":1}",
            "GET / HTTP/1.1", "deep",
        ])
    func garbage(_ line: String) async throws {
        try await against { connect in
            let bystander = try connect()
            let client = try connect()
            await client.write((line == "deep" ? String(repeating: "[", count: 60_000) : line) + "\n")
            let answer = await client.read()
            #expect(answer.isOver)
            #expect(answer.lines.count == 1 && code(answer.lines.first) == "malformed")
            await bystander.write(Self.status)
            #expect(await bystander.read(lines: 1).lines.first?.contains("\"result\"") == true)
        }
    }

    @Test("a line beyond 64 KiB ends the connection", arguments: [true, false])
    func longLine(withEnd: Bool) async throws {
        try await against { connect in
            let client = try connect()
            await client.write(
                "{\"x\":\"" + String(repeating: "y", count: ControlLimits.line) + (withEnd ? "\"}\n" : ""))
            let answer = await client.read()
            #expect(answer.isOver && code(answer.lines.first) == "line-too-long")
        }
    }

    @Test(
        "unknown verbs, fields and versions are answered, and the connection goes on",
        arguments: [
            (#"{"passant":1,"id":3,"verb":"shutdown"}"#, "unknown-verb"),
            (#"{"passant":1,"id":3,"verb":"status","x":1}"#, "unknown-field"),
            (#"{"passant":1,"id":3,"verb":"status","arguments":{"x":1}}"#, "unknown-field"),
            (#"{"passant":2,"id":3,"verb":"status"}"#, "other-version"),
            (#"{"id":3,"verb":"status"}"#, "other-version"), (#"{"passant":1,"id":3,"verb":4}"#, "malformed"),
            (#"{"id":3}"#, "malformed"),
            (#"{"passant":1,"id":3,"verb":"join"}"#, "bad-arguments"),
            (#"{"passant":1,"id":3,"verb":"join","arguments":{"invites":[1]}}"#, "bad-arguments"),
            (#"{"passant":1,"id":3,"verb":"meet","arguments":{"cover":4}}"#, "bad-arguments"),
            (#"{"passant":1,"id":3,"verb":"meet","arguments":[]}"#, "bad-arguments"),
            (#"{"passant":1,"id":3,"verb":"peers","arguments":{"addresses":1}}"#, "bad-arguments"),
            (#"{"id":3,"command":["new"]}"#, "no-such-meet"), (#"{"id":3,"end":{}}"#, "no-such-meet"),
            (#"{"id":3,"command":["new"],"x":1}"#, "unknown-field"),
        ])
    func refusals(_ line: String, _ expected: String) async throws {
        try await against { connect in
            let client = try connect()
            await client.write(line + "\n" + Self.status)
            let answers = await client.read(lines: 2).lines
            #expect(answers.count == 2)
            #expect(code(answers.first) == expected)
            #expect(answers.first.flatMap { try? JSON(parsing: $0) }?["id"]?.integer == 3)
            #expect(answers.last?.contains("\"result\"") == true)
        }
    }

    @Test("addresses of members are given only when asked for")
    func addresses() async throws {
        let peers = [
            PeerStatus(node: "abcd", present: true, heartbeatAge: 1, link: .none, addresses: ["192.0.2.77:4700"])
        ]
        try await against(FakeNode(members: peers)) { connect in
            let client = try connect()
            await client.write(#"{"passant":1,"id":1,"verb":"peers"}"# + "\n")
            #expect(await client.read(lines: 1).lines.first?.contains("192.0.2.77") == false)
            await client.write(#"{"passant":1,"id":1,"verb":"peers","arguments":{"addresses":true}}"# + "\n")
            #expect(await client.read(lines: 1).lines.first?.contains("192.0.2.77") == true)
        }
    }

    @Test("a request that comes byte by byte is served")
    func slowly() async throws {
        try await against { connect in
            let client = try connect()
            for byte in Self.status.utf8 { await client.write([byte]) }
            #expect(await client.read(lines: 1).lines.first?.contains("passant.status/1") == true)
        }
    }

    @Test("a client that has finished writing still gets its answers")
    func halfClosed() async throws {
        try await against { connect in
            let client = try connect()
            await client.write(Self.status + Self.status)
            client.finishWriting()
            let answer = await client.read()
            #expect(answer.lines.count == 2 && answer.isOver)
        }
    }

    @Test("an unknown command in a seat is an error event; the seat goes on")
    func badCommand() async throws {
        try await against { connect in
            let client = try connect()
            await client.write(
                Self.meet + #"{"id":1,"command":["frob"]}"# + "\n" + #"{"id":1,"command":["send","hi"]}"# + "\n")
            let lines = await client.read(lines: 4).lines
            #expect(lines.contains { $0.contains(#"["error","unknown command"#) })
            #expect(lines.contains(#"{"id":1,"event":["gotMessage","re: hi"]}"#))
        }
    }

    @Test("when a client vanishes, its seat is given back")
    func vanished() async throws {
        let node = FakeNode()
        try await against(node) { connect in
            do {
                let client = try connect()
                await client.write(Self.meet)
                #expect(
                    await client.read(lines: 2).lines == [#"{"id":1,"begun":{}}"#, #"{"id":1,"event":["waiting"]}"#])
            }
            #expect(await soon { node.asked.closed == 1 })
        }
    }

    @Test("a client that does not read is dropped, and its seat is given back")
    func neverReads() async throws {
        let node = FakeNode()
        try await against(node) { connect in
            let client = try connect()
            await client.write(Self.meet)
            #expect(await soon { node.asked.wishes.count == 1 })
            let text = String(repeating: "x", count: 8_000)
            // 16 MB against a bound of well under one.
            for _ in 0..<2_000 {
                node.tell(.gotMessage(text))
                try? await Task.sleep(for: .microseconds(200))
                if node.asked.closed == 1 { break }
            }
            #expect(await soon { node.asked.closed == 1 })
            withExtendedLifetime(client) {}
        }
    }

    @Test("requests that wait for an answer are bounded, and so are seats")
    func tooMany() async throws {
        try await against(FakeNode(isSilent: true)) { connect in
            let client = try connect()
            await client.write(String(repeating: Self.status, count: ControlLimits.requests + 1))
            #expect(code(await client.read(lines: 1).lines.first) == "too-many-requests")
            let other = try connect()
            for id in 1...ControlLimits.meets { await other.write("{\"passant\":1,\"id\":\(id),\"verb\":\"meet\"}\n") }
            _ = await other.read(lines: 2 * ControlLimits.meets)
            await other.write(Self.meet)
            #expect(code(await other.read(lines: 1).lines.first) == "id-in-use")
            await other.write(#"{"passant":1,"id":99,"verb":"meet"}"# + "\n")
            #expect(code(await other.read(lines: 1).lines.first) == "too-many-meets")
        }
    }

    @Test("clients are bounded; one more is hung up on, and there is room again when one leaves")
    func tooManyClients() async throws {
        let place = Place()
        let server = try await ControlServer.start(serving: FakeNode(), at: place.socket)
        do {
            var clients: [RawClient] = []
            for _ in 0..<ControlLimits.clients {
                let client = try #require(RawClient(place.socket))
                await client.write(Self.status)
                #expect(await client.read(lines: 1).lines.count == 1)
                clients.append(client)
            }
            let surplus = try #require(RawClient(place.socket))
            let answer = await surplus.read()
            #expect(answer.isOver && answer.lines.isEmpty)
        }
        var isServed = false
        for _ in 0..<100 where !isServed {
            isServed = (try? await ControlClient(socket: place.socket).status()) != nil
            if !isServed { try? await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isServed)
        await server.stop()
    }

    /// Only the administrator can become somebody else, and setpriv(1) and python3 do it here.
    private static let canBeSomebodyElse =
        geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0 && access("/usr/bin/python3", X_OK) == 0

    @Test(
        "another user is hung up on, even where the file lets them in",
        .enabled(if: canBeSomebodyElse, "needs root, setpriv and python3"))
    func otherUser() async throws {
        let place = Place()
        let server = try await ControlServer.start(serving: FakeNode(), at: place.socket)
        chmod(place.directory, 0o755)
        chmod(place.socket, 0o666)
        let script = """
            import socket, sys
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(10)
            client.connect(sys.argv[1])
            try:
                client.sendall(sys.argv[2].encode())
                answer = client.recv(4096)
            except OSError:
                answer = b""
            print(len(answer))
            """
        func answered(as user: String) async -> String {
            let arguments = [
                "--reuid=\(user)", "--clear-groups", "/usr/bin/python3", "-c", script, place.socket, Self.status,
            ]
            return await withCheckedContinuation { continuation in
                // A thread of its own: those of the tasks are needed by the server meanwhile.
                DispatchQueue.global().async {
                    let result = try? ChildProcess.run(["/usr/bin/setpriv"] + arguments)
                    continuation.resume(returning: result?.text ?? "")
                }
            }
        }
        #expect(await answered(as: "65534") == "0\n")
        #expect(await answered(as: "0") != "0\n")
        await server.stop()
    }

    @Test("no bytes stop the server")
    func anything() async throws {
        var generator = SeededGenerator(seed: 64)
        let seeds = [Self.status, Self.meet, #"{"id":1,"command":["send","hi"]}"# + "\n", #"{"id":1,"end":{}}"# + "\n"]
            .map { Array($0.utf8) }
        try await against { connect in
            for _ in 0..<150 {
                let client = try connect()
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes += seeds[Int.random(in: 0..<seeds.count, using: &generator)]
                }
                for _ in 0..<Int.random(in: 0...6, using: &generator) {
                    let position = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[position] = UInt8.random(in: 0...255, using: &generator)
                }
                await client.write(bytes)
            }
        }
    }

    @Test("a node holds nothing for requests that it has answered, on a connection that stays")
    func manyRequests() async throws {
        try await against { connect in
            let client = try connect()
            let ask = { (times: Int) in
                for _ in 0..<times {
                    await client.write(String(repeating: Self.status, count: ControlLimits.requests))
                    #expect(await client.read(lines: ControlLimits.requests).lines.count == ControlLimits.requests)
                }
            }
            await ask(100)
            let before = try Self.residentBytes()
            await ask(1_000)
            // 16,000 requests; to keep the task of each would take about 50 MB.
            #expect(try Self.residentBytes() - before < 20_000_000)
        }
    }

    private static func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(pages.count > 1 ? Int(pages[1]) : nil) * sysconf(Int32(_SC_PAGESIZE))
    }
}
