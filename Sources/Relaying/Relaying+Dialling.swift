// Links that this node opens: whom, as what, and over which of a member's addresses.

internal import Essentials
internal import Identity
internal import Wire

extension Relaying {
    mutating func dialAsked(_ target: DialTarget, as role: Role, _ turn: inout Turn) {
        guard !hasLink(to: target, as: role), !dials.isDialling(target, as: role) else { return }
        dial(Dial(target: target, role: role, purpose: .asked, remaining: target.endpoints), &turn)
    }

    /// Opens a link to a home of the own person.
    mutating func dialHome(_ member: KnownMember, _ turn: inout Turn) {
        let target = DialTarget.member(member.node, member.channel, member.addresses)
        guard !dials.isDialling(target, as: .leaf) else { return }
        dial(Dial(target: target, role: .leaf, purpose: .home, remaining: member.addresses), &turn)
    }

    private func hasLink(to target: DialTarget, as role: Role) -> Bool {
        guard case .member(let node, _, _) = target else { return false }
        if role == .member { return linksByMember[node]?.isEmpty == false }
        return links.values.contains { $0.value.info.asLeaf && $0.value.info.peer == node }
    }

    private mutating func dial(_ dial: Dial, _ turn: inout Turn) {
        guard role(dial.role, canDial: dial.target), dials.count < limits.dialsAtOnce else {
            return dialFailed(dial, &turn)
        }
        if case .member(ownKey, _, _) = dial.target { return dialSelf(dial, &turn) }
        var dial = dial
        while !dial.remaining.isEmpty {
            let endpoint = dial.remaining.removeFirst()
            guard policy.allows(endpoint) else { continue }
            let connection = takeConnectionNumber()
            dials.begin(dial, on: connection)
            pending[connection] = Owned(PendingLink())
            timers.arm(.connect(connection), at: turn.now + limits.connectDeadline)
            turn.tell(.connect(connection, endpoint))
            return
        }
        dialFailed(dial, &turn)
    }

    /// A node without a record cannot show itself as a member, and nobody is a member to itself.
    private func role(_ role: Role, canDial target: DialTarget) -> Bool {
        guard role == .member else { return true }
        if case .member(ownKey, _, _) = target { return false }
        return ownRecord != nil
    }

    /// After a connection that came to nothing: the next address, or the end.
    mutating func dialNext(after connection: ConnectionID, _ turn: inout Turn) {
        guard let dial = dials.end(connection) else { return }
        self.dial(dial, &turn)
    }

    private mutating func dialFailed(_ dial: Dial, _ turn: inout Turn) {
        turn.count(.dialsFailed)
        switch dial.purpose {
        case .asked:
            turn.tell(.dialFailed(dial.target, as: dial.role))
            if case .member(let node, _, _) = dial.target, dial.role == .member {
                carryFailed(to: node, &turn)
            }
        case .home:
            if case .member(let node, _, _) = dial.target { homeDialFailed(node, &turn) }
        }
    }

    /// The only home of a member that is alone is itself.
    private mutating func dialSelf(_ dial: Dial, _ turn: inout Turn) {
        guard ownRecord != nil else { return dialFailed(dial, &turn) }
        let caller = takeConnectionNumber()
        let callee = takeConnectionNumber()
        var dial = dial
        dial.remaining = []
        dials.begin(dial, on: caller)
        pending[caller] = Owned(PendingLink())
        awaitHandshake(on: callee, &turn)
        loopback.join(caller: caller, callee: callee)
    }

    private mutating func takeConnectionNumber() -> ConnectionID {
        defer { nextConnection &+= 2 }
        return ConnectionID(number: nextConnection)
    }
}
