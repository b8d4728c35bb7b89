// What two strangers say to each other once they have met: utterances in, utterances out. It knows nothing
// of channels and pipes; `Conversation` seals what it says and ends it when it throws.

internal import Essentials
internal import Sodium
internal import Wire

/// One order of a talk to the conversation around it.
enum TalkEffect: Sendable {
    case say(Utterance)
    case tell(ConversationEvent)
    case count(ConversationCounter)
    case end(ConversationEnding)
}

/// The state between hello and farewell.
struct Talk: Sendable {
    let agreement: Agreement
    private let binding: [UInt8]
    private var outgoing: OutgoingTexts
    private var incoming: IncomingTexts
    private var ownTyping: OwnTyping
    private var theirTyping: TheirTyping
    var keepalive: Keepalive
    private var words: SafetyExchange
    private let wordsDeadline: Moment
    private var theirPackets: TokenBucket

    /// `binding` is the channel's handshake hash.
    init(
        agreement: Agreement, words: SafetyExchange, binding: [UInt8], settings: ConversationSettings, at now: Moment,
        using random: inout RandomStream
    ) {
        self.agreement = agreement
        self.binding = binding
        outgoing = OutgoingTexts(settings: settings, at: now)
        incoming = IncomingTexts(settings: settings, at: now)
        ownTyping = OwnTyping(settings: settings, at: now)
        theirTyping = TheirTyping(settings: settings)
        keepalive = Keepalive(settings: settings, at: now, using: &random)
        self.words = words
        wordsDeadline = now + settings.safetyWordsTime
        theirPackets = TokenBucket(
            capacity: settings.packetBurst, perSecond: settings.packetsPerSecond, at: now)
    }

    var deadline: Moment {
        var earliest = keepalive.deadline
        for other in [ownTyping.deadline, theirTyping.deadline, words.isDone ? nil : wordsDeadline] {
            if let other, other < earliest { earliest = other }
        }
        return earliest
    }

    /// What is said and told as soon as the two have met.
    func greeting() -> [TalkEffect] {
        var effects: [TalkEffect] = [.tell(.connected), .count(.connected)]
        if case .awaitingNonce(let nonce) = words {
            let digest = SafetyExchange.commitment(to: nonce, binding: binding)
            effects.append(.say(.safetyCommitment(SafetyCommitment(digest: digest))))
        }
        return effects
    }

    // MARK: Our own person

    mutating func ask(_ request: ConversationRequest, at now: Moment) -> [TalkEffect] {
        switch request {
        case .send(let text):
            do throws(TextRefusal) {
                let numbered = try outgoing.number(text, at: now)
                ownTyping.textSent()
                incoming.weAnswered(at: now)
                return [.say(.text(numbered)), .count(.textSent)]
            } catch {
                return [.tell(.notSent(reason: error.reason, remedy: error.remedy)), .count(.textRefused(error))]
            }
        case .typing: return ownTyping.changed(at: now) ? [.say(.typing(Typing(on: true)))] : []
        case .stoppedTyping: return ownTyping.stop() ? [.say(.typing(Typing(on: false)))] : []
        case .leave: return [.say(.farewell(Farewell(code: Talk.left))), .end(.youLeft)]
        }
    }

    /// The farewell code of a person who left; others have no meaning in version 1 and are taken for it.
    static let left: UInt32 = 0

    // MARK: The stranger

    /// A packet came, whatever is in it. Asked before anything of it is decoded.
    mutating func packetCame(at now: Moment, using random: inout RandomStream) throws(ConversationViolation) {
        guard theirPackets.take(at: now) else { throw .rate }
        keepalive.heard(at: now, using: &random)
    }

    mutating func hear(_ utterance: Utterance, at now: Moment) throws(ConversationViolation) -> [TalkEffect] {
        switch utterance {
        case .opening: throw .unexpected
        case .text(let text):
            try incoming.accept(text, at: now)
            outgoing.strangerAnswered(at: now)
            theirTyping.textCame()
            return [.tell(.gotMessage(text.text)), .count(.textReceived)]
        case .acknowledgement(let mark):
            try outgoing.acknowledge(through: mark.through)
            return [.tell(.delivered(mark.through))]
        case .typing(let typing):
            if typing.on { return theirTyping.began(at: now) ? [.tell(.typing)] : [] }
            return theirTyping.stopped() ? [.tell(.stoppedTyping)] : []
        case .farewell: return [.end(.strangerLeft)]
        case .ping(let ping):
            try keepalive.pinged(at: now)
            return [.say(.pong(Pong(token: ping.token)))]
        case .pong(let pong):
            try keepalive.ponged(token: pong.token)
            return []
        case .safetyCommitment, .safetyNonce, .safetyOpening: return try hearOfWords(utterance)
        }
    }

    private mutating func hearOfWords(_ utterance: Utterance) throws(ConversationViolation) -> [TalkEffect] {
        switch utterance {
        case .safetyCommitment(let commitment):
            let nonce = try words.committed(commitment.digest)
            return [.say(.safetyNonce(SafetyNonce(nonce: nonce)))]
        case .safetyNonce(let theirs):
            let (opening, found) = try words.nonceCame(theirs.nonce, binding: binding)
            return [.say(.safetyOpening(SafetyOpening(nonce: opening))), .tell(.safetyWords(found))]
        case .safetyOpening(let theirs):
            return [.tell(.safetyWords(try words.opened(theirs.nonce, binding: binding)))]
        default: throw .unexpected
        }
    }

    /// All packets that came together are heard: one acknowledgement answers for all their texts.
    mutating func settle() -> [TalkEffect] {
        guard let through = incoming.takeAcknowledgement() else { return [] }
        return [.say(.acknowledgement(Acknowledgement(through: through)))]
    }

    // MARK: Time

    mutating func timeCame(
        at now: Moment, using random: inout RandomStream
    ) throws(ConversationViolation) -> [TalkEffect] {
        var effects: [TalkEffect] = []
        switch keepalive.due(at: now, using: &random) {
        case .broken: return [.end(.interrupted)]
        case .ping(let token): effects.append(.say(.ping(Ping(token: token))))
        case .nothing: break
        }
        if !words.isDone, now >= wordsDeadline { throw .safetyWords }
        if ownTyping.isIdle(at: now), ownTyping.stop() { effects.append(.say(.typing(Typing(on: false)))) }
        if let shown = theirTyping.deadline, shown <= now, theirTyping.stopped() {
            effects.append(.tell(.stoppedTyping))
        }
        return effects
    }
}
