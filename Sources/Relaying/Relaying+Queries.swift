// What the owner may ask at any time. None of it changes anything that the other side could see.

public import Essentials
public import Identity
public import Sodium
public import Wire

/// One home of the own person, as it is now.
public struct HomeStatus: Hashable, Sendable {
    public let node: NodeKey
    /// The link to it; nil while it is dialled or dead.
    public let link: LinkID?
    /// What it grants and enforces, once it has agreed.
    public let terms: HomeTerms?
    /// Whether it carries for us now.
    public let isLive: Bool
}

extension Relaying {
    /// A live home at random, for one seek. Homes that were just part of a failure, that have been silent, or
    /// that are `avoided` (a leaf goes to a door that is one of its homes through the other) are taken only when
    /// there is no other. Nil when no home is live.
    public mutating func pickHome(
        avoiding avoided: NodeKey? = nil, at now: Moment, using random: inout RandomStream
    ) -> LinkID? {
        homes.pick(
            avoiding: avoided, at: now, lastHeard: { [links] in links[$0]?.value.keepalive.lastHeard },
            using: &random)
    }

    /// The homes of the own person, at most two.
    public var homeStatus: [HomeStatus] { homes.status }

    /// All links in the order of their numbers.
    public var allLinks: [LinkInfo] { links.keys.sorted().compactMap { links[$0]?.value.info } }

    public func linkInfo(_ link: LinkID) -> LinkInfo? { links[link]?.value.info }

    /// The measured round trip of a link; a guess before the first answer.
    public func roundTrip(of link: LinkID) -> Span? { links[link]?.value.keepalive.roundTrip }

    /// How many leaves are attached to this node.
    public var attachedLeaves: Int { census.attachedLeaves.count }

    /// How many bytes may be written to a pipe now.
    public func room(of pipe: PipeID) -> Int {
        guard let pipe = pipes[pipe], let link = links[pipe.value.ref.link],
            let stream = link.value.streams[pipe.value.ref.stream]
        else { return 0 }
        return max(0, limits.pipeQueue - stream.value.queued)
    }

    /// What this node grants a leaf.
    public var ownTerms: HomeTerms? {
        try? HomeTerms(
            streams: UInt32(clamping: limits.leafStreams), bytesPerSecond: UInt64(clamping: limits.leafBytesPerSecond),
            bytesPerDay: UInt64(clamping: limits.leafBytesPerDay), enforces: limits.enforces)
    }
}
