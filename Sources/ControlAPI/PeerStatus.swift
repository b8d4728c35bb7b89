// The members a node knows. Schema "passant.peers/1".

/// One known member.
public struct PeerStatus: Hashable, Sendable {
    public static let schema = "passant.peers/1"

    /// Whether the two nodes have a link, and who opened it.
    public enum Link: String, Hashable, Sendable { case none, inbound, outbound }

    /// Whether the member answers this node: it does; it does not, and answers others; it does not; it was never called.
    public enum Reach: String, Hashable, Sendable { case reached, answersOthers, noAnswer, unknown }

    /// The member's short name.
    public var node: String
    /// Whether its heartbeat is fresh.
    public var present: Bool
    /// Seconds since its last heartbeat came; nil when none ever did.
    public var heartbeatAge: Double?
    public var link: Link
    public var reach: Reach
    /// `host:port` as its record says. Shown on request only, and may be left empty.
    public var addresses: [String]

    public init(
        node: String, present: Bool, heartbeatAge: Double?, link: Link, reach: Reach = .unknown,
        addresses: [String] = []
    ) {
        self.node = node
        self.present = present
        self.heartbeatAge = heartbeatAge
        self.link = link
        self.reach = reach
        self.addresses = addresses
    }

    /// `addresses` is a member only when asked for.
    public func json(withAddresses: Bool) -> JSON {
        var members = [
            JSON.Member("node", .string(node)),
            JSON.Member("present", .bool(present)),
            JSON.Member("heartbeatAge", heartbeatAge.map { .number(($0 * 1_000).rounded() / 1_000) } ?? .null),
            JSON.Member("link", .string(link.rawValue)),
            JSON.Member("reach", .string(reach.rawValue)),
        ]
        if withAddresses { members.append(JSON.Member("addresses", .strings(addresses))) }
        return .object(members)
    }

    public init(json: JSON) throws(JSONFault) {
        guard let link = Link(rawValue: try json.string("link")) else { throw .missing(name: "link") }
        self.init(
            node: try json.string("node"), present: try json.bool("present"),
            heartbeatAge: json["heartbeatAge"]?.double, link: link,
            reach: json["reach"]?.string.flatMap(Reach.init) ?? .unknown,
            addresses: json["addresses"] == nil ? [] : try json.strings("addresses"))
    }

    /// `{"schema","peers":[…]}`.
    public static func json(of peers: [PeerStatus], withAddresses: Bool) -> JSON {
        ["schema": .string(schema), "peers": .array(peers.map { $0.json(withAddresses: withAddresses) })]
    }

    public static func list(json: JSON) throws(JSONFault) -> [PeerStatus] {
        var peers: [PeerStatus] = []
        for peer in try json.array("peers") { peers.append(try PeerStatus(json: peer)) }
        return peers
    }
}
