// How many handshakes each source has left: a small subnet, a wide one, or the host of a member. Only so many sources are
// remembered. That is enough: the budget of all together brings new ones no faster than a forgotten one would be full
// again.

internal import Essentials
internal import Identity

struct SourceBudgets {
    enum Source: Hashable {
        case subnet(Subnet)
        case member(Host)
    }

    private let limits: RelayingLimits
    /// Those charged lately, and those charged before. When there are enough of the former, the latter are forgotten.
    private var young: [Source: TokenBucket] = [:]
    private var old: [Source: TokenBucket] = [:]

    init(limits: RelayingLimits) { self.limits = limits }

    /// At most twice as many as the limit says.
    var count: Int { young.count + old.count }

    /// For a member of the table its host alone, so that nobody else in its subnet uses up what it has; the subnets for
    /// everybody else.
    static func sources(of origin: Origin, isMember: Bool) -> [Source] {
        if isMember, let host = origin.host { return [.member(host)] }
        return [origin.subnet, origin.wide].compactMap { $0.map(Source.subnet) }
    }

    /// Whether each of these has a handshake left.
    func have(_ sources: [Source], at now: Moment) -> Bool {
        sources.allSatisfy { bucket(of: $0, at: now).level(at: now) > 0 }
    }

    /// Whether each of these has had little lately.
    func areModest(_ sources: [Source], at now: Moment) -> Bool {
        sources.allSatisfy {
            let bucket = bucket(of: $0, at: now)
            return bucket.level(at: now) * 2 >= bucket.capacity
        }
    }

    mutating func charge(_ sources: [Source], _ amount: Int64, at now: Moment) {
        for source in sources {
            var bucket = bucket(of: source, at: now)
            bucket.drain(amount, at: now)
            if young[source] == nil, young.count >= limits.sourcesRemembered {
                old = young
                young = [:]
            }
            young[source] = bucket
        }
    }

    private func bucket(of source: Source, at now: Moment) -> TokenBucket {
        if let known = young[source] ?? old[source] { return known }
        if case .subnet(let subnet) = source, subnet.isWide {
            return TokenBucket(
                capacity: limits.acceptBurstPerWideSubnet, perSecond: limits.acceptPerSecondPerWideSubnet, at: now)
        }
        return TokenBucket(capacity: limits.acceptBurstPerSubnet, perSecond: limits.acceptPerSecondPerSubnet, at: now)
    }
}
