// TCP for a node: connections by number, in and out, on one event loop. It decides nothing about the mesh; it bounds
// what others can take, and it tells its owner what happened. It never logs, so it never logs an address.

internal import DequeModule
public import NIOCore
internal import NIOPosix
public import Wire

/// The sockets of one node. Made, used and heard on one event loop, which also runs the owner; nothing here is safe to
/// touch from elsewhere.
public final class TCPTransport {
    enum Event {
        case opened(Connection)
        case failed(Connection)
        case refusedNumber(UInt64)
        case received(Connection, [UInt8])
        case writability(Connection)
        case closed(Connection)
    }

    public let eventLoop: any EventLoop
    public let limits: TransportLimits
    public internal(set) var counters = TransportCounters()
    /// Kept until the transport has shut down.
    public var handler: (any TransportHandler)?

    private(set) var connections: [UInt64: Connection] = [:]
    private var admission: Admission
    private var nextInbound: UInt64 = 1
    var listeners: [any Channel] = []
    private var unflushed: [Connection] = []
    /// What happened inside the owner's own calls.
    private var untold = Deque<Event>()
    private var callDepth = 0
    private var ending: EventLoopPromise<Void>?

    /// - Parameters:
    ///   - eventLoop: a loop of a `MultiThreadedEventLoopGroup`.
    ///   - handler: may be set later, before the first connection.
    public init(eventLoop: any EventLoop, limits: TransportLimits, handler: (any TransportHandler)? = nil) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.handler = handler
        admission = Admission(limits: limits)
    }

    /// Open connections, both ways, and those that are still closing.
    public var connectionCount: Int { connections.count }
    /// Of these, the ones that others opened.
    public var acceptedCount: Int { admission.count }
    public var isShutDown: Bool { ending != nil }

    /// Opens a connection; the answer is `opened` or, within `connectTimeout`, `failed`. The source address is the
    /// system's choice.
    /// - Parameter connection: an even number that was never used before.
    public func connect(connection number: UInt64, to endpoint: Endpoint) {
        inOwnersCall {
            guard number.isMultiple(of: 2), connections[number] == nil, !isShutDown,
                let address = SocketAddress(endpoint)
            else {
                tell(.refusedNumber(number))
                return
            }
            let connection = Connection(number: number, isOutbound: true, remote: endpoint, transport: self)
            connections[number] = connection
            let box = NIOLoopBound((connection, self), eventLoop: eventLoop)
            ClientBootstrap(group: eventLoop)
                .connectTimeout(limits.connectTimeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (connection, transport) = box.value
                        try transport.configure(channel)
                        try connection.adopt(channel)
                    }
                }
                .connect(to: address)
                .assumeIsolated().whenFailure { _ in connection.failToOpen() }
        }
    }

    /// Sends the bytes after all that was written before. Ignored when the connection is not open. Owners mind
    /// `writabilityChanged`: a connection with more than `unsentMaximum` unsent bytes is cut.
    public func write(connection number: UInt64, bytes: [UInt8]) {
        inOwnersCall { connections[number]?.write(bytes) }
    }

    /// Sends what was written, then closes; cuts the connection when that takes longer than `closingTime`.
    public func close(connection number: UInt64) {
        inOwnersCall { connections[number]?.close() }
    }

    /// Stops listening and closes every connection. Done when the last socket is gone, at most `closingTime` later.
    @discardableResult
    public func shutDown() -> EventLoopFuture<Void> {
        inOwnersCall {
            if let ending { return ending.futureResult }
            let ending = eventLoop.makePromise(of: Void.self)
            self.ending = ending
            for listener in listeners { listener.close(promise: nil) }
            listeners = []
            for number in connections.keys.sorted() { connections[number]?.close() }
            endWhenEmpty()
            return ending.futureResult
        }
    }

    // MARK: for connections and listeners

    func tell(_ event: Event) {
        if callDepth == 0, untold.isEmpty { return handOver(event) }
        untold.append(event)
        if untold.count == 1 { eventLoop.assumeIsolated().execute { self.tellUntold() } }
    }

    func planFlush(_ connection: Connection) {
        unflushed.append(connection)
        if unflushed.count == 1 { eventLoop.assumeIsolated().execute { self.flushAll() } }
    }

    func configure(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.tcpOption(.notSentLowWater), value: limits.kernelUnsent)
        try options.setOption(
            .writeBufferWaterMark, value: .init(low: limits.writeLow, high: limits.writeHigh))
        let most = max(64, limits.receiveMaximum)
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: min(512, most), initial: min(2_048, most), maximum: most))
    }

    /// Called for every accepted socket; throws to have it closed.
    func admit(_ channel: any Channel) throws {
        guard !isShutDown, let remote = channel.remoteAddress?.endpoint else { throw ChannelError.ioOnClosedChannel }
        switch admission.admit(remote) {
        case .tooMany:
            counters.refusedForTotal &+= 1
            throw ChannelError.operationUnsupported
        case .tooManyFromThere:
            counters.refusedForAddress &+= 1
            throw ChannelError.operationUnsupported
        case .tooManyFromNetwork:
            counters.refusedForNetwork &+= 1
            throw ChannelError.operationUnsupported
        case .admitted:
            break
        }
        let connection = Connection(number: nextInbound, isOutbound: false, remote: remote, transport: self)
        do {
            try configure(channel)
            try connection.adopt(channel)
        } catch {
            admission.leave(remote)
            throw error
        }
        nextInbound &+= 2
        connections[connection.number] = connection
    }

    func forget(_ connection: Connection) {
        guard connections[connection.number] === connection else { return }
        connections[connection.number] = nil
        if !connection.isOutbound { admission.leave(connection.remote) }
        endWhenEmpty()
    }

    // MARK: private

    private func inOwnersCall<Answer>(_ body: () -> Answer) -> Answer {
        eventLoop.preconditionInEventLoop()
        callDepth += 1
        defer { callDepth -= 1 }
        return body()
    }

    private func tellUntold() {
        // What stands there now and what these cause, but not without end: the rest waits for the next turn.
        var rest = untold.count + 64
        while rest > 0, let event = untold.first {
            handOver(event)
            untold.removeFirst()
            rest -= 1
        }
        if !untold.isEmpty { eventLoop.assumeIsolated().execute { self.tellUntold() } }
    }

    private func handOver(_ event: Event) {
        switch event {
        case .opened(let connection):
            if connection.isOutbound { counters.connected &+= 1 } else { counters.accepted &+= 1 }
            handler?.opened(
                connection: connection.number, remote: connection.remote, outbound: connection.isOutbound)
        case .failed(let connection):
            counters.connectFailures &+= 1
            handler?.failed(connection: connection.number)
        case .refusedNumber(let number):
            counters.connectFailures &+= 1
            handler?.failed(connection: number)
        case .received(let connection, let bytes):
            guard !connection.isClosedByOwner else { return }
            handler?.received(connection: connection.number, bytes: bytes)
        case .writability(let connection):
            guard let isWritable = connection.newWritability() else { return }
            handler?.writabilityChanged(connection: connection.number, isWritable: isWritable)
        case .closed(let connection):
            handler?.closed(connection: connection.number)
        }
    }

    private func flushAll() {
        // As an owner's call, so that a connection that is full for an instant only is not reported as such.
        inOwnersCall {
            let connections = unflushed
            unflushed = []
            for connection in connections { connection.flush() }
        }
    }

    private func endWhenEmpty() {
        guard ending != nil, connections.isEmpty else { return }
        eventLoop.assumeIsolated().execute { self.end() }
    }

    private func end() {
        // The owner hears the last events first.
        guard untold.isEmpty else { return endWhenEmpty() }
        handler = nil
        ending?.succeed(())
    }
}

extension NIOBSDSocket.Option {
    /// TCP_NOTSENT_LOWAT of Linux, which Glibc's headers do not give to Swift.
    static let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)
}
