// What time the mesh agrees on. A member goes by what its links show, so that less than a third of them lying
// cannot lead it outside of what the honest ones say; a leaf, which has only its homes, lets them refine what the
// heartbeats of all members say. Protocol/04-membership.md, "Mesh time".

internal import Essentials

/// What one link says: the other member's wall clock, or a home's mesh time for its leaf, minus the own wall clock.
struct OffsetSample: Hashable, Sendable {
    var offset: Span
    /// The other member's mesh time minus its own wall clock. It is read there at one instant, so it is exact.
    var peerOffset: Span?
    let uncertainty: Span
    let measured: Moment

    /// The other member's mesh time minus the own wall clock.
    var meshOffset: Span? { peerOffset.map { offset + $0 } }

    /// Whether a newer sample is the better one. An old one loses in time, and one that contradicts the newer
    /// by more than both allow is of a clock that has been set since.
    func yields(to newer: OffsetSample) -> Bool {
        let ageing = Span(
            microseconds: (newer.measured - measured).microseconds / 1_000_000
                * MembershipLimits.offsetAgeing.microseconds)
        let contradiction = (newer.offset - offset).magnitude
        return newer.uncertainty <= uncertainty + ageing || contradiction > newer.uncertainty + uncertainty
    }
}

/// What one heartbeat says to a leaf: its time minus the own wall clock when it came.
struct HeartbeatSample: Sendable {
    let offset: Span
    let period: Span
    /// It came after another one and in time, so not out of somebody's table.
    let isInTime: Bool
}

struct MeshTime: Sendable {
    struct Estimate: Hashable, Sendable {
        let offset: Span
        let uncertainty: Span
    }

    private(set) var clock: MeshClock
    /// When there was something to go by for the first time.
    private(set) var settlingSince: Moment?

    init(clock: MeshClock) { self.clock = clock }

    func isSettled(at now: Moment) -> Bool {
        settlingSince.map { now - $0 >= MembershipLimits.clockSettling } ?? false
    }

    /// A member: in the middle of its own and its neighbours' mesh times, so that all come to the same, and no further
    /// from the median of their wall clocks (its own is one of them) than those are from each other, so that all
    /// together do not drift away. Where no mesh times are known, that median itself.
    func memberEstimate(_ samples: [OffsetSample]) -> Estimate? {
        let walls = samples.map(\.offset) + [.zero]
        guard let uncertainty = Self.lowerMedian(samples.map(\.uncertainty)), let anchor = Self.median(walls) else {
            return nil
        }
        let times = samples.compactMap(\.meshOffset)
        guard !times.isEmpty, let middle = Self.middleThird(times + [clock.offset]) else {
            return Estimate(offset: anchor, uncertainty: uncertainty)
        }
        let dispersion = Self.median(walls.map { ($0 - anchor).magnitude }) ?? .zero
        let leash = dispersion * 6 + MembershipLimits.clockLeash
        return Estimate(offset: min(max(middle, anchor - leash), anchor + leash), uncertainty: uncertainty)
    }

    /// A leaf: the median over all present members' heartbeats, which one home cannot forge, gives a range; within
    /// it the links to homes, measured by round trips, give the offset.
    ///
    /// A heartbeat is late by the time it took to spread, never early. While most of them came out of a home's
    /// table they may be late by up to a period, so the range reaches up by that much.
    func leafEstimate(_ samples: [OffsetSample], heartbeats: [HeartbeatSample]) -> Estimate? {
        let bound = MembershipLimits.leafClockBound
        let linked = Self.median(samples.map(\.offset))
        let linkedUncertainty = Self.lowerMedian(samples.map(\.uncertainty)) ?? bound
        let inTime = heartbeats.filter(\.isInTime)
        let areFresh = inTime.count * 2 >= heartbeats.count
        guard let middle = Self.median((areFresh ? inTime : heartbeats).map(\.offset)) else {
            return linked.map { Estimate(offset: $0, uncertainty: linkedUncertainty) }
        }
        let lateness = areFresh ? .zero : Self.median(heartbeats.map(\.period)) ?? .zero
        guard let linked else {
            return Estimate(offset: middle + lateness / 2, uncertainty: bound + lateness / 2)
        }
        let offset = min(max(linked, middle - bound), middle + lateness + MembershipLimits.leafClockLateness)
        return Estimate(offset: offset, uncertainty: linkedUncertainty)
    }

    /// Goes towards an estimate: at once while settling, later by bounded steps. Returns what to tell others, and
    /// nil if it is not worth telling.
    mutating func approach(_ estimate: Estimate, at now: Moment) -> MeshClock? {
        let isSettled = isSettled(at: now)
        if settlingSince == nil { settlingSince = now }
        let wanted = estimate.offset - clock.offset
        let limit = MembershipLimits.clockStepLargest
        let step = isSettled ? min(max(wanted, .zero - limit), limit) : wanted
        let sharpens = (estimate.uncertainty - clock.uncertainty).magnitude
        let reported = MembershipLimits.clockStepReported
        guard wanted.magnitude >= reported || sharpens >= reported else { return nil }
        if wanted.magnitude >= reported { clock.offset = clock.offset + step }
        clock.uncertainty = estimate.uncertainty
        return clock
    }

    /// Whether bounded steps have a way to go yet.
    func isFar(from estimate: Estimate) -> Bool {
        (estimate.offset - clock.offset).magnitude >= MembershipLimits.clockStepReported
    }

    /// The machine's wall clock was set by `step`. Mesh time goes on as if nothing had happened, unless there was
    /// nothing to go by but that clock.
    mutating func wallClockStepped(by step: Span) {
        clock.wallAtOrigin = clock.wallAtOrigin + step
        if settlingSince != nil { clock.offset = clock.offset - step }
    }

    /// The middle value; between the two middle ones when there are as many on either side.
    static func median(_ spans: [Span]) -> Span? { mean(spans.sorted(), dropping: (spans.count - 1) / 2) }

    /// Of an even number the lower of the middle two, so that half of them cannot raise it.
    private static func lowerMedian(_ spans: [Span]) -> Span? {
        spans.isEmpty ? nil : spans.sorted()[(spans.count - 1) / 2]
    }

    /// The mean of what is left without the lowest and the highest third.
    static func middleThird(_ spans: [Span]) -> Span? { mean(spans.sorted(), dropping: spans.count / 3) }

    private static func mean(_ sorted: [Span], dropping count: Int) -> Span? {
        let kept = sorted.dropFirst(max(0, count)).dropLast(max(0, count))
        guard let first = kept.first else { return nil }
        // Sums of differences, which are small where the values themselves may be anything.
        let excess = kept.reduce(Span.zero) { $0 + ($1 - first) }
        return first + excess / Int64(kept.count)
    }
}
