// What a node keeps of a conversation, for a while or for longer: that it was, for the next encounter; what was said, if the
// person asked for a log; and how to meet the same stranger again, if both asked for that.
// Protocol/08-control.md, "Meeting again", "Logs", "Keeping in touch".

internal import Conversation
internal import Essentials
internal import OrderedCollections
internal import Sodium

extension NodeEngine {
    // MARK: Meeting again

    /// Somebody else for a while; then the same stranger is better than nobody. A friend is no stranger.
    func avoidsRepeats(_ id: SeatID, at now: Moment) -> Bool {
        guard let seat = seats[id], seat.leg == nil, seat.wish.friend == nil, configuration.repeatsAfter > .zero else {
            return false
        }
        return now - (seat.search.since ?? now) < Self.lonelyAfter
    }

    mutating func shownEncounters(of id: SeatID, at now: Moment) -> Encounters? {
        guard seats[id]?.leg == nil, configuration.repeatsAfter > .zero else { return nil }
        encounters.forget(olderThan: configuration.repeatsAfter, at: now)
        return encounters
    }

    mutating func tellMetBefore(_ id: SeatID) {
        guard seats[id]?.wish.friend == nil else { return }
        tell(id, .serverMessage("You have talked with this stranger a while ago: nobody else came in time."))
    }

    // MARK: Logs

    mutating func remember(_ line: TranscriptLine, of id: SeatID) {
        // Of three, only the two who discuss can keep a log, of what they say to each other.
        let part = seats[id]?.leg?.part ?? .alone
        guard part == .alone || part == .discussing, let entry = seats[id]?.transcript.add(line) else { return }
        emit(.keepLog(person(of: id), entry))
    }

    /// The stranger has been told.
    mutating func beginLog(of id: SeatID) {
        guard let entry = seats[id]?.transcript.keep() else {
            return tell(id, .serverMessage("The log of this conversation is being kept already."))
        }
        emit(.keepLog(person(of: id), entry))
    }

    /// Nothing is left of a conversation that is over, but for what was written down.
    mutating func endTranscript(of id: SeatID) {
        if seats[id]?.transcript.isKept == true { emit(.keepLog(person(of: id), .ended)) }
        seats[id]?.transcript = Transcript()
        seats[id]?.friendName = nil
    }

    /// The seat that a shell gave.
    private func person(of id: SeatID) -> SeatID { seats[id]?.leg?.owner ?? id }

    // MARK: Keeping in touch

    static var friendsMaximum: Int { 256 }

    /// The name is the person's own; nobody else learns it.
    mutating func keepInTouch(_ id: SeatID, as name: String, at now: Moment) {
        guard friends[name] == nil else {
            return tell(id, .error("Not done: there is a friend called \(name) already. Choose another name."))
        }
        guard friends.count < Self.friendsMaximum else {
            return tell(
                id,
                .error(
                    "\(Self.friendsMaximum) friends are kept already. Let go of one first: passant friend forget NAME"))
        }
        seats[meeting(of: id)]?.friendName = name
        say(id, .keepInTouch)
    }

    /// Both have asked for it.
    mutating func befriend(_ conversation: Owned<Conversation>, of id: SeatID) {
        guard let name = seats[id]?.friendName, let friendship = conversation.value.friendship else { return }
        // Another meeting of this person's was quicker, or this is the name that they have.
        guard friends[name] == nil else {
            guard friends[name] != friendship else { return }
            return tell(id, .error("Not done: there is a friend called \(name) already. Choose another name."))
        }
        for (old, known) in friends.sorted(by: { $0.key < $1.key }) where known == friendship {
            friends[old] = nil
            emit(.store(.forgetFriend(name: old)))
        }
        friends[name] = friendship
        emit(.store(.friend(name: name, secret: friendship.secret)))
        tell(id, .keptInTouch(name))
    }

    /// Whoever looks for them stops.
    mutating func forgetFriend(_ name: String, at now: Moment, using random: inout RandomStream) {
        friends[name] = nil
        emit(.store(.forgetFriend(name: name)))
        for (id, seat) in seats where seat.wish.friend == name {
            switch seat.phase {
            // Nobody is looked for: a talk goes on.
            case .idle, .talking, .rejoining: break
            case .joining, .seeking, .pairing, .three:
                leaveStranger(id, at: now, using: &random)
                tell(id, .error(Self.noFriend(name)))
            }
        }
    }

    static func noFriend(_ name: String) -> String {
        "There is no friend called \(name) here. See: passant friend list"
    }

    /// The seat of the conversation in which a person talks: of three, the one with the other of the two who discuss.
    func meeting(of id: SeatID) -> SeatID {
        guard case .three(let three)? = seats[id]?.phase, case .discusses(_, let other) = three.part else { return id }
        return other
    }

    /// Whom to look for now, when the person looks for a friend: the day may have changed.
    mutating func lookForFriend(_ id: SeatID, at now: Moment) {
        guard let name = seats[id]?.wish.friend, let friendship = friends[name] else { return }
        let interests = friendship.interests(at: clock.mesh(at: now))
        timers.arm(.friendDay(id), at: now + .minutes(10))
        guard seats[id]?.search.friend != interests else { return }
        seats[id]?.search.friend = interests
        guard case .seeking? = seats[id]?.phase, seatOfSeek.values.contains(id) else { return }
        cancelSeek(of: id)
        beginSeek(id, at: now)
    }
}
