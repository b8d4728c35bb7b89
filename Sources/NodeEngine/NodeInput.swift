// Everything that can happen to a node, in the past tense. The shell and the simulator say the same things.

public import Essentials
internal import Pairing
public import Wire

/// One event for the engine.
public enum NodeInput: Sendable {
    /// The first input: the shell is ready to carry out effects.
    case started
    /// What the machine's own wall clock shows now; sent at the start and whenever the shell looks again.
    case clockRead(WallTime)
    /// A TCP connection is open. Outbound ones carry the (even) number of the `.connect` effect, inbound ones
    /// an odd number of the shell's choice.
    case connectionOpened(UInt64, remote: Endpoint?, isOutbound: Bool)
    case connectionFailed(UInt64)
    case received(UInt64, [UInt8])
    /// Whether the connection takes more bytes at the moment.
    case writabilityChanged(UInt64, isWritable: Bool)
    case connectionClosed(UInt64)
    /// The moment that `nextDeadline()` named has come.
    case timerFired
    /// A piece of background work is done.
    case workFinished(WorkID, BackgroundWork.Outcome)
    /// The node's own person wants something in one of their meetings.
    case personAsked(SeatID, PersonRequest)
    /// New entry points were given while running.
    case joinAsked([InviteEntry])
    /// The person does not want to meet this friend any more.
    case friendForgotten(String)
    /// What was to be written down of this meeting could not be.
    case logFailed(SeatID)
}

/// Names one person's seat at this node: one `passant meet`, however many strangers it meets.
public struct SeatID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: SeatID, right: SeatID) -> Bool { left.number < right.number }
}

/// Names one piece of background work.
public struct WorkID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: WorkID, right: WorkID) -> Bool { left.number < right.number }
}

/// Whom a person would like to meet.
public struct Wish: Hashable, Sendable {
    /// At most eight, as they are compared (Protocol/07-conversation.md, "Common ground").
    public var interests: [String]
    /// Primary subtags of BCP 47 in lower case, at most four, the best first.
    public var languages: [String]
    /// A friend, by the name that they go by here, and nobody else.
    public var friend: String?
    /// A question of 10 to 200 characters that two others are to discuss while the person watches.
    public var question: String?
    /// To discuss somebody's question.
    public var discusses: Bool
    /// Members on the path if both wish the same: 3, or 5 for one more between home and door on either side.
    public var cover: Int

    public init(
        interests: [String] = [], languages: [String] = [], friend: String? = nil, question: String? = nil,
        discusses: Bool = false, cover: Int = 3
    ) {
        self.interests = interests
        self.languages = languages
        self.friend = friend
        self.question = question
        self.discusses = discusses
        self.cover = cover
    }
}

extension Wish {
    /// Whether it takes three.
    var isForQuestion: Bool { question != nil || discusses }

    /// What the offers of this wish are made for.
    var kind: UInt32 { question != nil ? SeekKind.asks : discusses ? SeekKind.discusses : SeekKind.talk }
}

/// What a person may ask for in a meeting.
public enum PersonRequest: Hashable, Sendable {
    /// Take a seat and look for a stranger.
    case meet(Wish = Wish())
    case send(String)
    case typing
    case stoppedTyping
    /// Leave the stranger, or stop looking.
    case disconnect
    /// Look for the next stranger.
    case new
    /// Do not wait any longer for somebody with something in common.
    case stopLookingForCommon
    /// Go on looking for somebody with something in common, for as long as it takes.
    case goOnLookingForCommon
    /// Keep a log of this conversation; the stranger is told.
    case save
    /// Meet this stranger again some day, under this name, if they ask for it too.
    case keepInTouch(String)
    /// The person has gone for good.
    case leave
}
