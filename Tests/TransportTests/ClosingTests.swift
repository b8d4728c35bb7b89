import Glibc
import NIOCore
import Testing
@testable import Transport
import Wire

@Suite("Closing", .serialized, .timeLimit(.minutes(1)))
struct ClosingTests {
    @Test("what was written before a close arrives whole")
    func flushed() async throws {
        let party = try await Party()
        let all = pattern(400_000)
        try await party.on { party in
            party.react = { party, told in
                guard told == .opened(1, outbound: false) else { return }
                party.transport.write(connection: 1, bytes: all)
                party.transport.close(connection: 1)
                party.transport.write(connection: 1, bytes: [1, 2, 3])
            }
        }
        let peer = try RawSocket(to: try await party.listen())
        #expect(try peer.receivesToEnd(all))
        peer.close()
        try await party.poll { $0.transport.connectionCount == 0 }
        #expect(try await party.on { $0.told.last == .closed(1) && $0.transport.counters.cutClosing == 0 })
        try await party.end()
    }

    @Test("a close loses nothing although the peer is still sending")
    func peerStillSending() async throws {
        let party = try await Party()
        let all = pattern(200_000)
        try await party.on { party in
            party.react = { party, told in
                guard told == .opened(1, outbound: false) else { return }
                party.transport.write(connection: 1, bytes: all)
                party.transport.close(connection: 1)
            }
        }
        let peer = try RawSocket(to: try await party.listen())
        try peer.send(pattern(150_000))
        // Were the socket simply closed, its unread input would turn this into a reset.
        #expect(try peer.receivesToEnd(all))
        peer.close()
        try await party.poll { $0.transport.connectionCount == 0 }
        #expect(try await party.on { $0.bytes[1] } == nil)
        try await party.end()
    }

    @Test("a peer that neither reads nor closes is cut when the closing time is over")
    func cut() async throws {
        var limits = TransportLimits()
        limits.closingTime = .milliseconds(200)
        let party = try await Party(limits)
        let all = pattern(3_000_000)
        try await party.on { party in
            party.react = { party, told in
                guard told == .opened(1, outbound: false) else { return }
                party.transport.write(connection: 1, bytes: all)
                party.transport.close(connection: 1)
            }
        }
        let peer = try RawSocket(to: try await party.listen())
        try await party.until { $0.told.contains(.closed(1)) }
        try await party.poll { $0.transport.connectionCount == 0 }
        #expect(try await party.on { $0.transport.counters.cutClosing } == 1)
        // Cut means reset: nothing stays behind in the kernel.
        #expect(throws: RawSocket.Problem.self) { _ = try peer.receivesToEnd(all) }
        try await party.end()
    }

    @Test("shutting down sends what was written, ends every connection, and opens no more")
    func shutDown() async throws {
        let party = try await Party()
        let place = try await party.listen()
        let silent = try (0..<40).map { _ in try RawSocket(to: place) }
        let reader = try RawSocket(to: place)
        try await party.until { $0.told.count == 41 }
        let last = pattern(50_000)
        let start = ContinuousClock.now
        let ended = try await party.on { party in
            party.transport.write(connection: 81, bytes: last)
            let future = party.transport.shutDown()
            party.transport.connect(connection: 2, to: place)
            return future
        }
        #expect(try reader.receivesToEnd(last))
        for peer in silent { #expect(try peer.receive().isEmpty) }
        // The peers never close, so this takes the closing time and no longer.
        try await ended.get()
        #expect(start.duration(to: .now) < .seconds(4))
        #expect(try await party.on { $0.told.filter { if case .closed = $0 { true } else { false } }.count } == 41)
        #expect(try await party.on { $0.told.contains(.failed(2)) })
        #expect(try await party.on { $0.transport.handler == nil && $0.transport.acceptedCount == 0 })
        await #expect(throws: TransportFault.closed) { try await party.listen() }
        #expect(throws: RawSocket.Problem.self) { try RawSocket(to: place) }
        try await party.end()
    }

    @Test("silent connections hold up nobody")
    func silent() async throws {
        let party = try await Party()
        try await party.on { party in
            party.react = { party, told in
                if case .received(let connection, _) = told {
                    party.transport.write(connection: connection, bytes: [42])
                }
            }
        }
        let place = try await party.listen()
        let silent = try (0..<50).map { _ in try RawSocket(to: place) }
        let slow = try RawSocket(to: place)
        let quick = try RawSocket(to: place)
        try slow.send([1])
        try quick.send([1])
        #expect(try quick.receive() == [42])
        #expect(try slow.receive() == [42])
        // Byte by byte is as good as all at once.
        for _ in 0..<20 {
            try slow.send([1])
            #expect(try slow.receive() == [42])
        }
        for peer in silent + [slow, quick] { peer.close() }
        try await party.end()
    }
}
