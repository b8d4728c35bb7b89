// Where a member listens and what its record says, resolved and judged against the network's rule.

internal import Identity
internal import NIOCore
internal import Settings
internal import Wire

/// The places of one node.
struct Addresses: Sendable {
    /// Empty for a leaf.
    let listen: [HostPort]
    let published: [Endpoint]

    init(_ options: NodeOptions, policy: NetworkPolicy) throws(PassantError) {
        guard options.role == .member else {
            listen = []
            published = []
            return
        }
        listen = options.listen
        var published: [Endpoint] = []
        for place in options.address.map({ [$0] }) ?? options.listen {
            let endpoint = try Self.resolve(place)
            guard endpoint.port != 0 else { throw Self.noPort(place) }
            guard policy.allows(endpoint) else { throw Self.notAllowed(place, policy) }
            published.append(endpoint)
        }
        self.published = Array(published.prefix(3))
    }

    private static func resolve(_ place: HostPort) throws(PassantError) -> Endpoint {
        if let endpoint = Endpoint(place.description) { return endpoint }
        do {
            let address = try SocketAddress.makeAddressResolvingHost(place.hostText, port: Int(place.port))
            let host = address.ipAddress ?? ""
            if let endpoint = Endpoint(host.contains(":") ? "[\(host)]:\(place.port)" : "\(host):\(place.port)") {
                return endpoint
            }
        } catch {}
        throw PassantError(
            code: "address-unresolved", message: "the address \(place) leads nowhere",
            reason: "its name could not be resolved",
            remedy: "Give a numeric address: passant up --member --address IP:PORT",
            exit: .configuration)
    }

    private static func noPort(_ place: HostPort) -> PassantError {
        PassantError(
            code: "port-needed", message: "a member cannot publish \(place)", reason: "port 0 stands for any free port",
            remedy: "Choose one: passant up --member --listen \(place.hostText):4700", exit: .configuration)
    }

    private static func notAllowed(_ place: HostPort, _ policy: NetworkPolicy) -> PassantError {
        let (reason, remedy) =
            switch policy.kind {
            case .local:
                (
                    "networks named local… are for one machine",
                    "Use a loopback address: --listen 127.0.0.1:\(place.port)"
                )
            case .lan:
                (
                    "networks named lan… are for private addresses",
                    "Use this machine's private address: --address 192.168.…:\(place.port)"
                )
            case .open:
                (
                    "others could not reach it",
                    "Name a public address: --address HOST:\(place.port), or try things out with --network local-test"
                )
            }
        return PassantError(
            code: "address-not-allowed", message: "the address \(place) does not fit the network \"\(policy.name)\"",
            reason: reason, remedy: remedy, exit: .configuration)
    }
}
