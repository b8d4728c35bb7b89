// Owners that signed two records with one seq: proof that their key speaks with two tongues. They are ignored for
// a day, and whoever asks about them is shown both records. Protocol/04-membership.md, "Equivocation".

internal import DequeModule
internal import Essentials
internal import Identity

struct Equivocators: Sendable {
    private struct Conviction: Sendable {
        let proof: Equivocation
        let until: Moment
    }

    private var convictions: [UInt64: Conviction] = [:]
    private var order = Deque<UInt64>()
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { convictions.count }

    /// The proof against this owner while it is ignored.
    func proof(against short: UInt64, at now: Moment) -> Equivocation? {
        guard let conviction = convictions[short], now < conviction.until else { return nil }
        return conviction.proof
    }

    func isIgnored(_ short: UInt64, at now: Moment) -> Bool {
        // Most of the time there is nobody, and walks ask for each line.
        !convictions.isEmpty && proof(against: short, at: now) != nil
    }

    /// Remembers the proof until `until`. The oldest one makes room.
    mutating func convict(_ short: UInt64, _ proof: Equivocation, until: Moment) {
        if convictions[short] != nil { order.removeAll { $0 == short } }
        if order.count >= capacity, let oldest = order.popFirst() { convictions[oldest] = nil }
        convictions[short] = Conviction(proof: proof, until: until)
        order.append(short)
    }
}
