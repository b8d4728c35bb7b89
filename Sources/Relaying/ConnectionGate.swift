// Who may begin a handshake with us. Everything here is cheap and comes before any cryptography: rates and numbers
// of connections that have not shown who they are, by subnet and in total.

internal import DequeModule
internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

struct ConnectionGate {
    enum Admission {
        case refused
        /// Admitted; the oldest half-open connection has to make room if one is named.
        case admitted(evicting: ConnectionID?)
    }

    private let limits: RelayingLimits
    /// In the order in which they came, with the subnet they came from.
    private var halfOpen = OrderedDictionary<ConnectionID, Subnet?>()
    private var perSubnet: [Subnet: Int] = [:]
    private var rates: [Subnet: TokenBucket] = [:]
    private var rateOrder = Deque<Subnet>()
    private var total: TokenBucket

    init(limits: RelayingLimits, at now: Moment) {
        self.limits = limits
        total = TokenBucket(
            capacity: limits.acceptBurstTotal, perSecond: limits.acceptPerSecondTotal, at: now)
    }

    var count: Int { halfOpen.count }

    mutating func admit(_ connection: ConnectionID, from subnet: Subnet?, at now: Moment) -> Admission {
        guard hasRoom(subnet, at: now), total.take(at: now) else { return .refused }
        var evicted: ConnectionID?
        if halfOpen.count >= limits.halfOpenTotal, let oldest = halfOpen.keys.first {
            // A flood then only shortens the time that a handshake may take, instead of shutting everybody out.
            evicted = oldest
            leave(oldest)
        }
        halfOpen[connection] = .some(subnet)
        if let subnet { perSubnet[subnet, default: 0] += 1 }
        return .admitted(evicting: evicted)
    }

    /// The connection is not half-open any more, whatever became of it.
    mutating func leave(_ connection: ConnectionID) {
        guard let entry = halfOpen.removeValue(forKey: connection), let subnet = entry else { return }
        let remaining = perSubnet[subnet, default: 0] - 1
        perSubnet[subnet] = remaining > 0 ? remaining : nil
    }

    /// Where a shell cannot say who connects, only the totals hold.
    private mutating func hasRoom(_ subnet: Subnet?, at now: Moment) -> Bool {
        guard let subnet else { return true }
        return perSubnet[subnet, default: 0] < limits.halfOpenPerSubnet && takeRate(of: subnet, at: now)
    }

    private mutating func takeRate(of subnet: Subnet, at now: Moment) -> Bool {
        if rates[subnet] == nil {
            rates[subnet] = TokenBucket(
                capacity: limits.acceptBurstPerSubnet, perSecond: limits.acceptPerSecondPerSubnet, at: now)
            rateOrder.append(subnet)
            if rateOrder.count > limits.subnetsRemembered, let oldest = rateOrder.popFirst() {
                rates[oldest] = nil
            }
        }
        return rates[subnet]?.take(at: now) ?? false
    }
}
