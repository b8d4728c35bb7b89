// Many identities on one machine. Each has paid its puzzle and says that it lives; what bounds them is that they share
// a neighbourhood of addresses: Protocol/04-membership.md, "The table".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

/// Makes a new member a while, all of them at its own address on ports of their own.
struct TableStuffing: Corruption {
    /// More than one neighbourhood may have in a private network's table.
    static let crowd = 80

    private let conspiracy: Conspiracy

    init(_ conspiracy: Conspiracy) { self.conspiracy = conspiracy }

    func bend(_ member: EvilMember) {
        member.mingle()
        var crowd: [Owned<NodeIdentity>] = []
        // Beginning when the mesh knows itself.
        member.after(.seconds(20)) { [unowned member] in
            member.every(.milliseconds(500)) {
                guard crowd.count < Self.crowd else { return false }
                let sybil = Owned(NodeIdentity.generate(using: &member.random))
                guard let record = record(of: sybil, at: crowd.count, by: member) else { return true }
                conspiracy.join(sybil.value.nodeKey)
                crowd.append(sybil)
                member.tell([record], [])
                return true
            }
            // As seldom as its presence allows, so that a crowd costs its maker no more than it has to.
            let period = member.policy.heartbeatBase * 4
            member.every(period) {
                let time = member.wall
                member.tell(
                    [],
                    crowd.compactMap {
                        try? Heartbeat.make(
                            identity: $0.value, policy: member.policy, time: time, period: period)
                    })
                return true
            }
        }
    }

    /// It claims no services, since whoever has most members has most keepers, and nothing promises otherwise.
    private func record(of sybil: Owned<NodeIdentity>, at place: Int, by member: EvilMember) -> Signed? {
        let (policy, wall) = (member.policy, member.wall)
        let month = Puzzle.month(at: wall, policy: policy)
        let address = member.endpoint.onPort(UInt16(truncatingIfNeeded: 30_000 + place))
        guard
            let puzzle = Puzzle.attempt(
                nodeKey: sybil.value.nodeKey, month: month, policy: policy, startingAt: 0, count: 10_000)
        else { return nil }
        return try? NodeRecord.make(
            identity: sybil.value, policy: policy, seq: wall.milliseconds, expires: wall + .hours(20),
            addresses: [address], capabilities: 0, puzzle: puzzle)
    }
}
