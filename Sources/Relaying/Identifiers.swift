// The numbers by which this engine and its owner call connections, links, pipes and arrivals.

/// Names one TCP connection. Even numbers are outbound and come from this engine; odd ones are inbound and come
/// from the shell.
public struct ConnectionID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }
}

/// Names one link: an authenticated connection to another node. It has the number of its connection.
public struct LinkID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }
}

/// Names one pipe that the node's own person has to a keeper or a door. The owner chooses the numbers and never
/// uses one twice.
public struct PipeID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: PipeID, right: PipeID) -> Bool { left.number < right.number }
}

/// Names one pipe that somebody else opened to this node as a keeper or a door. This engine chooses the numbers.
public struct ArrivalID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: ArrivalID, right: ArrivalID) -> Bool { left.number < right.number }
}

/// One stream of one link.
struct StreamRef: Hashable, Comparable, Sendable {
    let link: LinkID
    let stream: UInt32
    static func < (left: StreamRef, right: StreamRef) -> Bool { (left.link, left.stream) < (right.link, right.stream) }
}
