// What a person may want to know of the stranger in front of them: signs of a bot, and what is known of the tricks that are
// played on people. Said where it is met, once a conversation; nothing is held back, and nothing leaves this screen.

internal import Essentials

/// Watches one conversation for its own person.
struct StrangerWatch: Sendable {
    /// A stranger who neither writes nor types for so long is said to be silent.
    static let silence = Span.seconds(10)

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
        return notes + newTricks(in: text)
    }

    /// What to say behind a text of one of two whom one watches. They type or do not for each other, which is theirs to
    /// judge; a trick is one for whoever reads it, whichever of the two plays it.
    mutating func overheard(_ text: String) -> [String] {
        due = nil
        return newTricks(in: text)
    }

    private mutating func newTricks(in text: String) -> [String] {
        SafetyNotes.tricks(in: text).filter { noted.insert($0).inserted }.map { SafetyNotes.note(on: $0, language) }
    }

    mutating func silence(at now: Moment) -> String? {
        guard let due, due <= now else { return nil }
        self.due = nil
        return SafetyNotes.silent(language)
    }

    mutating func over() { due = nil }
}
