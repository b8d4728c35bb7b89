// What one call of the engine carries along: the time, the random source, and the effects gathered so far.

internal import Essentials
internal import Sodium

struct Turn: ~Copyable {
    let now: Moment
    var random: RandomStream
    var effects: [RelayingEffect] = []
    private var counts: [(counter: RelayingCounter, amount: UInt64)] = []

    init(now: Moment, random: RandomStream) {
        self.now = now
        self.random = random
    }

    mutating func tell(_ effect: RelayingEffect) { effects.append(effect) }

    mutating func count(_ counter: RelayingCounter, by amount: Int = 1) {
        let amount = UInt64(max(0, amount))
        if let position = counts.firstIndex(where: { $0.counter == counter }) {
            counts[position].amount &+= amount
        } else {
            counts.append((counter, amount))
        }
    }

    /// Turns what was counted into effects: one a counter, in the order in which they were first counted.
    mutating func tellCounts() {
        for (counter, amount) in counts where amount > 0 { effects.append(.count(counter, by: amount)) }
        counts = []
    }
}
