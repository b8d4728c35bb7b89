// When stamps are made: ahead of the press of the button, and for the next epoch before it begins.

internal import Essentials
internal import Identity
internal import Sodium

extension Seeks {
    /// In how many places the last search looked at once: whoever looks for three things looks for them again.
    struct Habit: Sendable {
        private var search: SearchID?
        private var places = 0
        private var last = Moment.origin

        mutating func looks(_ search: SearchID, inPlaces places: Int, at now: Moment) {
            self.places = self.search == search ? max(self.places, places) : places
            self.search = search
            last = now
        }

        /// Nobody who has not looked for so long is at it.
        func places(at now: Moment, within memory: Span) -> Int { now - last <= memory ? places : 0 }
    }

    /// How many stamps are ready for a next search: one for each place, and one more, since the first of them is used at
    /// once and a search may be over as soon.
    private func stampsReady(at now: Moment) -> Int {
        let places = habit.places(at: now, within: parameters.habitMemory)
        return max(parameters.stampsReady, min(places + 1, parameters.stampsReadyMost))
    }

    /// How long before an epoch its stamps are begun.
    private var lead: Span {
        min(parameters.stampLead, policy.epoch / 4)
    }

    /// Brings the stamps that are ready or being made to the number that there should be.
    mutating func planStamps(at now: Moment, using random: inout RandomStream) -> [SeeksEffect] {
        guard let clock else { return [] }
        defer { nextPlanning = planning(after: now, clock: clock) }
        let time = clock.mesh(at: now)
        let current = schedule.epoch(at: time)
        let useless = stamps.drop { epoch in
            epoch > current.saturatingAdd(1) || schedule.stampExpiry(ofEpoch: epoch) <= time
        }
        var effects: [SeeksEffect] = useless.map { .abandonStamp($0) }
        let waiting = seeks.values.count {
            if case .lacking = $0.phase { $0.credential == nil } else { false }
        }
        let ready = stampsReady(at: now)
        effects += order(upTo: ready + waiting, forEpoch: current, using: &random)
        if time >= schedule.end(ofEpoch: current) - lead {
            effects += order(upTo: ready, forEpoch: current.saturatingAdd(1), using: &random)
        }
        return effects
    }

    /// The next moment at which stamps become useless or are to be begun.
    private func planning(after now: Moment, clock: MeshClock) -> Moment? {
        let current = schedule.epoch(at: clock.mesh(at: now))
        let end = schedule.end(ofEpoch: current)
        let times = [end - lead, end, schedule.stampExpiry(ofEpoch: current.saturatingAdd(-1))]
        return times.map { clock.moment(ofMesh: $0) }.filter { $0 > now }.min()
    }

    private mutating func order(
        upTo count: Int, forEpoch epoch: UInt64, using random: inout RandomStream
    ) -> [SeeksEffect] {
        var effects: [SeeksEffect] = []
        while stamps.count(ofEpoch: epoch) < count {
            effects.append(.makeStamp(stamps.order(forEpoch: epoch, using: &random)))
        }
        return effects
    }
}
