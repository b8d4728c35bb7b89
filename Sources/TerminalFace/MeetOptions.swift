// What a person chose for the whole of one `passant meet`.

/// How a face behaves.
public struct MeetOptions: Sendable {
    /// Whether something in common is looked for first.
    public var hasWishes: Bool
    /// Whether the next stranger is looked for by itself when two never both spoke.
    public var rerolls: Bool
    /// Whether the person asks a question and watches.
    public var isAsking: Bool
    /// What the person calls the friend whom they meet, and nobody else; nil where it is a stranger.
    public var friend: String?
    let notes: SafetyNotes.Language

    /// - Parameter environment: says in which language notes are shown.
    public init(
        hasWishes: Bool = false, rerolls: Bool = false, isAsking: Bool = false, friend: String? = nil,
        environment: [String: String] = [:]
    ) {
        self.hasWishes = hasWishes
        self.rerolls = rerolls
        self.isAsking = isAsking
        self.friend = friend
        notes = SafetyNotes.Language(environment: environment)
    }
}
