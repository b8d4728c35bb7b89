// Why a node cannot listen, in words for the person who started it.

internal import Glibc
internal import NIOCore
internal import NIOPosix
public import Settings

/// What can go wrong with listening. Nothing was opened then.
public enum TransportFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Somebody listens there; who, if that could be found out.
    case portInUse(ListeningPlace, holder: PortHolder?)
    case notPermitted(ListeningPlace)
    /// The address belongs to another machine.
    case addressNotHere(ListeningPlace)
    case hostUnknown(ListeningPlace)
    case noFileDescriptors(ListeningPlace)
    /// Any other error of the system, by number.
    case system(ListeningPlace, code: Int32)
    /// The transport was shut down.
    case closed

    /// Finds the holder of a port away from the event loop, since it reads much of /proc.
    static func explain(
        _ code: Int32, at place: ListeningPlace, on loop: any EventLoop
    ) -> EventLoopFuture<TransportFault> {
        switch code {
        case EADDRINUSE:
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
                .portInUse(place, holder: PortHolder.find(port: place.port))
            }
        case EACCES, EPERM: loop.makeSucceededFuture(.notPermitted(place))
        case EADDRNOTAVAIL: loop.makeSucceededFuture(.addressNotHere(place))
        case EMFILE, ENFILE: loop.makeSucceededFuture(.noFileDescriptors(place))
        default: loop.makeSucceededFuture(.system(place, code: code))
        }
    }

    /// The same for people and scripts.
    public var error: PassantError {
        switch self {
        case .portInUse(let place, let holder):
            let next = ListeningPlace(host: place.host, port: place.port < 65_535 ? place.port + 1 : 4_700)
            return fault(
                "port-in-use", place,
                holder.map { "the port is in use by \($0)" } ?? "the port is in use by another process",
                "Stop that one, or choose another port: passant up --listen \(next)", .tryAgain)
        case .notPermitted(let place):
            return fault(
                "port-not-permitted", place, "this user may not use port \(place.port)",
                "Choose a port above 1023: passant up --listen \(ListeningPlace(host: place.host, port: 4_700))",
                .noPermission)
        case .addressNotHere(let place):
            return fault(
                "address-not-here", place, "no network interface of this machine has that address",
                "See the addresses: ip address; then: passant up --listen HOST:\(place.port)", .configuration)
        case .hostUnknown(let place):
            return fault(
                "host-unknown", place, "the host is neither an address nor a name that resolves",
                "Give a numeric address: passant up --listen 127.0.0.1:\(place.port)", .configuration)
        case .noFileDescriptors(let place):
            return fault(
                "no-file-descriptors", place, "the process has no file descriptors left",
                "Raise the limit: ulimit -n 16384", .tryAgain)
        case .system(let place, let code):
            return fault(
                "listen-failed", place, String(cString: strerror(code)),
                "Try again, or look at the machine: passant doctor", .inputOutput)
        case .closed:
            return PassantError(
                code: "node-stopping", message: "cannot listen", reason: "the node is stopping",
                remedy: "Start it again: passant up", exit: .tryAgain)
        }
    }

    public var description: String { error.description }

    private func fault(
        _ code: String, _ place: ListeningPlace, _ reason: String, _ remedy: String, _ exit: ExitCode
    ) -> PassantError {
        PassantError(code: code, message: "cannot listen on \(place)", reason: reason, remedy: remedy, exit: exit)
    }
}
