// A member as the other engines see it.

public import Essentials
public import Identity
public import Wire

/// What is known of one member.
public struct Member: Hashable, Sendable {
    public let nodeKey: NodeKey
    public let channelKey: ChannelKey
    /// One to three.
    public let endpoints: [Endpoint]
    /// Where the member stands in rendezvous hashing. Every present member has one; nil only for a member restored
    /// from an earlier life whose puzzle was not checked again yet.
    public let placement: PlacementKey?
    /// Bits of `Capability`.
    public let capabilities: UInt32
    /// The subnets of all endpoints: the first endpoint's first, each once, never empty.
    public let subnets: [Subnet]
    /// Whether its heartbeat is fresh.
    public let isPresent: Bool
    /// When its newest heartbeat was received; nil if none was.
    public let lastHeartbeat: Moment?

    /// The subnet of the first endpoint.
    public var subnet: Subnet? { subnets.first }

    /// How long ago its newest heartbeat was received.
    public func lastHeartbeatAge(at now: Moment) -> Span? { lastHeartbeat.map { now - $0 } }
}
