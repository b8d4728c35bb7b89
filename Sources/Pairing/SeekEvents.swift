// What the seeks of a node are told and what they order. See Protocol/06-pairing.md.

public import Essentials
public import Identity
public import Wire

/// Names one seek; chosen by the owner, never used again while the seek goes on.
public struct SeekID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: SeekID, right: SeekID) -> Bool { left.number < right.number }
}

/// Names the seeks of one person for one stranger; chosen by the owner, and no seek's number.
public struct SearchID: Hashable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
}

/// What for somebody looks: the kinds of offers. See Protocol/06-pairing.md, "Messages".
public enum SeekKind {
    /// A talk between two.
    public static let talk: UInt32 = 0
    /// To ask a question and watch two discuss it.
    public static let asks: UInt32 = 1
    /// To discuss with another what somebody asks.
    public static let discusses: UInt32 = 2
}

/// Whom a person wants to meet.
public struct SeekWish: Hashable, Sendable {
    /// What for; see `SeekKind`.
    public var kind: UInt32
    /// Among whom; see `Pools`.
    public var pool: UInt64
    /// Seeks of one search go through the rounds together, and at most one of them is matched in a round. Nil for a
    /// search of one seek.
    public var search: SearchID?

    public init(kind: UInt32 = SeekKind.talk, pool: UInt64 = Pools.everyone, search: SearchID? = nil) {
        self.kind = kind
        self.pool = pool
        self.search = search
    }
}

/// One event for the seeks.
public enum SeeksInput: Sendable {
    /// A person looks for a stranger, from now on and in every round until there is a pairing.
    case seekAsked(SeekID, SeekWish)
    /// The person looks no longer, or has found somebody: the seek is forgotten.
    case seekCancelled(SeekID)
    /// The stranger of the last `.matched`, or one of the two of the last `.matchedThree`, did not come, or the path
    /// failed: all seeks of the search look again, this one with a fresh key.
    case pairingFailed(SeekID)
    /// A stamp that was ordered is made; 16 bytes.
    case stampMade(UInt64, nonce: [UInt8])
    /// The present members with a valid puzzle; oneself included, if one is a member.
    case membersChanged([KeeperCandidate])
    case receiptReceived(SeekID, round: UInt64, keeper: NodeKey, Receipt)
    case answerReceived(SeekID, round: UInt64, keeper: NodeKey, RoundAnswer)
    case bodiesReceived(SeekID, round: UInt64, keeper: NodeKey, Bodies)
    /// The keeper cannot be reached, or its pipe broke before it had answered.
    case keeperFailed(SeekID, round: UInt64, keeper: NodeKey)
    /// Mesh time is known, or known better.
    case clockSet(MeshClock)
    /// The moment that `nextDeadline()` named has come.
    case timerFired
}

/// One order of the seeks.
public enum SeeksEffect: Sendable {
    /// Open a pipe to the keeper, the deposit in its first message. What comes back is named by seek, round and keeper.
    case deposit(SeekID, round: UInt64, keeper: NodeKey, Deposit)
    /// Ask on the round's pipe to the keeper.
    case askBodies(SeekID, round: UInt64, keeper: NodeKey, BodiesWanted)
    /// Close all the round's pipes.
    case closeRound(SeekID, round: UInt64)
    /// Make a stamp in the background; `StampWork` does it.
    case makeStamp(StampRequest)
    /// The stamp is of no use any more.
    case abandonStamp(UInt64)
    /// Somebody was found. All seeks of the search rest until `.pairingFailed` or `.seekCancelled`.
    case matched(SeekID, Pairing)
    /// Two others for a question were found. All seeks of the search rest until `.pairingFailed` or `.seekCancelled`.
    case matchedThree(SeekID, Trio)
    /// Another seek of the same search was matched too, and that is who the person meets: let this stranger know.
    /// Two who were found as `.matchedThree` are not told.
    case declined(SeekID, Pairing)
    case roundEnded(SeekID, RoundOutcome)
    /// There are as many seeks as there may be; this one was not begun.
    case refused(SeekID)
    case count(PairingCounter)
}

/// How a round went, as one seek saw it.
public struct RoundOutcome: Hashable, Sendable {
    public let round: UInt64
    /// Offers that counted, one's own included.
    public let offers: Int
    /// How many the keepers say that there were, in all shards: by their number in this one, as if all were at its
    /// depth. Nil without a majority, and for a look at depth 0 by who is deeper.
    public let inPool: Int?
    /// Keepers the offer was sent to.
    public let addressed: Int
    /// Those of them that gave one good answer in time.
    public let answered: Int
    public let isMatched: Bool
    /// Those of the offers that ask and those that discuss, one's own included: a person can be told who is missing.
    public let asking: Int
    public let discussing: Int
}
