// The members of the table as this engine knows them, by node key.

internal import Identity

struct MemberDirectory {
    /// In ascending order of node keys.
    private(set) var all: [KnownMember] = []

    mutating func replace(by members: [KnownMember]) {
        all = members.sorted { $0.node < $1.node }
    }

    subscript(node: NodeKey) -> KnownMember? {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].node < node { low = middle + 1 } else { high = middle }
        }
        return low < all.count && all[low].node == node ? all[low] : nil
    }
}
