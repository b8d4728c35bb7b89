// Hosts of the test's own: network namespaces joined by a bridge in one more namespace, all removed at the end.

import ChildProcess
import Foundation

/// A small private network that exists only for one test.
final class Namespaces {
    /// True when this process may make namespaces.
    static let usable: Bool = {
        guard getuid() == 0 else { return isDemanded }
        let name = "passant-probe-\(getpid())"
        let made = (try? shell("ip netns add \(name)")) != nil
        if made { _ = try? shell("ip netns del \(name)") }
        return made || isDemanded
    }()

    /// In continuous integration nothing is skipped: what cannot run is red.
    private static let isDemanded = ProcessInfo.processInfo.environment["CI"] != nil

    /// How the hosts are joined.
    enum Cabling {
        /// All on one wire: everybody sees who asks for whom.
        case bridge
        /// Each on a wire of its own to a router, in a subnet of its own: nobody has a reason to ask for anybody.
        case router
    }

    private let prefix = "psn\(getpid() % 10_000)\(Int.random(in: 0..<100))"
    private let count: Int
    private let cabling: Cabling

    init(count: Int, cabling: Cabling = .bridge) throws {
        self.count = count
        self.cabling = cabling
        try Self.shell("ip netns add \(prefix)b")
        guard cabling == .bridge else {
            try layRoutes()
            return
        }
        try Self.shell("ip -n \(prefix)b link add br0 type bridge")
        try Self.shell("ip -n \(prefix)b link set br0 up")
        for index in 0..<count {
            let name = name(index)
            try Self.shell("ip netns add \(name)")
            try Self.shell("ip -n \(name) link set lo up")
            try Self.shell("ip -n \(name) link add eth0 type veth peer name v\(index) netns \(prefix)b")
            try Self.shell("ip -n \(prefix)b link set v\(index) master br0 up")
            try Self.shell("ip -n \(name) addr add \(address(index))/24 dev eth0")
            try Self.shell("ip -n \(name) link set eth0 up")
        }
    }

    private func layRoutes() throws {
        try Self.shell("ip netns exec \(middle) sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'")
        for index in 0..<count {
            let name = name(index)
            try Self.shell("ip netns add \(name)")
            try Self.shell("ip -n \(name) link set lo up")
            try Self.shell("ip -n \(name) link add eth0 type veth peer name v\(index) netns \(middle)")
            try Self.shell("ip -n \(middle) addr add \(router(index))/30 dev v\(index)")
            try Self.shell("ip -n \(middle) link set v\(index) up")
            try Self.shell("ip -n \(name) addr add \(address(index))/30 dev eth0")
            try Self.shell("ip -n \(name) link set eth0 up")
            try Self.shell("ip -n \(name) route add default via \(router(index))")
        }
    }

    deinit {
        for index in 0..<count { _ = try? Self.shell("ip netns del \(name(index))") }
        _ = try? Self.shell("ip netns del \(prefix)b")
    }

    func name(_ index: Int) -> String { "\(prefix)n\(index)" }
    /// The namespace of the bridge or the router.
    var middle: String { "\(prefix)b" }
    func address(_ index: Int) -> String {
        cabling == .bridge ? "10.99.0.\(index + 1)" : "10.\(61 + 17 * index).\(203 - 13 * index).2"
    }
    private func router(_ index: Int) -> String { "10.\(61 + 17 * index).\(203 - 13 * index).1" }

    /// Runs a command on a host.
    @discardableResult
    func run(_ command: String, on index: Int) throws -> String {
        try Self.shell("ip netns exec \(name(index)) \(command)")
    }

    /// Cuts a host's cable.
    func cut(_ index: Int) throws { try Self.shell("ip -n \(prefix)b link set v\(index) down") }
    func mend(_ index: Int) throws { try Self.shell("ip -n \(prefix)b link set v\(index) up") }

    @discardableResult
    private static func shell(_ line: String) throws -> String {
        let (status, text) = try ChildProcess.run(["/bin/sh", "-c", line])
        guard status == 0 else { throw Missing("\(line): \(text)") }
        return text
    }
}
