// From the finished handshake to the first word: Openings, then tickets.
// Protocol/07-conversation.md, "Phases".

internal import Essentials
internal import Noise
internal import Sodium
internal import Wire

extension Conversation {
    /// The channel stands.
    mutating func stand(
        at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        guard case .handshaking(let until) = phase else { return }
        guard !settings.declines else { return try decline(at: now, into: &effects) }
        guard !settings.opensAtOnce else { return try open(at: now, using: &random, into: &effects) }
        phase = .standing(until: until, heard: nil)
        effects.append(.tell(.standing))
    }

    /// What the stranger says while our Opening waits: their Opening and nothing else, which is kept.
    mutating func keep(_ content: [UInt8]) throws(ConversationViolation) {
        guard case .standing(let until, nil) = phase else { throw .unexpected }
        phase = .standing(until: until, heard: content)
    }

    mutating func goAhead(
        at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        guard case .standing(_, let heard) = phase else { return }
        do throws(ConversationViolation) {
            try open(at: now, using: &random, into: &effects)
            if let heard { try hear(heard, at: now, using: &random, into: &effects) }
        } catch {
            end(.violation, because: error, into: &effects)
        }
    }

    /// Our Opening is the first packet.
    private mutating func open(
        at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        phase = .opening(until: now + settings.openingTime)
        binding = channel?.handshakeHash ?? []
        let opening: Opening
        do throws(WireFault) {
            opening = try Opening(
                versionMin: settings.versions.lowerBound, versionMax: settings.versions.upperBound,
                features: settings.features, ticket: Presentation.ownTicket(binding: binding),
                needs: (common?.needs.bits ?? 0) | (settings.avoidsRepeats ? CommonNeeds.somebodyElse : 0),
                common: common?.shown ?? [],
                met: encounters?.marks(binding: binding, ofInitiator: isInitiator, using: &random) ?? [])
        } catch { throw .version }
        try say(.opening(opening), at: now, into: &effects)
    }

    /// Their Opening came: what we have in common, then tickets.
    mutating func meet(
        _ theirs: Opening, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        let agreement = try Agreement(settings: settings, theirs: theirs)
        guard !isRepeat(theirs) else { return try decline(at: now, into: &effects) }
        phase = .presenting(
            Presentation(
                agreement: agreement, theirTicket: theirs.ticket, until: now + settings.openingTime,
                isLooking: common != nil, awaitsQuestion: settings.part == .telling,
                theirPackets: settings.packets(at: now)))
        if var exchange = common {
            guard !theirs.common.isEmpty else { return try decline(at: now, into: &effects) }
            let answer = try exchange.theyShowed(
                theirs.common, needs: CommonNeeds(bits: theirs.needs), binding: binding)
            common = exchange
            let message: CommonAnswer
            do throws(WireFault) { message = try CommonAnswer(points: answer) } catch { throw .commonGround }
            try say(.commonAnswer(message), at: now, into: &effects)
        }
        if settings.part == .asking {
            guard try sayQuestion(at: now, into: &effects) else { return try decline(at: now, into: &effects) }
        }
        try present(at: now, using: &random, into: &effects)
    }

    /// Whether the two have talked before and one of them would rather meet somebody else. Both find the same.
    private mutating func isRepeat(_ theirs: Opening) -> Bool {
        hasMetBefore =
            encounters?.recognise(theirs.met, binding: binding, ofInitiator: !isInitiator) ?? false
        return hasMetBefore && (settings.avoidsRepeats || theirs.needs & CommonNeeds.somebodyElse != 0)
    }

    /// What they say between their Opening and the talk.
    mutating func hearBeforeTalk(
        _ utterance: Utterance?, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        guard case .presenting(var presentation) = phase else { throw .unexpected }
        // A kind that this version does not know.
        guard let utterance else { return }
        switch utterance {
        case .farewell: end(.declined, into: &effects)
        case .commonAnswer(let answer):
            guard presentation.isLooking, let exchange = common else { throw .unexpected }
            guard let found = try exchange.theyAnswered(answer.points) else {
                return try decline(at: now, into: &effects)
            }
            presentation.isLooking = false
            presentation.common = found
            phase = .presenting(presentation)
            try present(at: now, using: &random, into: &effects)
        case .question(let theirs):
            try presentation.asked(theirs.text)
            phase = .presenting(presentation)
            try present(at: now, using: &random, into: &effects)
        default: throw .unexpected
        }
    }

    /// Says that the two are not for each other.
    private mutating func decline(
        at now: Moment, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        try say(.farewell(Farewell(code: Talk.declined)), at: now, into: &effects)
        end(.declined, into: &effects)
    }

    /// Goes on to talk when everything that must be shown has been shown.
    private mutating func present(
        at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        guard case .presenting(let presentation) = phase, presentation.isOver else { return }
        let talk = Talk(
            agreement: presentation.agreement, words: SafetyExchange(isInitiator: isInitiator, ownNonce: wordsNonce),
            binding: binding, settings: settings, packets: presentation.theirPackets, at: now, using: &random)
        common = nil
        resumeKey = channel.look { ResumeKey($0) } ?? nil
        encounter = channel.look { Encounter($0) } ?? nil
        friendshipSecret = channel.look { Friendship.secret(of: $0) } ?? nil
        if hasMetBefore { effects.append(.count(.metBefore)) }
        if let question = presentation.question { effects.append(.tell(.asked(question))) }
        phase = .talking(talk)
        try perform(talk.greeting(common: presentation.common, metBefore: hasMetBefore), at: now, into: &effects)
    }
}
