// From a broken path to the next one: what was said and not acknowledged is said again, once, over a new channel
// between the same two. Protocol/07-conversation.md, "Resuming".

internal import Essentials
internal import Noise
internal import Sodium
internal import Wire

/// A new path to the stranger that may or may not come about.
struct Way: ~Copyable, Sendable {
    /// Nil when it has been taken.
    var channel: Channel?
    /// What the stranger said on it.
    var heard: Resume?

    var isStanding: Bool { channel.look { $0.isEstablished } ?? false }
}

extension Conversation {
    /// The path broke. The talk goes on when there is another one.
    mutating func interrupt(at now: Moment, into effects: inout [ConversationEffect]) {
        guard case .talking(var talk) = phase else { return }
        guard talk.isResumable, resumeKey != nil else { return end(.interrupted, into: &effects) }
        // With each break this side goes through another home. A stranger who breaks paths on purpose must not get to
        // choose one.
        guard breaks.take(settings.breakPause.microseconds / 1_000_000, at: now) else {
            return end(.interrupted, into: &effects)
        }
        channel = nil
        let told = talk.pathBroke()
        phase = .interrupted(talk, until: now + talk.patience)
        for case .tell(let event) in told { effects.append(.tell(event)) }
        effects.append(.count(.interrupted))
        effects.append(.tell(.interrupted))
    }

    // MARK: Ways

    mutating func openWay(
        _ number: UInt64, slot: UInt64, door: Bytes32, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) {
        guard case .interrupted = phase, let resumeKey, ways[number] == nil else {
            effects.append(.closeWay(number))
            return
        }
        var channel = Channel(
            role: isInitiator ? .initiator : .responder, pattern: .kk.psk(0),
            prologue: resumeKey.prologue(slot: slot, at: door), localStatic: ownKey.copy(), remoteStatic: theirKey,
            psks: [resumeKey.psk], classes: .conversation)
        if isInitiator, let first = try? channel.start(payload: [], using: &random) {
            effects.append(.writeOnWay(number, first))
        }
        ways[number] = Owned(Way(channel: channel))
    }

    mutating func receive(
        _ bytes: [UInt8], on number: UInt64, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) {
        guard let way = ways[number] else { return }
        let events: [Channel.Event]
        do throws(ChannelFault) { events = try way.value.channel?.receive(bytes, at: now) ?? [] } catch {
            return loseWay(number, at: now, using: &random, into: &effects)
        }
        for (place, event) in events.enumerated() {
            switch event {
            case .handshakePayload: break
            case .awaitingReply:
                guard let reply = try? way.value.channel?.reply(payload: [], using: &random) else {
                    return loseWay(number, at: now, using: &random, into: &effects)
                }
                effects.append(.writeOnWay(number, reply))
                if way.value.isStanding { stand(number, at: now, using: &random, into: &effects) }
            case .established: stand(number, at: now, using: &random, into: &effects)
            case .packet(let content):
                guard way.value.heard == nil, case .resume(let theirs)? = try? Utterance(decoding: content) else {
                    return loseWay(number, at: now, using: &random, into: &effects)
                }
                way.value.heard = theirs
                guard wayAhead?.number == number || !isInitiator else { continue }
                resume(on: number, at: now, using: &random, into: &effects)
                // What came behind it belongs to the talk.
                return receiveRest(events.dropFirst(place + 1), at: now, using: &random, into: &effects)
            }
        }
    }

    private mutating func receiveRest(
        _ events: ArraySlice<Channel.Event>, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) {
        do throws(ConversationViolation) {
            for event in events { try take(event, at: now, using: &random, into: &effects) }
            try settle(at: now, into: &effects)
        } catch {
            end(.violation, because: error, into: &effects)
        }
    }

    /// The channel of a way stands. The responder speaks on each; the initiator on one, so that both take the same.
    private mutating func stand(
        _ number: UInt64, at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        if let due = wayAheadFailing, let ahead = wayAhead, due <= now {
            // Which makes this one the next.
            return loseWay(ahead.number, at: now, using: &random, into: &effects)
        }
        guard !isInitiator || wayAhead == nil else { return }
        if isInitiator { wayAhead = (number, now) }
        sayResume(on: number, at: now, using: &random, into: &effects)
        // Theirs may have come while another way was ahead.
        if isInitiator, ways[number]?.value.heard != nil { resume(on: number, at: now, using: &random, into: &effects) }
    }

    private mutating func sayResume(
        on number: UInt64, at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        guard case .interrupted(var talk, let until) = phase, let way = ways[number] else { return }
        let utterance = Utterance.resume(talk.resumption())
        phase = .interrupted(talk, until: until)
        guard let sealed = try? way.value.channel?.seal(utterance.encoded(), at: now) else {
            return loseWay(number, at: now, using: &random, into: &effects)
        }
        effects.append(.writeOnWay(number, sealed))
    }

    /// When the way that is ahead has been silent for too long, if there is another one to take: whoever is in the middle of
    /// it may have let the channel stand and keep everything else back. Alone it stays, since it may only be slow.
    var wayAheadFailing: Moment? {
        guard let wayAhead, ways.contains(where: { $0.key != wayAhead.number && $0.value.value.isStanding }) else {
            return nil
        }
        return wayAhead.since + settings.wayPatience
    }

    /// A way came to nothing; if it was the one, the next that stands is.
    mutating func loseWay(
        _ number: UInt64, at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        guard ways.removeValue(forKey: number) != nil else { return }
        effects.append(.closeWay(number))
        guard wayAhead?.number == number else { return }
        wayAhead = nil
        let next = ways.filter { $0.value.value.isStanding }.keys.min()
        if let next { stand(next, at: now, using: &random, into: &effects) }
    }

    // MARK: The talk goes on

    private mutating func resume(
        on number: UInt64, at now: Moment, using random: inout RandomStream, into effects: inout [ConversationEffect]
    ) {
        guard case .interrupted(var talk, _) = phase, let way = ways.removeValue(forKey: number),
            let theirs = way.value.heard
        else { return }
        wayAhead = nil
        for other in ways.keys.sorted() { effects.append(.closeWay(other)) }
        ways = [:]
        channel = way.value.channel.take()
        binding = channel?.handshakeHash ?? []
        effects.append(.takeWay(number))
        do throws(ConversationViolation) {
            let words = SafetyExchange(isInitiator: isInitiator, ownNonce: random.bytes32())
            let went = try talk.resume(theirs, words: words, binding: binding, at: now, using: &random)
            phase = .talking(talk)
            effects.append(.count(.resumed))
            try perform(went, at: now, into: &effects)
        } catch {
            end(.violation, because: error, into: &effects)
        }
    }
}
