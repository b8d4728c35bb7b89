// How many pipes of others' leaves this node hands on to a further member. No quota of a leaf bounds them here: whoever
// brings one is a member, and may bring those of many leaves.

struct Extensions {
    private let limits: RelayingLimits
    /// The streams that brought them, by link.
    private var byLink: [LinkID: Set<UInt32>] = [:]
    private(set) var count = 0

    init(limits: RelayingLimits) { self.limits = limits }

    /// Whether there is room for one more, which then is counted. Those that have ended are forgotten when there is
    /// none: a stream's number comes once in a link, and a link's number once.
    mutating func take(_ ref: StreamRef, isOpen: (StreamRef) -> Bool) -> Bool {
        if !hasRoom(over: ref.link) { forgetEnded(isOpen) }
        guard hasRoom(over: ref.link) else { return false }
        byLink[ref.link, default: []].insert(ref.stream)
        count += 1
        return true
    }

    private func hasRoom(over link: LinkID) -> Bool {
        count < limits.extensionsAtOnce && (byLink[link]?.count ?? 0) < limits.extensionsPerLink
    }

    private mutating func forgetEnded(_ isOpen: (StreamRef) -> Bool) {
        for (link, streams) in byLink {
            let open = streams.filter { isOpen(StreamRef(link: link, stream: $0)) }
            count -= streams.count - open.count
            byLink[link] = open.isEmpty ? nil : open
        }
    }
}
