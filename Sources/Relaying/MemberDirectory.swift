// The members of the table as this engine knows them, by node key.

internal import Identity

struct MemberDirectory {
    /// In ascending order of node keys.
    private(set) var all: [KnownMember] = []
    /// Where present members say that they are; made when it is first asked for after a change.
    private var hosts: Set<Host>?

    mutating func replace(by members: [KnownMember]) {
        all = members.sorted { $0.node < $1.node }
        hosts = nil
    }

    mutating func isPresentMember(at host: Host) -> Bool {
        let hosts = hosts ?? Set(all.lazy.filter(\.isPresent).flatMap(\.addresses).map(Host.init))
        self.hosts = hosts
        return hosts.contains(host)
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
