import Foundation
import NIOCore
import NIOPosix
import Testing
@testable import Transport
import Wire

@Suite("Connections", .serialized, .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("bytes go both ways, whole and in order, whatever pieces they were written in")
    func bytesGoBothWays() async throws {
        let (caller, callee) = try await Party.pair()
        let all = pattern(300_000)
        try await caller.on { party in
            var rest = all[...]
            var size = 1
            while !rest.isEmpty {
                party.transport.write(connection: 2, bytes: Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                size = size % 5_000 + 37
            }
        }
        try await callee.on { $0.transport.write(connection: 1, bytes: Array(all.reversed())) }
        try await callee.until { $0.bytes[1]?.count == all.count }
        try await caller.until { $0.bytes[2]?.count == all.count }
        #expect(try await callee.on { $0.bytes[1] == all })
        #expect(try await caller.on { $0.bytes[2] == all.reversed() })
        let counted = try await caller.on { $0.transport.counters }
        #expect(counted.writtenBytes == 300_000 && counted.receivedBytes == 300_000 && counted.connected == 1)
        try await caller.end()
        try await callee.end()
    }

    @Test("inbound connections get odd numbers and outbound ones keep theirs; odd and used ones are refused")
    func numbers() async throws {
        let (caller, callee) = try await Party.pair()
        let place = try await callee.listen()
        try await caller.on { party in
            party.transport.connect(connection: 4, to: place)
            party.transport.connect(connection: 7, to: place)
            party.transport.connect(connection: 2, to: place)
        }
        try await callee.until { $0.told.contains(.opened(3, outbound: false)) }
        try await caller.until { $0.told.contains(.opened(4, outbound: true)) && $0.told.contains(.failed(7)) }
        #expect(try await caller.on { $0.told.contains(.failed(2)) })
        #expect(try await caller.on { $0.remotes[2] != nil && $0.transport.connectionCount == 2 })
        try await caller.end()
        try await callee.end()
    }

    @Test("a connection that is refused fails, once")
    func refused() async throws {
        let listener = try RawSocket()
        try listener.bind(last: 1, port: 0)
        let party = try await Party()
        let place = Endpoint.v4(0x7F00_0001, port: listener.localPort)
        try await party.on { $0.transport.connect(connection: 2, to: place) }
        try await party.until { $0.told == [.failed(2)] }
        #expect(try await party.on { $0.transport.connectionCount == 0 && $0.transport.counters.connectFailures == 1 })
        try await party.end()
    }

    @Test("a connection that nobody answers fails when its time is over")
    func unanswered() async throws {
        // Nobody accepts here, and the queue is full: further SYNs are dropped.
        let listener = try RawSocket()
        try listener.bind(last: 1, port: 0)
        try listener.listen(backlog: 0)
        let place = Endpoint.v4(0x7F00_0001, port: listener.localPort)
        let fillers = try (0..<4).map { _ in try RawSocket() }
        for filler in fillers {
            _ = fcntl(filler.descriptor, F_SETFL, O_NONBLOCK)
            try? filler.connect(to: place)
        }
        var limits = TransportLimits()
        limits.connectTimeout = .milliseconds(300)
        let party = try await Party(limits)
        let start = ContinuousClock.now
        try await party.on { $0.transport.connect(connection: 2, to: place) }
        try await party.until { $0.told == [.failed(2)] }
        #expect(start.duration(to: .now) >= .milliseconds(250))
        try await party.end()
    }

    @Test("closing before a connection is open fails it, once")
    func closedEarly() async throws {
        let listener = try RawSocket()
        try listener.bind(last: 1, port: 0)
        try listener.listen(backlog: 8)
        let place = Endpoint.v4(0x7F00_0001, port: listener.localPort)
        let party = try await Party()
        try await party.on { party in
            party.transport.connect(connection: 2, to: place)
            party.transport.close(connection: 2)
        }
        try await party.until { !$0.told.isEmpty && $0.transport.connectionCount == 0 }
        let told = try await party.on { $0.told }
        // Loopback may have been quicker than the close.
        #expect(told == [.failed(2)] || told == [.opened(2, outbound: true), .closed(2)])
        try await party.end()
    }

    @Test("a peer's reset closes the connection, once")
    func reset() async throws {
        let party = try await Party()
        let peer = try RawSocket(to: try await party.listen())
        try await party.until { $0.told.count == 1 }
        peer.reset()
        try await party.until { $0.told == [.opened(1, outbound: false), .closed(1)] }
        try await party.poll { $0.transport.acceptedCount == 0 }
        try await party.end()
    }

    @Test("when a peer finishes sending, all it sent is received, and what was written reaches it")
    func halfClose() async throws {
        let party = try await Party()
        let answer = pattern(1_000_000)
        try await party.on { party in
            party.react = { party, told in
                // One answer when the last byte has come.
                if case .received = told, party.bytes[1]?.count == 100_000 {
                    party.transport.write(connection: 1, bytes: answer)
                }
            }
        }
        let peer = try RawSocket(receiveBuffer: 65_536)
        try peer.connect(to: try await party.listen())
        let question = pattern(100_000)
        try peer.send(question)
        peer.finishSending()
        // Not at once, so that not all of the answer is in the kernel when the connection is over.
        try await party.until { $0.told.contains(.closed(1)) }
        #expect(try peer.receivesToEnd(answer))
        #expect(try await party.on { $0.bytes[1] == question })
        #expect(try await party.on { $0.told.filter { $0 == .closed(1) }.count } == 1)
        try await party.end()
    }

    @Test("nothing is told inside the owner's own calls")
    func noCallbacksInside() async throws {
        let (caller, callee) = try await Party.pair()
        let piece = pattern(60_000)
        try await caller.on { party in
            party.react = { party, told in
                guard told == .writable(2, false) else { return }
                party.isCalling = true
                party.transport.write(connection: 2, bytes: piece)
                party.isCalling = false
            }
            party.isCalling = true
            party.transport.connect(connection: 5, to: .v4(0x7F00_0001, port: 1))
            party.transport.connect(connection: 8, to: .v4(0x7F00_0001, port: 1))
            for _ in 0..<40 { party.transport.write(connection: 2, bytes: piece) }
            party.transport.close(connection: 2)
            party.isCalling = false
        }
        try await caller.until { $0.told.contains(.closed(2)) && $0.told.contains(.failed(8)) }
        #expect(try await caller.on { !$0.wasToldWhileCalling && $0.told.contains(.failed(5)) })
        try await caller.end()
        try await callee.end()
    }

    @Test("nothing is received any more on a connection that its owner closed a moment ago")
    func receivedAfterClose() async throws {
        let party = try await Party()
        let place = try await party.listen()
        let peers = [try RawSocket(to: place), try RawSocket(to: place)]
        try await party.until { $0.told.count == 2 }
        try await party.on { party in
            var closing: UInt64 = 0
            party.react = { party, told in
                switch told {
                case .received(let connection, _) where closing == 0:
                    // Something to tell, behind which the other one's bytes have to wait.
                    closing = 4 - connection
                    party.transport.connect(connection: 7, to: place)
                case .failed(7):
                    party.transport.close(connection: closing)
                default: break
                }
            }
        }
        // The loop stands still meanwhile, so that it finds both to read at once.
        party.loop.execute { usleep(200_000) }
        for peer in peers { try peer.send([1, 2, 3]) }
        try await party.until { $0.told.contains(.closed(1)) || $0.told.contains(.closed(3)) }
        for peer in peers { peer.close() }
        try await party.poll { $0.transport.connectionCount == 0 }
        #expect(try await party.on { $0.bytes.count } == 1)
        try await party.end()
    }

    @Test("both ends send small pieces at once and leave little unsent in the kernel")
    func options() async throws {
        let (caller, callee) = try await Party.pair()
        for (party, number) in [(caller, 2), (callee, 1)] as [(Party, UInt64)] {
            let options = try await party.on { party in
                let options = try #require(party.transport.connections[number]?.channel?.syncOptions)
                let unsent = try options.getOption(.tcpOption(.notSentLowWater))
                return [try options.getOption(.tcpOption(.tcp_nodelay)), unsent]
            }
            #expect(options == [1, 16_384])
        }
        try await caller.end()
        try await callee.end()
    }

    @Test("a connection of a socket to itself fails", .enabled(if: getuid() == 0, "only root can make a namespace"))
    func connectedToItself() async throws {
        await #expect(processExitsWith: .success) {
            let opened = try await connectionsAmongFewPorts()
            try #require(opened == 0)
            exit(0)
        }
    }

    @Test("every address survives the way to the system and back; a v4 address in v6 clothes is v4")
    func addresses() throws {
        let endpoints: [Endpoint] = [
            .v4(0x7F00_0001, port: 1), .v4(0xFFFF_FFFF, port: 65_535), .v4(0x0102_0304, port: 4_700),
            .v6(Address6(high: 0x2001_0DB8_0000_0001, low: 2), port: 4_700),
        ]
        for endpoint in endpoints { #expect(SocketAddress(endpoint)?.endpoint == endpoint) }
        let mapped = try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 9)
        #expect(mapped.endpoint == .v4(0xC000_0207, port: 9))
        #expect(try SocketAddress(unixDomainSocketPath: "/x").endpoint == nil)
    }
}

/// An event loop in a network namespace of its own that has eight ports to choose from; nil where that is forbidden.
private func groupWithFewPorts() async -> MultiThreadedEventLoopGroup? {
    await withCheckedContinuation { continuation in
        // A namespace belongs to a thread and to the threads that this one makes.
        Thread.detachNewThread {
            let newNetwork: Int32 = 0x4000_0000
            guard let symbol = dlsym(nil, "unshare"),
                unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)(newNetwork) == 0,
                command("ip link set lo up"),
                command("echo 40000 40007 > /proc/sys/net/ipv4/ip_local_port_range")
            else { return continuation.resume(returning: nil) }
            continuation.resume(returning: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        }
    }
}

/// Runs in the calling thread's namespaces.
private func command(_ line: String) -> Bool {
    guard let pipe = popen(line + " 2>/dev/null", "r") else { return false }
    return pclose(pipe) == 0
}

/// Connects two hundred times to ports that nobody listens on; how many connections were opened all the same.
private func connectionsAmongFewPorts() async throws -> Int {
    let group = try #require(await groupWithFewPorts(), "no namespace of its own with few ports")
    let party = try await Party(group: group)
    for attempt in UInt64(1)...200 {
        let place = Endpoint.v4(0x7F00_0001, port: 40_000 + UInt16(attempt % 8))
        try await party.on { $0.transport.connect(connection: 2 * attempt, to: place) }
        try await party.until { $0.told.count >= Int(attempt) }
    }
    return try await party.on { $0.told.filter { if case .opened = $0 { true } else { false } }.count }
}
