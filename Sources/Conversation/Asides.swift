// What the two tell each other beside their texts: that a log is kept, and that they would like to meet again.
// Protocol/07-conversation.md, "Logs", "Keeping in touch".

internal import Wire

/// What was told and asked in one conversation. Each is said once, and once more on each new path.
struct Asides: Hashable, Sendable {
    private let features: UInt64
    private var haveSaved = false
    private var haveAsked = false
    private var theySaved = false
    private var theyAsked = false

    init(features: UInt64) { self.features = features }

    private func knows(_ feature: UInt64) -> Bool { features & feature != 0 }

    // MARK: Our own person

    /// A log that only one of the two has spoken in is nobody's to keep: it would be a list of who came by.
    mutating func save(bothSpoke: Bool) throws(RequestRefusal) -> [TalkEffect] {
        guard knows(ConversationSettings.Feature.tellingOfLogs) else { throw .unknownToThem }
        guard bothSpoke else { throw .notBothSpoke }
        // The owner may have failed to keep it, and asks again.
        guard !haveSaved else { return [.tell(.logAllowed)] }
        haveSaved = true
        return [.say(.saved(Saved())), .tell(.logAllowed)]
    }

    mutating func keepInTouch() throws(RequestRefusal) -> [TalkEffect] {
        guard knows(ConversationSettings.Feature.keepingInTouch) else { throw .unknownToThem }
        // Under another name, perhaps.
        guard !haveAsked else { return theyAsked ? [.tell(.inTouch)] : [] }
        haveAsked = true
        return [.say(.keepInTouch(KeepInTouch()))] + (theyAsked ? [.tell(.inTouch)] : [])
    }

    // MARK: The stranger

    mutating func theySave() -> [TalkEffect] {
        guard !theySaved else { return [] }
        theySaved = true
        return [.tell(.strangerKeepsLog)]
    }

    /// Nothing is told before both have asked: nobody is to be pressed.
    mutating func theyKeepInTouch() -> [TalkEffect] {
        guard !theyAsked else { return [] }
        theyAsked = true
        return haveAsked ? [.tell(.inTouch)] : []
    }

    /// What may have been lost with the old path.
    var again: [TalkEffect] {
        (haveSaved ? [.say(.saved(Saved()))] : []) + (haveAsked ? [.say(.keepInTouch(KeepInTouch()))] : [])
    }
}
