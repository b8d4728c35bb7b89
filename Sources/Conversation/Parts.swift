// What each of three has to do when one asks a question and two discuss it: who may say what to whom, and who says the
// question. Protocol/07-conversation.md, "A question and two who discuss it".

public import Essentials
internal import Wire

extension ConversationSettings {
    /// What one side does in its conversation. Three conversations make a question: one between each two of the three.
    public enum Part: Hashable, Sendable {
        /// Two talk among themselves.
        case alone
        /// This side has asked, and watches what the other one says about it. It says nothing itself.
        case asking
        /// The other side has asked, and is told what this one says to the third.
        case telling
        /// The two talk about what the third has asked.
        case discussing
    }
}

extension ConversationSettings.Part {
    /// Whether texts go in one direction only, from who discusses to who asks.
    var isOneWay: Bool { self == .asking || self == .telling }

    /// Whether this side says what came of the third.
    var bearsWitness: Bool { self == .telling || self == .discussing }

    /// What has a meaning in a talk where this side has this part.
    func mayHear(_ utterance: Utterance) -> Bool {
        switch utterance {
        case .witness: self == .asking || self == .discussing
        case .text, .typing, .saved, .keepInTouch: self != .telling
        default: true
        }
    }
}

extension Conversation {
    /// As who asks, when their Opening is accepted and not before: whoever waits with the own one keeps one packet.
    /// False when there is no question that could be said.
    mutating func sayQuestion(
        at now: Moment, into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) -> Bool {
        guard let text = settings.question, let question = try? Question(text: text) else { return false }
        try say(.question(question), at: now, into: &effects)
        return true
    }

    /// Whether this is nothing that who asks may do. A person who wanted to say something is told so.
    func keepsSilent(about request: ConversationRequest, into effects: inout [ConversationEffect]) -> Bool {
        guard settings.part == .asking, !hasEnded else { return false }
        switch request {
        case .send: refuse(TextRefusal.asks, into: &effects)
        case .save, .keepInTouch: refuse(RequestRefusal.asks, into: &effects)
        case .typing, .stoppedTyping, .witness: break
        case .leave: return false
        }
        return true
    }

    /// Why `.send` would be refused now; nil when it would not. Who discusses says a text to the other and to the asker
    /// or to neither: otherwise the two would be found to have heard different things.
    public func refusal(of text: String, at now: Moment) -> TextRefusal? {
        guard settings.part != .asking || hasEnded else { return .asks }
        switch phase {
        case .talking(let talk), .interrupted(let talk, _): return talk.refusal(of: text, at: now)
        case .handshaking, .standing, .opening, .presenting: return .notConnected
        case .ended: return .ended
        }
    }
}

extension Talk {
    /// Numbers the text on trial, since a text that is refused is the only one that uses nothing up.
    func refusal(of text: String, at now: Moment) -> TextRefusal? {
        var trial = outgoing
        do throws(TextRefusal) {
            _ = try trial.number(text, at: now)
            return nil
        } catch {
            return error
        }
    }
}
