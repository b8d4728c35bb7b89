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
    /// Nothing came for too long.
    case pathBroke
}

/// The state between hello and farewell.
struct Talk: Sendable {
    let agreement: Agreement
    /// The channel's that the safety words are made on.
    private var binding: [UInt8]
    private(set) var outgoing: OutgoingTexts
    private var incoming: IncomingTexts
    private var ownTyping: OwnTyping
    private var theirTyping: TheirTyping
    var keepalive: Keepalive
    private var words: SafetyExchange
    private var asides: Asides
    private var wordsDeadline: Moment
    private var theirPackets: TokenBucket
    /// Whether anything came since their Opening.
    private var hasHeard = false
    private let settings: ConversationSettings

    /// `binding` is the channel's handshake hash.
    init(
        agreement: Agreement, words: SafetyExchange, binding: [UInt8], settings: ConversationSettings,
        packets: TokenBucket, at now: Moment, using random: inout RandomStream
    ) {
        self.agreement = agreement
        self.binding = binding
        self.settings = settings
        outgoing = OutgoingTexts(settings: settings, at: now)
        incoming = IncomingTexts(settings: settings, at: now)
        ownTyping = OwnTyping(settings: settings, at: now)
        theirTyping = TheirTyping(settings: settings)
        keepalive = Keepalive(settings: settings, at: now, using: &random)
        self.words = words
        // What the two tell each other beside their texts is nothing to who asks.
        asides = Asides(features: settings.part.isOneWay ? 0 : agreement.features)
        wordsDeadline = now + settings.safetyWordsTime
        theirPackets = packets
    }

    var deadline: Moment {
        var earliest = keepalive.deadline
        for other in [ownTyping.deadline, theirTyping.deadline, words.isDone ? nil : wordsDeadline] {
            if let other, other < earliest { earliest = other }
        }
        return earliest
    }

    /// What is said and told as soon as the two have met.
    func greeting(common: FoundCommon?, metBefore: Bool) -> [TalkEffect] {
        let found =
            (common.map { [TalkEffect.tell(.foundCommon($0))] } ?? []) + (metBefore ? [.tell(.metBefore)] : [])
        return [.tell(.connected), .count(.connected)] + found + wordsBegin()
    }

    /// The responder begins.
    private func wordsBegin() -> [TalkEffect] {
        guard case .awaitingNonce(let nonce) = words else { return [] }
        let digest = SafetyExchange.commitment(to: nonce, binding: binding)
        return [.say(.safetyCommitment(SafetyCommitment(digest: digest)))]
    }

    // MARK: Another path

    /// Only when the stranger has said something since their Opening: otherwise they may not know that there was a talk.
    var isResumable: Bool { hasHeard && agreement.features & ConversationSettings.Feature.resuming != 0 }

    /// How long it is worth to look for another path.
    var patience: Span {
        incoming.received > 0 || outgoing.sent > 0 ? settings.resumeTime : settings.resumeTimeBeforeTexts
    }

    /// Nothing can be said or heard for a while.
    mutating func pathBroke() -> [TalkEffect] {
        _ = ownTyping.stop()
        return theirTyping.stopped() ? [.tell(.stoppedTyping)] : []
    }

    /// What the stranger has to know of this side; by that everything that came is acknowledged.
    mutating func resumption() -> Resume {
        _ = incoming.takeAcknowledgement()
        return Resume(received: incoming.received, sent: outgoing.sent, words: words.isDone)
    }

    /// There is a path again, and the stranger says what came and what they said.
    ///
    /// `fresh` is taken when one side lacks the safety words, which are then made anew on the new channel, whose
    /// handshake hash is `binding`.
    mutating func resume(
        _ theirs: Resume, words fresh: SafetyExchange, binding: [UInt8], at now: Moment,
        using random: inout RandomStream
    ) throws(ConversationViolation) -> [TalkEffect] {
        let marks: [TalkEffect] =
            try outgoing.resumed(through: theirs.received) ? [.tell(.delivered(theirs.received))] : []
        try incoming.expect(through: theirs.sent)
        keepalive = Keepalive(settings: settings, at: now, using: &random)
        theirPackets = settings.packets(at: now)
        var effects: [TalkEffect] = [.tell(.resumed)] + marks
        effects += outgoing.pending.map { .say(.text($0)) } + asides.again
        if !words.isDone || !theirs.words {
            words = fresh
            self.binding = binding
            wordsDeadline = now + settings.safetyWordsTime
            effects += wordsBegin()
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
                return [.say(.text(numbered)), .tell(.said(text)), .count(.textSent)]
            } catch {
                return [.tell(.notSent(reason: error.reason, remedy: error.remedy)), .count(.textRefused(error))]
            }
        case .typing: return ownTyping.changed(at: now) ? [.say(.typing(Typing(on: true)))] : []
        case .stoppedTyping: return ownTyping.stop() ? [.say(.typing(Typing(on: false)))] : []
        case .save:
            return allowed { talk throws(RequestRefusal) in try talk.asides.save(bothSpoke: talk.haveBothSpoken) }
        case .keepInTouch: return allowed { talk throws(RequestRefusal) in try talk.asides.keepInTouch() }
        case .witness(let through, let chain):
            return settings.part.bearsWitness ? [.say(.witness(Witness(through: through, chain: chain)))] : []
        case .leave: return [.say(.farewell(Farewell(code: Talk.left))), .end(.youLeft)]
        }
    }

    private var haveBothSpoken: Bool { incoming.received > 0 && outgoing.sent > 0 }

    private mutating func allowed(
        _ request: (inout Talk) throws(RequestRefusal) -> [TalkEffect]
    ) -> [TalkEffect] {
        do throws(RequestRefusal) { return try request(&self) } catch {
            return [.tell(.refused(reason: error.reason, remedy: error.remedy)), .count(.requestRefused(error))]
        }
    }

    /// The farewell code of a person who left; later ones that have no meaning are taken for it.
    static let left: UInt32 = 0
    /// The two are not for each other. Only before the talk.
    static let declined: UInt32 = 1

    // MARK: The stranger

    /// A packet came, whatever is in it. Asked before anything of it is decoded.
    mutating func packetCame(at now: Moment, using random: inout RandomStream) throws(ConversationViolation) {
        guard theirPackets.take(at: now) else { throw .rate }
        hasHeard = true
        keepalive.heard(at: now, using: &random)
    }

    mutating func hear(_ utterance: Utterance, at now: Moment) throws(ConversationViolation) -> [TalkEffect] {
        guard settings.part.mayHear(utterance) else { throw .unexpected }
        switch utterance {
        case .opening, .commonAnswer, .resume, .question: throw .unexpected
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
        case .saved: return settings.part == .asking ? [] : asides.theySave()
        case .keepInTouch: return settings.part == .asking ? [] : asides.theyKeepInTouch()
        case .witness(let theirs): return [.tell(.witnessed(through: theirs.through, chain: theirs.chain))]
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
        case .broken: return [.pathBroke]
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
