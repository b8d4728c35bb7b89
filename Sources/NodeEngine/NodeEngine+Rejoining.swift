// When a conversation's path broke: both sides try the doors that only they can compute, slot after slot, until they
// have found each other again or have tried for long enough. Protocol/07-conversation.md, "Resuming".

internal import Conversation
internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

/// The way from one path of a conversation to the next.
struct Rejoin {
    /// The pause before the next door of a slot is tried as well.
    static let doorPause = Span.milliseconds(1_200)
    /// How long ways of a slot are kept after it, since clocks differ.
    static let overlap = Span.seconds(2)

    struct Way {
        let pipe: PipeID
        let slot: UInt64
        let home: NodeKey
        let relay: NodeKey?
        let door: NodeKey
    }

    let conversation: Owned<Conversation>
    /// The home of the path that broke: another one is taken while there is one.
    let shunned: NodeKey
    /// The relay of that path, likewise.
    let shunnedRelay: NodeKey?
    var ways: [Way] = []
    var slot: UInt64 = 0
    var doors: [Member] = []
    var tried = 0
}

extension NodeEngine {
    /// The path of a conversation is gone.
    mutating func beginRejoin(_ id: SeatID, _ attempt: Attempt, at now: Moment) {
        timers.cancel(.conversation(attempt.pipe))
        discard(attempt.pipe)
        // A path that broke says nothing about the stranger, but the home was on it: avoid it for a while.
        if let home = relaying.homeStatus.first(where: { $0.node == attempt.home })?.link {
            push(.relaying(.homeFailed(home)))
        }
        let rejoin = Rejoin(
            conversation: attempt.conversation, shunned: attempt.home, shunnedRelay: attempt.relay)
        seats[id]?.phase = .rejoining(rejoin)
        tell(id, .interrupted)
        timers.arm(.rejoin(id), at: now)
        armRejoinEnd(id, attempt.conversation)
    }

    private mutating func armRejoinEnd(_ id: SeatID, _ conversation: Owned<Conversation>) {
        if let due = conversation.value.nextDeadline() {
            timers.arm(.rejoinEnds(id), at: due)
        } else {
            timers.cancel(.rejoinEnds(id))
        }
    }

    /// One door more, or the next slot.
    mutating func rejoin(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .rejoining(var rejoin)? = seats[id]?.phase, let key = rejoin.conversation.value.resumeKey else {
            return
        }
        let slot = ResumeKey.slot(at: clock.mesh(at: now))
        if slot != rejoin.slot {
            rejoin.slot = slot
            rejoin.tried = 0
            let nonces = key.nonces(slot: slot)
            rejoin.doors = doors(lower: nonces.lower, higher: nonces.higher)
        }
        let next = clock.moment(ofMesh: ResumeKey.start(ofSlot: slot &+ 1))
        seats[id]?.phase = .rejoining(rejoin)
        dropOldWays(id, at: now)
        let soon = max(next, now + .milliseconds(10))
        guard rejoin.tried < rejoin.doors.count else { return timers.arm(.rejoin(id), at: soon) }
        let door = rejoin.doors[rejoin.tried]
        guard let home = home(avoiding: [rejoin.shunned, door.nodeKey], at: now, using: &random) else {
            // No home yet, as after sleep: soon there is one.
            return timers.arm(.rejoin(id), at: now + .milliseconds(300))
        }
        openWay(id, door, through: home, slot, at: now, using: &random)
        timers.arm(.rejoin(id), at: min(soon, now + Rejoin.doorPause))
    }

    /// A live home, of those that are no obstacle if there is one.
    private mutating func home(
        avoiding obstacles: [NodeKey], at now: Moment, using random: inout RandomStream
    ) -> (link: LinkID, node: NodeKey)? {
        let live = relaying.homeStatus.filter { $0.isLive && $0.link != nil }
        let fit = live.filter { !obstacles.contains($0.node) }
        guard let chosen = (fit.isEmpty ? live : fit).randomElement(using: &random), let link = chosen.link else {
            return nil
        }
        return (link, chosen.node)
    }

    private mutating func openWay(
        _ id: SeatID, _ door: Member, through home: (link: LinkID, node: NodeKey), _ slot: UInt64, at now: Moment,
        using random: inout RandomStream
    ) {
        guard case .rejoining(var rejoin)? = seats[id]?.phase, let key = rejoin.conversation.value.resumeKey else {
            return
        }
        let pipe = PipeID(number: numbers.next())
        rejoin.tried += 1
        let relay = pickRelay(
            of: id, beyond: home.node, to: door.nodeKey, avoiding: rejoin.shunnedRelay, using: &random)
        rejoin.ways.append(
            Rejoin.Way(pipe: pipe, slot: slot, home: home.node, relay: relay?.nodeKey, door: door.nodeKey))
        seats[id]?.phase = .rejoining(rejoin)
        pipes[pipe] = .way(id)
        let begun = rejoin.conversation.value.handle(
            .wayOpened(pipe.number, slot: slot, door: door.nodeKey.bytes), at: now, using: &random)
        var early: [UInt8] = []
        for case .writeOnWay(_, let bytes) in begun { early += bytes }
        let token = key.token(slot: slot, at: door.nodeKey.bytes)
        push(
            .relaying(
                .pipeAsked(
                    pipe,
                    .open(
                        PipeOpening(
                            through: home.link, to: door.nodeKey, channel: door.channelKey,
                            request: .join(Join(token: token)), early: early, via: relay.map { PipeRelay($0) })))))
    }

    /// Halves that wait at the doors of a slot that is over.
    private mutating func dropOldWays(_ id: SeatID, at now: Moment) {
        guard case .rejoining(let rejoin)? = seats[id]?.phase else { return }
        let oldest = ResumeKey.slot(at: clock.mesh(at: now) - Rejoin.overlap)
        for way in rejoin.ways where way.slot < oldest { tellRejoin(id, .wayLost(way.pipe.number)) }
    }

    mutating func tellRejoin(_ id: SeatID, _ input: ConversationInput) { push(.rejoining(id, input)) }

    /// Tells a conversation without a path something and carries out what it wants.
    mutating func converse(_ id: SeatID, _ input: ConversationInput, at now: Moment, using random: inout RandomStream) {
        guard case .rejoining(let rejoin)? = seats[id]?.phase else { return }
        let effects = rejoin.conversation.value.handle(input, at: now, using: &random)
        armRejoinEnd(id, rejoin.conversation)
        var current: PipeID?
        for effect in effects {
            switch effect {
            case .writeOnWay(let way, let bytes): push(.relaying(.pipeAsked(PipeID(number: way), .write(bytes))))
            case .closeWay(let way): forgetWay(id, PipeID(number: way))
            case .takeWay(let way):
                current = PipeID(number: way)
                takeWay(id, PipeID(number: way))
            case .write(let bytes): if let current { push(.relaying(.pipeAsked(current, .write(bytes)))) }
            case .closePipe: if let current { finishPipe(current, at: now) }
            case .tell(let event): hearWithoutPath(event, in: rejoin.conversation, of: id, at: now)
            case .count(let counter): count(.conversation(counter))
            }
        }
    }

    private mutating func forgetWay(_ id: SeatID, _ pipe: PipeID) {
        if pipes.removeValue(forKey: pipe) != nil { push(.relaying(.pipeAsked(pipe, .reset))) }
        guard case .rejoining(var rejoin)? = seats[id]?.phase else { return }
        rejoin.ways.removeAll { $0.pipe == pipe }
        seats[id]?.phase = .rejoining(rejoin)
    }

    private mutating func takeWay(_ id: SeatID, _ pipe: PipeID) {
        guard case .rejoining(let rejoin)? = seats[id]?.phase, let way = rejoin.ways.first(where: { $0.pipe == pipe })
        else { return }
        endRejoin(id)
        pipes[pipe] = .door(id)
        let attempt = Attempt(
            pipe: pipe, home: way.home, relay: way.relay, door: way.door, conversation: rejoin.conversation)
        seats[id]?.phase = .talking(attempt)
        armConversation(pipe, rejoin.conversation)
        warnOfCover(attempt, id)
    }

    private mutating func endRejoin(_ id: SeatID) {
        timers.cancel(.rejoin(id))
        timers.cancel(.rejoinEnds(id))
    }

    private mutating func hearWithoutPath(
        _ event: ConversationEvent, in conversation: Owned<Conversation>, of id: SeatID, at now: Moment
    ) {
        guard case .ended(let ending) = event else { return tell(event, in: conversation, to: id) }
        switch seats[id]?.phase {
        case .rejoining?:
            endRejoin(id)
            seats[id]?.phase = .idle
            endTranscript(of: id)
            if ending != .youLeft { tell(id, .strangerDisconnected) }
        // The path was there, and what came over it broke the rules.
        case .talking(let attempt)?: end(ending, attempt, of: id, at: now)
        case .idle?, .joining?, .seeking?, .pairing?, .three?, nil: break
        }
    }
}
