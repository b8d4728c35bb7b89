// Everything a node counts, for `passant status` and for whatever metrics system a program that embeds the node
// has set up. Counters have no labels: a label per peer would be a list of peers.

private import Metrics
private import Synchronization

/// One counter; adding is a single atomic operation.
public final class BoardCounter: Sendable {
    /// passant_<noun>_<unit>_total
    public let name: String
    private let total = Atomic<UInt64>(0)
    private let exported: Metrics.Counter

    fileprivate init(name: String) {
        self.name = name
        exported = Metrics.Counter(label: name)
    }

    public var value: UInt64 { total.load(ordering: .relaxed) }

    public func add(_ amount: UInt64 = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
        exported.increment(by: Int64(clamping: amount))
    }
}

/// All counters of a node, by name. Safe to use from any thread.
public final class CounterBoard: Sendable {
    /// Names are made by the code, so there are few; this stops a mistake from growing without end.
    public static let countersMaximum = 512

    private let counters = Mutex<[String: BoardCounter]>([:])
    private let misnamed = BoardCounter(name: "passant_misnamed_counters_total")

    public init() {}

    /// The counter of this name, made when it is new. Hold on to it where counting is frequent.
    /// - Parameter name: `passant_<noun>_<unit>_total`; prefix and suffix may be left out. What is counted under a name
    ///   that is not made of a-z, 0-9 and _, or that is one too many, goes to one counter for all such.
    public func counter(_ name: String) -> BoardCounter {
        counters.withLock { counters in
            if let counter = counters[name] { return counter }
            guard let whole = Self.wholeName(name) else { return misnamed }
            if let counter = counters[whole] { return counter }
            guard counters.count < Self.countersMaximum else { return misnamed }
            let counter = BoardCounter(name: whole)
            counters[whole] = counter
            return counter
        }
    }

    public func add(_ name: String, _ amount: UInt64 = 1) { counter(name).add(amount) }

    /// All counters that were ever used, by name.
    public func snapshot() -> [(name: String, value: UInt64)] {
        let used = counters.withLock { Array($0.values) } + (misnamed.value > 0 ? [misnamed] : [])
        return used.map { ($0.name, $0.value) }.sorted { $0.name < $1.name }
    }

    /// The name with prefix and suffix, or nil when it cannot be one.
    static func wholeName(_ name: String) -> String? {
        guard (1...80).contains(name.utf8.count),
            name.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            })
        else { return nil }
        return (name.hasPrefix("passant_") ? "" : "passant_") + name + (name.hasSuffix("_total") ? "" : "_total")
    }
}
