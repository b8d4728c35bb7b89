// What the node shows of itself to its own person.

internal import Conversation
public import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

extension NodeEngine {
    public func snapshot(at now: Moment) -> NodeSnapshot {
        let members = membership.presentCount
        let own = identity.value.nodeKey
        var linkOf: [NodeKey: NodeSnapshot.Peer.Link] = [:]
        for link in membership.links {
            if let peer = link.peer { linkOf[peer] = link.isOutbound ? .outbound : .inbound }
        }
        return NodeSnapshot(
            node: own, isMember: standing.isMember, members: members, known: membership.allKnownCount,
            expected: membership.expectedCount, links: linkOf.count,
            homes: relaying.homeStatus.map { NodeSnapshot.Home(node: $0.node, isLive: $0.isLive) },
            cover: Cover.possible(members: members),
            coverWarning: Cover.warning(cover: nil, members: members),
            seats: seats.filter { $0.value.leg == nil }.map { id, seat in snapshot(of: seat, id, members: members) },
            peers: membership.knownMembers().filter { $0.nodeKey != own }.map { member in
                NodeSnapshot.Peer(
                    node: member.nodeKey, isPresent: member.isPresent,
                    heartbeatAge: member.lastHeartbeatAge(at: now), link: linkOf[member.nodeKey] ?? .none,
                    reach: reach(of: member.nodeKey, at: now), addresses: member.endpoints)
            },
            isSolvingPuzzle: standing.isSolving, clockOffset: clock.offset,
            looking: crowd.map { ($0.people, age: now - $0.at) }, friends: friends.keys.sorted())
    }

    private func reach(of node: NodeKey, at now: Moment) -> NodeSnapshot.Peer.Reach {
        switch membership.reach(of: node, at: now) {
        case .reached: .reached
        case .answersOthers: .answersOthers
        case .noAnswer: .noAnswer
        case .unknown: .unknown
        }
    }

    /// Of three, the way to the second one stands for both.
    private func path(of seat: Seat) -> Attempt? {
        switch seat.phase {
        case .talking(let attempt): attempt
        case .three(let three): three.legs.last.flatMap { seats[$0] }.flatMap { path(of: $0) }
        case .idle, .joining, .seeking, .pairing, .rejoining: nil
        }
    }

    private func snapshot(of seat: Seat, _ id: SeatID, members: Int) -> NodeSnapshot.Seat {
        let phase: NodeSnapshot.Seat.Phase =
            switch seat.phase {
            case .idle: .idle
            case .joining: .joining
            case .seeking: .seeking
            case .pairing: .pairing
            case .talking: .talking
            case .rejoining: .interrupted
            case .three(let three):
                !three.isUnderWay ? .pairing : rejoining(three) > 0 ? .interrupted : .talking
            }
        guard let attempt = path(of: seat) else {
            return NodeSnapshot.Seat(id: id, phase: phase, home: nil, relay: nil, door: nil, cover: 0)
        }
        return NodeSnapshot.Seat(
            id: id, phase: phase, home: attempt.home, relay: attempt.relay, door: attempt.door,
            cover: Cover.count(home: attempt.home, relay: attempt.relay, door: attempt.door))
    }
}
