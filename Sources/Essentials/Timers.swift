// Deadlines by key. An engine arms and cancels them; its owner asks for the next one and calls back then.

public import HeapModule

/// A set of deadlines, one a key. Deadlines that fall due together come out in the order they were armed.
public struct Timers<Key: Hashable & Sendable>: Sendable {
    // Engines ask after every event, so all of this is for their own kinds of keys.
    @usableFromInline struct Entry: Comparable, Sendable {
        @usableFromInline let due: Moment
        @usableFromInline let order: UInt64
        @usableFromInline let key: Key

        @inlinable init(due: Moment, order: UInt64, key: Key) {
            self.due = due
            self.order = order
            self.key = key
        }

        @inlinable static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.order) < (right.due, right.order)
        }
        @inlinable static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    @usableFromInline var heap = Heap<Entry>()
    @usableFromInline var current: [Key: UInt64] = [:]
    @usableFromInline var armed: UInt64 = 0
    /// The earliest deadline as `next` found it; nil when it has to be looked for. Owners ask after every event.
    @usableFromInline var front: Entry?

    @inlinable public init() {}

    @inlinable public var count: Int { current.count }
    @inlinable public func isArmed(_ key: Key) -> Bool { current[key] != nil }

    /// Sets or moves the key's deadline.
    @inlinable public mutating func arm(_ key: Key, at due: Moment) {
        armed &+= 1
        if let front, front.key == key || due < front.due { self.front = nil }
        current[key] = armed
        heap.insert(Entry(due: due, order: armed, key: key))
        if heap.count > 64, heap.count > 4 * current.count { compact() }
    }

    @inlinable public mutating func cancel(_ key: Key) {
        current[key] = nil
        if front?.key == key { front = nil }
    }

    /// The earliest deadline, if any is armed.
    @inlinable public mutating func next() -> Moment? {
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
    @inlinable public mutating func pop(at now: Moment) -> Key? {
        guard let due = next(), due <= now, let entry = heap.popMin() else { return nil }
        current[entry.key] = nil
        front = nil
        return entry.key
    }

    /// Drops the moved and cancelled deadlines that still lie in the heap.
    @usableFromInline mutating func compact() {
        heap = Heap(heap.unordered.filter { current[$0.key] == $0.order }.sorted())
    }
}
