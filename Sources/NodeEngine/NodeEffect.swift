// Everything a node can want from its shell, as an order.

public import Essentials
public import Wire

/// One order to the shell. They are carried out in the order in which they were given.
public enum NodeEffect: Sendable {
    /// Open a TCP connection under this (even) number.
    case connect(UInt64, Endpoint)
    case write(UInt64, [UInt8])
    /// Write out what was given, then close.
    case close(UInt64)
    /// Do this in the background and answer with `.workFinished`.
    case work(WorkID, BackgroundWork)
    /// The result is not needed any more.
    case abandon(WorkID)
    /// Remember or forget something that outlives the process. Of a conversation only what the person asked for.
    case store(StoredChange)
    /// Tell the person.
    case tell(SeatID, PersonEvent)
    /// Write down what is said: the person asked for a log, and the stranger was told.
    case keepLog(SeatID, LogEntry)
    /// Add to a counter.
    case count(NodeCounter, by: UInt64)
    /// Something an operator may want to read; it carries no address, key or text.
    case note(NodeNote)
}

/// What a person is told in a meeting, in Omegle's words where Omegle had them.
public enum PersonEvent: Hashable, Sendable {
    case waiting
    case connected
    /// The interests that both have; right after `.connected`.
    case commonLikes([String])
    case typing
    case stoppedTyping
    case gotMessage(String)
    /// All own messages up to this number have arrived.
    case delivered(UInt64)
    case safetyWords([String])
    case strangerDisconnected
    /// The path to the stranger broke; another one is looked for.
    case interrupted
    /// There is a path again.
    case resumed
    /// What the two are to discuss: before the first word.
    case question(String)
    /// As the one who asked: who said what, "Stranger 1" or "Stranger 2".
    case spyMessage(String, String)
    case spyTyping(String)
    case spyStoppedTyping(String)
    case spyDisconnected(String)
    /// The stranger keeps a log.
    case saved
    /// Both asked to keep in touch; the stranger goes by this name here.
    case keptInTouch(String)
    /// A sentence from the node itself.
    case serverMessage(String)
    /// A request could not be done: what, why, what to do.
    case error(String)
}

/// One change to what the node remembers.
public enum StoredChange: Hashable, Sendable {
    case record(Signed, nodeKey: Bytes32, seq: UInt64)
    case forget(nodeKey: Bytes32)
    case homes([Bytes32])
    case anchors([Bytes32])
    case puzzle(PuzzleSolution)
    case lastSeq(UInt64)
    case friend(name: String, secret: Bytes32)
    case forgetFriend(name: String)
}

/// A line for an operator's log.
public enum NodeNote: Hashable, Sendable {
    case puzzleStarted
    case becameMember
    case meshReached(members: Int)
    case meshLost
    case homesChanged(live: Int)
}
