// One TCP connection: the last handler of a NIO channel, which is also its only one.

internal import Glibc
internal import NIOCore
internal import Wire

/// Moves bytes between a channel and the transport, and closes in good order.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// From `open` on the owner has been told; in `closing` it has been told that all is over.
    private enum Phase { case opening, open, closing, gone }

    let number: UInt64
    let isOutbound: Bool
    let remote: Endpoint
    private let transport: TCPTransport
    private var phase = Phase.opening
    private(set) var channel: (any Channel)?
    private var context: ChannelHandlerContext?
    /// Written by the owner in this turn of the loop. One hand-over a turn makes one system call of many small writes.
    private var gathered = ByteBuffer()
    /// Bytes that the channel has from this turn.
    private var handedOver = 0
    private static let largeWrite = 8_192
    private var isFlushPlanned = false
    private var toldWritable = true
    private(set) var isClosedByOwner = false
    private var peerFinished = false
    private var deadline: Scheduled<Void>?

    init(number: UInt64, isOutbound: Bool, remote: Endpoint, transport: TCPTransport) {
        self.number = number
        self.isOutbound = isOutbound
        self.remote = remote
        self.transport = transport
    }

    /// To be called before the channel is active; from then on the end of the channel is the end of this.
    func adopt(_ channel: any Channel) throws {
        self.channel = channel
        try channel.pipeline.syncOperations.addHandler(self)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.end() }
    }

    // MARK: the owner's side

    func write(_ bytes: [UInt8]) {
        guard phase == .open, !bytes.isEmpty else { return }
        transport.counters.writtenBytes &+= UInt64(bytes.count)
        if bytes.count >= Self.largeWrite {
            // A buffer of its own, so that what was gathered need not grow and be copied.
            handOver()
            gathered = ByteBuffer(bytes: bytes)
        } else {
            gathered.writeBytes(bytes)
        }
        if gathered.readableBytes + handedOver >= transport.limits.writeHigh {
            flush()
        } else if !isFlushPlanned {
            isFlushPlanned = true
            transport.planFlush(self)
        }
    }

    /// Gives what was gathered to the channel, which sends nothing before the flush.
    private func handOver() {
        guard let context, gathered.readableBytes > 0 else { return }
        handedOver += gathered.readableBytes
        context.write(Self.wrapOutboundOut(gathered), promise: nil)
        gathered = ByteBuffer()
    }

    func flush(promise: EventLoopPromise<Void>? = nil) {
        isFlushPlanned = false
        guard let context, gathered.readableBytes + handedOver > 0 || promise != nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let buffer = gathered
        gathered = ByteBuffer()
        handedOver = 0
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: promise)
        guard phase == .open, !context.channel.isWritable else { return }
        let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if let unsent, unsent > transport.limits.unsentMaximum {
            transport.counters.cutOverfull &+= 1
            cut()
        }
    }

    /// Nothing more is received. What was written is sent, then the connection ends for both directions; all that
    /// within `closingTime`.
    func close() {
        isClosedByOwner = true
        switch phase {
        case .opening:
            channel?.close(promise: nil)
        case .open:
            beginClosing()
            flush()
            // First only our direction: closing a socket that has unread bytes makes the kernel reset the connection,
            // and what we sent last might be lost on its way.
            context?.close(
                mode: .output,
                promise: whenDone { connection in
                    if connection.peerFinished { connection.channel?.close(promise: nil) }
                })
        case .closing, .gone:
            break
        }
    }

    /// What the transport asks when it is about to tell: nil when there is nothing new.
    func newWritability() -> Bool? {
        guard phase == .open, let channel, channel.isWritable != toldWritable else { return nil }
        toldWritable = channel.isWritable
        return toldWritable
    }

    // MARK: the channel's side

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        guard phase == .opening else { return }
        // The system may choose the port that is being connected to as the source, and TCP then connects the socket to
        // itself. On one machine, where ports are many members' addresses, that happens.
        guard !isOutbound || context.channel.localAddress != context.channel.remoteAddress else {
            context.close(promise: nil)
            return
        }
        phase = .open
        transport.tell(.opened(self))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        let buffer = Self.unwrapInboundIn(data)
        transport.counters.receivedBytes &+= UInt64(buffer.readableBytes)
        transport.tell(.received(self, Array(buffer.readableBytesView)))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard phase == .open else { return }
        transport.tell(.writability(self))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else { return }
        peerFinished = true
        guard phase == .open else { return }
        // The other side sends nothing any more, so the connection is over; what was written may still reach it.
        beginClosing()
        flush(promise: whenDone { $0.channel?.close(promise: nil) })
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: the end

    private func beginClosing() {
        phase = .closing
        transport.tell(.closed(self))
        deadline = transport.eventLoop.assumeIsolated().scheduleTask(in: transport.limits.closingTime) {
            self.transport.counters.cutClosing &+= 1
            self.cut()
        }
    }

    /// Ends the connection without leaving anything to the kernel.
    private func cut() {
        guard let channel else { return }
        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
        channel.close(promise: nil)
    }

    private func end() {
        let was = phase
        guard was != .gone else { return }
        phase = .gone
        deadline?.cancel()
        deadline = nil
        gathered = ByteBuffer()
        channel = nil
        if was == .open { transport.tell(.closed(self)) }
        if was == .opening, isOutbound { transport.tell(.failed(self)) }
        transport.forget(self)
    }

    /// The channel never came to be.
    func failToOpen() { end() }

    private func whenDone(_ body: @escaping (Connection) -> Void) -> EventLoopPromise<Void> {
        let promise = transport.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in body(self) }
        return promise
    }
}
