// Rounds and epochs are counted from 1970 in mesh time, so that everybody numbers them alike without being
// told. A round belongs to one epoch, the one in which it begins. See Protocol/06-pairing.md, "Time".

public import Essentials
public import Identity

/// Which round and epoch a mesh time falls in, and what is open then.
///
/// Every method takes any number: rounds that cannot exist saturate, none traps.
public struct RoundSchedule: Hashable, Sendable {
    private let round: UInt64
    private let epoch: UInt64
    private let overlap: Span
    /// A deposit is in time until this long after its round's end.
    public let grace: Span
    /// A keeper answers this long after it stopped accepting.
    public let answerDelay: Span
    /// Rounds for which a key and its stamp may be used.
    public let credentialRounds: UInt64

    public init(policy: NetworkPolicy) {
        round = UInt64(clamping: max(1, policy.round.milliseconds))
        epoch = UInt64(clamping: max(1, policy.epoch.milliseconds))
        overlap = policy.epochOverlap
        grace = policy.roundGrace
        answerDelay = policy.answerDelay
        credentialRounds = max(1, UInt64(clamping: PairingParameters.credentialLifetime.milliseconds) / round)
    }

    public func round(at time: WallTime) -> UInt64 { time.milliseconds / round }

    public func start(ofRound number: UInt64) -> WallTime { WallTime(milliseconds: Self.product(number, round)) }

    public func end(ofRound number: UInt64) -> WallTime {
        start(ofRound: number) + .milliseconds(Int64(clamping: round))
    }

    public func epoch(ofRound number: UInt64) -> UInt64 { Self.product(number, round) / epoch }

    public func epoch(at time: WallTime) -> UInt64 { time.milliseconds / epoch }

    public func start(ofEpoch number: UInt64) -> WallTime { WallTime(milliseconds: Self.product(number, epoch)) }

    /// When a stamp of an epoch is worth nothing any more.
    public func stampExpiry(ofEpoch number: UInt64) -> WallTime { end(ofEpoch: number) + overlap }

    public func end(ofEpoch number: UInt64) -> WallTime {
        start(ofEpoch: number) + .milliseconds(Int64(clamping: epoch))
    }

    /// Whether a stamp made for `stampEpoch` may be used in a round: in its own epoch, and while the next one begins.
    public func acceptsStamp(of stampEpoch: UInt64, inRound number: UInt64) -> Bool {
        let current = epoch(ofRound: number)
        if stampEpoch == current { return true }
        return current > 0 && stampEpoch == current - 1 && start(ofRound: number) < stampExpiry(ofEpoch: stampEpoch)
    }

    /// Whether a keeper that reads `time` may still, or already, accept an offer for a round.
    public func isOpen(_ number: UInt64, at time: WallTime, early: Span) -> Bool {
        start(ofRound: number) - early <= time && time < end(ofRound: number) + grace
    }

    private static func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
