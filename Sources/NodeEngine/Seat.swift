// One person's seat: what they are doing, from the wish to meet someone to the end of a conversation.

internal import Conversation
internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

/// The state of one `passant meet`.
struct Seat {
    enum Phase {
        /// Nothing is wanted.
        case idle
        /// A stranger is wanted, but no home is live yet.
        case joining
        case seeking
        /// A pairing stands; the two are on their way to a door.
        case pairing(Trial)
        case talking(Attempt)
    }

    var phase = Phase.idle
    var wasToldLonely = false
    var wasToldHomeless = false
    var metAnyone = false
    /// The home that this search goes through.
    var home: LinkID?
    /// The home that this search last failed through: it takes the other one, if there is another.
    var shunned: NodeKey?
}

/// The way from a pairing to a conversation: up to three doors, in the order that both sides compute.
struct Trial {
    /// The pause before the next door is tried as well.
    static let doorPause = Span.milliseconds(1_200)
    static let doorsMaximum = 3
    /// All doors together; then the other side counts as not shown up.
    static let patience = Span.milliseconds(5_000)

    let pairing: Pairing
    let doors: [Member]
    var tried = 0
    /// Whether any door has answered: then the home at least carries.
    var wasAnswered = false
    var attempts: [Attempt] = []
    /// As the initiator: the attempts whose channels stand. The first goes ahead, the others wait for its end, so that
    /// both sides settle on the same door (Protocol/05-homes-and-doors.md, "Doors").
    var standing: [PipeID] = []
}

/// One pipe to one door, and the conversation that tries to begin over it.
struct Attempt {
    let pipe: PipeID
    let home: NodeKey
    let door: NodeKey
    let conversation: Owned<Conversation>
}
