// How the two conversations of one who asks, or of one who discusses, become one meeting.
// Protocol/08-control.md, "A question and two who discuss it".

internal import Conversation
internal import Essentials
internal import OrderedCollections
internal import Pairing
internal import Sodium

extension NodeEngine {
    /// Seats of legs have numbers that no shell gives.
    private mutating func legSeat(of owner: SeatID, _ part: ConversationSettings.Part, _ pairing: Pairing) -> SeatID {
        let leg = SeatID(number: 1 << 63 | numbers.next())
        var seat = Seat(wish: seats[owner]?.wish ?? Wish())
        seat.home = seats[owner]?.home
        seat.leg = Leg(owner: owner, part: part, question: part == .asking ? seat.wish.question : nil)
        seat.phase = .seeking
        seats[leg] = seat
        return leg
    }

    /// Somebody to ask and somebody to discuss were found.
    mutating func beginThree(_ id: SeatID, _ trio: Trio, at now: Moment) {
        guard case .seeking? = seats[id]?.phase else { return }
        let part: Three.Part
        switch trio {
        case .asks(let first, let second):
            let legs = [first, second].map { ($0, legSeat(of: id, .asking, $0)) }
            part = .asks(first: legs[0].1, second: legs[1].1)
            for (pairing, leg) in legs { beginTrial(leg, pairing, at: now) }
        case .discusses(_, let asker, let other):
            let (telling, discussing) = (legSeat(of: id, .telling, asker), legSeat(of: id, .discussing, other))
            part = .discusses(asker: telling, other: discussing)
            beginTrial(telling, asker, at: now)
            beginTrial(discussing, other, at: now)
        }
        var three = Three(part: part)
        if case .asks = part { three.question = seats[id]?.wish.question }
        for leg in three.legs { three.testimonies[leg] = Testimony(question: three.question ?? "") }
        seats[id]?.phase = .three(three)
        timers.arm(.threeEnds(id), at: now + Three.patience)
    }

    /// Not all three came together: look again.
    mutating func failThree(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .three(let three)? = seats[id]?.phase, !three.isUnderWay else { return }
        endLegs(of: id, at: now, using: &random)
        seats[id]?.phase = .seeking
        count(.node(.noShow))
        for seek in seatOfSeek.filter({ $0.value == id }).keys.sorted() { push(.seeks(.pairingFailed(seek))) }
    }

    /// Leaves both, and forgets them.
    mutating func endLegs(of id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .three(let three)? = seats[id]?.phase else { return }
        timers.cancel(.threeEnds(id))
        for leg in three.legs { endLeg(leg, at: now, using: &random) }
    }

    mutating func endLeg(_ leg: SeatID, at now: Moment, using random: inout RandomStream) {
        guard seats[leg] != nil else { return }
        leaveStranger(leg, at: now, using: &random)
        seats[leg] = nil
    }

    // MARK: What the person asks

    mutating func say(_ id: SeatID, _ three: Three, _ request: ConversationRequest) {
        switch (three.part, request) {
        case (.asks, .send):
            tell(id, .error("Not sent: who asks a question only watches. To talk yourself: passant meet"))
        case (.asks, .save), (.asks, .keepInTouch):
            tell(id, .error("Not done: who asks a question only watches."))
        case (.asks, _): break
        case (.discusses, _) where !three.isUnderWay: refuseAlone(id, request)
        // What the other gets the asker gets as well, when it has its number (`.said`).
        case (.discusses(_, let other), .send), (.discusses(_, let other), .save),
            (.discusses(_, let other), .keepInTouch):
            say(other, request)
        case (.discusses(let asker, let other), .typing), (.discusses(let asker, let other), .stoppedTyping):
            for leg in [other, asker] where seats[leg] != nil { say(leg, request) }
        case (.discusses, _): break
        }
    }

    /// Why a text goes to neither of the two others; nil when it goes to both. An asker who takes none in is no reason: that way
    /// ends.
    func refusal(of text: String, in id: SeatID, at now: Moment) -> TextRefusal? {
        guard case .three(let three)? = seats[id]?.phase, case .discusses(let asker, let other) = three.part else {
            return nil
        }
        if let refusal = conversation(of: other)?.value.refusal(of: text, at: now) { return refusal }
        guard case .tooFast? = conversation(of: asker)?.value.refusal(of: text, at: now) else { return nil }
        return conversation(of: asker)?.value.refusal(of: text, at: now)
    }

    private func conversation(of leg: SeatID) -> Owned<Conversation>? {
        switch seats[leg]?.phase {
        case .talking(let attempt)?: attempt.conversation
        case .rejoining(let rejoin)?: rejoin.conversation
        default: nil
        }
    }

    // MARK: What the legs say

    mutating func hear(_ news: LegNews, from leg: SeatID, at now: Moment, using random: inout RandomStream) {
        guard let owner = seats[leg]?.leg?.owner, case .three(var three)? = seats[owner]?.phase else { return }
        switch news {
        case .failed: return failThree(owner, at: now, using: &random)
        case .over: return endThree(owner, at: now, using: &random)
        case .asked(let question):
            three.question = question
            three.heard = WitnessChain(question: question)
        case .told(.connected): three.connected.insert(leg)
        case .told(let event): return pass(event, from: leg, to: owner, at: now, using: &random)
        case .said(let text):
            // Only of the leg to the other; the one to the asker says it too when it is told to.
            guard case .discusses(let asker, let other) = three.part, leg == other, seats[asker] != nil else { return }
            return say(asker, .send(text))
        case .owesWitness: return payWitness(of: owner)
        case .witnessed(let through, let chain): witness(through, chain, from: leg, to: owner, &three, at: now)
        }
        seats[owner]?.phase = .three(three)
        advance(owner, at: now, using: &random)
    }

    /// Begins the meeting when everything that it takes is there.
    private mutating func advance(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .three(var three)? = seats[id]?.phase, !three.isUnderWay, three.connected.count == 2 else { return }
        switch three.part {
        case .asks: guard three.begun.count == 2 else { return }
        case .discusses:
            guard let question = three.question else { return }
            if !three.hasSaidStart {
                three.hasSaidStart = true
                seats[id]?.phase = .three(three)
                sayStart(of: id)
            }
            guard let theirs = three.otherStart else { return }
            // Somebody asks the two something different.
            guard theirs == WitnessChain(question: question).chain else {
                return failThree(id, at: now, using: &random)
            }
        }
        three.isUnderWay = true
        let early = three.early
        three.early = []
        seats[id]?.phase = .three(three)
        timers.cancel(.threeEnds(id))
        timers.cancel(.lonely(id))
        cancelSeek(of: id)
        if let warning = three.warning { tell(id, .serverMessage(warning)) }
        if let question = three.question { tell(id, .question(question)) }
        tell(id, .connected)
        // To the asker: that the two have begun.
        sayWitness(of: id)
        if three.differs {
            tellDifference(id, &three)
            seats[id]?.phase = .three(three)
        }
        armWaiting(id, three)
        for (leg, event) in early { pass(event, from: leg, to: id, at: now, using: &random) }
    }

    private mutating func witness(
        _ through: UInt64, _ chain: Bytes32, from leg: SeatID, to id: SeatID, _ three: inout Three, at now: Moment
    ) {
        switch three.part {
        case .asks(let first, let second):
            // What one says of the other's texts.
            let other = leg == first ? second : first
            let verdict = three.testimonies[other]?.witnessed(through: through, chain: chain)
            if verdict == .differs { tellDifference(id, &three) }
            three.begun.insert(leg)
            three.noteWaiting(other, at: now)
            armWaiting(id, three)
        case .discusses(_, let other):
            guard leg == other, through == 0, three.otherStart == nil else { return }
            three.otherStart = chain
        }
    }

    mutating func armWaiting(_ id: SeatID, _ three: Three) {
        guard three.isUnderWay, three.left == nil else { return }
        guard let since = three.waiting.values.min() else { return timers.cancel(.threeEnds(id)) }
        timers.arm(.threeEnds(id), at: since + Three.testimonyPatience)
    }

    /// Not all three came together; or what one of the two is said to have told has not come to the asker for long.
    mutating func threeTimeCame(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .three(var three)? = seats[id]?.phase else { return }
        guard three.isUnderWay else {
            // Nobody can tell a stranger who stays away from a home that drops what comes after the door's answer.
            seats[id]?.home = nil
            seats[id]?.shunned = nil
            return failThree(id, at: now, using: &random)
        }
        guard three.left == nil else { return endThree(id, at: now, using: &random) }
        // What waits for a path that is looked for says nothing about who is to be at the end of it.
        for leg in three.waiting.keys.sorted() where isRejoining(leg) { three.waiting[leg] = now }
        if three.waiting.values.contains(where: { now - $0 >= Three.testimonyPatience }) { tellDifference(id, &three) }
        three.waiting = three.waiting.filter { now - $0.value < Three.testimonyPatience }
        seats[id]?.phase = .three(three)
        armWaiting(id, three)
    }

    /// How many of the two ways are looked for.
    func rejoining(_ three: Three) -> Int {
        var count = 0
        for leg in three.legs where isRejoining(leg) { count += 1 }
        return count
    }

    func isRejoining(_ leg: SeatID) -> Bool { if case .rejoining? = seats[leg]?.phase { true } else { false } }

    /// As the asker, when both have left or the second one had time for a last word; as one who discusses, when the other has.
    private mutating func endThree(_ id: SeatID, at now: Moment, using random: inout RandomStream) {
        guard case .three(var three)? = seats[id]?.phase else { return }
        endLegs(of: id, at: now, using: &random)
        seats[id]?.phase = .idle
        guard case .asks = three.part else { return }
        // Something that one of the two heard never came.
        if !three.waiting.isEmpty { tellDifference(id, &three) }
        tell(id, .spyDisconnected(three.left ?? "Stranger 1"))
    }

    /// Once, and not before there is a meeting that it could be said of.
    mutating func tellDifference(_ id: SeatID, _ three: inout Three) {
        three.differs = true
        guard three.isUnderWay, !three.wasToldDifference else { return }
        three.wasToldDifference = true
        tell(
            id,
            .serverMessage(
                "The two do not tell you the same: one of them says something else to you than to the other, or about the other."
            ))
    }
}
