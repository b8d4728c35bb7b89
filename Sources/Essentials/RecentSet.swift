// The last so many distinct values: what replay checks look in. Oldest out first, so a flood can only
// make it forget, never grow.

internal import DequeModule

/// A set that remembers at most `capacity` values and forgets the oldest.
public struct RecentSet<Value: Hashable & Sendable>: Sendable {
    private var order = Deque<Value>()
    private var members: Set<Value> = []
    public let capacity: Int

    public init(capacity: Int) { self.capacity = max(1, capacity) }

    public var count: Int { members.count }
    public func contains(_ value: Value) -> Bool { members.contains(value) }

    /// False when the value was there already.
    @discardableResult
    public mutating func insert(_ value: Value) -> Bool {
        guard members.insert(value).inserted else { return false }
        order.append(value)
        if order.count > capacity, let oldest = order.popFirst() { members.remove(oldest) }
        return true
    }
}
