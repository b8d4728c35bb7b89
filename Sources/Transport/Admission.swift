// Who may still connect. Counted from the moment of accepting to the moment the socket is gone.

internal import Wire

/// The sources that are counted as one.
enum Source: Hashable {
    case v4(UInt32)
    /// The first half: whoever has one address of a /64 has all of them.
    case v6(UInt64)

    init(_ endpoint: Endpoint) {
        switch endpoint {
        case .v4(let address, _): self = .v4(address)
        case .v6(let address, _): self = .v6(address.high)
        }
    }
}

/// What one provider or owner of addresses often holds as a whole: an IPv4 /16, an IPv6 /32.
enum SourceNetwork: Hashable {
    case v4(UInt32)
    case v6(UInt64)

    init(_ endpoint: Endpoint) {
        switch endpoint {
        case .v4(let address, _): self = .v4(address >> 16)
        case .v6(let address, _): self = .v6(address.high >> 32)
        }
    }
}

/// The accepted connections, counted in total and by source, in two widths.
struct Admission {
    enum Verdict { case admitted, tooMany, tooManyFromThere, tooManyFromNetwork }

    let limits: TransportLimits
    private(set) var count = 0
    private var counts: [Source: Int] = [:]
    private var networks: [SourceNetwork: Int] = [:]

    init(limits: TransportLimits) { self.limits = limits }

    mutating func admit(_ remote: Endpoint) -> Verdict {
        guard count < limits.acceptedMaximum else { return .tooMany }
        let source = Source(remote)
        let network = SourceNetwork(remote)
        let fromThere = counts[source, default: 0]
        let fromNetwork = networks[network, default: 0]
        if !(limits.loopbackIsExempt && remote.isLoopback) {
            guard fromThere < limits.acceptedPerAddressMaximum else { return .tooManyFromThere }
            guard fromNetwork < limits.acceptedPerNetworkMaximum else { return .tooManyFromNetwork }
        }
        count += 1
        counts[source] = fromThere + 1
        networks[network] = fromNetwork + 1
        return .admitted
    }

    /// Gives back what `admit` granted.
    mutating func leave(_ remote: Endpoint) {
        let source = Source(remote)
        guard let fromThere = counts[source] else { return }
        count -= 1
        counts[source] = fromThere > 1 ? fromThere - 1 : nil
        let network = SourceNetwork(remote)
        let fromNetwork = networks[network, default: 0]
        networks[network] = fromNetwork > 1 ? fromNetwork - 1 : nil
    }
}

extension Endpoint {
    var isLoopback: Bool {
        switch self {
        case .v4(let address, _): address >> 24 == 127
        case .v6(let address, _): address.high == 0 && address.low == 1
        }
    }
}
