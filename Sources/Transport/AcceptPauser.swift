// What to do when the system has no more file descriptors or buffers for a new connection.

internal import Glibc
internal import NIOCore

/// Stops reading from the listening socket for a while after a failed accept. Otherwise the loop would spin, since the
/// socket stays readable. NIO's own `AcceptBackoffHandler` does not stop that in 2.101: it holds back the channel's
/// `read()`, but after a failed accept the channel has never left the selector.
final class AcceptPauser: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let transport: TCPTransport
    private var isPausing = false

    init(_ transport: TCPTransport) { self.transport = transport }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Anything else is the trouble of one connection that is gone already, or closes the listener by itself.
        guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
            return
        }
        transport.counters.acceptFailures &+= 1
        guard !isPausing else { return }
        isPausing = true
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        transport.eventLoop.assumeIsolated().scheduleTask(in: transport.limits.acceptPause) {
            self.isPausing = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
