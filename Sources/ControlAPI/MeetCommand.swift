// What a person says to the node while they meet strangers, in Omegle's names: Protocol/08-control.md.

/// One command.
public enum MeetCommand: Hashable, Sendable {
    case send(String)
    case typing
    case stoppedTyping
    /// Leave the stranger, or stop looking.
    case disconnect
    /// Look for the next stranger.
    case new
    /// Do not wait any longer for somebody with the same interests.
    case stopLookingForCommonLikes
    /// Wait for somebody with the same interests, however long it takes.
    case lookForCommonLikes
    /// Put the stranger on the own blocklist, with a reason code.
    case block(String)
    /// Report the stranger: a reason code, and the numbers of the messages to show the moderators.
    case report(String, [Int])
    /// Keep a log of this conversation; the stranger is told.
    case save
    /// Meet this stranger again some day, under this name, if they ask for it too.
    case keepInTouch(String)
}

extension MeetCommand {
    /// What the command is called on the wire.
    public var name: String { json.array?.first?.string ?? "" }

    public var json: JSON {
        switch self {
        case .send(let text): ["send", .string(text)]
        case .typing: ["typing"]
        case .stoppedTyping: ["stoppedtyping"]
        case .disconnect: ["disconnect"]
        case .new: ["new"]
        case .stopLookingForCommonLikes: ["stoplookingforcommonlikes"]
        case .lookForCommonLikes: ["lookforcommonlikes"]
        case .block(let reason): ["block", .string(reason)]
        case .report(let reason, let messages):
            ["report", .string(reason), .array(messages.map { .integer(Int64($0)) })]
        case .save: ["save"]
        case .keepInTouch(let name): ["keepintouch", .string(name)]
        }
    }

    /// Every name that a command can have, for messages to people.
    public static let names = [
        "send", "typing", "stoppedtyping", "disconnect", "new", "stoplookingforcommonlikes", "lookforcommonlikes",
        "block", "report", "save", "keepintouch",
    ]
    /// The longest text that `send` takes, in bytes of UTF-8.
    public static let textMaximum = 16_000
    static let reasonMaximum = 64
    static let reportedMaximum = 256
    /// The longest name of a friend, in bytes of UTF-8.
    public static let friendMaximum = 64

    public init(json: JSON) throws(MeetCommandFault) {
        guard let values = json.array, let name = values.first?.string else { throw .notACommand }
        let rest = Array(values.dropFirst())
        switch name {
        case "typing": self = try .init(bare: .typing, rest, name)
        case "stoppedtyping": self = try .init(bare: .stoppedTyping, rest, name)
        case "disconnect": self = try .init(bare: .disconnect, rest, name)
        case "new": self = try .init(bare: .new, rest, name)
        case "stoplookingforcommonlikes": self = try .init(bare: .stopLookingForCommonLikes, rest, name)
        case "lookforcommonlikes": self = try .init(bare: .lookForCommonLikes, rest, name)
        case "save": self = try .init(bare: .save, rest, name)
        case "send":
            guard rest.count == 1, let text = rest[0].string else { throw .misused(name, form: "[\"send\",\"text\"]") }
            guard text.utf8.count <= Self.textMaximum else { throw .tooLong(bytes: text.utf8.count) }
            guard !text.isEmpty else { throw .misused(name, form: "[\"send\",\"text\"] with some text") }
            self = .send(text)
        case "block":
            guard rest.count == 1, let reason = Self.reason(rest[0]) else {
                throw .misused(name, form: "[\"block\",\"reason\"]")
            }
            self = .block(reason)
        case "report":
            guard (1...2).contains(rest.count), let reason = Self.reason(rest[0]),
                let messages = Self.numbers(rest.count == 2 ? rest[1] : [])
            else { throw .misused(name, form: "[\"report\",\"reason\",[1,2]]") }
            self = .report(reason, messages)
        case "keepintouch":
            guard rest.count == 1, let friend = Self.friendName(rest[0]) else {
                throw .misused(name, form: "[\"keepintouch\",\"name\"], a name of 1 to \(Self.friendMaximum) bytes")
            }
            self = .keepInTouch(friend)
        default: throw .unknown(String(name.prefix(40)))
        }
    }

    private init(bare command: MeetCommand, _ rest: [JSON], _ name: String) throws(MeetCommandFault) {
        guard rest.isEmpty else { throw .misused(name, form: "[\"\(name)\"]") }
        self = command
    }

    private static func reason(_ value: JSON) -> String? {
        guard let text = value.string, !text.isEmpty, text.utf8.count <= reasonMaximum else { return nil }
        return text
    }

    static func friendName(_ value: JSON) -> String? {
        guard let name = value.string, isFriendName(name) else { return nil }
        return name
    }

    /// What a friend can be called: something that can be seen, on one line.
    public static func isFriendName(_ name: String) -> Bool {
        (1...friendMaximum).contains(name.utf8.count) && !name.allSatisfy(\.isWhitespace)
            && name.unicodeScalars.allSatisfy { scalar in
                let kind = scalar.properties.generalCategory
                return ![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned].contains(
                    kind)
            }
    }

    private static func numbers(_ value: JSON) -> [Int]? {
        guard let values = value.array, values.count <= reportedMaximum else { return nil }
        let numbers = values.compactMap(\.integer).filter { $0 >= 1 }.map(Int.init(clamping:))
        return numbers.count == values.count ? numbers : nil
    }
}

/// Why a line is no command. `description` is for the person who wrote it.
public enum MeetCommandFault: Error, Hashable, Sendable, CustomStringConvertible {
    case notACommand
    case unknown(String)
    case misused(String, form: String)
    case tooLong(bytes: Int)

    public var description: String {
        switch self {
        case .notACommand: "a command is a JSON array that begins with its name, like [\"send\",\"hi\"]"
        case .unknown(let name):
            "unknown command \"\(name)\"; there are: \(MeetCommand.names.joined(separator: ", "))"
        case .misused(let name, let form): "\(name) is written \(form)"
        case .tooLong(let bytes):
            "the text has \(bytes) bytes, at most \(MeetCommand.textMaximum) can be sent; send it in parts"
        }
    }
}
