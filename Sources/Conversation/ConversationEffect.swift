// What a conversation wants done, as orders, and what its person is told.

public import Essentials

/// One order to the owner of the conversation. They are carried out in the order in which they were given.
public enum ConversationEffect: Hashable, Sendable {
    /// Put these bytes on the pipe.
    case write([UInt8])
    /// Put these bytes on the pipe of a way.
    case writeOnWay(UInt64, [UInt8])
    /// A way is of no use: reset its pipe.
    case closeWay(UInt64)
    /// The pipe of this way is the conversation's from now on.
    case takeWay(UInt64)
    /// Finish the pipe after everything written has left.
    case closePipe
    /// Tell the person.
    case tell(ConversationEvent)
    /// Add one to a counter.
    case count(ConversationCounter)
}

/// What the person is told. Texts are as the stranger wrote them: a face passes them through
/// `TerminalText`, or through an escape of its own, before it shows them.
public enum ConversationEvent: Hashable, Sendable {
    /// The channel stands, and the own Opening waits for `.goAhead`.
    case standing
    /// Both sides are there and may speak.
    case connected
    case gotMessage(String)
    /// The own text has its number: it is sent, or will be.
    case said(String)
    case typing
    case stoppedTyping
    /// All own texts up to this number, counted from 1, have reached the stranger's node.
    case delivered(UInt64)
    /// What the two have in common; right after `.connected`, and only if they met by that.
    case foundCommon(FoundCommon)
    /// They have talked before, and meet all the same; right after `.connected`.
    case metBefore
    /// The stranger is told that a log is kept; from now on it may be.
    case logAllowed
    /// The stranger keeps a log.
    case strangerKeepsLog
    /// Both have asked to keep in touch: `Conversation.friendship` is for them to keep.
    case inTouch
    /// What the stranger would like to have discussed; right before `.connected`, and only as `.telling`.
    case asked(String)
    /// The stranger says what came of the other one of the two who discuss: so many texts, and their `WitnessChain`.
    case witnessed(through: UInt64, chain: Bytes32)
    /// Something that the person asked for was not done: why, and what to do.
    case refused(reason: String, remedy: String)
    /// Five words that both people see alike unless somebody sits between them.
    case safetyWords([String])
    /// A text was not sent: why, and what to do. It took no number.
    case notSent(reason: String, remedy: String)
    /// The path broke. The owner drops its pipe and opens ways, by `Conversation.resumeKey`, until one is taken or the
    /// conversation ends.
    case interrupted
    /// There is a path again.
    case resumed
    /// The last event of every conversation.
    case ended(ConversationEnding)
}

/// How a conversation came to its end.
public enum ConversationEnding: String, Hashable, Sendable {
    case strangerLeft
    case youLeft
    /// The path broke, or nothing came through it for too long.
    case interrupted
    /// It ended before both sides had said hello.
    case neverStarted
    /// The two are not for each other: one of them meets somebody else, or they have nothing in common.
    case declined
    /// The stranger's node broke the protocol, or somebody on the path did.
    case violation
}

/// What the node counts. Nothing in it tells who or what was said.
public enum ConversationCounter: Hashable, Sendable {
    case connected
    case interrupted
    case resumed
    case textSent
    case textReceived
    case textRefused(TextRefusal)
    case requestRefused(RequestRefusal)
    case metBefore
    case ended(ConversationEnding)
    case violation(ConversationViolation)

    /// A stable name for metrics, to stand behind the name of the engine.
    public var name: String {
        switch self {
        case .connected: "connected"
        case .interrupted: "interrupted"
        case .resumed: "resumed"
        case .textSent: "textSent"
        case .textReceived: "textReceived"
        case .textRefused(let refusal): "textRefused.\(refusal.name)"
        case .requestRefused(let refusal): "requestRefused.\(refusal.rawValue)"
        case .metBefore: "metBefore"
        case .ended(let ending): "ended.\(ending.rawValue)"
        case .violation(let violation): "violation.\(violation.rawValue)"
        }
    }
}

/// Which rule the other side broke. It is counted and never told to them: a precise answer helps only an attacker.
public enum ConversationViolation: String, Error, Hashable, Sendable {
    /// The channel failed: a forged, repeated, missing or badly framed packet.
    case channel
    /// The content of a packet is no utterance.
    case malformed
    /// No version in common, or a feature that they insist on and we do not know.
    case version
    /// An utterance at a time when it has no meaning.
    case unexpected
    /// A text out of its order.
    case sequence
    /// An acknowledgement that goes back, repeats itself or runs ahead.
    case acknowledgement
    /// A text that is empty or longer than twice what is allowed.
    case length
    /// More than twice as much as is allowed.
    case rate
    /// Points that are none, too few or too many of them, or shown twice.
    case commonGround = "common_ground"
    /// The safety words' opening does not fit the commitment, or their exchange never ended.
    case safetyWords = "safety_words"
}
