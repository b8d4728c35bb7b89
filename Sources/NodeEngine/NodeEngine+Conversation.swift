// Between a conversation, the pipe that carries it, and the person who has it.

internal import Conversation
internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

extension NodeEngine {
    /// Opens a pipe to the door and begins a conversation over it; the initiator's first bytes ride on the opening.
    mutating func openDoor(_ id: SeatID, _ door: Member, at now: Moment, using random: inout RandomStream) {
        guard case .pairing(var trial)? = seats[id]?.phase else { return }
        guard let home = home(of: id, awayFrom: door.nodeKey, at: now, using: &random) else {
            tryNextDoor(id, at: now)
            return
        }
        var settings = ConversationSettings()
        settings.opensAtOnce = !trial.pairing.isInitiator
        settings.ground = seats[id].flatMap { $0.search.ground(for: $0.wish) }
        settings.avoidsRepeats = avoidsRepeats(id, at: now)
        if let leg = seats[id]?.leg {
            settings.part = leg.part
            settings.question = leg.question
        }
        let relay = pickRelay(of: id, beyond: home.node, to: door.nodeKey, using: &random)
        let attempt = attempt(
            trial.pairing, at: door, through: home, over: relay, settings: settings,
            encounters: shownEncounters(of: id, at: now), now, using: &random)
        trial.attempts.append(attempt)
        seats[id]?.phase = .pairing(trial)
        pipes[attempt.pipe] = .door(id)
    }

    /// Tells a stranger, at the first door only, that the person meets somebody else.
    mutating func refuse(_ pairing: Pairing, of id: SeatID?, at now: Moment, using random: inout RandomStream) {
        guard let door = doors(for: pairing).first,
            let home = home(of: id, awayFrom: door.nodeKey, at: now, using: &random)
        else { return }
        var settings = ConversationSettings()
        settings.declines = true
        let relay = pickRelay(of: id, beyond: home.node, to: door.nodeKey, using: &random)
        let attempt = attempt(pairing, at: door, through: home, over: relay, settings: settings, now, using: &random)
        pipes[attempt.pipe] = .refusal(attempt)
    }

    /// Opens a pipe to a door, with the first bytes of the conversation where they are ours.
    private mutating func attempt(
        _ pairing: Pairing, at door: Member, through home: (link: LinkID, node: NodeKey), over relay: Member?,
        settings: ConversationSettings, encounters: Encounters? = nil, _ now: Moment,
        using random: inout RandomStream
    ) -> Attempt {
        let pipe = PipeID(number: numbers.next())
        let conversation = Owned(
            Conversation(
                isInitiator: pairing.isInitiator, ownKey: pairing.ownKey.value.copy(), theirKey: pairing.theirKey,
                prologue: pairing.prologue(at: door.nodeKey), settings: settings, encounters: encounters,
                at: now, using: &random))
        var early: [UInt8] = []
        for case .write(let bytes) in conversation.value.start(at: now, using: &random) { early += bytes }
        armConversation(pipe, conversation)
        push(
            .relaying(
                .pipeAsked(
                    pipe,
                    .open(
                        PipeOpening(
                            through: home.link, to: door.nodeKey, channel: door.channelKey,
                            request: .join(Join(token: pairing.token(at: door.nodeKey))), early: early,
                            via: relay.map { PipeRelay($0) })))))
        return Attempt(
            pipe: pipe, home: home.node, relay: relay?.nodeKey, door: door.nodeKey, conversation: conversation)
    }

    /// The search's own home, or the other one when the door is that home.
    private mutating func home(
        of id: SeatID?, awayFrom door: NodeKey, at now: Moment, using random: inout RandomStream
    ) -> (link: LinkID, node: NodeKey)? {
        let live = relaying.homeStatus.filter(\.isLive)
        let chosen = id.flatMap { seats[$0]?.home }
        if let chosen, let own = live.first(where: { $0.link == chosen }), let link = own.link, own.node != door {
            return (link, own.node)
        }
        guard let link = relaying.pickHome(avoiding: door, at: now, using: &random),
            let home = live.first(where: { $0.link == link })
        else { return nil }
        return (link, home.node)
    }

    /// Tells one conversation something and carries out what it wants.
    mutating func converse(_ pipe: PipeID, _ input: ConversationInput, at now: Moment, using random: inout RandomStream)
    {
        let attempt: Attempt
        let owner: SeatID?
        switch pipes[pipe] {
        case .door(let id)?:
            guard let known = self.attempt(of: id, on: pipe) else { return }
            (attempt, owner) = (known, id)
        case .refusal(let known)?: (attempt, owner) = (known, nil)
        case .way(let id)?: return converse(id, input.onWay(pipe.number), at: now, using: &random)
        case .deposit?, .draining?, nil: return
        }
        let effects = attempt.conversation.value.handle(input, at: now, using: &random)
        armConversation(pipe, attempt.conversation)
        // What is said in one breath travels in one packet, so that a hop sees no more of it than it must.
        var bytes: [UInt8] = []
        for case .write(let more) in effects { bytes += more }
        if !bytes.isEmpty { push(.relaying(.pipeAsked(pipe, .write(bytes)))) }
        for effect in effects {
            switch effect {
            case .write: break
            case .closePipe:
                // Nil when the conversation's end has reset the pipe already.
                finishPipe(pipe, at: now)
            // Nothing of the kind while there is a path.
            case .writeOnWay, .closeWay, .takeWay: break
            case .tell(let event): if let owner { hear(event, on: attempt, of: owner, at: now) }
            case .count(let counter): count(.conversation(counter))
            }
        }
    }

    mutating func finishPipe(_ pipe: PipeID, at now: Moment) {
        switch pipes[pipe] {
        case .door?, .refusal?: pipes[pipe] = .draining
        case .deposit?, .way?, .draining?, nil: return
        }
        timers.arm(.draining(pipe), at: now + Self.drainingTime)
        push(.relaying(.pipeAsked(pipe, .finish)))
    }

    mutating func armConversation(_ pipe: PipeID, _ conversation: Owned<Conversation>) {
        if let due = conversation.value.nextDeadline() {
            timers.arm(.conversation(pipe), at: due)
        } else {
            timers.cancel(.conversation(pipe))
        }
    }

    func attempt(of id: SeatID, on pipe: PipeID) -> Attempt? {
        switch seats[id]?.phase {
        case .pairing(let trial)?: trial.attempts.first { $0.pipe == pipe }
        case .talking(let attempt)?: attempt.pipe == pipe ? attempt : nil
        default: nil
        }
    }

    private mutating func hear(_ event: ConversationEvent, on attempt: Attempt, of id: SeatID, at now: Moment) {
        switch event {
        case .standing: stand(id, attempt)
        case .connected: connect(id, attempt, at: now)
        case .interrupted: beginRejoin(id, attempt, at: now)
        case .ended(let ending): end(ending, attempt, of: id, at: now)
        default: tell(event, in: attempt.conversation, to: id)
        }
    }

    /// What only the person has to hear.
    mutating func tell(_ event: ConversationEvent, in conversation: Owned<Conversation>, to id: SeatID) {
        switch event {
        case .foundCommon(let common): tellCommon(common, to: id)
        case .gotMessage(let text):
            remember(TranscriptLine(isOwn: false, text: text), of: id)
            tell(id, .gotMessage(text))
        case .said(let text):
            remember(TranscriptLine(isOwn: true, text: text), of: id)
            if seats[id]?.leg != nil { push(.leg(id, .said(text))) }
        case .asked(let question): push(.leg(id, .asked(question)))
        case .witnessed(let through, let chain): push(.leg(id, .witnessed(through: through, chain: chain)))
        case .typing: tell(id, .typing)
        case .stoppedTyping: tell(id, .stoppedTyping)
        case .delivered(let number): tell(id, .delivered(number))
        case .safetyWords(let words): tell(id, .safetyWords(words))
        case .notSent(let reason, let remedy): tell(id, .error("Not sent: \(reason) \(remedy)"))
        case .resumed: tell(id, .resumed)
        case .metBefore: tellMetBefore(id)
        case .logAllowed: beginLog(of: id)
        case .strangerKeepsLog: tell(id, .saved)
        case .inTouch: befriend(conversation, of: id)
        case .refused(let reason, let remedy): tell(id, .error("Not done: \(reason) \(remedy)"))
        case .standing, .connected, .interrupted, .ended: break
        }
    }

    private mutating func stand(_ id: SeatID, _ attempt: Attempt) {
        guard case .pairing(var trial)? = seats[id]?.phase else { return }
        trial.standing.append(attempt.pipe)
        seats[id]?.phase = .pairing(trial)
        if trial.standing.count == 1 { push(.conversation(attempt.pipe, .goAhead)) }
    }

    private mutating func connect(_ id: SeatID, _ attempt: Attempt, at now: Moment) {
        guard case .pairing(let trial)? = seats[id]?.phase else { return }
        endTrial(id, trial, keeping: attempt.pipe)
        timers.cancel(.lonely(id))
        timers.cancel(.wider(id))
        timers.cancel(.friendDay(id))
        cancelSeek(of: id)
        seats[id]?.phase = .talking(attempt)
        seats[id]?.transcript = Transcript()
        if seats[id]?.leg == nil, configuration.repeatsAfter > .zero,
            let encounter = attempt.conversation.value.encounter
        {
            encounters.insert(encounter, at: now)
        }
        warnOfCover(attempt, id)
        tell(id, .connected)
    }

    /// What a small mesh cannot hide is said before the first word.
    mutating func warnOfCover(_ attempt: Attempt, _ id: SeatID) {
        let members = membership.presentMembers().count
        let cover = Cover.count(home: attempt.home, door: attempt.door)
        var warnings = [Cover.warning(cover: cover, members: members)].compactMap { $0 }
        if let wished = seats[id]?.wish.cover, wished >= Cover.extended, attempt.relay == nil {
            warnings.append(Cover.shortage(members: members))
        }
        if !warnings.isEmpty { tell(id, .serverMessage(warnings.joined(separator: " "))) }
    }

    private mutating func tellCommon(_ common: FoundCommon, to id: SeatID) {
        if let friend = seats[id]?.wish.friend { return tell(id, .serverMessage("This is \(friend).")) }
        seats[id]?.transcript.common = common.interests
        if !common.interests.isEmpty { tell(id, .commonLikes(common.interests)) }
        if !common.languages.isEmpty {
            tell(id, .serverMessage("You both speak \(common.languages.joined(separator: ", "))."))
        }
    }

    mutating func end(_ ending: ConversationEnding, _ attempt: Attempt, of id: SeatID, at now: Moment) {
        timers.cancel(.conversation(attempt.pipe))
        if case .pairing(var trial)? = seats[id]?.phase {
            guard ending != .declined else { return endDeclinedTrial(id, on: attempt.pipe, at: now) }
            // One door did not lead to the stranger; the others may.
            trial.attempts.removeAll { $0.pipe == attempt.pipe }
            let wasAhead = trial.standing.first == attempt.pipe
            trial.standing.removeAll { $0 == attempt.pipe }
            seats[id]?.phase = .pairing(trial)
            if wasAhead, let next = trial.standing.first { push(.conversation(next, .goAhead)) }
            if trial.attempts.isEmpty { timers.arm(.nextDoor(id), at: now) }
            discard(attempt.pipe)
            return
        }
        seats[id]?.phase = .idle
        endTranscript(of: id)
        switch ending {
        case .strangerLeft: tell(id, .strangerDisconnected)
        case .youLeft: break
        case .interrupted, .neverStarted, .declined:
            // A path that broke says nothing about the stranger, but the home was on it: avoid it for a while.
            if let home = relaying.homeStatus.first(where: { $0.node == attempt.home })?.link {
                push(.relaying(.homeFailed(home)))
            }
            tell(id, .interrupted)
            tell(id, .strangerDisconnected)
        case .violation:
            tell(id, .serverMessage("The stranger's node broke the rules of the conversation, so it was ended."))
            tell(id, .strangerDisconnected)
        }
        if ending != .youLeft { discard(attempt.pipe) }
    }

    /// How long the last bytes may take to leave before the pipe is cut.
    static var drainingTime: Span { .seconds(5) }

    /// The stranger has not closed their side: nothing is owed to them any more.
    mutating func drop(_ pipe: PipeID) {
        guard case .draining? = pipes[pipe] else { return }
        pipes[pipe] = nil
        push(.relaying(.pipeAsked(pipe, .reset)))
    }

    /// Forgets a pipe whose last bytes nobody waits for.
    mutating func discard(_ pipe: PipeID) {
        guard case .door? = pipes[pipe] else { return }
        pipes[pipe] = nil
        push(.relaying(.pipeAsked(pipe, .reset)))
    }
}

extension ConversationInput {
    /// What happened on a pipe, where the pipe is one way of several.
    fileprivate func onWay(_ number: UInt64) -> ConversationInput {
        switch self {
        case .pipeReceived(let bytes): .wayReceived(number, bytes)
        case .pipeLost: .wayLost(number)
        default: self
        }
    }
}
