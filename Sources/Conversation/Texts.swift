// The two directions of text: numbers, limits and delivery marks. Protocol/07-conversation.md, "Text".

internal import Essentials
internal import Noise
internal import Wire

/// What one side may say at the moment. The sender holds itself to it; the receiver to `slack` times as much.
struct SpeakingAllowance: Sendable {
    private(set) var isAnswered: Bool
    private(set) var limits: SpeakingLimits
    private let afterAnswer: SpeakingLimits
    private var texts: TokenBucket

    init(settings: ConversationSettings, slack: Int64, at now: Moment) {
        // Where one side only listens no answer would ever come.
        let isWide = settings.part.isOneWay
        let limits = (isWide ? settings.afterAnswer : settings.beforeAnswer).times(slack)
        isAnswered = isWide
        self.limits = limits
        afterAnswer = settings.afterAnswer.times(slack)
        texts = TokenBucket(capacity: limits.burst, perSecond: limits.perSecond, at: now)
    }

    /// The other side said its first text, or heard ours: the wide limits hold from now on.
    mutating func widen(at now: Moment) {
        guard !isAnswered else { return }
        isAnswered = true
        limits = afterAnswer
        texts = TokenBucket(capacity: limits.burst, perSecond: limits.perSecond, at: now)
    }

    mutating func takeOne(at now: Moment) -> Bool { texts.take(at: now) }
}

/// The texts of our own person.
struct OutgoingTexts: Sendable {
    private(set) var sent: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// What was said and not acknowledged, in its order.
    private(set) var pending: [Text] = []
    private var allowance: SpeakingAllowance
    private let bytesMaximum: Int
    private let unacknowledgedMaximum: UInt64
    private let unacknowledgedBytesMaximum: Int

    init(settings: ConversationSettings, at now: Moment) {
        allowance = SpeakingAllowance(settings: settings, slack: 1, at: now)
        unacknowledgedBytesMaximum = settings.unacknowledgedBytesMaximum
        bytesMaximum = settings.textBytesMaximum
        unacknowledgedMaximum = settings.unacknowledgedMaximum
    }

    /// Gives the text its number, or says why it must stay. A refused text uses nothing up.
    mutating func number(_ text: String, at now: Moment) throws(TextRefusal) -> Text {
        let limit = allowance.limits
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= bytesMaximum else { throw .tooManyBytes(limit: bytesMaximum) }
        guard text.unicodeScalars.count <= limit.characters else {
            throw .tooLong(limit: limit.characters, isAnswered: allowance.isAnswered)
        }
        guard sent - acknowledged < unacknowledgedMaximum else { throw .tooManyOnTheWay(limit: unacknowledgedMaximum) }
        let bytes = pending.reduce(Self.packetBytes(of: text)) { $0 + Self.packetBytes(of: $1.text) }
        guard bytes <= unacknowledgedBytesMaximum else { throw .tooMuchOnTheWay }
        guard allowance.takeOne(at: now) else {
            throw .tooFast(perSecond: limit.perSecond, isAnswered: allowance.isAnswered)
        }
        do throws(WireFault) {
            let numbered = try Text(sequence: sent + 1, text: text)
            sent += 1
            pending.append(numbered)
            return numbered
        } catch {
            throw .tooManyBytes(limit: Text.maximumText)
        }
    }

    /// How long the packet is that holds a text, with its number and what says how long each part is.
    private static func packetBytes(of text: String) -> Int {
        let content = text.utf8.count + 24
        return PaddingClasses.conversation.size(forContent: content) ?? content
    }

    mutating func strangerAnswered(at now: Moment) { allowance.widen(at: now) }

    /// The stranger's node has everything up to this number.
    mutating func acknowledge(through number: UInt64) throws(ConversationViolation) {
        guard number > acknowledged, number <= sent else { throw .acknowledgement }
        acknowledged = number
        pending.removeAll { $0.sequence <= number }
    }

    /// The same on a new path, where it may be nothing new. True if it is.
    mutating func resumed(through number: UInt64) throws(ConversationViolation) -> Bool {
        guard number != acknowledged else { return false }
        try acknowledge(through: number)
        return true
    }
}

/// The texts of the stranger.
struct IncomingTexts: Sendable {
    private(set) var received: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// Texts up to this number were said while there was no path, and come all at once.
    private var late: UInt64 = 0
    private let underWayMaximum: UInt64
    private var allowance: SpeakingAllowance
    private let bytesMaximum: Int

    init(settings: ConversationSettings, at now: Moment) {
        allowance = SpeakingAllowance(settings: settings, slack: settings.slack, at: now)
        bytesMaximum = settings.textBytesMaximum
        underWayMaximum = settings.unacknowledgedMaximum
    }

    /// Takes the next text in its order.
    mutating func accept(_ text: Text, at now: Moment) throws(ConversationViolation) {
        guard text.sequence == received &+ 1 else { throw .sequence }
        guard !text.text.isEmpty, text.text.utf8.count <= bytesMaximum,
            text.text.unicodeScalars.count <= allowance.limits.characters
        else { throw .length }
        guard text.sequence <= late || allowance.takeOne(at: now) else { throw .rate }
        received = text.sequence
    }

    /// On a new path: so far the stranger had got.
    mutating func expect(through number: UInt64) throws(ConversationViolation) {
        guard number >= received, number - received <= underWayMaximum else { throw .sequence }
        late = number
    }

    /// We said something, so the stranger may speak at length.
    mutating func weAnswered(at now: Moment) { allowance.widen(at: now) }

    /// The number to acknowledge, once for all that came since the last time.
    mutating func takeAcknowledgement() -> UInt64? {
        guard received > acknowledged else { return nil }
        acknowledged = received
        return received
    }
}

extension SpeakingLimits {
    fileprivate func times(_ factor: Int64) -> SpeakingLimits {
        SpeakingLimits(
            characters: Int(clamping: Int64(clamping: characters).saturatingMultiply(factor)),
            burst: burst.saturatingMultiply(factor),
            perSecond: perSecond.saturatingMultiply(factor))
    }
}
