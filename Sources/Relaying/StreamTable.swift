// The streams of one link. The dialling side numbers the ones it opens 1, 3, 5…; the other side 2, 4, 6…

internal import Essentials

struct StreamTable {
    /// Each in a place of its own, so that it is looked up once for all that is done with it.
    private(set) var streams: [UInt32: Owned<Stream>] = [:]
    private let isOddOurs: Bool
    private var nextOurs: UInt64
    /// The highest number that the other side has opened.
    private var highestTheirs: UInt32 = 0
    private(set) var countOurs = 0

    init(isInitiator: Bool) {
        isOddOurs = isInitiator
        nextOurs = isInitiator ? 1 : 2
    }

    var count: Int { streams.count }
    var countTheirs: Int { streams.count - countOurs }
    /// In ascending order.
    var numbers: [UInt32] { streams.keys.sorted() }

    subscript(number: UInt32) -> Owned<Stream>? { streams[number] }

    func isOurs(_ number: UInt32) -> Bool { (number & 1 == 1) == isOddOurs }

    /// Whether a number belongs to a stream that is or was open; frames for one that was may still be under way.
    func isKnown(_ number: UInt32) -> Bool {
        isOurs(number) ? UInt64(number) < nextOurs : number <= highestTheirs
    }

    /// Takes the next number of ours; nil when a link's numbers are used up.
    mutating func open(_ stream: Stream) -> UInt32? {
        guard let number = UInt32(exactly: nextOurs) else { return nil }
        nextOurs += 2
        streams[number] = Owned(stream)
        countOurs += 1
        return number
    }

    /// Notes that the other side opens this number; false unless it is theirs and higher than all before.
    mutating func noteOpened(_ number: UInt32) -> Bool {
        guard !isOurs(number), number > highestTheirs else { return false }
        highestTheirs = number
        return true
    }

    mutating func insert(_ stream: Stream, as number: UInt32) { streams[number] = Owned(stream) }

    @discardableResult
    mutating func remove(_ number: UInt32) -> Owned<Stream>? {
        guard let stream = streams.removeValue(forKey: number) else { return nil }
        if isOurs(number) { countOurs -= 1 }
        return stream
    }
}
