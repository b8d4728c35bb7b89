// What a conversation wants done, as orders, and what its person is told.

/// One order to the owner of the conversation. They are carried out in the order in which they were given.
public enum ConversationEffect: Hashable, Sendable {
    /// Put these bytes on the pipe.
    case write([UInt8])
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
    case typing
    case stoppedTyping
    /// All own texts up to this number, counted from 1, have reached the stranger's node.
    case delivered(UInt64)
    /// Five words that both people see alike unless somebody sits between them.
    case safetyWords([String])
    /// A text was not sent: why, and what to do. It took no number.
    case notSent(reason: String, remedy: String)
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
    /// The stranger's node broke the protocol, or somebody on the path did.
    case violation
}

/// What the node counts. Nothing in it tells who or what was said.
public enum ConversationCounter: Hashable, Sendable {
    case connected
    case textSent
    case textReceived
    case textRefused(TextRefusal)
    case ended(ConversationEnding)
    case violation(ConversationViolation)

    /// A stable name for metrics, to stand behind the name of the engine.
    public var name: String {
        switch self {
        case .connected: "connected"
        case .textSent: "textSent"
        case .textReceived: "textReceived"
        case .textRefused(let refusal): "textRefused.\(refusal.name)"
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
    /// The safety words' opening does not fit the commitment, or their exchange never ended.
    case safetyWords = "safety_words"
}
