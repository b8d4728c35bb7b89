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

/// The accepted connections, counted in total and by source.
struct Admission {
    enum Verdict { case admitted, tooMany, tooManyFromThere }

    let limits: TransportLimits
    private(set) var count = 0
    private var counts: [Source: Int] = [:]

    init(limits: TransportLimits) { self.limits = limits }

    mutating func admit(_ remote: Endpoint) -> Verdict {
        guard count < limits.acceptedMaximum else { return .tooMany }
        let source = Source(remote)
        let fromThere = counts[source, default: 0]
        guard fromThere < limits.acceptedPerAddressMaximum || (limits.loopbackIsExempt && remote.isLoopback) else {
            return .tooManyFromThere
        }
        count += 1
        counts[source] = fromThere + 1
        return .admitted
    }

    /// Gives back what `admit` granted.
    mutating func leave(_ remote: Endpoint) {
        let source = Source(remote)
        guard let fromThere = counts[source] else { return }
        count -= 1
        counts[source] = fromThere > 1 ? fromThere - 1 : nil
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
