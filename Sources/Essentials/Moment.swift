// Monotonic time and lengths of time. Every operation saturates: a length that a peer chose can be
// absurd, and arithmetic on it must not trap.

/// A point on the node's own monotonic clock, in microseconds since an origin that means nothing
/// outside this process.
public struct Moment: Hashable, Comparable, Sendable {
    public let microseconds: UInt64

    public init(microseconds: UInt64) { self.microseconds = microseconds }

    public static let origin = Moment(microseconds: 0)
    public static let distantFuture = Moment(microseconds: .max)

    public static func < (left: Moment, right: Moment) -> Bool { left.microseconds < right.microseconds }

    public static func + (left: Moment, right: Span) -> Moment {
        Moment(microseconds: left.microseconds.saturatingAdd(right.microseconds))
    }

    public static func - (left: Moment, right: Span) -> Moment {
        left + Span(microseconds: right.microseconds == .min ? .max : -right.microseconds)
    }

    /// The span from `right` to `left`; negative when `right` is later.
    public static func - (left: Moment, right: Moment) -> Span {
        left.microseconds >= right.microseconds
            ? Span(microseconds: Int64(clamping: left.microseconds - right.microseconds))
            : Span(microseconds: -Int64(clamping: right.microseconds - left.microseconds))
    }
}

/// A length of time in microseconds, possibly negative.
public struct Span: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let zero = Span(microseconds: 0)

    public static func microseconds(_ count: Int64) -> Span { Span(microseconds: count) }
    public static func milliseconds(_ count: Int64) -> Span { Span(microseconds: count.saturatingMultiply(1_000)) }
    public static func seconds(_ count: Int64) -> Span { Span(microseconds: count.saturatingMultiply(1_000_000)) }
    public static func minutes(_ count: Int64) -> Span { seconds(count.saturatingMultiply(60)) }
    public static func hours(_ count: Int64) -> Span { minutes(count.saturatingMultiply(60)) }
    public static func days(_ count: Int64) -> Span { hours(count.saturatingMultiply(24)) }

    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { microseconds / 1_000 }

    public static func < (left: Span, right: Span) -> Bool { left.microseconds < right.microseconds }
    public static func + (left: Span, right: Span) -> Span {
        Span(microseconds: left.microseconds.saturatingAdd(right.microseconds))
    }
    public static func - (left: Span, right: Span) -> Span {
        Span(microseconds: left.microseconds.saturatingSubtract(right.microseconds))
    }
    public static func * (left: Span, right: Int64) -> Span {
        Span(microseconds: left.microseconds.saturatingMultiply(right))
    }
    public static func / (left: Span, right: Int64) -> Span {
        // Dividing by nothing gives "for ever", and the one quotient that does not fit stops at the end.
        if right == 0 || (right == -1 && left.microseconds == .min) { return Span(microseconds: .max) }
        return Span(microseconds: left.microseconds / right)
    }

    /// The same length, never negative.
    public var magnitude: Span { microseconds < 0 ? Span(microseconds: .zero.saturatingSubtract(microseconds)) : self }
}

/// Wall-clock time in milliseconds since 1970: what a node's own clock says, or what the mesh agrees on
/// (then it is called mesh time). Never used to measure lengths.
public struct WallTime: Hashable, Comparable, Sendable {
    public let milliseconds: UInt64

    public init(milliseconds: UInt64) { self.milliseconds = milliseconds }

    public static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

    public static func + (left: WallTime, right: Span) -> WallTime {
        WallTime(milliseconds: left.milliseconds.saturatingAdd(right.milliseconds))
    }
    public static func - (left: WallTime, right: Span) -> WallTime { left + (.zero - right) }

    /// The span from `right` to `left`; negative when `right` is later.
    public static func - (left: WallTime, right: WallTime) -> Span {
        left.milliseconds >= right.milliseconds
            ? .milliseconds(Int64(clamping: left.milliseconds - right.milliseconds))
            : .milliseconds(-Int64(clamping: right.milliseconds - left.milliseconds))
    }
}
