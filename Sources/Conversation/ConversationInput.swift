// What can happen to a conversation, in the past tense.

public import Essentials

/// One event for the engine.
public enum ConversationInput: Sendable {
    /// Bytes came out of the pipe, in order, cut anywhere.
    case pipeReceived([UInt8])
    /// The pipe ended or broke; nothing can be written to it any more.
    case pipeLost
    /// After an interruption: a pipe to a door, under a number of the owner's, and the slot that it is for. The first
    /// bytes for it can ride on its opening.
    case wayOpened(UInt64, slot: UInt64, door: Bytes32)
    case wayReceived(UInt64, [UInt8])
    /// The pipe broke, or its slot is over.
    case wayLost(UInt64)
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
    /// Keep a log: the stranger is told, and `.logAllowed` or `.refused` comes.
    case save
    /// Meet this stranger again some day, if they ask for it too.
    case keepInTouch
    /// Say what came of the other one of the two who discuss, by `WitnessChain`. Without a path it is not said: the
    /// owner asks for it again after `.resumed`.
    case witness(through: UInt64, chain: Bytes32)
    /// The person is done with this stranger.
    case leave
}
