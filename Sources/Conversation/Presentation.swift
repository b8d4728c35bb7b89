// Between the Openings and the first word: the place where each side shows what it has in common with the other, and
// its ticket.

internal import Essentials

/// The phase in which a stranger shows that they may be talked to.
///
/// Tickets are not built yet: our own is empty, theirs is carried and not looked at. Challenges and their answers
/// will be added here and nowhere else; until `isOver`, the conversation accepts no word and tells the person nothing.
struct Presentation: Sendable {
    let agreement: Agreement
    let theirTicket: [UInt8]
    let until: Moment
    /// Whether their answer about what the two have in common is awaited.
    var isLooking: Bool
    /// Whether what they ask is awaited.
    var awaitsQuestion: Bool
    /// What was found; nil where nothing was looked for.
    var common: FoundCommon?
    /// What they ask; nil where nobody asks.
    var question: String?
    /// Packets count from the Opening on, whatever is in them.
    var theirPackets: TokenBucket

    /// What rides on our Opening. `binding` is the channel's handshake hash, to which a ticket will be tied.
    static func ownTicket(binding: [UInt8]) -> [UInt8] { [] }

    var isOver: Bool { !isLooking && !awaitsQuestion }

    /// Their question came: one, and only where it is awaited.
    mutating func asked(_ text: String) throws(ConversationViolation) {
        guard awaitsQuestion else { throw .unexpected }
        guard ConversationSettings.questionCharacters.contains(text.unicodeScalars.count) else { throw .length }
        awaitsQuestion = false
        question = text
    }
}
