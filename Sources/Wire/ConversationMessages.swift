// What two strangers' nodes say to each other once they share a channel. See Protocol/07-conversation.md.

public import Essentials

/// One message of a conversation.
public enum Utterance: WireMessage, Hashable {
    case opening(Opening)
    case text(Text)
    case acknowledgement(Acknowledgement)
    case typing(Typing)
    case farewell(Farewell)
    case safetyCommitment(SafetyCommitment)
    case safetyNonce(SafetyNonce)
    case safetyOpening(SafetyOpening)
    case ping(Ping)
    case pong(Pong)
    case commonAnswer(CommonAnswer)
    case resume(Resume)
    case saved(Saved)
    case keepInTouch(KeepInTouch)
    case question(Question)
    case witness(Witness)
}

/// The first message in each direction.
public struct Opening: WireMessage, Hashable {
    public let versionMin: UInt32
    public let versionMax: UInt32
    public let features: UInt64
    /// The place for a ticket: at most 8,192 bytes; empty when there is none.
    public let ticket: [UInt8]
    /// Bits: what the two must have in common; see Protocol/07-conversation.md.
    public let needs: UInt32
    /// None, or `CommonAnswer.count` hidden points.
    public let common: [Bytes32]
    /// None, or `marks` numbers: what is left of earlier conversations.
    public let met: [UInt64]

    public static let maximumTicket = 8_192
    public static let marks = 128

    public init(
        versionMin: UInt32 = 1, versionMax: UInt32 = 1, features: UInt64 = 0, ticket: [UInt8] = [],
        needs: UInt32 = 0, common: [Bytes32] = [], met: [UInt64] = []
    ) throws(WireFault) {
        try require(versionMin >= 1 && versionMin <= versionMax, "Opening.version")
        try require(ticket.count <= Self.maximumTicket, "Opening.ticket")
        try require(common.isEmpty || common.count == CommonAnswer.count, "Opening.common")
        try require(met.isEmpty || met.count == Self.marks, "Opening.met")
        self.versionMin = versionMin
        self.versionMax = versionMax
        self.features = features
        self.ticket = ticket
        self.needs = needs
        self.common = common
        self.met = met
    }
}

/// The points of the other side's Opening, hidden once more.
public struct CommonAnswer: WireMessage, Hashable {
    public let points: [Bytes32]

    public static let count = 12

    public init(points: [Bytes32]) throws(WireFault) {
        try require(points.count == Self.count, "CommonAnswer.points")
        self.points = points
    }
}

/// The first message in each direction of a new path.
public struct Resume: WireMessage, Hashable {
    /// The number of the last text that came.
    public let received: UInt64
    /// The number of the last text that was said, whether or not it left.
    public let sent: UInt64
    /// Whether this side has the safety words.
    public let words: Bool

    public init(received: UInt64, sent: UInt64, words: Bool) {
        self.received = received
        self.sent = sent
        self.words = words
    }
}

/// The sender keeps a log of this conversation.
public struct Saved: WireMessage, Hashable {
    public init() {}
}

/// The sender would like to meet the other again.
public struct KeepInTouch: WireMessage, Hashable {
    public init() {}
}

/// What two are to discuss, from the one who asks.
public struct Question: WireMessage, Hashable {
    /// At most 800 bytes of UTF-8.
    public let text: String

    public static let maximumText = 800

    public init(text: String) throws(WireFault) {
        try require(text.utf8.count <= Self.maximumText, "Question.text")
        self.text = text
    }
}

/// "What the other of the two told me so far is this."
public struct Witness: WireMessage, Hashable {
    /// So many of their texts.
    public let through: UInt64
    /// The question and those texts, each hashed onto what was before.
    public let chain: Bytes32

    public init(through: UInt64, chain: Bytes32) {
        self.through = through
        self.chain = chain
    }
}

/// Something that was said.
public struct Text: WireMessage, Hashable {
    /// Counts this side's texts from 1.
    public let sequence: UInt64
    /// At most 16,000 bytes of UTF-8, carried as they are.
    public let text: String

    public static let maximumText = 16_000

    public init(sequence: UInt64, text: String) throws(WireFault) {
        try require(text.utf8.count <= Self.maximumText, "Text.text")
        self.sequence = sequence
        self.text = text
    }
}

/// "I have all your texts up to this one."
public struct Acknowledgement: WireMessage, Hashable {
    public let through: UInt64

    public init(through: UInt64) { self.through = through }
}

/// The stranger began or stopped typing.
public struct Typing: WireMessage, Hashable {
    public let on: Bool

    public init(on: Bool) { self.on = on }
}

/// The sender leaves; the codes are listed in Protocol/07-conversation.md.
public struct Farewell: WireMessage, Hashable {
    public let code: UInt32

    public init(code: UInt32) { self.code = code }
}

/// The safety words begin: a promise of a nonce.
public struct SafetyCommitment: WireMessage, Hashable {
    public let digest: Bytes32

    public init(digest: Bytes32) { self.digest = digest }
}

/// The other side's nonce, chosen without knowing the first.
public struct SafetyNonce: WireMessage, Hashable {
    public let nonce: Bytes32

    public init(nonce: Bytes32) { self.nonce = nonce }
}

/// The promised nonce.
public struct SafetyOpening: WireMessage, Hashable {
    public let nonce: Bytes32

    public init(nonce: Bytes32) { self.nonce = nonce }
}

/// "Are you there?"
public struct Ping: WireMessage, Hashable {
    public let token: UInt64

    public init(token: UInt64) { self.token = token }
}

/// The answer to the ping with the same token.
public struct Pong: WireMessage, Hashable {
    public let token: UInt64

    public init(token: UInt64) { self.token = token }
}
