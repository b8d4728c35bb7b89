// The person's wishes, from sitting down to getting up: looking, the way to a door, and what they are told.

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
    /// As many as `Seeks` takes.
    static var seatsMaximum: Int { 16 }
    static var lonelyAfter: Span { .seconds(10) }

    mutating func ask(
        _ id: SeatID, _ request: PersonRequest, at now: Moment, using random: inout RandomStream
    ) {
        switch request {
        case .meet(let wish): sitDown(id, wish, at: now)
        case .new:
            leaveStranger(id, at: now, using: &random)
            beginLooking(id, at: now)
        case .disconnect: leaveStranger(id, at: now, using: &random)
        case .leave:
            leaveStranger(id, at: now, using: &random)
            seats[id] = nil
        case .send(let text):
            if let refusal = refusal(of: text, in: id, at: now) {
                return tell(id, .error("Not sent: \(refusal.reason) \(refusal.remedy)"))
            }
            say(id, .send(text))
        case .typing: say(id, .typing)
        case .stoppedTyping: say(id, .stoppedTyping)
        case .stopLookingForCommon: stopLookingForCommon(id, at: now)
        case .goOnLookingForCommon: goOnLookingForCommon(id, at: now)
        case .save: say(id, .save)
        case .keepInTouch(let name): keepInTouch(id, as: name, at: now)
        }
    }

    private mutating func sitDown(_ id: SeatID, _ wish: Wish, at now: Moment) {
        guard seats.values.count(where: { $0.leg == nil }) < Self.seatsMaximum else {
            tell(id, .error("This node has \(Self.seatsMaximum) meetings already. End one of them, then try again."))
            return
        }
        guard seats[id] == nil else { return }
        if let friend = wish.friend, friends[friend] == nil {
            return tell(id, .error(Self.noFriend(friend)))
        }
        // Whom one node brings to a question could be put together with itself, round after round, and keep a third one waiting.
        guard !wish.isForQuestion || !seats.values.contains(where: { $0.leg == nil && $0.wish.isForQuestion }) else {
            return tell(id, .error("This node asks or discusses a question already. End that meeting, then try again."))
        }
        seats[id] = Seat(wish: wish)
        beginLooking(id, at: now)
    }

    mutating func say(_ id: SeatID, _ request: ConversationRequest) {
        switch seats[id]?.phase {
        case .talking(let attempt)?: push(.conversation(attempt.pipe, .personAsked(request)))
        case .rejoining?: tellRejoin(id, .personAsked(request))
        case .three(let three)?: say(id, three, request)
        case .idle?, .joining?, .seeking?, .pairing?, nil: refuseAlone(id, request)
        }
    }

    /// What cannot be done while nobody is there.
    mutating func refuseAlone(_ id: SeatID, _ request: ConversationRequest) {
        switch request {
        case .send: tell(id, .error("Not sent: nobody is connected. Press New to look for a stranger."))
        case .save: tell(id, .error("Not done: there is no conversation any more, and nobody who could be told."))
        case .keepInTouch: tell(id, .error("Not done: nobody is connected who could be asked."))
        case .typing, .stoppedTyping, .leave, .witness: break
        }
    }

    // MARK: looking

    private mutating func beginLooking(_ id: SeatID, at now: Moment) {
        guard seats[id] != nil else {
            tell(id, .error("There is no meeting here any more. Start another: passant meet"))
            return
        }
        if let friend = seats[id]?.wish.friend, friends[friend] == nil {
            return tell(id, .error(Self.noFriend(friend)))
        }
        seats[id]?.home = nil
        seats[id]?.shunned = nil
        seats[id]?.metAnyone = false
        seats[id]?.wasToldLonely = false
        seats[id]?.wasToldHomeless = false
        seats[id]?.search.since = nil
        // Who would wait however long it takes said so of one search.
        seats[id]?.search.isPatient = false
        seats[id]?.roles = nil
        narrow(id)
        lookForFriend(id, at: now)
        tell(id, .waiting)
        timers.arm(.lonely(id), at: now + Self.lonelyAfter)
        beginSeek(id, at: now)
    }

    mutating func beginSeek(_ id: SeatID, at now: Moment) {
        guard relaying.homeStatus.contains(where: \.isLive) else {
            seats[id]?.phase = .joining
            return
        }
        guard var seat = seats[id] else { return }
        if seat.search.since == nil || seat.search.offered != seat.search.width { seat.search.since = now }
        seat.search.offered = seat.search.width
        seat.search.offeredFriend = seat.search.friend
        seat.phase = .seeking
        seats[id] = seat
        let search = SearchID(number: numbers.next())
        for pool in seat.search.pools(for: seat.wish, network: configuration.policy.id) {
            let seek = SeekID(number: numbers.next())
            seatOfSeek[seek] = id
            push(.seeks(.seekAsked(seek, SeekWish(kind: seat.wish.kind, pool: pool, search: search))))
        }
        if seat.search.wider(for: seat.wish) != nil, !seat.search.isPatient {
            timers.arm(.wider(id), at: now + Search.patience)
        }
    }

    /// Ends whatever the seat is in the middle of.
    mutating func leaveStranger(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard let seat = seats[id] else { return }
        timers.cancel(.lonely(id))
        timers.cancel(.wider(id))
        timers.cancel(.friendDay(id))
        cancelSeek(of: id)
        switch seat.phase {
        case .idle, .joining, .seeking: break
        case .pairing(let trial): endTrial(id, trial, keeping: nil)
        // At once and not by a step of its own: what the person asks next must find the farewell said.
        case .talking(let attempt): converse(attempt.pipe, .personAsked(.leave), at: now, using: &random)
        case .rejoining: converse(id, .personAsked(.leave), at: now, using: &random)
        case .three: endLegs(of: id, at: now, using: &random)
        }
        seats[id]?.phase = .idle
    }

    mutating func cancelSeek(of id: SeatID) {
        for seek in seatOfSeek.filter({ $0.value == id }).keys.sorted() {
            seatOfSeek[seek] = nil
            push(.seeks(.seekCancelled(seek)))
        }
    }

    mutating func checkLonely(_ id: SeatID, at now: Moment) {
        guard let seat = seats[id] else { return }
        // Said once a search, but the state of things is looked at until something can be said.
        timers.arm(.lonely(id), at: now + Self.lonelyAfter)
        switch seat.phase {
        case .joining where !seat.wasToldHomeless:
            tell(
                id,
                .serverMessage(
                    "No way into the mesh yet: \(entryPoints.isEmpty ? "no entry point is known" : "no entry point answers"). "
                        + "Still trying. A fresh invite helps: passant join passant:…"))
            seats[id]?.wasToldHomeless = true
        case .seeking where seat.wish.isForQuestion && !seat.wasToldLonely:
            tell(id, .serverMessage(Self.whoIsMissing(seat)))
            seats[id]?.wasToldLonely = true
        // Who looks for something in common has not seen whether anybody else is there.
        case .seeking where seat.wish.friend != nil && !seat.wasToldLonely:
            tell(id, .serverMessage("\(seat.wish.friend ?? "") is not looking for you right now. Still trying."))
            seats[id]?.wasToldLonely = true
        case .seeking where !seat.metAnyone && !seat.wasToldLonely && seat.search.width == .everyone:
            let members = membership.presentMembers().count
            tell(
                id,
                .serverMessage(
                    "Nobody else is looking right now. This mesh has \(members) \(members == 1 ? "member" : "members"). "
                        + "Bring a friend: passant invite"))
            seats[id]?.wasToldLonely = true
        default: break
        }
    }

    /// It takes one who asks and two who discuss; whoever there are too many of waits longer.
    private static func whoIsMissing(_ seat: Seat) -> String {
        guard let roles = seat.roles else { return "Nobody has answered yet who looks for a question. Still trying." }
        let counted = "Right now \(roles.asking) ask and \(roles.discussing) discuss; it takes one and two of them."
        if roles.discussing > 2 * roles.asking, seat.wish.question == nil {
            return counted + " Asking instead would be quicker: passant meet --ask TEXT"
        }
        if roles.discussing < 2 * roles.asking, seat.wish.question != nil {
            return counted + " Discussing instead would be quicker: passant meet --discuss"
        }
        return counted + " Still trying."
    }

    // MARK: the way to a door

    mutating func beginTrial(_ id: SeatID, _ pairing: Pairing, at now: Moment) {
        guard case .seeking? = seats[id]?.phase else { return }
        let doors = doors(for: pairing)
        seats[id]?.phase = .pairing(Trial(pairing: pairing, doors: doors))
        timers.arm(.trialEnds(id), at: now + Trial.patience)
        timers.arm(.nextDoor(id), at: now)
    }

    /// Where the two meet, in the order that both compute.
    func doors(for pairing: Pairing) -> [Member] {
        doors(lower: pairing.lowerNonce, higher: pairing.higherNonce)
    }

    func doors(lower: Bytes32, higher: Bytes32) -> [Member] {
        let members = membership.presentMembers().filter { $0.capabilities & Capability.door != 0 }
        return DoorChoice.candidates(
            network: configuration.policy.id, nonces: (lower, higher),
            members: members.compactMap { member in member.placement.map { (member.nodeKey, placement: $0) } },
            count: Trial.doorsMaximum
        ).compactMap { membership.member($0) }
    }

    /// Tries one more door; the earlier ones stay open, since the stranger may be slower to give up than we are.
    mutating func tryNextDoor(_ id: SeatID, at now: Moment) {
        guard case .pairing(var trial)? = seats[id]?.phase else { return }
        guard trial.tried < trial.doors.count else {
            if trial.attempts.isEmpty { failTrial(id, at: now) }
            return
        }
        if trial.tried > 0 { count(.node(.anotherDoor)) }
        let door = trial.doors[trial.tried]
        trial.tried += 1
        seats[id]?.phase = .pairing(trial)
        timers.arm(.nextDoor(id), at: now + Trial.doorPause)
        push(.door(id, door))
    }

    /// Nobody came, or no door could be reached: look again with fresh keys.
    mutating func failTrial(_ id: SeatID, at now: Moment) {
        guard case .pairing(let trial)? = seats[id]?.phase else { return }
        endTrial(id, trial, keeping: nil)
        guard !failLeg(id, trial) else { return }
        seats[id]?.phase = .seeking
        count(.node(.noShow))
        if trial.wasAnswered {
            // Nobody can tell a stranger who stays away from a home that drops what comes after the door's answer.
            seats[id]?.home = nil
            seats[id]?.shunned = nil
        } else {
            shunHome(of: id)
        }
        lookAgain(id, at: now)
    }

    /// The stranger says that they are not the one: look again at once.
    /// The pipe on which that was said drains, so that what we said on it arrives.
    mutating func endDeclinedTrial(_ id: SeatID, on pipe: PipeID, at now: Moment) {
        guard case .pairing(let trial)? = seats[id]?.phase else { return }
        endTrial(id, trial, keeping: pipe)
        guard !failLeg(id, trial) else { return }
        seats[id]?.phase = .seeking
        count(.node(.declined))
        lookAgain(id, at: now)
    }

    /// Whether this was one of two conversations of a meeting of three, which is over with it.
    private mutating func failLeg(_ id: SeatID, _ trial: Trial) -> Bool {
        guard let leg = seats[id]?.leg else { return false }
        seats[id]?.phase = .idle
        if !trial.wasAnswered {
            shunHome(of: id)
            seats[leg.owner]?.home = nil
            let shunned = seats[id]?.shunned
            seats[leg.owner]?.shunned = shunned
        } else {
            seats[leg.owner]?.home = nil
            seats[leg.owner]?.shunned = nil
        }
        push(.leg(id, .failed))
        return true
    }

    private mutating func lookAgain(_ id: SeatID, at now: Moment) {
        if let search = seats[id]?.search, search.offered != search.width || search.offeredFriend != search.friend {
            // The person asked for another width while the two were on their way to a door.
            cancelSeek(of: id)
            beginSeek(id, at: now)
            return
        }
        for seek in seatOfSeek.filter({ $0.value == id }).keys.sorted() { push(.seeks(.pairingFailed(seek))) }
    }

    /// Closes the doors of a trial, but for the one through which the conversation came about.
    mutating func endTrial(_ id: SeatID, _ trial: Trial, keeping pipe: PipeID?) {
        timers.cancel(.nextDoor(id))
        timers.cancel(.trialEnds(id))
        for attempt in trial.attempts where attempt.pipe != pipe {
            timers.cancel(.conversation(attempt.pipe))
            pipes[attempt.pipe] = nil
            push(.relaying(.pipeAsked(attempt.pipe, .reset)))
        }
    }
}
