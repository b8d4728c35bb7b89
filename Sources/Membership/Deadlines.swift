// One deadline for each line of the table, kept where it may move later without anybody being told: what is here is never
// later than the true one, which is asked for when it matters. So a heartbeat, which moves deadlines, costs nothing here.

internal import Essentials
internal import HeapModule

struct Deadlines: Sendable {
    private struct Entry: Comparable, Sendable {
        let due: Moment
        let short: UInt64

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.short) < (right.due, right.short) }
    }

    private var heap = Heap<Entry>()

    var count: Int { heap.count }

    mutating func add(_ short: UInt64, at due: Moment) { heap.insert(Entry(due: due, short: short)) }

    /// The earliest of all. `current` says a line's own; where that is nil, or earlier than what is here (then another one
    /// was added for it), there is none.
    mutating func next(_ current: (UInt64) -> Moment?) -> Moment? {
        while let first = heap.min {
            let due = current(first.short)
            if due == first.due { return due }
            removeFirst()
            if let due, due > first.due { add(first.short, at: due) }
        }
        return nil
    }

    /// The same may be here more than once, after its deadline has moved to and fro.
    private mutating func removeFirst() {
        guard let first = heap.popMin() else { return }
        while let next = heap.min, next.short == first.short, next.due == first.due { heap.removeMin() }
    }

    /// Whose has come first. It stays here, and so comes again until its own deadline is another.
    mutating func first(by now: Moment, _ current: (UInt64) -> Moment?) -> UInt64? {
        guard let due = next(current), due <= now else { return nil }
        return heap.min?.short
    }

    /// Takes out the first one that has come.
    mutating func pop(at now: Moment, _ current: (UInt64) -> Moment?) -> UInt64? {
        guard let due = next(current), due <= now, let first = heap.min else { return nil }
        removeFirst()
        return first.short
    }
}
