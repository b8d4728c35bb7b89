// Omegle's auto-reroll: when two never both spoke, the next stranger is looked for by itself, three seconds later. Only
// for who asked for it.

internal import ControlAPI
internal import Essentials

/// Counts down to the next stranger.
struct AutoReroll: Sendable {
    static let pause = Span.seconds(3)

    let isOn: Bool
    private var haveSpoken = false
    private var haveTheySpoken = false
    private(set) var due: Moment?

    init(isOn: Bool) { self.isOn = isOn }

    mutating func begin() {
        haveSpoken = false
        haveTheySpoken = false
        due = nil
    }

    mutating func weSpoke() { haveSpoken = true }
    mutating func theySpoke() { haveTheySpoken = true }

    /// Whether each of the two has said something since the search began.
    var haveBothSpoken: Bool { haveSpoken && haveTheySpoken }

    /// The conversation is over. Whoever talked wants to think about what comes next.
    mutating func over(at now: Moment) {
        guard isOn, !haveBothSpoken else { return }
        due = now + Self.pause
    }

    mutating func stop() { due = nil }

    /// Whether it is time for the next stranger.
    mutating func isTime(at now: Moment) -> Bool {
        guard let due, due <= now else { return false }
        self.due = nil
        return true
    }

    /// Whole seconds that are left.
    func left(at now: Moment) -> Int? {
        due.map { Int(clamping: (max(.zero, $0 - now).microseconds + 999_999) / 1_000_000) }
    }
}
