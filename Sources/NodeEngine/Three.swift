// Three who came for a question: one asks and watches, two discuss. Each node of the three has two conversations for it, the
// legs, which begin, break and go on as every conversation does; this is what holds the two together.
// Protocol/08-control.md, "A question and two who discuss it".

internal import Conversation
internal import Essentials
internal import OrderedCollections

/// A seat that belongs to another one: one of the two conversations of a person who asks or discusses.
struct Leg {
    let owner: SeatID
    let part: ConversationSettings.Part
    let question: String?
}

/// What one of the three knows.
struct Three {
    /// From the match until both legs stand and, for those who discuss, both know that they have the same question.
    static let patience = Span.seconds(8)
    /// How long the asker still listens to one of the two when the other has left: its last word may be about the other's.
    static let farewellPatience = Span.seconds(2)
    /// How long a text may be on its way to the asker when the other has it.
    static let testimonyPatience = Span.seconds(30)

    enum Part {
        /// Watches the first and the second.
        case asks(first: SeatID, second: SeatID)
        /// Talks with the other, and tells the asker.
        case discusses(asker: SeatID, other: SeatID)
    }

    let part: Part
    var connected: Set<SeatID> = []
    /// Known to the asker from the beginning.
    var question: String?
    /// Whether the person was told that it has begun.
    var isUnderWay = false
    /// As one who discusses: what the other says about the question.
    var otherStart: Bytes32?
    var hasSaidStart = false
    /// As the asker: who of the two has said that both have begun.
    var begun: Set<SeatID> = []
    /// As the asker: what the one who left first is called.
    var left: String?
    /// As one who discusses: what came from the other.
    var heard: WitnessChain?
    /// As the asker: what each told, against what the other says of it.
    var testimonies: [SeatID: Testimony] = [:]
    /// Since when one of the two is said to have told something that has not come.
    var waiting: [SeatID: Moment] = [:]
    /// As the asker: the two do not tell it the same.
    var differs = false
    var wasToldDifference = false
    /// As one who discusses: the asker has not been told yet what came last.
    var owesWitness = false
    var warning: String?
    /// What came before the meeting has begun here.
    var early: [(leg: SeatID, event: PersonEvent)] = []
    static let earlyMaximum = 256

    var legs: [SeatID] {
        switch part {
        case .asks(let first, let second): [first, second]
        case .discusses(let asker, let other): [asker, other]
        }
    }

    mutating func noteWaiting(_ leg: SeatID, at now: Moment) {
        guard testimonies[leg]?.isWaiting == true else { return waiting[leg] = nil }
        if waiting[leg] == nil { waiting[leg] = now }
    }

    /// What the asker calls whoever is at the other end of a leg.
    func name(of leg: SeatID) -> String {
        if case .asks(let first, _) = part, leg == first { "Stranger 1" } else { "Stranger 2" }
    }
}

/// What a leg has to say to the seat that it belongs to.
enum LegNews {
    case told(PersonEvent)
    case asked(String)
    case said(String)
    case witnessed(through: UInt64, chain: Bytes32)
    /// Everything that came together has been told.
    case owesWitness
    /// The other has left, and what was to be said of it has been said.
    case over
    /// It came to nothing before it was connected.
    case failed
}
