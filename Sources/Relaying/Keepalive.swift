// Whether the other end of a link still lives, by our own missed answers only, and how long a round trip takes.

internal import Essentials

struct Keepalive {
    enum Verdict: Hashable {
        case wait(until: Moment)
        case ask
        case dead
    }

    /// So many answers may be missed.
    static let missesAllowed = 3

    private(set) var lastHeard: Moment
    private var outstanding: (token: UInt64, sent: Moment, due: Moment)?
    private var missed = 0
    private var lastMeasured: Moment?
    private var smoothed: Span?
    private var variation: Span = .zero
    private let minimum: Span
    private let maximum: Span
    private let measureInterval: Span
    private let limits: RelayingLimits
    /// What the last measurement was worth.
    enum Measured { case well, badly, moving }
    /// While clocks move against each other, or are known badly, round trips are measured more often.
    var measured = Measured.well

    init(limits: RelayingLimits, hasDialled: Bool, at now: Moment) {
        lastHeard = now
        minimum = limits.answerMinimum
        maximum = limits.answerMaximum
        self.limits = limits
        measureInterval = hasDialled ? limits.measureInterval : limits.measureInterval * 4
    }

    /// Whether an answer is waited for.
    var isWaiting: Bool { outstanding != nil }

    /// A guess until it has been measured.
    var roundTrip: Span { smoothed ?? .milliseconds(100) }

    /// As RFC 6298 has it, within our bounds.
    private var answerTime: Span {
        guard let smoothed else { return maximum }
        return min(max(smoothed + variation * 4, minimum), maximum)
    }

    /// Anything that the other end sealed shows that it lives.
    mutating func heard(at now: Moment) {
        lastHeard = now
        missed = 0
    }

    /// What to do now, when silence of `interval` is too long.
    mutating func review(interval: Span, at now: Moment) -> Verdict {
        if let outstanding {
            if lastHeard > outstanding.sent {
                self.outstanding = nil
            } else if now < outstanding.due {
                return .wait(until: outstanding.due)
            } else {
                self.outstanding = nil
                missed += 1
                return missed >= Self.missesAllowed ? .dead : .ask
            }
        }
        let silent = lastHeard + interval
        let again =
            switch measured {
            case .well: measureInterval
            case .badly: limits.measureIntervalUncertain
            case .moving: limits.measureIntervalMoving
            }
        let unmeasured = (lastMeasured ?? .origin) + again
        let due = lastMeasured == nil ? now : min(silent, unmeasured)
        return due <= now ? .ask : .wait(until: due)
    }

    /// A ping with this token leaves; returns when its answer is due.
    mutating func asked(token: UInt64, at now: Moment) -> Moment {
        let due = now + answerTime
        outstanding = (token, now, due)
        lastMeasured = now
        return due
    }

    /// An answer came; returns the round trip unless it answers nothing that was asked.
    mutating func answered(token: UInt64, at now: Moment) -> Span? {
        guard let asked = outstanding, asked.token == token else { return nil }
        outstanding = nil
        let measured = now - asked.sent
        if let old = smoothed {
            variation = (variation * 3 + (old - measured).magnitude) / 4
            smoothed = (old * 7 + measured) / 8
        } else {
            smoothed = measured
            variation = measured / 2
        }
        return measured
    }
}
