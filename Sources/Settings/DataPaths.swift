// Where a node keeps its files. Without `--data` the places are those of the XDG base directories; with it
// everything lies under one directory, so that many nodes live on one machine.

private import Foundation

/// The files of one node. Every path is absolute.
public struct DataPaths: Hashable, Sendable {
    /// Written by people, never by the node.
    public let configuration: String
    /// The directory of everything that must outlive the process. Mode 0700 when the node makes it.
    public let directory: String
    /// The control socket, at most `socketPathMaximum` bytes long.
    public let socket: String

    /// What fits into `sockaddr_un` with its closing zero.
    public static let socketPathMaximum = 107

    public var database: String { directory + "/node.sqlite" }
    public var identity: String { directory + "/identity.key" }
    public var lock: String { directory + "/node.lock" }
    /// Conversations that the person asked to keep.
    public var logs: String { directory + "/logs" }
    /// What the person likes to talk about, if they asked to keep it.
    public var remembered: String { directory + "/remembered.json" }
    public var socketDirectory: String { Self.parent(of: socket) }

    /// - Parameters:
    ///   - data: what `--data` or `PASSANT_DATA` gave; nil for the XDG places.
    ///   - environment: the process's environment variables.
    public init(data: String?, environment: [String: String]) throws(PassantError) {
        let data = data ?? environment["PASSANT_DATA"]
        // A relative path in an XDG variable is to be ignored, says the XDG specification.
        func base(_ variable: String) -> String? {
            environment[variable].flatMap { $0.hasPrefix("/") ? Self.canonical($0) : nil }
        }
        let runtime = base("XDG_RUNTIME_DIR")
        if let data {
            guard !data.isEmpty else { throw Self.emptyDirectory }
            directory = Self.canonical(data)
            configuration = directory + "/config.toml"
            socket = Self.fitting(directory + "/control.sock", directory: directory, runtime: runtime)
        } else {
            let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? Self.canonical($0) : nil }
            guard let dataHome = base("XDG_DATA_HOME") ?? home.map({ $0 + "/.local/share" }),
                let configurationHome = base("XDG_CONFIG_HOME") ?? home.map({ $0 + "/.config" })
            else { throw Self.homeUnknown }
            directory = dataHome + "/passant"
            configuration = configurationHome + "/passant/config.toml"
            let preferred = runtime.map { $0 + "/passant/control.sock" } ?? directory + "/control.sock"
            socket = Self.fitting(preferred, directory: directory, runtime: runtime)
        }
    }

    /// The preferred socket path, or a short one when it does not fit: `<runtime>/passant/<hash>.sock`, or
    /// `/tmp/passant-<uid>/<hash>.sock` without a runtime directory, where the hash is taken over the data
    /// directory's path. The node and its commands compute it alike, so nobody has to be told.
    private static func fitting(_ preferred: String, directory: String, runtime: String?) -> String {
        if preferred.utf8.count <= socketPathMaximum { return preferred }
        let name = fingerprint(directory) + ".sock"
        if let runtime {
            let short = "\(runtime)/passant/\(name)"
            if short.utf8.count <= socketPathMaximum { return short }
        }
        return "/tmp/passant-\(geteuid())/\(name)"
    }

    /// FNV-1a in 64 bits as 16 hexadecimal digits. It only has to tell apart one person's own directories.
    private static func fingerprint(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Absolute, without `.`, `..` and symbolic links in the part that exists.
    private static func canonical(_ path: String) -> String {
        var existing = URL(fileURLWithPath: path).standardizedFileURL.path
        var missing: [String] = []
        while existing != "/", !existing.isEmpty {
            if let resolved = realpath(existing, nil) {
                defer { free(resolved) }
                existing = String(cString: resolved)
                break
            }
            missing.insert((existing as NSString).lastPathComponent, at: 0)
            existing = (existing as NSString).deletingLastPathComponent
        }
        return missing.reduce(existing) { ($0 == "/" ? "" : $0) + "/" + $1 }
    }

    static func parent(of path: String) -> String { (path as NSString).deletingLastPathComponent }

    private static var emptyDirectory: PassantError {
        PassantError(
            code: "data-directory-empty", message: "no data directory", reason: "--data was given an empty name",
            remedy: "Give a directory: passant up --data DIR", exit: .usage)
    }

    private static var homeUnknown: PassantError {
        PassantError(
            code: "home-directory-unknown", message: "no place for the node's files is known",
            reason: "neither HOME nor XDG_DATA_HOME and XDG_CONFIG_HOME is an absolute path",
            remedy: "Say where to keep them: passant up --data DIR", exit: .configuration)
    }
}
