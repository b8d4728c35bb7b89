/// Cuts a byte stream into lines, holding at most one unfinished line.
public struct LineSplitter: Sendable {
    public enum Item: Hashable, Sendable {
        /// A line without its end; a carriage return before the line feed is taken off too.
        case line([UInt8])
        /// A line was longer than `limit`; its bytes were dropped up to its end.
        case tooLong
    }

    /// The longest line in bytes.
    public let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    public init(limit: Int) { self.limit = max(1, limit) }

    /// The lines that are complete now. With an over-long one, `.tooLong` comes as soon as it is known.
    public mutating func append(_ bytes: some Collection<UInt8>) -> [Item] {
        var items: [Item] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end], into: &items)
            rest = rest[rest.index(after: end)...]
            if !isSkipping {
                if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
                items.append(.line(partial))
            }
            partial = []
            isSkipping = false
        }
        take(rest, into: &items)
        return items
    }

    /// What stands after the last line feed, when the stream is over.
    public mutating func finish() -> [Item] {
        defer { partial = [] }
        return partial.isEmpty ? [] : [.line(partial)]
    }

    private mutating func take(_ bytes: some Collection<UInt8>, into items: inout [Item]) {
        guard !isSkipping else { return }
        if partial.count + bytes.count > limit {
            items.append(.tooLong)
            isSkipping = true
            partial = []
        } else {
            partial.append(contentsOf: bytes)
        }
    }
}
