// A mesh of real processes on loopback (or in network namespaces), and the persons who meet in it.

import Foundation
import Testing

/// Where the built program is: beside the tests, or where PASSANT_BINARY says.
enum Program {
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["PASSANT_BINARY"] { return given }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appendingPathComponent(".build/release/passant").path
    }()

    /// Runs the program to its end.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> (
        status: Int32, output: String, errors: String
    ) {
        let subject = try Subject(arguments.first ?? "passant", [path] + arguments, environment: environment)
        subject.closeInput()
        let status = try await subject.status()
        return (status, subject.lines.map(\.text).joined(separator: "\n"), subject.errors)
    }
}

/// A running node and its data directory.
final class RunningNode: Sendable {
    let subject: Subject
    let data: String
    let port: Int
    let network: String

    init(subject: Subject, data: String, port: Int, network: String) {
        self.subject = subject
        self.data = data
        self.port = port
        self.network = network
    }

    var name: String { subject.name }

    func status() async throws -> [String: Any] {
        let result = try await Program.run(["status", "--data", data, "--json"])
        guard result.status == 0,
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        else { throw Missing("\(name): status ended with \(result.status): \(result.output) \(result.errors)") }
        return object
    }

    func invite() async throws -> String {
        let result = try await Program.run(["invite", "--data", data])
        guard result.status == 0 else { throw Missing("\(name): invite ended with \(result.status): \(result.errors)") }
        return result.output.split(separator: "\n").map(String.init).first { $0.hasPrefix("passant:") } ?? ""
    }

    /// Waits until the node's status satisfies `condition`.
    func wait(within seconds: Double = 30, for what: String, _ condition: ([String: Any]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last: [String: Any] = [:]
        while ContinuousClock.now < deadline {
            if let status = try? await status() {
                last = status
                if condition(status) { return }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Missing("\(name): not \(what) within \(seconds) s; status: \(last); errors: \(subject.errors)")
    }
}

/// Makes and ends the processes of one test.
final class Mesh {
    let network: String
    let directory: String
    private(set) var members: [RunningNode] = []
    private(set) var leaves: [RunningNode] = []
    private var persons: [Person] = []
    private var made = 0

    init(_ network: String) throws {
        self.network = network
        directory =
            NSTemporaryDirectory()
            + "passant-\(ProcessInfo.processInfo.processIdentifier)-\(network)-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        for person in persons { person.subject.end() }
        for node in members + leaves { node.subject.end() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Starts a member; the first one alone, the others through the first one's invite.
    @discardableResult
    func addMember(host: String = "127.0.0.1", inside namespace: String? = nil, port: Int? = nil) async throws
        -> RunningNode
    {
        let invite = try await members.first?.invite()
        let port = port ?? FreePort.next()
        var arguments = ["up", "--member", "--listen", "\(host):\(port)", "--network", network, "--web", "off"]
        if let invite { arguments += ["--join", invite] }
        let node = try start(arguments, port: port, inside: namespace)
        members.append(node)
        try await node.wait(for: "up") { $0["role"] as? String == "member" }
        return node
    }

    @discardableResult
    func addLeaf(inside namespace: String? = nil, environment: [String: String] = [:]) async throws -> RunningNode {
        guard let first = members.first else { throw Missing("a leaf needs a member") }
        let arguments = ["up", "--leaf", "--network", network, "--web", "off", "--join", try await first.invite()]
        let node = try start(arguments, port: 0, inside: namespace, environment: environment)
        leaves.append(node)
        return node
    }

    private func start(
        _ arguments: [String], port: Int, inside namespace: String?, environment: [String: String] = [:]
    ) throws -> RunningNode {
        made += 1
        let data = "\(directory)/node\(made)"
        let subject = try Subject(
            "node\(made)", [Program.path] + arguments + ["--data", data],
            // Most tests let the same two meet again and again.
            environment: ["PASSANT_NO_REPEAT_HOURS": "0"].merging(environment) { $1 }, inside: namespace)
        return RunningNode(subject: subject, data: data, port: port, network: network)
    }

    /// Ends a leaf in order and starts it again on the same directory.
    func restartLeaf(_ index: Int) async throws {
        let old = leaves[index]
        old.subject.signal(SIGTERM)
        _ = try await old.subject.status()
        let subject = try Subject(
            old.name, [Program.path, "up", "--leaf", "--network", network, "--web", "off", "--data", old.data],
            environment: ["PASSANT_NO_REPEAT_HOURS": "0"], inside: nil)
        leaves[index] = RunningNode(subject: subject, data: old.data, port: 0, network: network)
        try await leaves[index].wait(for: "at home again") { !(($0["homes"] as? [Any]) ?? []).isEmpty }
    }

    /// A mesh whose nodes all know each other.
    static func standing(_ network: String, members: Int, leaves: Int) async throws -> Mesh {
        let mesh = try Mesh(network)
        for _ in 0..<members { try await mesh.addMember() }
        for _ in 0..<leaves { try await mesh.addLeaf() }
        try await mesh.settle()
        return mesh
    }

    func settle() async throws {
        let count = members.count
        for node in members + leaves {
            try await node.wait(for: "in a mesh of \(count)") { $0["members"] as? Int == count }
        }
        for leaf in leaves {
            try await leaf.wait(for: "at home") { !(($0["homes"] as? [Any]) ?? []).isEmpty }
        }
    }

    /// A person at a running node, speaking NDJSON.
    func person(at node: RunningNode, _ wish: String...) throws -> Person { try person(at: node, wishing: wish) }

    func person(at node: RunningNode, wishing wish: [String]) throws -> Person {
        let person = Person(
            try Subject("person at \(node.name)", [Program.path, "meet", "--ndjson", "--data", node.data] + wish))
        persons.append(person)
        return person
    }

    func node(named name: String) -> RunningNode? {
        members.first { $0.name == name }
    }
}

/// Ports nobody else in this run was given.
enum FreePort {
    private static let counter = Counter()
    static func next() -> Int {
        while true {
            let port = 20_000 + counter.next() % 12_000
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0 { return port }
        }
    }
}

private final class Counter: Sendable {
    private let value = Atomic(Int(ProcessInfo.processInfo.processIdentifier) * 37)
    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}

import Synchronization
