// When stamps are made: ahead of the press of the button, and for the next epoch before it begins.

internal import Essentials
internal import Identity
internal import Sodium

extension Seeks {
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
        effects += order(upTo: parameters.stampsReady + waiting, forEpoch: current, using: &random)
        if time >= schedule.end(ofEpoch: current) - lead {
            effects += order(upTo: parameters.stampsReady, forEpoch: current.saturatingAdd(1), using: &random)
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
