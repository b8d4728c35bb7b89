// Who may begin a handshake with us. Everything here is cheap and comes before any cryptography: numbers of connections
// that have not shown who they are, and a budget of handshakes, by subnet in two widths and in total. Members of the
// table have a part of both to themselves. See Protocol/05-homes-and-doors.md, "Becoming a link", and
// Docs/Decisions/0011-no-cookies-over-tcp.md.

internal import Essentials
internal import Identity

struct ConnectionGate {
    enum Admission: Hashable {
        case refused
        /// Admitted; another half-open connection has to make room if one is named.
        case admitted(evicting: ConnectionID?)
    }

    private let limits: RelayingLimits
    private var strangers: HalfOpenPlaces
    private var members: HalfOpenPlaces
    private var sources: SourceBudgets
    private var total: SharedBudget

    init(limits: RelayingLimits, at now: Moment) {
        self.limits = limits
        let kept = limits.halfOpenTotal / 4
        strangers = HalfOpenPlaces(capacity: limits.halfOpenTotal - kept)
        members = HalfOpenPlaces(capacity: kept)
        sources = SourceBudgets(limits: limits)
        total = SharedBudget(
            capacity: limits.acceptBurstTotal, perSecond: limits.acceptPerSecondTotal, at: now)
    }

    var count: Int { strangers.count + members.count }
    /// Sources whose budgets are remembered.
    var sourcesRemembered: Int { sources.count }

    /// Where a half-open connection comes from.
    func origin(of connection: ConnectionID) -> Origin? { strangers[connection] ?? members[connection] }

    /// - Parameter isMember: whether a present member of the table says that it is at this host. To say so costs a
    ///   puzzle, and to come from there the address itself.
    mutating func admit(
        _ connection: ConnectionID, from origin: Origin, isMember: Bool, at now: Moment
    ) -> Admission {
        let payers = SourceBudgets.sources(of: origin, isMember: isMember)
        guard halfOpen(from: origin, isMember) < limits.halfOpenPerSubnet, sources.have(payers, at: now) else {
            return .refused
        }
        let claim: SharedBudget.Claim =
            isMember ? .member : sources.areModest(payers, at: now) ? .modest : .greedy
        // Sources are charged last: one that is refused for everybody's sake does not pay for it.
        guard total.take(claim, at: now) else { return .refused }
        sources.charge(payers, 1, at: now)
        return .admitted(evicting: isMember ? members.enter(connection, origin) : strangers.enter(connection, origin))
    }

    /// The connection is not half-open any more: it has become a link.
    mutating func leave(_ connection: ConnectionID) {
        if strangers.leave(connection) == nil { _ = members.leave(connection) }
    }

    /// The connection came to nothing, and not because it had to make room: its sources pay for more than one.
    mutating func fail(_ connection: ConnectionID, at now: Moment) {
        let isMember = members[connection] != nil
        guard let origin = origin(of: connection) else { return }
        leave(connection)
        let payers = SourceBudgets.sources(of: origin, isMember: isMember)
        sources.charge(payers, limits.failedHandshakeCost - 1, at: now)
    }

    private func halfOpen(from origin: Origin, _ isMember: Bool) -> Int {
        if isMember { return origin.host.map { members.count(at: $0) } ?? 0 }
        return origin.subnet.map { strangers.count(of: $0) } ?? 0
    }
}
