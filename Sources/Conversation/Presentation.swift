// Between the Openings and the first word: the place where each side shows its ticket.

internal import Essentials

/// The phase in which a stranger shows that they may be talked to.
///
/// Version 1 shows nothing: our own ticket is empty, theirs is carried and not looked at, and the phase is
/// over as soon as it begins. Tickets, challenges and their answers will be added here and nowhere
/// else; until `isOver`, the conversation accepts no other utterance and tells the person nothing.
struct Presentation: Hashable, Sendable {
    let agreement: Agreement
    let theirTicket: [UInt8]
    let until: Moment

    /// What rides on our Opening. `binding` is the channel's handshake hash, to which a ticket will be tied.
    static func ownTicket(binding: [UInt8]) -> [UInt8] { [] }

    var isOver: Bool { true }
}
