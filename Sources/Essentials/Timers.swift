// Deadlines by key. An engine arms and cancels them; its owner asks for the next one and calls back then.

internal import HeapModule

/// A set of deadlines, one a key. Deadlines that fall due together come out in the order they were armed.
public struct Timers<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let due: Moment
        let order: UInt64
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.order) < (right.due, right.order) }
        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var current: [Key: UInt64] = [:]
    private var armed: UInt64 = 0
    /// The earliest deadline as `next` found it; nil when it has to be looked for. Owners ask after every event.
    private var front: Entry?

    public init() {}

    public var count: Int { current.count }
    public func isArmed(_ key: Key) -> Bool { current[key] != nil }

    /// Sets or moves the key's deadline.
    public mutating func arm(_ key: Key, at due: Moment) {
        armed &+= 1
        if let front, front.key == key || due < front.due { self.front = nil }
        current[key] = armed
        heap.insert(Entry(due: due, order: armed, key: key))
        if heap.count > 64, heap.count > 4 * current.count { compact() }
    }

    public mutating func cancel(_ key: Key) {
        current[key] = nil
        if front?.key == key { front = nil }
    }

    /// The earliest deadline, if any is armed.
    public mutating func next() -> Moment? {
        if let front { return front.due }
        while let entry = heap.min {
            if current[entry.key] == entry.order {
                front = entry
                return entry.due
            }
            heap.removeMin()
        }
        return nil
    }

    /// Takes out one key whose deadline has come.
    public mutating func pop(at now: Moment) -> Key? {
        guard let due = next(), due <= now, let entry = heap.popMin() else { return nil }
        current[entry.key] = nil
        front = nil
        return entry.key
    }

    /// Drops the moved and cancelled deadlines that still lie in the heap.
    private mutating func compact() {
        heap = Heap(heap.unordered.filter { current[$0.key] == $0.order }.sorted())
    }
}
