// Why a text of our own person was not sent, in words for people.

/// A reason for which a text stays with its writer.
public enum TextRefusal: Error, Hashable, Sendable {
    case empty
    /// More characters than `limit`; `isAnswered` tells whether the stranger has said something yet.
    case tooLong(limit: Int, isAnswered: Bool)
    case tooManyBytes(limit: Int)
    case tooFast(perSecond: Int64, isAnswered: Bool)
    /// So many texts are on their way that the stranger's node has not confirmed.
    case tooManyOnTheWay(limit: UInt64)
    /// Those that are on their way are long, and with this one there would be more than a broken path can make up for.
    case tooMuchOnTheWay
    case notConnected
    case ended
    /// Our own person has asked a question and watches two who discuss it.
    case asks

    /// What happened and why.
    public var reason: String {
        switch self {
        case .empty: "There is nothing in this text."
        case .tooLong(let limit, isAnswered: false):
            "This text is too long: until the stranger has answered, a text may have \(limit) characters."
        case .tooLong(let limit, isAnswered: true): "This text is too long: a text may have \(limit) characters."
        case .tooManyBytes(let limit): "This text is too large: a text may take \(limit) bytes."
        case .tooFast(let perSecond, isAnswered: false):
            "Too many texts at once: until the stranger has answered, \(perSecond) a second may be sent."
        case .tooFast(let perSecond, isAnswered: true):
            "Too many texts at once: \(perSecond) a second may be sent."
        case .tooManyOnTheWay(let limit): "\(limit) texts are on their way and have not arrived yet."
        case .tooMuchOnTheWay: "Long texts are on their way and have not arrived yet; this one would be too much."
        case .notConnected: "The stranger is not there yet."
        case .ended: "This conversation has ended."
        case .asks: "Who asks a question only watches."
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .empty: "Write something first."
        case .tooLong, .tooManyBytes: "Shorten it, or send it in parts."
        case .tooFast: "Wait a moment, then send it again."
        case .tooManyOnTheWay, .tooMuchOnTheWay: "Wait until some of them are marked as delivered, then send it again."
        case .notConnected: "Wait for the hello, then send it again."
        case .ended: "Look for a new stranger."
        case .asks: "Look for somebody to talk to instead: New"
        }
    }

    /// A stable name for metrics.
    var name: String {
        switch self {
        case .empty: "empty"
        case .tooLong: "tooLong"
        case .tooManyBytes: "tooManyBytes"
        case .tooFast: "tooFast"
        case .tooManyOnTheWay: "tooManyOnTheWay"
        case .tooMuchOnTheWay: "tooMuchOnTheWay"
        case .notConnected: "notConnected"
        case .ended: "ended"
        case .asks: "asks"
        }
    }
}
