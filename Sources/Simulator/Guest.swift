// Somebody else's program on the world's network: what is no engine of ours, or does what no engine of ours would do.

public import Essentials
public import Identity
public import NodeEngine

/// A participant that the world knows by its connections only. It is told what a node would be told, at the same
/// moments, and what it orders is carried out alike: connections, bytes, and their ends.
public protocol Guest: AnyObject {
    /// What it calls itself.
    var nodeKey: NodeKey { get }
    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect]
    /// When `.timerFired` is wanted next.
    func nextDeadline() -> Moment?
    /// How much it reads of each connection; nil as fast as it comes.
    var bytesReadPerSecond: Int? { get }
    /// How often it has done what by which it is known, by name.
    var played: [String: Int] { get }
}

extension Guest {
    public var bytesReadPerSecond: Int? { nil }
    public var played: [String: Int] { [:] }
}
