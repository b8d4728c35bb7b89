// The control socket's server: newline-delimited JSON over a unix socket, for this user only. It serves any
// `ControlService` and knows nothing of what stands behind it.

internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Serves a node's control socket until it is stopped.
public final class ControlServer: Sendable {
    typealias ClientChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    typealias ListeningChannel = NIOAsyncChannel<ClientChannel, Never>

    private let path: String
    private let identity: [UInt64]?
    private let listener: any Channel
    private let serving: Task<Void, Never>

    private init(path: String, listener: any Channel, serving: Task<Void, Never>) {
        self.path = path
        self.listener = listener
        self.serving = serving
        identity = SocketFile.identity(path)
    }

    /// Listens at `path` (a file in a directory of this user's own, made with 0700 when missing; the socket gets
    /// 0600). Throws `already-running` when a node answers there; a socket nobody serves any more is replaced.
    public static func start(
        serving service: any ControlService, at path: String
    ) async throws(ControlError) -> ControlServer {
        try SocketFile.prepare(path)
        if await ControlClient(socket: path).isAnswered() { throw .alreadyRunning(at: path) }
        try SocketFile.removeStale(path)
        let channel: ListeningChannel
        do {
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 64)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(unixDomainSocketPath: path) { client in
                    client.eventLoop.makeCompletedFuture { try ClientChannel(wrappingChannelSynchronously: client) }
                }
        } catch { throw SocketFile.cannotCreate(path, "\(error)") }
        do { try SocketFile.restrict(path) } catch {
            try? await channel.channel.close()
            throw error
        }
        let serving = Task { await serve(channel, service) }
        return ControlServer(path: path, listener: channel.channel, serving: serving)
    }

    /// Hangs up on every client, gives their seats back, and removes the socket.
    public func stop() async {
        try? await listener.close()
        serving.cancel()
        await serving.value
        SocketFile.remove(path, ifStill: identity)
    }

    private static func serve(_ channel: ListeningChannel, _ service: any ControlService) async {
        let clients = Clients()
        try? await channel.executeThenClose { arriving in
            await withDiscardingTaskGroup { group in
                do {
                    for try await client in arriving {
                        guard clients.admit() else {
                            try? await client.channel.close()
                            continue
                        }
                        group.addTask {
                            await ControlConnection(client, service).run()
                            clients.leave()
                        }
                    }
                } catch {
                    // The listener is closed.
                }
                group.cancelAll()
            }
        }
    }
}

/// Counts who is connected.
private final class Clients: Sendable {
    private let count = Mutex(0)

    func admit() -> Bool {
        count.withLock { count in
            guard count < ControlLimits.clients else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
