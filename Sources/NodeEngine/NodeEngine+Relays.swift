// A member more between the own home and a door, for whoever wishes for more cover: the door, and whoever runs it, sees
// that one in the home's place. See Protocol/05-homes-and-doors.md, "Relays".

internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Relaying
internal import Sodium
internal import Wire

extension NodeEngine {
    /// Another one at random for each way to a door; nil when none is wanted, or none is there. Those who have not just
    /// failed, are no home of this person, and are not in the home's neighbourhood go before others.
    func pickRelay(
        of id: SeatID?, beyond home: NodeKey, to door: NodeKey, avoiding failed: NodeKey? = nil,
        using random: inout RandomStream
    ) -> Member? {
        // Whose wish is not known any more gets the most that they can have wished for.
        let cover = id.flatMap { seats[$0]?.wish.cover } ?? Cover.extended
        guard cover >= Cover.extended else { return nil }
        let own = identity.value.nodeKey
        let homes = relaying.homeStatus.map(\.node)
        let neighbourhood = membership.member(home)?.subnets ?? []
        let fit = membership.presentMembers().filter {
            $0.capabilities & Capability.home != 0 && ![own, home, door].contains($0.nodeKey)
        }
        return fit.preferring { $0.nodeKey != failed }.preferring { !homes.contains($0.nodeKey) }
            .preferring { member in !member.subnets.contains { neighbourhood.contains($0) } }
            .randomElement(using: &random)
    }
}

extension [Member] {
    /// Those that are better, or all where none is.
    fileprivate func preferring(_ isBetter: (Member) -> Bool) -> [Member] {
        let better = filter(isBetter)
        return better.isEmpty ? self : better
    }
}

extension PipeRelay {
    init(_ member: Member) { self.init(node: member.nodeKey, channel: member.channelKey) }
}
