// What one call of the engine carries along: the time, the random source, and the effects gathered so far.

internal import Essentials
internal import Sodium

struct Turn: ~Copyable {
    let now: Moment
    var random: RandomStream
    var effects: [RelayingEffect] = []
    /// What was counted in this call, one entry a counter, in the order in which they were first counted.
    private(set) var counts: [Count]

    struct Count {
        let counter: RelayingCounter
        var amount: UInt64
    }

    /// `room` is an empty list whose memory serves again and again.
    init(now: Moment, random: RandomStream, room: consuming [Count]) {
        self.now = now
        self.random = random
        counts = room
        effects.reserveCapacity(4)
    }

    mutating func tell(_ effect: RelayingEffect) { effects.append(effect) }

    mutating func count(_ counter: RelayingCounter, by amount: Int = 1) {
        let amount = UInt64(max(0, amount))
        if let position = counts.firstIndex(where: { $0.counter == counter }) {
            counts[position].amount &+= amount
        } else {
            counts.append(Count(counter: counter, amount: amount))
        }
    }

    /// Turns what was counted into effects and gives the emptied list back.
    mutating func tellCounts() -> [Count] {
        for count in counts where count.amount > 0 { effects.append(.count(count.counter, by: count.amount)) }
        var room: [Count] = []
        swap(&room, &counts)
        room.removeAll(keepingCapacity: true)
        return room
    }
}
