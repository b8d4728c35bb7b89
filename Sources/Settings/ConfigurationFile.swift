// config.toml: read by the node, written by people. Every name in it must be known.

private import Essentials
private import Foundation
private import TOMLKit

/// The settings a configuration file holds, each with its line.
enum ConfigurationFile {
    /// More than any sensible file; a wrong path such as /dev/zero must not eat the memory.
    static let bytesMaximum = 1 << 20

    /// Reads the file; one that does not exist holds nothing.
    static func read(_ path: String) throws(PassantError) -> [SettingKey: RawSetting] {
        // Not blocking, in case the path leads to a pipe that nobody writes to.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let problem = errno
            if problem == ENOENT || problem == ENOTDIR { return [:] }
            throw PassantError(
                code: "configuration-unreadable", message: "cannot read \(path)",
                reason: String(cString: strerror(problem)), remedy: "Check its permissions: ls -l '\(path)'",
                exit: .noPermission)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let data: Data
        do {
            data = try file.read(upToCount: bytesMaximum + 1) ?? Data()
        } catch {
            throw PassantError(
                code: "configuration-unreadable", message: "cannot read \(path)", reason: "reading it failed",
                remedy: "Check what it is: ls -ld '\(path)'", exit: .configuration)
        }
        guard data.count <= bytesMaximum else {
            throw fault(path, nil, "the file is larger than 1 MiB")
        }
        guard let text = String(validating: data, as: UTF8.self), !text.utf8.contains(0) else {
            throw fault(path, nil, "the file is not UTF-8 text")
        }
        return try parse(text, path: path)
    }

    /// - Parameter path: only named in origins and errors.
    static func parse(_ text: String, path: String) throws(PassantError) -> [SettingKey: RawSetting] {
        let names = TOMLLines(of: text)
        if let (line, words) = names.unreadable { throw fault(path, line, words) }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            // It quotes what stands in the file.
            throw fault(path, error.source.begin.line, TerminalText.neutralised(error.description))
        } catch {
            throw fault(path, nil, "the file is not TOML")
        }
        let lines = names.lines
        var settings: [SettingKey: RawSetting] = [:]
        // By line, so that the first mistake in the file is the one that is named.
        for name in table.keys.sorted(by: { (lines[$0] ?? 0, $0) < (lines[$1] ?? 0, $1) }) {
            let line = lines[name] ?? 1
            guard let key = SettingKey(rawValue: name) else { throw unknown(name, path: path, line: line) }
            guard let value = table[name] else { continue }
            settings[key] = RawSetting(
                texts: try texts(of: value, key: key, path: path, line: line), origin: .file(path, line: line))
        }
        return settings
    }

    private static func texts(
        of value: any TOMLValueConvertible, key: SettingKey, path: String, line: Int
    ) throws(PassantError) -> [String] {
        if key.shape != .one, let array = value.array {
            var texts: [String] = []
            for position in 0..<array.count {
                guard let text = array[position].string else {
                    throw fault(path, line, "\(key.rawValue) must hold strings only; entry \(position + 1) is none")
                }
                texts.append(text)
            }
            return texts
        }
        guard key.shape != .list else {
            throw fault(path, line, "\(key.rawValue) must be an array of strings, as in \(key.rawValue) = [\"…\"]")
        }
        guard let text = value.string else {
            throw fault(path, line, "\(key.rawValue) must be a string in quotes, not \(described(value.type))")
        }
        return [text]
    }

    private static func described(_ type: TOMLType) -> String {
        switch type {
        case .array, .int: "an \(type.description)"
        case .bool: "a boolean"
        default: "a \(type.description)"
        }
    }

    private static func unknown(_ name: String, path: String, line: Int) -> PassantError {
        let shown = TerminalText.neutralised(name.prefix(80))
        let meant = Suggestion.nearest(to: name, among: SettingKey.allCases.map(\.rawValue))
        return PassantError(
            code: "configuration-key-unknown", message: "\(path):\(line): unknown key \(shown)",
            reason: meant.map { "did you mean \($0)?" } ?? "no setting has this name",
            remedy: "See the names: passant config show", exit: .configuration)
    }

    private static func fault(_ path: String, _ line: Int?, _ words: String) -> PassantError {
        PassantError(
            code: "configuration-invalid", message: line.map { "\(path):\($0)" } ?? path, reason: words,
            remedy: "Correct the file, then: passant config check", exit: .configuration)
    }
}
