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
        /// Two conversations at once, each with a seat of its own: the person asks a question, or discusses one.
        case three(Three)
        case talking(Attempt)
        /// The path of a conversation broke, and another one is looked for.
        case rejoining(Rejoin)
    }

    let wish: Wish
    /// When this is one of two conversations of another seat.
    var leg: Leg?
    /// How many asked and discussed in the last round.
    var roles: (asking: Int, discussing: Int)?
    var search = Search()
    var phase = Phase.idle
    var wasToldLonely = false
    var wasToldHomeless = false
    var metAnyone = false
    var transcript = Transcript()
    /// What the person would call the present stranger, having asked to keep in touch.
    var friendName: String?
    /// The home that this search goes through.
    var home: LinkID?
    /// The home that this search last failed through: it takes the other one, if there is another.
    var shunned: NodeKey?
}

/// How wide a person looks at the moment: first for what they like, then for a language, then for anybody.
struct Search {
    enum Width: Int, CaseIterable {
        case interests, languages, everyone
    }

    /// So long each but the widest, as Omegle did.
    static let patience = Span.seconds(10)

    var width = Width.everyone
    /// How wide the offers are that are out; the person may have asked for another width since.
    var offered = Width.everyone
    /// The person goes on waiting, however long it takes.
    var isPatient = false
    /// When a friend is looked for: under which interests, at the present time.
    var friend: [String] = []
    /// The same of the offers that are out.
    var offeredFriend: [String] = []
    /// Since when offers of this width are out; nil before the first ones are.
    var since: Moment?

    /// The widths that a wish goes through, the narrowest first.
    static func widths(of wish: Wish) -> [Width] {
        Width.allCases.filter { width in
            switch width {
            case _ where wish.friend != nil: width == .interests
            case _ where wish.isForQuestion: width == .everyone
            case .interests: !wish.interests.isEmpty
            case .languages: !wish.languages.isEmpty
            case .everyone: true
            }
        }
    }

    /// What comes after the present width; nil for the widest.
    func wider(for wish: Wish) -> Width? { Self.widths(of: wish).first { $0.rawValue > width.rawValue } }

    /// Where an offer goes; one place once, in the order of the wish.
    func pools(for wish: Wish, network: UInt64) -> [UInt64] {
        let pools =
            switch offered {
            case .interests:
                (wish.friend == nil ? wish.interests : offeredFriend).map { Pools.interest($0, network: network) }
            case .languages: wish.languages.map { Pools.language($0, network: network) }
            case .everyone: [wish.isForQuestion ? Pools.questions(network: network) : Pools.everyone]
            }
        return Array(OrderedSet(pools))
    }

    /// What the two find out before they talk; nil where they met among everyone.
    func ground(for wish: Wish) -> CommonGround? {
        guard offered != .everyone else { return nil }
        guard wish.friend == nil else {
            return CommonGround(interests: offeredFriend, languages: [], needsInterest: true, needsLanguage: false)
        }
        return CommonGround(
            interests: wish.interests, languages: wish.languages, needsInterest: offered == .interests,
            needsLanguage: !wish.languages.isEmpty)
    }
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
    /// Whether any door has answered, or a relay: then the home at least carries.
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
    /// Between the two, where the person wished for more cover.
    let relay: NodeKey?
    let door: NodeKey
    let conversation: Owned<Conversation>
}
