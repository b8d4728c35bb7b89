// Where a connection comes from, as far as work and places are divided by it. The handshake of TCP has shown that the
// other end receives at this address. See Protocol/05-homes-and-doors.md, "Becoming a link".

internal import Identity
internal import Wire

/// One host, or for IPv6 one half of an address: whoever has one address of a /64 has all of them.
enum Host: Hashable {
    case v4(UInt32)
    case v6(UInt64)

    init(_ endpoint: Endpoint) {
        switch endpoint {
        case .v4(let address, _): self = .v4(address)
        case .v6(let address, _): self = .v6(address.high)
        }
    }
}

/// The neighbourhoods of the other end. All nil where a shell cannot say who connects: then only totals hold.
struct Origin: Hashable {
    var subnet: Subnet?
    /// In the open mesh only: a private network is one wide subnet, or a few.
    var wide: Subnet?
    /// Nil on one machine, where everybody has the same.
    var host: Host?

    static let unknown = Origin()
}

extension NetworkPolicy {
    func origin(of endpoint: Endpoint?) -> Origin {
        guard let endpoint else { return .unknown }
        return Origin(
            subnet: subnet(of: endpoint), wide: kind == .open ? wideSubnet(of: endpoint) : nil,
            host: kind == .local ? nil : Host(endpoint))
    }
}
