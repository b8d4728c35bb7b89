// Accepting connections: binding, the errors people meet there, and what to do when file descriptors run out.

public import NIOCore
internal import NIOPosix
public import Wire

extension TCPTransport {
    /// Starts to accept connections. May be called several times, also for the same host with another port.
    /// - Parameters:
    ///   - host: a numeric address without brackets, or a name of this machine such as "localhost".
    ///   - port: 0 for any free one.
    /// - Returns: where it listens, or a `TransportFault`.
    public func listen(host: String, port: Int) -> EventLoopFuture<Endpoint> {
        eventLoop.preconditionInEventLoop()
        let place = ListeningPlace(host: host, port: port)
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        return resolve(place)
            .flatMap { address in box.value.bind(to: address, place: place) }
            .flatMapThrowing { listener in
                let transport = box.value
                guard !transport.isShutDown, let endpoint = listener.localAddress?.endpoint else {
                    listener.close(promise: nil)
                    throw TransportFault.closed
                }
                transport.listeners.append(listener)
                return endpoint
            }
    }

    private func resolve(_ place: ListeningPlace) -> EventLoopFuture<SocketAddress> {
        guard (0...65_535).contains(place.port), !isShutDown else {
            return eventLoop.makeFailedFuture(isShutDown ? TransportFault.closed : .hostUnknown(place))
        }
        if let address = try? SocketAddress(ipAddress: place.host, port: place.port) {
            return eventLoop.makeSucceededFuture(address)
        }
        // The resolver may take seconds; it must not stand in the loop's way.
        return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            do {
                return try SocketAddress.makeAddressResolvingHost(place.host, port: place.port)
            } catch {
                throw TransportFault.hostUnknown(place)
            }
        }
    }

    private func bind(to address: SocketAddress, place: ListeningPlace) -> EventLoopFuture<any Channel> {
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        let loop = eventLoop
        return ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: limits.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPauser(box.value))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try box.value.admit(channel) }
            }
            .bind(to: address)
            .flatMapError { error in
                guard let code = (error as? IOError)?.errnoCode else {
                    return loop.makeFailedFuture(TransportFault.closed)
                }
                return TransportFault.explain(code, at: place, on: loop).flatMapThrowing { throw $0 }
            }
    }
}

/// A host and port as they were asked for.
public struct ListeningPlace: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: Int

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
