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
        let pipe = PipeID(number: numbers.next())
        let pairing = trial.pairing
        var settings = ConversationSettings()
        settings.opensAtOnce = !pairing.isInitiator
        let conversation = Owned(
            Conversation(
                isInitiator: pairing.isInitiator, ownKey: pairing.ownKey.value.copy(), theirKey: pairing.theirKey,
                prologue: pairing.prologue(at: door.nodeKey), settings: settings, at: now, using: &random))
        var early: [UInt8] = []
        for case .write(let bytes) in conversation.value.start(at: now, using: &random) { early += bytes }
        trial.attempts.append(Attempt(pipe: pipe, home: home.node, door: door.nodeKey, conversation: conversation))
        seats[id]?.phase = .pairing(trial)
        pipes[pipe] = .door(id)
        armConversation(pipe, conversation)
        push(
            .relaying(
                .pipeAsked(
                    pipe,
                    .open(
                        PipeOpening(
                            through: home.link, to: door.nodeKey, channel: door.channelKey,
                            request: .join(Join(token: pairing.token(at: door.nodeKey))), early: early)))))
    }

    /// The search's own home, or the other one when the door is that home.
    private mutating func home(
        of id: SeatID, awayFrom door: NodeKey, at now: Moment, using random: inout RandomStream
    ) -> (link: LinkID, node: NodeKey)? {
        let live = relaying.homeStatus.filter(\.isLive)
        if let own = live.first(where: { $0.link == seats[id]?.home }), let link = own.link, own.node != door {
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
        guard case .door(let id)? = pipes[pipe], let attempt = attempt(of: id, on: pipe) else { return }
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
                guard case .door? = pipes[pipe] else { continue }
                pipes[pipe] = .draining
                timers.arm(.draining(pipe), at: now + Self.drainingTime)
                push(.relaying(.pipeAsked(pipe, .finish)))
            case .tell(let event): hear(event, on: attempt, of: id, at: now)
            case .count(let counter): count(.conversation(counter))
            }
        }
    }

    private mutating func armConversation(_ pipe: PipeID, _ conversation: Owned<Conversation>) {
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
        case .connected: connect(id, attempt)
        case .gotMessage(let text): tell(id, .gotMessage(text))
        case .typing: tell(id, .typing)
        case .stoppedTyping: tell(id, .stoppedTyping)
        case .delivered(let number): tell(id, .delivered(number))
        case .safetyWords(let words): tell(id, .safetyWords(words))
        case .notSent(let reason, let remedy): tell(id, .error("Not sent: \(reason) \(remedy)"))
        case .ended(let ending): end(ending, attempt, of: id, at: now)
        }
    }

    private mutating func stand(_ id: SeatID, _ attempt: Attempt) {
        guard case .pairing(var trial)? = seats[id]?.phase else { return }
        trial.standing.append(attempt.pipe)
        seats[id]?.phase = .pairing(trial)
        if trial.standing.count == 1 { push(.conversation(attempt.pipe, .goAhead)) }
    }

    private mutating func connect(_ id: SeatID, _ attempt: Attempt) {
        guard case .pairing(let trial)? = seats[id]?.phase else { return }
        endTrial(id, trial, keeping: attempt.pipe)
        timers.cancel(.lonely(id))
        for (seek, owner) in seatOfSeek where owner == id {
            seatOfSeek[seek] = nil
            push(.seeks(.seekCancelled(seek)))
        }
        seats[id]?.phase = .talking(attempt)
        // What a small mesh cannot hide is said before the first word.
        let members = membership.presentMembers().count
        let cover = Cover.count(home: attempt.home, door: attempt.door)
        if let warning = Cover.warning(cover: cover, members: members) { tell(id, .serverMessage(warning)) }
        tell(id, .connected)
    }

    private mutating func end(_ ending: ConversationEnding, _ attempt: Attempt, of id: SeatID, at now: Moment) {
        timers.cancel(.conversation(attempt.pipe))
        if case .pairing(var trial)? = seats[id]?.phase {
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
        switch ending {
        case .strangerLeft: tell(id, .strangerDisconnected)
        case .youLeft: break
        case .interrupted, .neverStarted:
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
    private mutating func discard(_ pipe: PipeID) {
        guard case .door? = pipes[pipe] else { return }
        pipes[pipe] = nil
        push(.relaying(.pipeAsked(pipe, .reset)))
    }
}
