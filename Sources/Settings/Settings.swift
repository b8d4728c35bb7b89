// What a node was told: flags over environment over configuration file over defaults. Every value remembers
// where it came from, so that `passant config show` and every error can say it.

private import Foundation

/// The settings of one node, understood one by one; `check()` judges them together.
public struct Settings: Hashable, Sendable {
    public enum Role: String, CaseIterable, Hashable, Sendable {
        /// Publishes a record and serves others.
        case member
        /// Publishes nothing.
        case leaf
    }

    public enum Web: Hashable, Sendable {
        case off
        case at(HostPort)
    }

    /// Empty when it was not given.
    public let listen: Setting<[HostPort]>
    public let address: Setting<HostPort?>
    public let role: Setting<Role>
    /// Invites as they were given; whoever uses them parses them.
    public let join: Setting<[String]>
    public let network: Setting<String>
    public let web: Setting<Web>
    public let logLevel: Setting<LogLevel>
    /// An absolute path.
    public let passphraseFile: Setting<String?>
    /// 0 to 24; 0 for no such time.
    public let noRepeatHours: Setting<Int>

    /// - Parameters:
    ///   - flags: what the command line gave, as text; a flag that was not given is absent. `--member` and `--leaf`
    ///     are values of `.role`.
    ///   - environment: the process's environment variables. An empty variable counts as not set.
    ///   - paths: says where the configuration file is.
    public static func load(
        flags: [SettingKey: [String]], environment: [String: String], paths: DataPaths
    ) throws(PassantError) -> Settings {
        var raw = try ConfigurationFile.read(paths.configuration)
        raw.merge(try Self.environmentSettings(environment)) { $1 }
        for (key, texts) in flags { raw[key] = RawSetting(texts: texts, origin: .flag(key)) }
        return try Settings(raw)
    }

    init(_ raw: [SettingKey: RawSetting]) throws(PassantError) {
        let values = SettingReader(raw: raw)
        listen = try values.readEach(.listen) { (text) throws(ValueFault) in try SettingReader.hostPort(text) }
        address = try values.read(.address, standard: nil) { (text) throws(ValueFault) in
            try SettingReader.hostPort(text)
        }
        role = try values.read(.role, standard: .leaf) { (text) throws(ValueFault) in
            try SettingReader.choice(text)
        }
        network = try values.read(.network, standard: "main") { (text) throws(ValueFault) in
            try SettingReader.networkName(text)
        }
        web = try values.read(.web, standard: .off) { (text) throws(ValueFault) in
            text == "off" ? .off : .at(try SettingReader.hostPort(text))
        }
        logLevel = try values.read(.logLevel, standard: .notice) { (text) throws(ValueFault) in
            try SettingReader.choice(text)
        }
        let directory: String? =
            if case .file(let path, _) = raw[.passphraseFile]?.origin { DataPaths.parent(of: path) } else { nil }
        passphraseFile = try values.read(.passphraseFile, standard: nil) { (text) throws(ValueFault) in
            try SettingReader.path(text, relativeTo: directory)
        }
        noRepeatHours = try values.read(.noRepeatHours, standard: 24) { (text) throws(ValueFault) in
            try SettingReader.number(text, in: 0...24)
        }
        join = try values.readEach(.join) { (text) throws(ValueFault) in text }
    }

    /// What a member's record publishes: `address`, or else the first place where it listens.
    public var published: HostPort? { address.value ?? listen.value.first }

    /// Every setting as text with its origin, in the order of `SettingKey`, for `passant config show`.
    public var listing: [(key: SettingKey, value: String, origin: SettingOrigin)] {
        SettingKey.allCases.map { key in
            switch key {
            case .listen: (key, listen.value.map(\.description).joined(separator: " "), listen.origin)
            case .address: (key, address.value?.description ?? "", address.origin)
            case .role: (key, role.value.rawValue, role.origin)
            case .join: (key, join.value.joined(separator: " "), join.origin)
            case .network: (key, network.value, network.origin)
            case .web: (key, web.value == .off ? "off" : webText, web.origin)
            case .logLevel: (key, logLevel.value.rawValue, logLevel.origin)
            case .passphraseFile: (key, passphraseFile.value ?? "", passphraseFile.origin)
            case .noRepeatHours: (key, String(noRepeatHours.value), noRepeatHours.origin)
            }
        }
    }

    /// The network, when anybody named one.
    public var givenNetwork: String? { network.origin == .standard ? nil : network.value }

    private var webText: String {
        if case .at(let place) = web.value { return place.description }
        return ""
    }
}

/// How much the log says; each level holds those after it.
public enum LogLevel: String, CaseIterable, Hashable, Sendable {
    case trace, debug, info, notice, warning, error
}
