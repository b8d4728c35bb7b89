// The configuration file and what people write in it: read, or refused with the line and in words that do a
// terminal no harm.

import Essentials
@testable import Settings

enum SettingsTarget {
    private static let path = "config.toml"

    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        let choice = reader.below(2)
        // As the file is read: text without zeros, or nothing.
        guard let text = String(validating: reader.remainder(), as: UTF8.self), !text.utf8.contains(0) else { return }
        if choice == 0 { try file(text) } else { try hostPort(text) }
    }

    static func seeds() -> [[UInt8]] {
        let files = [
            "listen = \"127.0.0.1:4700\"\nrole = \"member\"\n",
            "listen = [\"[::1]:1\", \"a.example:2\"]\nweb = 'off'\n",
            "# a word\njoin = [\n  \"passant:a\", # one\n  \"\"\"passant:b\"\"\",\n]\nnetwork = \"local\"\n",
            "\"log-level\" = \"debug\"\npassphrase-file = '../word'\n", "role = 3\n", "rol = \"leaf\"\n",
            "[listen]\na = 1979-05-27T07:32:00Z\n", "a.b = {c = [1.5, true], d = '''x\ny'''}\n",
        ]
        let places = ["127.0.0.1:1", "[2001:db8::1]:65535", "host-1.example:80", "010.0.0.1:1", "[::1%lo]:1", "::1:2"]
        return files.map { [0] + Array($0.utf8) } + places.map { [1] + Array($0.utf8) }
    }

    private static func file(_ text: String) throws {
        let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
        do throws(PassantError) {
            let raw = try ConfigurationFile.parse(text, path: path)
            for (_, setting) in raw {
                guard case .file(_, let line) = setting.origin, (1...lines).contains(line) else {
                    preconditionFailure("a setting from a line that the file does not have")
                }
            }
            _ = try Settings(raw).listing.map { "\($0.key) \($0.value) \($0.origin)" }
        } catch {
            try promise(!error.description.isEmpty && error.exitCode != 0, "a refusal without words")
            let isHarmless = error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
            try promise(isHarmless, "a refusal with control characters: \(error.description.debugDescription)")
        }
    }

    private static func hostPort(_ text: String) throws {
        guard let place = try? HostPort(parsing: text) else { return }
        try promise((try? HostPort(parsing: place.description)) == place, "\(place) does not read back")
        _ = place.isLoopback || place.isUnspecified
    }
}
