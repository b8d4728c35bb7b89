// The client's end of one connection to the control socket.

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// An open connection; its lines arrive in `lines`.
final class ClientConnection: Sendable {
    /// What the node writes; ends when the connection does.
    let lines: AsyncStream<ServerLine>
    private let channel: any Channel
    private let timedOut = Mutex(false)

    private init(channel: any Channel, lines: AsyncStream<ServerLine>) {
        self.channel = channel
        self.lines = lines
    }

    static func open(_ path: String) async throws(ControlError) -> ClientConnection {
        let (lines, continuation) = AsyncStream.makeStream(
            of: ServerLine.self, bufferingPolicy: .bufferingOldest(ControlLimits.unreadEvents))
        guard path.utf8.count <= SocketFile.pathMaximum else { throw .notRunning(at: path) }
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(LineReceiver(continuation))
                    }
                }
                .connect(unixDomainSocketPath: path).get()
            return ClientConnection(channel: channel, lines: lines)
        } catch {
            throw reason(error, path)
        }
    }

    /// Returns when the line is on its way; the node takes lines as fast as it serves them.
    func write(_ line: ClientLine) async throws(ControlError) {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: line.json.bytes + [UInt8(ascii: "\n")]))
        } catch { throw .connectionLost }
    }

    /// The first line, or the error it carries; `noAnswer` when none comes in time.
    func firstAnswer() async throws(ControlError) -> ServerLine {
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(Int64(ControlLimits.answerSeconds))) {
            self.timedOut.withLock { $0 = true }
            self.channel.close(promise: nil)
        }
        var iterator = lines.makeAsyncIterator()
        let line = await iterator.next()
        deadline.cancel()
        switch line {
        case .failure(_, let error): throw error
        case .some(let line): return line
        case nil: throw timedOut.withLock { $0 } ? .noAnswer : .connectionLost
        }
    }

    func close() async { try? await channel.close() }

    private static func reason(_ error: any Error, _ path: String) -> ControlError {
        let code = (error as? IOError)?.errnoCode
        switch code {
        case EACCES, EPERM:
            return ControlError(
                code: "permission", message: "the node's control socket may not be opened",
                reason: "\(path) belongs to another user", remedy: "run this as the user who runs the node",
                exitCode: ExitStatus.permission)
        case EAGAIN, ETIMEDOUT: return .noAnswer
        // No file, or a file that a node left behind.
        default: return .notRunning(at: path)
        }
    }
}

/// Cuts what arrives into lines. A node whose lines cannot be read, or a face that does not take what it is
/// told, ends the connection.
private final class LineReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<ServerLine>.Continuation
    private var splitter = LineSplitter(limit: ControlLimits.answer)

    init(_ continuation: AsyncStream<ServerLine>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for item in splitter.append(unwrapInboundIn(data).readableBytesView) {
            guard case .line(let bytes) = item, take(bytes) else { return context.close(promise: nil) }
        }
    }

    private func take(_ bytes: [UInt8]) -> Bool {
        do {
            if case .dropped = continuation.yield(try ServerLine(parsing: bytes)) { return false }
            return true
        } catch {
            // An event of a later version is passed over; anything else that is not understood is the end.
            if case .unknown = error { return true }
            continuation.yield(.failure(id: nil, .otherVersion("its line is not understood: \(error)")))
            return false
        }
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
