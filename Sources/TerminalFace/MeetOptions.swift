// What a person chose for the whole of one `passant meet`.

/// How a face behaves.
public struct MeetOptions: Sendable {
    /// Whether something in common is looked for first.
    public var hasWishes: Bool
    /// Whether the next stranger is looked for by itself when two never both spoke.
    public var rerolls: Bool
    /// Whether the person asks a question and watches.
    public var isAsking: Bool
    let notes: SafetyNotes.Language

    /// - Parameter environment: says in which language notes are shown.
    public init(
        hasWishes: Bool = false, rerolls: Bool = false, isAsking: Bool = false, environment: [String: String] = [:]
    ) {
        self.hasWishes = hasWishes
        self.rerolls = rerolls
        self.isAsking = isAsking
        notes = SafetyNotes.Language(environment: environment)
    }
}
