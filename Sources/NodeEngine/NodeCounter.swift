// What a node counts, as a handle: counting happens with every packet, and a name is made only for those who read it.

internal import Conversation
internal import Membership
internal import Pairing
internal import Relaying

/// One thing that the engines count. Handles are equal when they count the same; `name` is for people and metrics.
public struct NodeCounter: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        case relaying(RelayingCounter)
        case membership(MembershipCounter)
        case pairing(PairingCounter)
        case conversation(ConversationCounter)
        case node(OwnCounter)
    }

    /// What no single engine sees.
    enum OwnCounter: String, Hashable, Sendable {
        case homeShunned, anotherDoor, noShow, declined
    }

    let source: Source

    /// `relaying.packetsSent`: the engine, a dot, and the engine's own name for it.
    public var name: String {
        switch source {
        case .relaying(let counter): "relaying.\(counter.rawValue)"
        case .membership(let counter): "membership.\(counter.rawValue)"
        case .pairing(let counter): "pairing.\(counter.rawValue)"
        case .conversation(let counter): "conversation.\(counter.name)"
        case .node(let counter): "pairing.\(counter.rawValue)"
        }
    }
}
