// What people and networks do wrong, on real processes: one clear error (what, why, the next command), or
// silence with a counter, and the node goes on.

import Essentials
import Foundation
import Identity
import Testing
import Wire

@Suite(.serialized)
struct BadInputTests {
    @Test("a second node on the same data directory is refused and names the first", .timeLimit(.minutes(1)))
    func secondNode() async throws {
        let mesh = try await Mesh.standing("local-second", members: 1, leaves: 0)
        let first = mesh.members[0]
        let second = try await Program.run(["up", "--leaf", "--data", first.data, "--network", "local-second"])
        #expect(second.status != 0)
        #expect(second.errors.contains(String(first.subject.pid)), "names the process: \(second.errors)")
        #expect(first.subject.isRunning)
    }

    @Test("a port in use is one clear error", .timeLimit(.minutes(1)))
    func portInUse() async throws {
        let mesh = try await Mesh.standing("local-port", members: 1, leaves: 0)
        let port = mesh.members[0].port
        let second = try await Program.run(
            [
                "up", "--member", "--data", "\(mesh.directory)/other", "--network", "local-port", "--listen",
                "127.0.0.1:\(port)",
            ])
        #expect(second.status == 75 || second.status == 78, "status \(second.status)")
        #expect(second.errors.contains("\(port)") && second.errors.contains("in use"), "\(second.errors)")
        #expect(!second.errors.contains("Fatal"))
    }

    @Test(
        "a key file that others can read, that is damaged or that cannot be read is refused with what to do",
        .timeLimit(.minutes(1)))
    func keyFile() async throws {
        let mesh = try Mesh("local-key")
        let data = "\(mesh.directory)/keyed"
        let node = try await mesh.addMember()
        let copy = URL(fileURLWithPath: node.data)
        node.subject.signal(SIGTERM)
        #expect(try await node.subject.status() == 0, "SIGTERM ends it well")
        try FileManager.default.copyItem(at: copy, to: URL(fileURLWithPath: data))
        let key = try #require(Self.keyFile(in: data))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let open = try await Program.run(["up", "--leaf", "--data", data, "--network", "local-key"])
        #expect(open.status == 77 || open.status == 78, "status \(open.status)")
        #expect(open.errors.contains("chmod 600"), "\(open.errors)")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: key))
        let damaged = try await Program.run(["up", "--leaf", "--data", data, "--network", "local-key"])
        #expect(damaged.status != 0 && damaged.errors.contains("key"), "\(damaged.errors)")
    }

    @Test(
        "a mistyped invite names the place of the error; an expired one, one of another network and junk are told apart",
        .timeLimit(.minutes(1)))
    func invites() async throws {
        let mesh = try await Mesh.standing("local-typed", members: 1, leaves: 0)
        let node = mesh.members[0]
        let invite = try await node.invite()
        var letters = Array(invite)
        let position = letters.count - 12
        letters[position] = letters[position] == "a" ? "b" : "a"
        let mistyped = try await Program.run(["join", String(letters), "--data", node.data])
        #expect(mistyped.status == 65)
        #expect(mistyped.errors.contains("character \(position + 1)"), "names the place: \(mistyped.errors)")
        let junk = try await Program.run(["join", "https://example.invalid/", "--data", node.data])
        #expect(junk.status == 65 && junk.errors.contains("passant:"), "\(junk.errors)")
        let other = try await Mesh.standing("local-typed2", members: 1, leaves: 0)
        let foreign = try await Program.run(["join", try await other.members[0].invite(), "--data", node.data])
        #expect(foreign.status == 65 && foreign.errors.contains("local-typed2"), "\(foreign.errors)")
        let old = try Invite(
            networkName: "local-typed", expires: WallTime(milliseconds: 1_700_000_000_000),
            entries: [
                InviteEntry(endpoint: .v4(0x7F00_0001, port: 4_700), fingerprint: [UInt8](repeating: 7, count: 16))
            ])
        let expired = try await Program.run(["join", old.text, "--data", node.data])
        #expect(expired.status == 65 && expired.errors.contains("expired") && expired.errors.contains("passant invite"))
        let wrong = try await Program.run(
            ["up", "--leaf", "--data", "\(mesh.directory)/new", "--network", "local-typed", "--join", String(letters)])
        #expect(wrong.status == 65, "up refuses it too: \(wrong.errors)")
    }

    @Test("without any entry point meet says how to get one", .timeLimit(.minutes(1)))
    func noEntryPoint() async throws {
        let mesh = try Mesh("local-nowhere")
        let result = try await Program.run([
            "meet", "--ndjson", "--data", "\(mesh.directory)/none", "--network", "local-nowhere",
        ])
        #expect(result.status != 0)
        #expect((result.errors + result.output).contains("passant join"), "\(result.errors) \(result.output)")
    }

    @Test("an unspecified listen address without --address is an error that says so", .timeLimit(.minutes(1)))
    func unspecified() async throws {
        let mesh = try Mesh("main-nowhere")
        let result = try await Program.run([
            "up", "--member", "--listen", "0.0.0.0:7001", "--data", "\(mesh.directory)/a",
        ])
        #expect(result.status == 64 || result.status == 78)
        #expect(result.errors.contains("--address"), "\(result.errors)")
    }

    @Test("status without a running node ends with 69 and names the command", .timeLimit(.minutes(1)))
    func notRunning() async throws {
        let mesh = try Mesh("local-off")
        let result = try await Program.run(["status", "--data", "\(mesh.directory)/off"])
        #expect(result.status == 69)
        #expect(result.errors.contains("passant up"))
        let json = try await Program.run(["status", "--data", "\(mesh.directory)/off", "--json"])
        #expect(json.status == 69 && (json.output + json.errors).contains("\"remedy\""))
    }

    @Test(
        "verbs and flags that are not built yet say so with 64", .timeLimit(.minutes(1)),
        arguments: [
            ["doctor"], ["block", "list"], ["community", "list"], ["meet", "--community", "x"],
        ])
    func notBuilt(_ arguments: [String]) async throws {
        let result = try await Program.run(arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains("not built yet"), "\(result.errors)")
    }

    @Test(
        "garbage, silence and half-open connections do not disturb a member, and are counted", .timeLimit(.minutes(2)))
    func noise() async throws {
        let mesh = try await Mesh.standing("local-noise", members: 3, leaves: 2)
        let victim = mesh.members[0]
        var silent: [Int32] = []
        defer { for descriptor in silent { close(descriptor) } }
        var generator = SystemRandomNumberGenerator()
        for attempt in 0..<60 {
            guard let descriptor = Self.connect(to: victim.port) else { continue }
            silent.append(descriptor)
            switch attempt % 4 {
            case 0: break
            case 1: Self.send([UInt8](repeating: 0, count: 4_096), on: descriptor)
            case 2: Self.send((0..<700).map { _ in UInt8.random(in: 0...255, using: &generator) }, on: descriptor)
            default:
                Self.send([UInt8(ascii: "P"), 1, 2, 0xFF, 0xFF] + [UInt8](repeating: 7, count: 70_000), on: descriptor)
            }
        }
        let ann = try mesh.person(at: mesh.leaves[0])
        let ben = try mesh.person(at: mesh.leaves[1])
        try await ann.expect("connected")
        try await ben.expect("connected")
        try await talk(ann, ben, "in spite of the noise")
        try await Task.sleep(for: .seconds(6))
        let status = try await victim.status()
        #expect(status["members"] as? Int == 3)
        let counters = status["counters"] as? [String: Any] ?? [:]
        #expect(
            counters.contains { $0.key.contains("handshake") && ($0.value as? Int ?? 0) > 0 }, "counted: \(counters)")
        let still = silent.filter { Self.isOpen($0) }
        #expect(still.isEmpty, "\(still.count) of \(silent.count) silent connections are still open after six seconds")
    }

    private static func keyFile(in data: String) -> String? {
        (FileManager.default.enumerator(atPath: data)?.compactMap { $0 as? String } ?? [])
            .first { $0.hasSuffix("identity.key") }.map { "\(data)/\($0)" }
    }

    private static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], on descriptor: Int32) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    private static func isOpen(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count > 0 || (count < 0 && errno == EAGAIN)
    }
}
