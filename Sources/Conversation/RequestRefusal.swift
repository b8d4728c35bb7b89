// Why something that our own person asked for, other than a text, was not done, in words for people.

/// A reason for which a request is not carried out.
public enum RequestRefusal: String, Error, Hashable, Sendable {
    case notConnected
    case ended
    /// The stranger could not be told.
    case pathBroken
    case notBothSpoke
    /// The stranger's node does not know of it.
    case unknownToThem
    /// Our own person has asked a question and watches two who discuss it.
    case asks

    public var reason: String {
        switch self {
        case .notConnected: "The stranger is not there yet."
        case .ended: "This conversation has ended."
        case .pathBroken: "The path to the stranger broke, so they cannot be told."
        case .notBothSpoke: "So far only one of you has said anything."
        case .unknownToThem: "The stranger's node does not know how."
        case .asks: "Who asks a question only watches."
        }
    }

    public var remedy: String {
        switch self {
        case .notConnected: "Wait for the hello, then try again."
        case .ended: "Look for a new stranger."
        case .pathBroken: "Wait until there is a path again."
        case .notBothSpoke: "Try again when both have spoken."
        case .unknownToThem: "There is nothing to do about it in this conversation."
        case .asks: "Look for somebody to talk to instead: New"
        }
    }
}
