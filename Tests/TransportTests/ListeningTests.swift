import Glibc
import NIOCore
import Settings
import Testing
@testable import Transport
import Wire

@Suite("Listening", .serialized, .timeLimit(.minutes(1)))
struct ListeningTests {
    @Test("several listeners of one transport, on both families")
    func several() async throws {
        let party = try await Party()
        let first = try await party.listen()
        let second = try await party.listen("localhost")
        #expect(first != second && first.port != 0 && second.port != 0)
        let peers = [try RawSocket(to: first), try RawSocket(to: .v4(0x7F00_0001, port: first.port))]
        try await party.until { $0.told.count == 2 }
        for peer in peers { peer.close() }
        do {
            let third = try await party.listen("::1")
            try await party.on { $0.transport.connect(connection: 2, to: third) }
            try await party.until {
                $0.told.contains(.opened(2, outbound: true)) && $0.told.contains(.opened(5, outbound: false))
            }
            #expect(try await party.on { $0.remotes[5]?.isLoopback } == true)
        } catch TransportFault.addressNotHere {
            // A machine without IPv6 has nothing more to show.
        }
        try await party.end()
    }

    @Test("a v4 peer of a v6 listener is known by its v4 address")
    func mapped() async throws {
        let party = try await Party()
        guard let place = try? await party.listen("::") else { return try await party.end() }
        let peer = try RawSocket(to: .v4(0x7F00_0001, port: place.port), from: 9)
        try await party.until { $0.told.count == 1 }
        #expect(try await party.on { $0.remotes[1] } == .v4(0x7F00_0009, port: peer.localPort))
        peer.close()
        try await party.end()
    }

    @Test("a port in use is an error that names the process and the next command")
    func portInUse() async throws {
        let holder = try RawSocket()
        try holder.bind(last: 1, port: 0)
        try holder.listen(backlog: 1)
        let port = Int(holder.localPort)
        let party = try await Party()
        let fault = await #expect(throws: TransportFault.self) { try await party.listen(port: port) }
        let error = try #require(fault).error
        #expect(error.code == "port-in-use")
        #expect(error.message == "cannot listen on 127.0.0.1:\(port)")
        #expect(error.reason.hasPrefix("the port is in use by process \(getpid()) ("))
        #expect(error.remedy.contains("passant up --listen 127.0.0.1:\(port + 1)"))
        #expect(try #require(fault).description == error.description)
        // Nothing is left behind: when the port is free it can be had.
        holder.close()
        #expect(try await party.listen(port: port).port == UInt16(port))
        try await party.end()
    }

    @Test("an address of another machine, a wrong port and an unknown host are different errors")
    func faults() async throws {
        let party = try await Party()
        func code(_ host: String, _ port: Int) async -> String? {
            do {
                _ = try await party.listen(host, port: port)
                return nil
            } catch let fault as TransportFault {
                return fault.error.code
            } catch {
                return "?"
            }
        }
        #expect(await code("192.0.2.1", 0) == "address-not-here")
        #expect(await code("no such host", 0) == "host-unknown")
        #expect(await code("127.0.0.1", 65_536) == "host-unknown")
        #expect(await code("127.0.0.1", -1) == "host-unknown")
        try await party.end()
    }

    @Test(
        "an unprivileged user learns that a low port is not permitted",
        .enabled(
            if: getuid() == 0 && number(inFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? 0 > 81,
            "needs root, to give it up, and ports that the system keeps for it"))
    func notPermitted() async throws {
        let words = TransportFault.notPermitted(ListeningPlace(host: "::1", port: 80)).error
        #expect(words.message == "cannot listen on [::1]:80" && words.exitCode == 77)
        await #expect(processExitsWith: .success) {
            try RawSocket.checked(setuid(65_534))
            let party = try await Party()
            let fault = await #expect(throws: TransportFault.self) { try await party.listen(port: 81) }
            try #require(fault?.error.code == "port-not-permitted")
            exit(0)
        }
    }

    @Test("every fault has words, a remedy and a sysexits code")
    func words() {
        let place = ListeningPlace(host: "127.0.0.1", port: 65_535)
        let faults: [TransportFault] = [
            .portInUse(place, holder: nil), .portInUse(place, holder: PortHolder(process: 1, name: "")),
            .notPermitted(place), .addressNotHere(place), .hostUnknown(place), .noFileDescriptors(place),
            .system(place, code: EIO), .closed,
        ]
        for fault in faults {
            #expect(!fault.error.message.isEmpty && !fault.error.reason.isEmpty && !fault.error.remedy.isEmpty)
            #expect(fault.error.exitCode >= 64)
        }
        #expect(!faults[0].error.remedy.contains("65536"))
    }
}

/// A number from a one-line file of /proc.
private func number(inFile path: String) -> Int? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &bytes, bytes.count)
    return Int(String(decoding: bytes[..<max(0, count)].prefix { $0 != 0x0A }, as: UTF8.self))
}
