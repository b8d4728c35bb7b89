// What a person is told while they meet strangers: Omegle's own events, which fifteen years of clients speak,
// and ours. On the wire each is a JSON array whose first element is the name: Protocol/08-control.md.

/// One event.
public enum MeetEvent: Hashable, Sendable {
    /// The search for a stranger has begun.
    case waiting
    case connected
    /// The interests that both have.
    case commonLikes([String])
    case typing
    case stoppedTyping
    case gotMessage(String)
    /// The question that two strangers are to discuss.
    case question(String)
    /// A word of one of the two who discuss: who ("Stranger 1"), what.
    case spyMessage(String, String)
    case spyTyping(String)
    case spyStoppedTyping(String)
    case spyDisconnected(String)
    /// A sentence of the node's own.
    case serverMessage(String)
    case strangerDisconnected
    case error(String)

    /// The same words on both sides mean that nobody sits between the two ends of the channel.
    case safetyWords([String])
    /// The first so many texts sent in this conversation have arrived.
    case delivered(Int)
    /// The path broke; the node looks for another one.
    case interrupted
    case resumed
    /// A meeting was refused; the object says by which entry of whose list.
    case refused(JSON)
    /// The stranger keeps a log of this conversation.
    case saved
    /// Both asked to keep in touch; the stranger goes by this name here.
    case keptInTouch(String)
    /// The stranger was put on the own blocklist; the object says as what.
    case blocked(JSON)
}

extension MeetEvent {
    public var json: JSON {
        switch self {
        case .waiting: ["waiting"]
        case .connected: ["connected"]
        case .commonLikes(let likes): ["commonLikes", .strings(likes)]
        case .typing: ["typing"]
        case .stoppedTyping: ["stoppedTyping"]
        case .gotMessage(let text): ["gotMessage", .string(text)]
        case .question(let text): ["question", .string(text)]
        case .spyMessage(let who, let text): ["spyMessage", .string(who), .string(text)]
        case .spyTyping(let who): ["spyTyping", .string(who)]
        case .spyStoppedTyping(let who): ["spyStoppedTyping", .string(who)]
        case .spyDisconnected(let who): ["spyDisconnected", .string(who)]
        case .serverMessage(let text): ["serverMessage", .string(text)]
        case .strangerDisconnected: ["strangerDisconnected"]
        case .error(let text): ["error", .string(text)]
        case .safetyWords(let words): ["safetyWords", .strings(words)]
        case .delivered(let count): ["delivered", .integer(Int64(count))]
        case .interrupted: ["interrupted"]
        case .resumed: ["resumed"]
        case .refused(let details): ["refused", details]
        case .saved: ["saved"]
        case .keptInTouch(let name): ["keptInTouch", .string(name)]
        case .blocked(let details): ["blocked", details]
        }
    }

    /// Throws for an unknown name, and for a known one with other values than it has.
    public init(json: JSON) throws(JSONFault) {
        guard let values = json.array, let name = values.first?.string else { throw .missing(name: "event") }
        let rest = Array(values.dropFirst())
        if let event = Self.bare(name) {
            guard rest.isEmpty else { throw .missing(name: name) }
            self = event
            return
        }
        switch (name, rest.count) {
        case ("commonLikes", 1): self = .commonLikes(try Self.words(rest[0], name))
        case ("safetyWords", 1): self = .safetyWords(try Self.words(rest[0], name))
        case ("gotMessage", 1): self = .gotMessage(try Self.text(rest[0], name))
        case ("question", 1): self = .question(try Self.text(rest[0], name))
        case ("spyMessage", 2): self = .spyMessage(try Self.text(rest[0], name), try Self.text(rest[1], name))
        case ("spyTyping", 1): self = .spyTyping(try Self.text(rest[0], name))
        case ("spyStoppedTyping", 1): self = .spyStoppedTyping(try Self.text(rest[0], name))
        case ("spyDisconnected", 1): self = .spyDisconnected(try Self.text(rest[0], name))
        case ("serverMessage", 1): self = .serverMessage(try Self.text(rest[0], name))
        case ("error", 1): self = .error(try Self.text(rest[0], name))
        case ("keptInTouch", 1): self = .keptInTouch(try Self.text(rest[0], name))
        case ("delivered", 1):
            guard let count = rest[0].integer, count >= 0 else { throw .missing(name: name) }
            self = .delivered(Int(clamping: count))
        case ("refused", 1): self = .refused(try Self.details(rest[0], name))
        case ("blocked", 1): self = .blocked(try Self.details(rest[0], name))
        default: throw .unknown(name: name)
        }
    }

    private static func bare(_ name: String) -> MeetEvent? {
        switch name {
        case "waiting": .waiting
        case "connected": .connected
        case "typing": .typing
        case "stoppedTyping": .stoppedTyping
        case "strangerDisconnected": .strangerDisconnected
        case "interrupted": .interrupted
        case "resumed": .resumed
        case "saved": .saved
        default: nil
        }
    }

    private static func text(_ value: JSON, _ name: String) throws(JSONFault) -> String {
        guard let text = value.string else { throw .missing(name: name) }
        return text
    }

    private static func words(_ value: JSON, _ name: String) throws(JSONFault) -> [String] {
        guard let values = value.array else { throw .missing(name: name) }
        return try JSON.texts(in: values, name)
    }

    private static func details(_ value: JSON, _ name: String) throws(JSONFault) -> JSON {
        guard value.members != nil else { throw .missing(name: name) }
        return value
    }
}
