// The settings a node has, under their three names.

/// One setting: `log-level` in the file and as a flag's key, `PASSANT_LOG_LEVEL` in the environment.
public enum SettingKey: String, CaseIterable, Hashable, Sendable, Comparable {
    case listen
    case address
    case role
    case join
    case network
    case web
    case logLevel = "log-level"
    case passphraseFile = "passphrase-file"
    case noRepeatHours = "no-repeat-hours"

    /// The environment variable's name.
    public var environmentName: String { "PASSANT_" + rawValue.uppercased().replacing("-", with: "_") }

    /// What the setting does, in one line.
    public var summary: String {
        switch self {
        case .listen: "where a member accepts links, as HOST:PORT"
        case .address: "where others reach this member, as HOST:PORT; published in its record"
        case .role: "member or leaf"
        case .join: "invites to enter the mesh with"
        case .network: "the mesh's name: 1 to 32 of a-z, 0-9 and -"
        case .web: "where the web page is served, as HOST:PORT, or off"
        case .logLevel: "trace, debug, info, notice, warning or error"
        case .passphraseFile: "a file whose first line opens the identity key"
        case .noRepeatHours:
            "for how many hours, 0 to 24, a stranger is met again only if 10 s bring nobody else; "
                + "of the last 128, and until the node stops"
        }
    }

    /// How many values it takes.
    enum Shape {
        /// A string in the file.
        case one
        /// A string or an array of strings; no flag needs more than one as a rule.
        case oneOrMore
        /// An array of strings.
        case list
    }

    var shape: Shape {
        switch self {
        case .join: .list
        case .listen: .oneOrMore
        default: .one
        }
    }

    public static func < (left: SettingKey, right: SettingKey) -> Bool { left.rawValue < right.rawValue }
}

/// Where a value came from, strongest first.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    case flag(SettingKey)
    case environment(String)
    case file(String, line: Int)
    case standard

    public var description: String {
        switch self {
        case .flag(.role): "--member or --leaf"
        case .flag(let key): "--\(key.rawValue)"
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): "\(path):\(line)"
        case .standard: "default"
        }
    }
}

/// A value and where it came from.
public struct Setting<Value: Hashable & Sendable>: Hashable, Sendable {
    public let value: Value
    public let origin: SettingOrigin

    public init(_ value: Value, from origin: SettingOrigin) {
        self.value = value
        self.origin = origin
    }
}

/// A value as text, before it is understood.
struct RawSetting: Hashable, Sendable {
    let texts: [String]
    let origin: SettingOrigin
}
