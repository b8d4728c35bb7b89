import Glibc
import NIOCore
import Testing
@testable import Transport
import Wire

@Suite("Limits", .serialized, .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("with a peer that does not read, little is taken, and all of it arrives when it reads again")
    func writability() async throws {
        let party = try await Party()
        let piece = pattern(8_192)
        try await party.on { party in
            party.react = { party, told in
                guard told == .opened(1, outbound: false) || told == .writable(1, true) else { return }
                party.writeWhileWritable(piece)
            }
        }
        let peer = try RawSocket(receiveBuffer: 65_536)
        try peer.connect(to: try await party.listen())
        try await party.until { $0.told.contains(.writable(1, false)) }
        try await Task.sleep(for: .milliseconds(200))
        let written = try await party.on { $0.transport.counters.writtenBytes }
        // Our own 64 KiB and a little more, 16 KiB unsent in the kernel, and the peer's window.
        #expect(written < 600_000, "\(written)")
        try await party.on { $0.react = { _, _ in } }
        let isWhole = try peer.receive(exactly: Int(written)) == (0..<Int(written) / piece.count).flatMap { _ in piece }
        #expect(isWhole)
        try await party.until { $0.told.last == .writable(1, true) }
        peer.close()
        try await party.end()
    }

    @Test("the kernel takes little that it cannot send at once")
    func kernelUnsent() async throws {
        func taken(_ kernelUnsent: Int) async throws -> UInt64 {
            var limits = TransportLimits()
            limits.kernelUnsent = kernelUnsent
            let party = try await Party(limits)
            let piece = pattern(8_192)
            try await party.on { party in
                party.react = { party, told in
                    guard told == .opened(1, outbound: false) || told == .writable(1, true) else { return }
                    party.writeWhileWritable(piece)
                }
            }
            let peer = try RawSocket(receiveBuffer: 65_536)
            try peer.connect(to: try await party.listen())
            try await party.until { $0.told.contains(.writable(1, false)) }
            try await Task.sleep(for: .milliseconds(200))
            let written = try await party.on { $0.transport.counters.writtenBytes }
            peer.reset()
            try await party.end()
            return written
        }
        let low = try await taken(16_384)
        let high = try await taken(4 << 20)
        #expect(high > low + 65_536, "\(low) \(high)")
    }

    @Test("an owner that writes on and on to a full connection loses it")
    func overfull() async throws {
        var limits = TransportLimits()
        limits.unsentMaximum = 1 << 20
        let party = try await Party(limits)
        let peer = try RawSocket(to: try await party.listen())
        try await party.until { $0.told.count == 1 }
        let piece = pattern(100_000)
        try await party.on { party in
            for _ in 0..<100 { party.transport.write(connection: 1, bytes: piece) }
        }
        try await party.until { $0.told.contains(.closed(1)) }
        #expect(try await party.on { $0.transport.counters.cutOverfull == 1 && $0.transport.connectionCount == 0 })
        peer.close()
        try await party.end()
    }

    @Test("more connections than the total are closed at once, and one that ends makes room")
    func total() async throws {
        var limits = TransportLimits()
        limits.acceptedMaximum = 3
        let party = try await Party(limits)
        let place = try await party.listen()
        var peers = try (0..<3).map { _ in try RawSocket(to: place) }
        try await party.until { $0.told.count == 3 }
        let refused = try RawSocket(to: place)
        #expect(try refused.receive().isEmpty)
        #expect(try await party.on { $0.transport.counters.refusedForTotal == 1 && $0.told.count == 3 })
        peers.removeLast().close()
        try await party.poll { $0.transport.acceptedCount == 2 }
        let admitted = try RawSocket(to: place)
        try await party.until { $0.told.contains(.opened(7, outbound: false)) }
        try admitted.send([1])
        try await party.until { $0.told.contains(.received(7, 1)) }
        for peer in peers + [admitted] { peer.close() }
        try await party.end()
    }

    @Test("one address gets its share only, and others are served")
    func perAddress() async throws {
        var limits = TransportLimits()
        limits.acceptedPerAddressMaximum = 2
        limits.loopbackIsExempt = false
        let party = try await Party(limits)
        let place = try await party.listen()
        let greedy = try (0..<2).map { _ in try RawSocket(to: place, from: 2) }
        try await party.until { $0.told.count == 2 }
        #expect(try RawSocket(to: place, from: 2).receive().isEmpty)
        #expect(try await party.on { $0.transport.counters.refusedForAddress } == 1)
        let modest = try RawSocket(to: place, from: 3)
        try await party.until { $0.told.count == 3 }
        for peer in greedy + [modest] { peer.close() }
        try await party.end()
    }

    @Test("one network gets its share of all connections only, whatever number of addresses it has")
    func perNetwork() async throws {
        var limits = TransportLimits()
        limits.acceptedMaximum = 8
        limits.loopbackIsExempt = false
        let party = try await Party(limits)
        let place = try await party.listen()
        // 127.0.0.2, .3 and .4, each one connection.
        let greedy = try (2...3).map { try RawSocket(to: place, from: $0) }
        try await party.until { $0.told.count == 2 }
        #expect(try RawSocket(to: place, from: 4).receive().isEmpty)
        let counters = try await party.on { $0.transport.counters }
        #expect(counters.refusedForNetwork == 1 && counters.refused == 1)
        for peer in greedy { peer.close() }
        try await party.poll { $0.transport.acceptedCount == 0 }
        let again = try RawSocket(to: place, from: 4)
        try await party.until { $0.told.contains(.opened(5, outbound: false)) }
        again.close()
        try await party.end()
    }

    @Test("others are not counted with a network that has its share, and where all is one network it has all")
    func otherNetworks() {
        var limits = TransportLimits()
        limits.acceptedMaximum = 8
        var admission = Admission(limits: limits)
        let network = (0..<3).map { Endpoint.v4(0x0901_0000 | UInt32($0) << 8, port: 1) }
        let first = network.map { admission.admit($0) }
        #expect(first == [.admitted, .admitted, .tooManyFromNetwork])
        let other = admission.admit(.v4(0x0902_0000, port: 1))
        admission.leave(network[0])
        let later = admission.admit(network[2])
        #expect(other == .admitted && later == .admitted && admission.count == 3)
        let wide = (0..<3).map { Endpoint.v6(Address6(high: 0x2A01_0001_0000_0000 | $0 << 16, low: 1), port: 1) }
        let sixes = wide.map { admission.admit($0) }
        #expect(sixes == [.admitted, .admitted, .tooManyFromNetwork])
        limits.networkShare = 1
        var whole = Admission(limits: limits)
        let all = network.map { whole.admit($0) }
        #expect(all == [.admitted, .admitted, .admitted])
    }

    @Test("loopback is counted in total only when it is exempt")
    func loopbackExempt() async throws {
        var limits = TransportLimits()
        limits.acceptedPerAddressMaximum = 2
        let party = try await Party(limits)
        let place = try await party.listen()
        let peers = try (0..<5).map { _ in try RawSocket(to: place) }
        try await party.until { $0.told.count == 5 }
        for peer in peers { peer.close() }
        try await party.end()
    }

    @Test("a /64 of IPv6 counts as one address")
    func prefix() {
        var limits = TransportLimits()
        limits.acceptedPerAddressMaximum = 2
        var admission = Admission(limits: limits)
        func remote(_ high: UInt64, _ low: UInt64) -> Endpoint { .v6(Address6(high: high, low: low), port: 1) }
        #expect(admission.admit(remote(1, 1)) == .admitted)
        #expect(admission.admit(remote(1, 2)) == .admitted)
        #expect(admission.admit(remote(1, 3)) == .tooManyFromThere)
        #expect(admission.admit(remote(2, 1)) == .admitted)
        admission.leave(remote(1, 1))
        #expect(admission.admit(remote(1, 3)) == .admitted)
        // What was never admitted cannot leave.
        admission.leave(remote(9, 9))
        #expect(admission.count == 3)
    }

    @Test("limits fit themselves to the file descriptors there are")
    func fitting() {
        #expect(TransportLimits().fitting(openFiles: 1_024).acceptedMaximum == 896)
        #expect(TransportLimits().fitting(openFiles: 1 << 20).acceptedMaximum == TransportLimits().acceptedMaximum)
        #expect(TransportLimits().fitting(openFiles: 10).acceptedMaximum == 16)
        #expect(OpenFiles.raiseLimit() >= 256)
    }

    @Test("without file descriptors accepting pauses instead of spinning, and goes on when there are some")
    func outOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            var limits = TransportLimits()
            limits.acceptPause = .milliseconds(100)
            let party = try await Party(limits)
            let place = try await party.listen()
            let failures = try connectWithoutDescriptors(to: place, of: party)
            // One every 100 ms; a loop that spins has thousands.
            try #require(failures >= 1 && failures <= 8, "\(failures) failures")
            try await party.until { $0.told.count == 3 }
            try await party.end()
            exit(0)
        }
    }
}

extension Party {
    /// As owners should: while it is writable.
    func writeWhileWritable(_ piece: [UInt8]) {
        guard told.last != .writable(1, false) else { return }
        transport.write(connection: 1, bytes: piece)
        loop.execute { self.writeWhileWritable(piece) }
    }
}

/// Connects three times while there is no descriptor to be had, for 350 ms; how often accepting failed. Without
/// concurrency, since Dispatch traps when it gets no descriptor for a timer.
private func connectWithoutDescriptors(to place: Endpoint, of party: Party) throws -> UInt64 {
    let peers = try (0..<3).map { _ in try RawSocket() }
    var limit = rlimit(rlim_cur: 256, rlim_max: 256)
    try RawSocket.checked(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit))
    var taken: [Int32] = []
    while true {
        let descriptor = open("/dev/null", O_RDONLY)
        if descriptor < 0 { break }
        taken.append(descriptor)
    }
    defer { for descriptor in taken { close(descriptor) } }
    for peer in peers {
        try peer.connect(to: place)
        unfinished.append(peer)
    }
    usleep(350_000)
    return try party.loop.submit { party.transport.counters.acceptFailures }.wait()
}

/// Open until the process ends.
nonisolated(unsafe) private var unfinished: [RawSocket] = []
