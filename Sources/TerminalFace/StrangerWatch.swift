// What a person may want to know of the stranger in front of them: signs of a bot, and what is known of the tricks that are
// played on people. Said where it is met, once a conversation; nothing is held back, and nothing leaves this screen.

internal import Essentials

/// Watches one conversation for its own person.
struct StrangerWatch: Sendable {
    /// A stranger who neither writes nor types for so long is said to be silent.
    static let silence = Span.seconds(15)

    private let language: SafetyNotes.Language
    private var hasTyped = false
    private var hasSpoken = false
    private var noted: Set<SafetyNotes.Trick> = []
    private(set) var due: Moment?

    init(language: SafetyNotes.Language) { self.language = language }

    mutating func connected(at now: Moment) {
        self = StrangerWatch(language: language)
        due = now + Self.silence
    }

    mutating func typing() {
        hasTyped = true
        due = nil
    }

    /// What to say behind a text of the stranger's.
    mutating func spoke(_ text: String) -> [String] {
        defer { hasSpoken = true }
        due = nil
        var notes: [String] = []
        if !hasTyped, !hasSpoken { notes.append(SafetyNotes.untyped(language)) }
        for trick in SafetyNotes.tricks(in: text) where noted.insert(trick).inserted {
            notes.append(SafetyNotes.note(on: trick, language))
        }
        return notes
    }

    mutating func silence(at now: Moment) -> String? {
        guard let due, due <= now else { return nil }
        self.due = nil
        return SafetyNotes.silent(language)
    }

    mutating func over() { due = nil }
}
