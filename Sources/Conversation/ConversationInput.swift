// What can happen to a conversation, in the past tense.

/// One event for the engine.
public enum ConversationInput: Sendable {
    /// Bytes came out of the pipe, in order, cut anywhere.
    case pipeReceived([UInt8])
    /// The pipe ended or broke; nothing can be written to it any more.
    case pipeLost
    /// Of the conversations that try to begin with this stranger, this is the one.
    case goAhead
    /// The node's own person wants something.
    case personAsked(ConversationRequest)
    /// The moment that `nextDeadline()` named has come.
    case timerFired
}

/// What the node's own person may ask for.
public enum ConversationRequest: Hashable, Sendable {
    /// Say this text. It is either sent or answered with `.notSent`, never dropped.
    case send(String)
    /// The person changed the text they are writing. Faces say so at every change; the engine thins it out.
    case typing
    /// The person took back what they were writing.
    case stoppedTyping
    /// The person is done with this stranger.
    case leave
}
