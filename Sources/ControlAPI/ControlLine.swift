// The lines of the control socket: Protocol/08-control.md, "Lines". One JSON object a line.

/// Limits of the control socket.
public enum ControlLimits {
    /// The longest line a client may write, in bytes without its line feed.
    public static let line = 64 * 1024
    /// The longest line a node writes: a list of all the members there can be.
    public static let answer = 32 * 1024 * 1024
    /// Clients connected at a time.
    public static let clients = 64
    /// Requests of one client that are not answered yet.
    public static let requests = 16
    /// Seats of one client.
    public static let meets = 8
    /// Bytes that may wait for a client that does not read; one more line and it is dropped.
    public static let unread = 256 * 1024
    /// Events that may wait in the client for a face that does not read.
    public static let unreadEvents = 1_024
    /// Seconds a client waits for an answer.
    public static let answerSeconds = 15
}

/// What a client writes.
enum ClientLine: Hashable, Sendable {
    enum Verb: Hashable, Sendable {
        case status
        case peers(addresses: Bool)
        case invite
        case join([String])
        case friends
        case forgetFriend(String)
        case meet(MeetWish)
    }
    case request(id: Int64, Verb)
    /// A command of a seat; one that is none carries what to tell the person.
    case command(id: Int64, Result<MeetCommand, MeetCommandFault>)
    case end(id: Int64)

    var json: JSON {
        switch self {
        case .request(let id, let verb):
            [
                "passant": .integer(Int64(Product.controlVersion)), "id": .integer(id), "verb": .string(verb.name),
                "arguments": verb.arguments,
            ]
        case .command(let id, .success(let command)): ["id": .integer(id), "command": command.json]
        case .command(let id, .failure): ["id": .integer(id), "command": []]
        case .end(let id): ["id": .integer(id), "end": [:]]
        }
    }
}

/// What a server writes.
enum ServerLine: Hashable, Sendable {
    case result(id: Int64, JSON)
    /// Without an id when the line it answers had none that could be read.
    case failure(id: Int64?, ControlError)
    /// The seat is taken; events follow.
    case begun(id: Int64)
    case event(id: Int64, MeetEvent)

    var json: JSON {
        switch self {
        case .result(let id, let value): ["id": .integer(id), "result": value]
        case .failure(let id, let error): ["id": id.map(JSON.integer) ?? .null, "error": error.json]
        case .begun(let id): ["id": .integer(id), "begun": [:]]
        case .event(let id, let event): ["id": .integer(id), "event": event.json]
        }
    }
}

extension ClientLine.Verb {
    var name: String {
        switch self {
        case .status: "status"
        case .peers: "peers"
        case .invite: "invite"
        case .join: "join"
        case .friends: "friends"
        case .forgetFriend: "forget-friend"
        case .meet: "meet"
        }
    }

    var arguments: JSON {
        switch self {
        case .status, .invite, .friends: [:]
        case .forgetFriend(let name): ["name": .string(name)]
        case .peers(let addresses): ["addresses": .bool(addresses)]
        case .join(let invites): ["invites": .strings(invites)]
        case .meet(let wish): wish.json
        }
    }
}

// MARK: - Reading what the other side wrote

/// A line that cannot be served: what to answer, and whether the connection can go on.
struct LineFault: Error, Hashable, Sendable {
    let id: Int64?
    let error: ControlError
    /// Only when it is sure where the next line begins and who asked.
    let canGoOn: Bool

    init(
        _ code: String, _ message: String, id: Int64? = nil, exitCode: Int32 = ExitStatus.badData, canGoOn: Bool = false
    ) {
        self.id = id
        self.canGoOn = canGoOn
        error = ControlError(
            code: code, message: message, remedy: "see Protocol/08-control.md", exitCode: exitCode)
    }
}

extension ClientLine {
    init(parsing line: [UInt8]) throws(LineFault) {
        let json: JSON
        do { json = try JSON(parsing: line) } catch {
            throw LineFault("malformed", "the line is not a request: \(error)")
        }
        guard let id = json["id"]?.integer, id >= 0 else {
            throw LineFault("malformed", "a line needs \"id\", a whole number from 0 on")
        }
        if json["verb"] != nil || json["passant"] != nil {
            self = .request(id: id, try Verb(request: json, id: id))
        } else if let command = json["command"] {
            try Self.check(json, ["id", "command"], id)
            do { self = .command(id: id, .success(try MeetCommand(json: command))) } catch {
                self = .command(id: id, .failure(error))
            }
        } else if json["end"] != nil {
            try Self.check(json, ["id", "end"], id)
            self = .end(id: id)
        } else {
            throw LineFault("malformed", "a line needs \"verb\", \"command\" or \"end\"", id: id, canGoOn: true)
        }
    }

    fileprivate static func check(_ json: JSON, _ names: Set<String>, _ id: Int64) throws(LineFault) {
        do { try json.only(names) } catch { throw LineFault("unknown-field", "\(error)", id: id, canGoOn: true) }
    }
}

extension ClientLine.Verb {
    fileprivate init(request json: JSON, id: Int64) throws(LineFault) {
        guard json["passant"]?.integer == Int64(Product.controlVersion) else {
            throw LineFault(
                "other-version", "this node speaks version \(Product.controlVersion) of the control protocol", id: id,
                exitCode: ExitStatus.protocolMismatch, canGoOn: true)
        }
        try ClientLine.check(json, ["passant", "id", "verb", "arguments"], id)
        guard let verb = json["verb"]?.string else {
            throw LineFault("malformed", "\"verb\" must be a text", id: id, canGoOn: true)
        }
        let arguments = json["arguments"] ?? [:]
        do {
            switch verb {
            case "status":
                try arguments.only([])
                self = .status
            case "peers":
                try arguments.only(["addresses"])
                self = .peers(addresses: arguments["addresses"] == nil ? false : try arguments.bool("addresses"))
            case "invite":
                try arguments.only([])
                self = .invite
            case "join":
                try arguments.only(["invites"])
                self = .join(try arguments.strings("invites"))
            case "friends":
                try arguments.only([])
                self = .friends
            case "forget-friend":
                try arguments.only(["name"])
                self = .forgetFriend(try arguments.string("name"))
            case "meet": self = .meet(try MeetWish(json: arguments))
            default: throw LineFault.unknownVerb(verb, id: id)
            }
        } catch let fault as LineFault {
            throw fault
        } catch {
            let code = if case .unknown? = error as? JSONFault { "unknown-field" } else { "bad-arguments" }
            throw LineFault(code, "\(verb): \(error)", id: id, canGoOn: true)
        }
    }
}

extension LineFault {
    fileprivate static func unknownVerb(_ verb: String, id: Int64) -> LineFault {
        LineFault(
            "unknown-verb",
            "unknown verb \"\(verb.prefix(40))\"; there are: status, peers, invite, join, friends, forget-friend, meet",
            id: id,
            exitCode: ExitStatus.usage, canGoOn: true)
    }
}

extension ServerLine {
    /// Members that this version does not know are ignored.
    init(parsing line: [UInt8]) throws(JSONFault) {
        let json = try JSON(parsing: line)
        let id = json["id"]?.integer
        if let error = json["error"] {
            self = .failure(id: id, try ControlError(json: error))
            return
        }
        guard let id else { throw .missing(name: "id") }
        if let result = json["result"] {
            self = .result(id: id, result)
        } else if let event = json["event"] {
            self = .event(id: id, try MeetEvent(json: event))
        } else {
            _ = try json.require("begun")
            self = .begun(id: id)
        }
    }
}
