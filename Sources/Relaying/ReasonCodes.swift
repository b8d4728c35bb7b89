// The numbers that tell the other end why. See Protocol/05-homes-and-doors.md.

/// The order in which frames leave when not all fit: lower first.
public enum StreamPriority: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    case text = 1
    case voice = 2
    case video = 3

    public static func < (left: StreamPriority, right: StreamPriority) -> Bool { left.rawValue < right.rawValue }

    /// A number that a peer sent: what a later version may mean by others is the least urgent here, and nobody
    /// outside gets before text.
    init(outside number: UInt8) { self = number <= 1 ? .text : number == 2 ? .voice : .video }
}

/// Why a stream was reset. A number that this version does not know is kept as it is.
public struct ResetCode: Hashable, Sendable {
    public let number: UInt16
    public init(number: UInt16) { self.number = number }

    /// Its owner has no more use for it.
    public static let cancelled = ResetCode(number: 1)
    /// The member could not be reached.
    public static let unreachable = ResetCode(number: 2)
    /// This node does not do that for that peer.
    public static let notAllowed = ResetCode(number: 3)
    /// Too many streams.
    public static let tooManyStreams = ResetCode(number: 4)
    /// Too many bytes for today.
    public static let overQuota = ResetCode(number: 5)
    /// Something took too long.
    public static let expired = ResetCode(number: 6)
    /// This node has no room at the moment.
    public static let overloaded = ResetCode(number: 7)
    /// What came over the stream is not what it should be.
    public static let malformed = ResetCode(number: 8)
    /// The link it was carried over is gone.
    public static let broken = ResetCode(number: 9)
}

/// Why a link is closed, in a `close` frame.
public enum CloseCode {
    public static let goodbye: UInt16 = 0
    public static let violation: UInt16 = 1
    public static let idle: UInt16 = 2
    public static let overloaded: UInt16 = 3
    public static let incompatible: UInt16 = 4
}

/// Why a home declines, in `Control.refused`.
public enum RefusalCode {
    /// Enough leaves.
    public static let full: UInt32 = 1
    /// This node is no home.
    public static let notHome: UInt32 = 2
    /// More bytes a second than the terms say: the leaf is slowed down.
    public static let tooFast: UInt32 = 3
    /// The day's bytes are used up.
    public static let dayUsedUp: UInt32 = 4
    /// More streams than the terms say.
    public static let tooManyStreams: UInt32 = 5
}
