// What the two conversations of a meeting of three tell, as it looks to the one person who has both.
// Protocol/08-control.md, "A question and two who discuss it".

internal import Conversation
internal import Essentials
internal import OrderedCollections
internal import Sodium

extension NodeEngine {
    /// What a person would have been told of this conversation, said as it looks from the meeting of three.
    mutating func pass(
        _ event: PersonEvent, from leg: SeatID, to id: SeatID, at now: Moment, using random: inout RandomStream
    ) {
        guard case .three(let three)? = seats[id]?.phase else { return }
        if !three.isUnderWay {
            switch event {
            case .strangerDisconnected: return failThree(id, at: now, using: &random)
            case .serverMessage(let warning): return keepWarning(warning, of: id)
            case .resumed: return sayStart(of: id)
            case .interrupted: return
            default: return keep(event, from: leg, of: id, at: now, using: &random)
            }
        }
        switch three.part {
        case .asks: watch(event, from: leg, to: id, at: now, using: &random)
        case .discusses(let asker, _) where leg == asker: followed(event, by: leg, of: id, at: now, using: &random)
        case .discusses: discuss(event, from: leg, of: id, at: now)
        }
    }

    /// The others may have begun already: what they say is told once it has begun here.
    private mutating func keep(
        _ event: PersonEvent, from leg: SeatID, of id: SeatID, at now: Moment, using random: inout RandomStream
    ) {
        guard case .three(var three)? = seats[id]?.phase else { return }
        guard three.early.count < Three.earlyMaximum else { return failThree(id, at: now, using: &random) }
        three.early.append((leg, event))
        seats[id]?.phase = .three(three)
    }

    private mutating func keepWarning(_ warning: String, of id: SeatID) {
        guard case .three(var three)? = seats[id]?.phase else { return }
        three.warning = warning
        seats[id]?.phase = .three(three)
    }

    /// As the asker.
    private mutating func watch(
        _ event: PersonEvent, from leg: SeatID, to id: SeatID, at now: Moment, using random: inout RandomStream
    ) {
        guard case .three(var three)? = seats[id]?.phase else { return }
        let who = three.name(of: leg)
        switch event {
        case .gotMessage(let text):
            let verdict = three.testimonies[leg]?.told(text)
            tell(id, .spyMessage(who, text))
            if verdict == .differs { tellDifference(id, &three) }
            three.noteWaiting(leg, at: now)
            seats[id]?.phase = .three(three)
            armWaiting(id, three)
        case .typing: tell(id, .spyTyping(who))
        case .stoppedTyping: tell(id, .spyStoppedTyping(who))
        case .strangerDisconnected:
            endLeg(leg, at: now, using: &random)
            guard three.left == nil else {
                timers.arm(.threeEnds(id), at: now)
                return
            }
            three.left = who
            seats[id]?.phase = .three(three)
            timers.arm(.threeEnds(id), at: now + Three.farewellPatience)
        // Of two ways the first that breaks and the last that is back.
        case .interrupted: if rejoining(three) == 1 { tell(id, event) }
        case .resumed: if rejoining(three) == 0 { tell(id, event) }
        default: break
        }
    }

    /// As one who discusses: of the way to the asker only that it ends.
    private mutating func followed(
        _ event: PersonEvent, by leg: SeatID, of id: SeatID, at now: Moment, using random: inout RandomStream
    ) {
        switch event {
        case .strangerDisconnected, .error:
            endLeg(leg, at: now, using: &random)
            tell(id, .serverMessage("Whoever asked the question does not follow any more. You can go on talking."))
        case .resumed: sayWitness(of: id)
        default: break
        }
    }

    /// As one who discusses: what comes of the other.
    private mutating func discuss(_ event: PersonEvent, from leg: SeatID, of id: SeatID, at now: Moment) {
        switch event {
        case .gotMessage(let text):
            guard case .three(var three)? = seats[id]?.phase else { return }
            three.heard?.add(text)
            // One for all texts that came together.
            if !three.owesWitness { push(.leg(leg, .owesWitness)) }
            three.owesWitness = true
            seats[id]?.phase = .three(three)
            tell(id, event)
        case .strangerDisconnected:
            tell(id, event)
            // Behind what is last said of the other's texts.
            payWitness(of: id)
            push(.leg(leg, .over))
        case .resumed:
            // Theirs may have been lost with the old path.
            sayStart(of: id)
            tell(id, event)
        default: tell(id, event)
        }
    }

    /// That one was asked this, for the other of the two.
    mutating func sayStart(of id: SeatID) {
        guard case .three(let three)? = seats[id]?.phase, case .discusses(_, let other) = three.part,
            let question = three.question
        else { return }
        let start = WitnessChain(question: question)
        say(other, .witness(through: start.through, chain: start.chain))
    }

    /// Says what is owed to the asker, if anything is.
    mutating func payWitness(of id: SeatID) {
        guard case .three(var three)? = seats[id]?.phase, three.owesWitness else { return }
        three.owesWitness = false
        seats[id]?.phase = .three(three)
        sayWitness(of: id)
    }

    mutating func sayWitness(of id: SeatID) {
        guard case .three(let three)? = seats[id]?.phase, case .discusses(let asker, _) = three.part,
            let heard = three.heard
        else { return }
        say(asker, .witness(through: heard.through, chain: heard.chain))
    }
}
