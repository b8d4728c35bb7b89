// Whom a node has talked with lately, without knowing whom: what the two of a conversation know alike and nobody else.
// By it two strangers who are brought together once more notice it before they talk, and part.
// Protocol/07-conversation.md, "Meeting again".

public import Essentials
internal import Noise
internal import Sodium
internal import Wire

/// What is left of one conversation.
public struct Encounter: Sendable {
    private let secret: Owned<SecretBytes>

    /// Nil unless the channel is established.
    init?(_ channel: borrowing Channel) {
        guard let secret = channel.exporter(label: "passant/encounter/1") else { return nil }
        self.init(secret: secret)
    }

    init(secret: consuming SecretBytes) { self.secret = Owned(secret) }

    /// What a side shows of it in a later channel. Only who has the same secret can tell it from a random number.
    func mark(binding: [UInt8], ofInitiator: Bool) -> UInt64 {
        secret.value.withBytes {
            Blake2b.short(domain: "passant/encounter-mark/1", Array($0), binding, [ofInitiator ? 0 : 1])
        }
    }
}

/// The conversations that a node still recognises. In memory only: a disk that is taken away tells nothing.
public struct Encounters: Sendable {
    /// As many are kept as an Opening shows marks, and the oldest give way: what one side would recognise and not show only
    /// one of the two would know of.
    public static let kept = Opening.marks

    /// The oldest first.
    private var past: [(at: Moment, encounter: Encounter)] = []

    public init() {}

    public var count: Int { past.count }

    public mutating func insert(_ encounter: Encounter, at now: Moment) {
        past.append((now, encounter))
        past.removeFirst(max(0, past.count - Self.kept))
    }

    /// Those that are older than this may be met again.
    public mutating func forget(olderThan span: Span, at now: Moment) {
        past.removeFirst(past.prefix { now - $0.at >= span }.count)
    }

    /// The marks of the latest, filled up with what stands for nothing, in an order that tells nothing.
    func marks(binding: [UInt8], ofInitiator: Bool, using random: inout RandomStream) -> [UInt64] {
        let known = past.map { $0.encounter.mark(binding: binding, ofInitiator: ofInitiator) }
        return (known + (known.count..<Self.kept).map { _ in random.next() }).shuffled(using: &random)
    }

    /// Whether one of these marks, shown by the side with this role, is of a conversation that this node had as well.
    func recognise(_ marks: [UInt64], binding: [UInt8], ofInitiator: Bool) -> Bool {
        let shown = Set(marks)
        return past.contains { shown.contains($0.encounter.mark(binding: binding, ofInitiator: ofInitiator)) }
    }
}
