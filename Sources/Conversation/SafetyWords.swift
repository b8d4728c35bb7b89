// Five words that two people can compare. A middleman who runs two conversations shows each of them
// other words, and because the responder commits before it sees the initiator's nonce, the middleman
// cannot search for nonces that make them equal. Protocol/07-conversation.md, "Safety words".

internal import Essentials
internal import Sodium

/// One side of the exchange: commitment R→I, nonce I→R, opening R→I.
enum SafetyExchange: Sendable {
    /// The initiator waits for the responder's commitment.
    case awaitingCommitment(ownNonce: Bytes32)
    /// The initiator has shown its nonce and waits for what was committed to.
    case awaitingOpening(commitment: Bytes32, ownNonce: Bytes32)
    /// The responder has committed and waits for the initiator's nonce.
    case awaitingNonce(ownNonce: Bytes32)
    case done

    init(isInitiator: Bool, ownNonce: Bytes32) {
        self = isInitiator ? .awaitingCommitment(ownNonce: ownNonce) : .awaitingNonce(ownNonce: ownNonce)
    }

    static let nonceDomain = "passant/words-commitment/1"
    static let wordsDomain = "passant/words/1"

    var isDone: Bool { if case .done = self { true } else { false } }

    /// What the responder sends first. `binding` is the channel's handshake hash.
    static func commitment(to nonce: Bytes32, binding: [UInt8]) -> Bytes32 {
        Blake2b.hash(domain: nonceDomain, binding, nonce.bytes)
    }

    /// The initiator got the commitment: now it shows its own nonce, and not before.
    mutating func committed(_ digest: Bytes32) throws(ConversationViolation) -> Bytes32 {
        guard case .awaitingCommitment(let own) = self else { throw .safetyWords }
        self = .awaitingOpening(commitment: digest, ownNonce: own)
        return own
    }

    /// The responder got the initiator's nonce: what it must open, and the words.
    mutating func nonceCame(
        _ theirs: Bytes32, binding: [UInt8]
    ) throws(ConversationViolation) -> (opening: Bytes32, words: [String]) {
        guard case .awaitingNonce(let own) = self else { throw .safetyWords }
        self = .done
        return (own, Self.words(binding: binding, initiator: theirs, responder: own))
    }

    /// The initiator got what was committed to: the words, if it is that.
    mutating func opened(_ theirs: Bytes32, binding: [UInt8]) throws(ConversationViolation) -> [String] {
        guard case .awaitingOpening(let commitment, let own) = self else { throw .safetyWords }
        guard Self.commitment(to: theirs, binding: binding) == commitment else { throw .safetyWords }
        self = .done
        return Self.words(binding: binding, initiator: own, responder: theirs)
    }

    /// The first thirty bits of the hash, six a word.
    static func words(binding: [UInt8], initiator: Bytes32, responder: Bytes32) -> [String] {
        let hash = Blake2b.hash(domain: wordsDomain, binding, initiator.bytes, responder.bytes)
        return (1...5).map { SafetyWordList.word(at: hash.prefix >> UInt64(64 - 6 * $0)) }
    }
}

/// Sixty-four words that a child or a learner knows; no two begin with the same three letters.
public enum SafetyWordList {
    public static let words = [
        "apple", "bear", "bird", "boat", "bread", "cake", "castle", "chair",
        "cloud", "coffee", "desk", "door", "dragon", "eagle", "engine", "fire",
        "fish", "flower", "forest", "garden", "ghost", "glass", "gold", "hammer",
        "honey", "horse", "island", "jacket", "jungle", "key", "king", "lamp",
        "lemon", "lion", "mirror", "moon", "music", "needle", "nest", "ocean",
        "onion", "orange", "paper", "piano", "potato", "queen", "rabbit", "river",
        "rocket", "salt", "school", "silver", "snow", "star", "sugar", "table",
        "tiger", "tower", "tree", "violin", "water", "wheel", "window", "zebra",
    ]

    /// The word of the lowest six bits.
    static func word(at number: UInt64) -> String { words[Int(number & 63)] }
}
