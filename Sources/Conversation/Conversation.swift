// One conversation between two strangers, from the first byte on the pipe to the farewell: Noise KK on the
// offers' single-use keys, Openings, tickets, then talk. Protocol/07-conversation.md.
//
// It knows no clock, socket or address. What it is told is `ConversationInput`, what it wants is
// `ConversationEffect`, and whatever the pipe brings, it ends in one event `.ended` and no trap.

public import Essentials
internal import Noise
public import Sodium
internal import Wire

/// The engine of one conversation.
public struct Conversation: ~Copyable, Sendable {
    let isInitiator: Bool
    let settings: ConversationSettings
    /// Nil when the conversation has ended, so that its keys are gone at once.
    var channel: Channel?
    var phase: Phase
    /// Stands for the channel in what both sides compute about it; empty until the channel is established.
    var binding: [UInt8] = []
    /// Our half of the safety words.
    var wordsNonce: Bytes32
    /// For the channels of later paths.
    let ownKey: AgreementKey
    let theirKey: Bytes32
    /// Where the two find each other when the path breaks; nil before they talk.
    public internal(set) var resumeKey: ResumeKey?
    /// By what the two notice that they meet again; nil before they talk.
    public internal(set) var encounter: Encounter?
    /// By what the two can find each other some day, if both ask for it; nil before they talk.
    var friendshipSecret: Owned<SecretBytes>?
    /// Whom the node has talked with lately; nil where that is not to be shown.
    let encounters: Encounters?
    var hasMetBefore = false
    /// New paths after an interruption, by the owner's number.
    var ways: [UInt64: Owned<Way>] = [:]
    /// As the initiator: the way on which Resume was said, and when.
    var wayAhead: (number: UInt64, since: Moment)?
    /// A second of this for each second between two breaks of the path.
    var breaks: TokenBucket
    /// Nil when the two met among everyone.
    var common: CommonExchange?
    private var hasStarted = false

    enum Phase: Sendable {
        /// Noise KK is under way.
        case handshaking(until: Moment)
        /// The channel stands; `heard` is what the stranger has said already.
        case standing(until: Moment, heard: [UInt8]?)
        /// The channel stands and our Opening is sent; theirs is awaited.
        case opening(until: Moment)
        /// Their Opening is accepted; what the two have in common, and tickets, are shown.
        case presenting(Presentation)
        case talking(Talk)
        /// There is no path; one is looked for.
        case interrupted(Talk, until: Moment)
        case ended
    }

    /// - Parameters:
    ///   - ownKey: the single-use key of our own offer; used up here.
    ///   - theirKey: the single-use key of the stranger's offer.
    ///   - prologue: what both sides derive alike from their pairing; Protocol/06-pairing.md says how.
    ///   - encounters: the conversations that the node recognises; nil shows none and looks at none.
    public init(
        isInitiator: Bool, ownKey: consuming AgreementKey, theirKey: Bytes32, prologue: [UInt8],
        settings: ConversationSettings = ConversationSettings(), encounters: Encounters? = nil, at now: Moment,
        using random: inout RandomStream
    ) {
        self.isInitiator = isInitiator
        self.settings = settings
        self.ownKey = ownKey.copy()
        self.theirKey = theirKey
        self.encounters = encounters
        channel = Channel(
            role: isInitiator ? .initiator : .responder, pattern: .kk, prologue: prologue, localStatic: ownKey,
            remoteStatic: theirKey, classes: .conversation)
        wordsNonce = random.bytes32()
        common = settings.ground.map { CommonExchange($0, isInitiator: isInitiator, using: &random) }
        let pause = settings.breakPause.microseconds / 1_000_000
        breaks = TokenBucket(capacity: pause.saturatingMultiply(settings.breaksAtOnce), perSecond: 1, at: now)
        phase = .handshaking(until: now + settings.handshakeTime)
    }

    /// The initiator's first bytes, early, so that they can ride on the opening of the pipe. The
    /// responder has nothing to say first; a second call does nothing.
    public mutating func start(at now: Moment, using random: inout RandomStream) -> [ConversationEffect] {
        guard isInitiator, !hasStarted, case .handshaking = phase else { return [] }
        hasStarted = true
        var effects: [ConversationEffect] = []
        do throws(ChannelFault) {
            guard let first = try channel?.start(payload: [], using: &random) else { return [] }
            effects.append(.write(first))
        } catch {
            end(.violation, because: .channel, into: &effects)
        }
        return effects
    }

    public mutating func handle(
        _ input: ConversationInput, at now: Moment, using random: inout RandomStream
    ) -> [ConversationEffect] {
        var effects: [ConversationEffect] = []
        switch input {
        case .pipeReceived(let bytes): receive(bytes, at: now, using: &random, into: &effects)
        case .pipeLost: lose(at: now, into: &effects)
        case .wayOpened(let way, let slot, let door):
            openWay(way, slot: slot, door: door, using: &random, into: &effects)
        case .wayReceived(let way, let bytes): receive(bytes, on: way, at: now, using: &random, into: &effects)
        case .wayLost(let way): loseWay(way, at: now, using: &random, into: &effects)
        case .goAhead: goAhead(at: now, using: &random, into: &effects)
        case .personAsked(let request): ask(request, at: now, into: &effects)
        case .timerFired: timeCame(at: now, using: &random, into: &effects)
        }
        return effects
    }

    /// When `.timerFired` is wanted next. Nil when the conversation has ended.
    public mutating func nextDeadline() -> Moment? {
        switch phase {
        case .handshaking(let until), .standing(let until, _), .opening(let until): until
        case .presenting(let presentation): presentation.until
        case .talking(let talk): talk.deadline
        case .interrupted(_, let until): min(until, wayAheadFailing ?? until)
        case .ended: nil
        }
    }

    var hasEnded: Bool { if case .ended = phase { true } else { false } }

    // MARK: The person and the time

    private mutating func ask(
        _ request: ConversationRequest, at now: Moment, into effects: inout [ConversationEffect]
    ) {
        guard !keepsSilent(about: request, into: &effects) else { return }
        switch (phase, request) {
        case (.talking(var talk), _):
            let asked = talk.ask(request, at: now)
            phase = .talking(talk)
            performOrEnd(asked, at: now, into: &effects)
        case (.interrupted(var talk, let until), .send):
            // It takes its number and leaves when there is a path.
            let asked = talk.ask(request, at: now)
            phase = .interrupted(talk, until: until)
            let kept = asked.filter { if case .say = $0 { false } else { true } }
            performOrEnd(kept, at: now, into: &effects)
        case (.interrupted, .leave): end(.youLeft, into: &effects)
        // Who is to be told must be there.
        case (.interrupted, .save), (.interrupted, .keepInTouch): refuse(RequestRefusal.pathBroken, into: &effects)
        case (.ended, .send): refuse(TextRefusal.ended, into: &effects)
        case (.ended, .save), (.ended, .keepInTouch): refuse(RequestRefusal.ended, into: &effects)
        case (_, .send): refuse(TextRefusal.notConnected, into: &effects)
        case (_, .save), (_, .keepInTouch): refuse(RequestRefusal.notConnected, into: &effects)
        case (.opening, .leave), (.presenting, .leave):
            performOrEnd([.say(.farewell(Farewell(code: Talk.left))), .end(.youLeft)], at: now, into: &effects)
        case (.handshaking, .leave), (.standing, .leave): end(.youLeft, into: &effects)
        case (.ended, .leave), (_, .typing), (_, .stoppedTyping), (_, .witness): break
        }
    }

    private mutating func timeCame(
        at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        switch phase {
        case .handshaking(let until), .standing(let until, _), .opening(let until):
            if now >= until { end(.neverStarted, into: &effects) }
        case .presenting(let presentation):
            if now >= presentation.until { end(.neverStarted, into: &effects) }
        case .talking(var talk):
            do throws(ConversationViolation) {
                let came = try talk.timeCame(at: now, using: &random)
                phase = .talking(talk)
                performOrEnd(came, at: now, into: &effects)
            } catch {
                end(.violation, because: error, into: &effects)
            }
        case .interrupted(_, let until):
            if now >= until { return end(.interrupted, into: &effects) }
            if let ahead = wayAhead, let due = wayAheadFailing, due <= now {
                loseWay(ahead.number, at: now, using: &random, into: &effects)
            }
        case .ended: break
        }
    }
}
