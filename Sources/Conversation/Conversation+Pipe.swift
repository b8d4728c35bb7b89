// Bytes from the pipe become utterances, and utterances bytes. Everything that fails here ends the conversation.

internal import Essentials
internal import Noise
internal import Sodium
internal import Wire

extension Conversation {
    mutating func receive(
        _ bytes: [UInt8], at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        do throws(ConversationViolation) {
            for event in try arrivals(bytes, at: now) { try take(event, at: now, using: &random, into: &effects) }
            try settle(at: now, into: &effects)
        } catch {
            end(.violation, because: error, into: &effects)
        }
    }

    /// All that came together has been heard.
    mutating func settle(
        at now: Moment, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        guard case .talking(var talk) = phase else { return }
        let settled = talk.settle()
        phase = .talking(talk)
        try perform(settled, at: now, into: &effects)
    }

    mutating func lose(at now: Moment, into effects: inout [ConversationEffect]) {
        switch phase {
        case .handshaking, .standing, .opening, .presenting: end(.neverStarted, into: &effects)
        case .talking: interrupt(at: now, into: &effects)
        case .interrupted, .ended: break
        }
    }

    private mutating func arrivals(_ bytes: [UInt8], at now: Moment) throws(ConversationViolation) -> [Channel.Event] {
        do throws(ChannelFault) { return try channel?.receive(bytes, at: now) ?? [] } catch { throw .channel }
    }

    mutating func take(
        _ event: Channel.Event, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        switch event {
        case .handshakePayload: break  // Authenticated, and without a meaning in version 1.
        case .awaitingReply:
            do throws(ChannelFault) {
                if let reply = try channel?.reply(payload: [], using: &random) { effects.append(.write(reply)) }
            } catch { throw .channel }
            if channel?.isEstablished == true { try stand(at: now, using: &random, into: &effects) }
        case .established: try stand(at: now, using: &random, into: &effects)
        case .packet(let content): try hear(content, at: now, using: &random, into: &effects)
        }
    }

    mutating func hear(
        _ content: [UInt8], at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        switch phase {
        case .standing: try keep(content)
        case .opening:
            guard let utterance = try utterance(content) else { throw .malformed }
            switch utterance {
            case .opening(let opening): try meet(opening, at: now, using: &random, into: &effects)
            case .farewell: end(.declined, into: &effects)
            default: throw .unexpected
            }
        case .talking(var talk):
            try talk.packetCame(at: now, using: &random)
            var heard: [TalkEffect] = []
            // Kinds of utterance that this version does not know are skipped: they still say that somebody is there.
            if let utterance = try utterance(content) {
                heard = try talk.hear(utterance, at: now)
            }
            phase = .talking(talk)
            try perform(heard, at: now, into: &effects)
        case .presenting(var presentation):
            guard presentation.theirPackets.take(at: now) else { throw .rate }
            phase = .presenting(presentation)
            try hearBeforeTalk(try utterance(content), at: now, using: &random, into: &effects)
        case .handshaking, .interrupted, .ended: throw .unexpected
        }
    }

    /// Nil for a kind that this version does not know.
    private func utterance(_ content: [UInt8]) throws(ConversationViolation) -> Utterance? {
        do throws(WireFault) {
            return try Utterance(decoding: content)
        } catch {
            if error == .unknownKind { return nil }
            throw .malformed
        }
    }

    // MARK: What a talk wants

    mutating func perform(
        _ wanted: [TalkEffect], at now: Moment, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        for effect in wanted {
            switch effect {
            case .say(let utterance): try say(utterance, at: now, into: &effects)
            case .tell(let event): effects.append(.tell(event))
            case .count(let counter): effects.append(.count(counter))
            case .end(let ending): end(ending, into: &effects)
            case .pathBroke: interrupt(at: now, into: &effects)
            }
        }
    }

    mutating func performOrEnd(
        _ wanted: [TalkEffect], at now: Moment, into effects: inout [ConversationEffect]
    ) {
        do throws(ConversationViolation) { try perform(wanted, at: now, into: &effects) } catch {
            end(.violation, because: error, into: &effects)
        }
    }

    mutating func say(
        _ utterance: Utterance, at now: Moment, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        do throws(ChannelFault) {
            if let sealed = try channel?.seal(utterance.encoded(), at: now) { effects.append(.write(sealed)) }
        } catch { throw .channel }
    }

    func refuse(_ refusal: TextRefusal, into effects: inout [ConversationEffect]) {
        effects.append(.tell(.notSent(reason: refusal.reason, remedy: refusal.remedy)))
        effects.append(.count(.textRefused(refusal)))
    }

    func refuse(_ refusal: RequestRefusal, into effects: inout [ConversationEffect]) {
        effects.append(.tell(.refused(reason: refusal.reason, remedy: refusal.remedy)))
        effects.append(.count(.requestRefused(refusal)))
    }

    /// The one way out: keys gone, pipe finished, person told.
    mutating func end(
        _ ending: ConversationEnding, because violation: ConversationViolation? = nil,
        into effects: inout [ConversationEffect]
    ) {
        guard !hasEnded else { return }
        phase = .ended
        channel = nil
        resumeKey = nil
        common = nil
        for way in ways.keys.sorted() { effects.append(.closeWay(way)) }
        ways = [:]
        if let violation { effects.append(.count(.violation(violation))) }
        effects.append(.count(.ended(ending)))
        effects.append(.tell(.ended(ending)))
        effects.append(.closePipe)
    }
}
