// A transport on a loop of its own with an owner that writes down what it is told.

import NIOCore
import NIOPosix
import Testing
@testable import Transport
import Wire

enum Told: Equatable, Sendable {
    case opened(UInt64, outbound: Bool)
    case failed(UInt64)
    case received(UInt64, Int)
    case writable(UInt64, Bool)
    case closed(UInt64)
}

/// Confined to its loop; tests come in through `on`.
final class Party: TransportHandler, @unchecked Sendable {
    let loop: any EventLoop
    private let group: MultiThreadedEventLoopGroup
    private(set) var transport: TCPTransport
    private(set) var told: [Told] = []
    private(set) var bytes: [UInt64: [UInt8]] = [:]
    private(set) var remotes: [UInt64: Endpoint] = [:]
    /// What an owner does when it is told something.
    var react: (Party, Told) -> Void = { _, _ in }
    /// True while the owner is inside a call to the transport.
    var isCalling = false
    private(set) var wasToldWhileCalling = false
    private var waiting: [(isDone: (Party) -> Bool, promise: EventLoopPromise<Void>)] = []

    init(_ limits: TransportLimits = TransportLimits(), group: MultiThreadedEventLoopGroup? = nil) async throws {
        let group = group ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        loop = group.next()
        transport = TCPTransport(eventLoop: loop, limits: limits)
        try await on { $0.transport.handler = $0 }
    }

    func on<Answer: Sendable>(_ body: @escaping @Sendable (Party) throws -> Answer) async throws -> Answer {
        try await loop.submit { try body(self) }.get()
    }

    func listen(_ host: String = "127.0.0.1", port: Int = 0) async throws -> Endpoint {
        try await loop.flatSubmit { self.transport.listen(host: host, port: port) }.get()
    }

    /// Waits until the owner has been told enough; fails after twenty seconds.
    func until(_ isDone: @escaping @Sendable (Party) -> Bool, _ place: SourceLocation = #_sourceLocation) async throws {
        do {
            try await loop.flatSubmit {
                let promise = self.loop.makePromise(of: Void.self)
                self.waiting.append((isDone, promise))
                self.loop.scheduleTask(in: .seconds(20)) { promise.fail(ChannelError.connectTimeout(.seconds(20))) }
                self.wake()
                return promise.futureResult
            }.get()
        } catch {
            let told = try await on { $0.told.suffix(20) }
            Issue.record("waited in vain; told last: \(told)", sourceLocation: place)
            throw error
        }
    }

    /// Asks every 10 ms, for things that nobody is told.
    func poll(_ isDone: @escaping @Sendable (Party) -> Bool, _ place: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<2_000 {
            if try await on(isDone) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("polled in vain", sourceLocation: place)
    }

    func end() async throws {
        try await loop.flatSubmit { self.transport.shutDown() }.get()
        try await group.shutdownGracefully()
    }

    private func note(_ event: Told) {
        if isCalling { wasToldWhileCalling = true }
        told.append(event)
        react(self, event)
        wake()
    }

    private func wake() {
        for waiter in waiting where waiter.isDone(self) { waiter.promise.succeed(()) }
        waiting.removeAll { $0.isDone(self) }
    }

    func opened(connection: UInt64, remote: Endpoint?, outbound: Bool) {
        remotes[connection] = remote
        note(.opened(connection, outbound: outbound))
    }
    func failed(connection: UInt64) { note(.failed(connection)) }
    func received(connection: UInt64, bytes: [UInt8]) {
        self.bytes[connection, default: []] += bytes
        note(.received(connection, bytes.count))
    }
    func writabilityChanged(connection: UInt64, isWritable: Bool) { note(.writable(connection, isWritable)) }
    func closed(connection: UInt64) { note(.closed(connection)) }
}

extension Party {
    /// Two parties with connection 2 of the first leading to connection 1 of the second.
    static func pair(_ limits: TransportLimits = TransportLimits()) async throws -> (Party, Party) {
        let caller = try await Party(limits)
        let callee = try await Party(limits)
        let place = try await callee.listen()
        try await caller.on { $0.transport.connect(connection: 2, to: place) }
        try await caller.until { $0.told.contains(.opened(2, outbound: true)) }
        try await callee.until { $0.told.contains(.opened(1, outbound: false)) }
        return (caller, callee)
    }
}

/// Bytes that differ from their neighbours, so that lost and doubled ones show.
func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 12_345
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(truncatingIfNeeded: state >> 16)
    }
}
