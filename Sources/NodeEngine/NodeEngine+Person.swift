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
        _ meet: MeetID, _ request: PersonRequest, at now: Moment, using random: inout RandomStream
    ) {
        switch request {
        case .meet: sitDown(meet, at: now)
        case .new:
            leaveStranger(meet, at: now, using: &random)
            beginLooking(meet, at: now)
        case .disconnect: leaveStranger(meet, at: now, using: &random)
        case .leave:
            leaveStranger(meet, at: now, using: &random)
            seats[meet] = nil
        case .send(let text): say(meet, .send(text))
        case .typing: say(meet, .typing)
        case .stoppedTyping: say(meet, .stoppedTyping)
        }
    }

    private mutating func sitDown(_ meet: MeetID, at now: Moment) {
        guard seats.count < Self.seatsMaximum else {
            tell(meet, .error("This node has \(Self.seatsMaximum) meetings already. End one of them, then try again."))
            return
        }
        guard seats[meet] == nil else { return }
        seats[meet] = Seat()
        beginLooking(meet, at: now)
    }

    private mutating func say(_ meet: MeetID, _ request: ConversationRequest) {
        if case .talking(let attempt)? = seats[meet]?.phase {
            push(.conversation(attempt.pipe, .personAsked(request)))
        } else if case .send = request {
            tell(meet, .error("Not sent: nobody is connected. Press New to look for a stranger."))
        }
    }

    // MARK: looking

    private mutating func beginLooking(_ meet: MeetID, at now: Moment) {
        guard seats[meet] != nil else {
            tell(meet, .error("There is no meeting here any more. Start another: passant meet"))
            return
        }
        seats[meet]?.home = nil
        seats[meet]?.metAnyone = false
        seats[meet]?.wasToldLonely = false
        seats[meet]?.wasToldHomeless = false
        tell(meet, .waiting)
        timers.arm(.lonely(meet), at: now + Self.lonelyAfter)
        beginSeek(meet, at: now)
    }

    mutating func beginSeek(_ meet: MeetID, at now: Moment) {
        guard relaying.homeStatus.contains(where: \.isLive) else {
            seats[meet]?.phase = .joining
            return
        }
        let seek = SeekID(number: numbers.next())
        seatOfSeek[seek] = meet
        seats[meet]?.phase = .seeking
        push(.seeks(.seekAsked(seek, SeekWish())))
    }

    /// Ends whatever the seat is in the middle of.
    private mutating func leaveStranger(_ meet: MeetID, at now: Moment, using random: inout RandomStream) {
        guard let seat = seats[meet] else { return }
        timers.cancel(.lonely(meet))
        cancelSeek(of: meet)
        switch seat.phase {
        case .idle, .joining, .seeking: break
        case .pairing(let trial): endTrial(meet, trial, keeping: nil)
        // At once and not by a step of its own: what the person asks next must find the farewell said.
        case .talking(let attempt): converse(attempt.pipe, .personAsked(.leave), at: now, using: &random)
        }
        seats[meet]?.phase = .idle
    }

    private mutating func cancelSeek(of meet: MeetID) {
        for seek in seatOfSeek.filter({ $0.value == meet }).keys.sorted() {
            seatOfSeek[seek] = nil
            push(.seeks(.seekCancelled(seek)))
        }
    }

    mutating func checkLonely(_ meet: MeetID, at now: Moment) {
        guard let seat = seats[meet] else { return }
        // Said once a search, but the state of things is looked at until something can be said.
        timers.arm(.lonely(meet), at: now + Self.lonelyAfter)
        switch seat.phase {
        case .joining where !seat.wasToldHomeless:
            tell(
                meet,
                .serverMessage(
                    "No way into the mesh yet: \(entryPoints.isEmpty ? "no entry point is known" : "no entry point answers"). "
                        + "Still trying. A fresh invite helps: passant join passant:…"))
            seats[meet]?.wasToldHomeless = true
        case .seeking where !seat.metAnyone && !seat.wasToldLonely:
            let members = membership.presentMembers().count
            tell(
                meet,
                .serverMessage(
                    "Nobody else is looking right now. This mesh has \(members) \(members == 1 ? "member" : "members"). "
                        + "Bring a friend: passant invite"))
            seats[meet]?.wasToldLonely = true
        default: break
        }
    }

    // MARK: the way to a door

    mutating func beginTrial(_ meet: MeetID, _ pairing: Pairing, at now: Moment) {
        guard case .seeking? = seats[meet]?.phase else { return }
        let members = membership.presentMembers().filter { $0.capabilities & Capability.door != 0 }
        let doors = DoorChoice.candidates(
            network: configuration.policy.id, nonces: (pairing.lowerNonce, pairing.higherNonce),
            members: members.compactMap { member in member.placement.map { (member.nodeKey, placement: $0) } })
        let chosen = doors.prefix(Trial.doorsMaximum).compactMap { membership.member($0) }
        seats[meet]?.phase = .pairing(Trial(pairing: pairing, doors: Array(chosen)))
        timers.arm(.trialEnds(meet), at: now + Trial.patience)
        timers.arm(.nextDoor(meet), at: now)
    }

    /// Tries one more door; the earlier ones stay open, since the stranger may be slower to give up than we are.
    mutating func tryNextDoor(_ meet: MeetID, at now: Moment) {
        guard case .pairing(var trial)? = seats[meet]?.phase else { return }
        guard trial.tried < trial.doors.count else {
            if trial.attempts.isEmpty { failTrial(meet, at: now) }
            return
        }
        let door = trial.doors[trial.tried]
        trial.tried += 1
        seats[meet]?.phase = .pairing(trial)
        timers.arm(.nextDoor(meet), at: now + Trial.doorPause)
        push(.door(meet, door))
    }

    /// Nobody came, or no door could be reached: look again with fresh keys.
    mutating func failTrial(_ meet: MeetID, at now: Moment) {
        guard case .pairing(let trial)? = seats[meet]?.phase else { return }
        endTrial(meet, trial, keeping: nil)
        seats[meet]?.phase = .seeking
        emit(.count("pairing.noShow", by: 1))
        for (seek, owner) in seatOfSeek where owner == meet { push(.seeks(.pairingFailed(seek))) }
    }

    /// Closes the doors of a trial, but for the one through which the conversation came about.
    mutating func endTrial(_ meet: MeetID, _ trial: Trial, keeping pipe: PipeID?) {
        timers.cancel(.nextDoor(meet))
        timers.cancel(.trialEnds(meet))
        for attempt in trial.attempts where attempt.pipe != pipe {
            timers.cancel(.conversation(attempt.pipe))
            pipes[attempt.pipe] = nil
            push(.relaying(.pipeAsked(attempt.pipe, .reset)))
        }
    }
}
