// Everything the relaying engine can want from its owner, as an order or as news.

public import Essentials
public import Identity
public import Wire

/// One effect. They are meant to be carried out in the order in which they were given.
public enum RelayingEffect: Sendable {
    // For the shell.

    /// Open a TCP connection and answer with `.connectionOpened` or `.connectionFailed`.
    case connect(ConnectionID, Endpoint)
    case write(ConnectionID, [UInt8])
    /// Write out what was given, then close.
    case close(ConnectionID)

    // About links.

    case linkUp(LinkInfo)
    case linkDown(LinkID, LinkEnding)
    /// None of the addresses led to a link.
    case dialFailed(DialTarget, as: Role)
    /// A leaf wants to reach this member and there is no link to it: answer with `.dialAsked` soon.
    case linkWanted(NodeKey)
    /// A message that this engine does not deal with itself: `pull`, `push`, `goodbye`, and `refused` of a home.
    case controlReceived(LinkID, Control)
    /// How far the other member's wall clock, and what it holds for mesh time, are ahead of our own wall clock, give or
    /// take `uncertainty`.
    case offsetMeasured(LinkID, wallOffset: Span, meshOffset: Span, uncertainty: Span)

    // About the homes of the own person.

    /// The homes to remember over a restart: the two in use first.
    case homesChanged([NodeKey])
    /// A home has agreed to carry for us.
    case homeAttached(LinkID, NodeKey, HomeTerms)
    /// A home is not there any more.
    case homeLost(LinkID, NodeKey)

    // About pipes of others to this node as a keeper.

    /// Answer with `.arrivalAsked(_, .answer)`.
    case depositArrived(ArrivalID, Deposit, via: LinkID, from: Subnet?)
    case arrivalPacket(ArrivalID, [UInt8])
    /// The pipe has ended, and its number means nothing any more.
    case arrivalClosed(ArrivalID)

    // About pipes of the own person.

    /// First the relay's answer, where there is a relay, then that of the pipe's end.
    case pipeAnswered(PipeID, Answer)
    /// From a keeper.
    case pipePacket(PipeID, [UInt8])
    /// From the stranger, through the door.
    case pipeReceived(PipeID, [UInt8])
    /// After the pipe had no room, there is room again.
    case pipeWritable(PipeID)
    /// Nothing more will come; the own direction is still open.
    case pipeFinished(PipeID)
    /// The pipe has ended, and its number means nothing any more.
    case pipeClosed(PipeID, PipeEnding)

    case count(RelayingCounter, by: UInt64)
}

/// A link as its owner sees it.
public struct LinkInfo: Hashable, Sendable {
    public let id: LinkID
    /// The node at the other end; nil for a leaf.
    public let peer: NodeKey?
    /// The record that the other end showed; nil for a leaf. Its puzzle has not been checked.
    public let record: Signed?
    /// True when the other end is a leaf.
    public let isLeaf: Bool
    /// True when this node dialled.
    public let outbound: Bool
    /// True when this node is a leaf on this link.
    public let asLeaf: Bool
}

/// Why a link went down.
public enum LinkEnding: Hashable, Sendable {
    /// The owner, or this engine for want of use, hung up.
    case hungUp
    /// The other end said so; the code is one of `CloseCode`, or a later version's.
    case closed(code: UInt16)
    /// The connection broke.
    case broken
    /// It did not answer three times.
    case silent
    /// It broke the protocol.
    case violation
}

/// Why a pipe ended.
public enum PipeEnding: Hashable, Sendable {
    /// Both sides had finished.
    case finished
    /// Reset by the home, the member or the other side.
    case reset(ResetCode)
    /// No answer in time.
    case unanswered
    /// The door does not take this half, or the relay not this pipe.
    case refused
    /// The link to the home went down.
    case linkLost
    /// The other end is not who it should be, or sent what nobody may send.
    case fault
    /// The owner asked for what cannot be: no such link, too many pipes, too many bytes.
    case impossible
}
