import ArgumentParser
import ControlAPI
import Foundation
import Settings

/// `passant config`: the settings, with where each came from.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or check the settings.", subcommands: [Show.self, Check.self, Paths.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List every setting and where it came from.")
        @OptionGroup var common: CommonOptions

        func run() throws {
            let listing = try Config.load(common).listing
            common.show(
                [
                    "schema": "passant.config/1",
                    "settings": .array(
                        listing.map {
                            [
                                "key": .string($0.key.rawValue), "value": .string($0.value),
                                "origin": .string("\($0.origin)"),
                            ]
                        }),
                ],
                listing.map { "\($0.key.rawValue) = \($0.value.isEmpty ? "(none)" : $0.value)   # \($0.origin)" }
                    .joined(separator: "\n"))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say whether a node could start with these settings.")
        @OptionGroup var common: CommonOptions

        func run() throws {
            let settings = try Config.load(common)
            try settings.check()
            common.show(
                ["schema": "passant.check/1", "warnings": .strings(settings.warnings)],
                (["the settings are good"] + settings.warnings.map { "warning: \($0)" }).joined(separator: "\n"))
        }
    }

    struct Paths: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say where everything is kept.")
        @OptionGroup var common: CommonOptions

        func run() throws {
            let paths = try common.paths()
            let places = [
                ("config", paths.configuration), ("data", paths.directory), ("database", paths.database),
                ("identity", paths.identity), ("socket", paths.socket),
            ]
            common.show(
                .object([JSON.Member("schema", "passant.paths/1")] + places.map { JSON.Member($0.0, .string($0.1)) }),
                places.map { "\($0.0): \($0.1)" }.joined(separator: "\n"))
        }
    }

    fileprivate static func load(_ common: CommonOptions) throws -> Settings {
        try Settings.load(flags: [:], environment: ProcessInfo.processInfo.environment, paths: try common.paths())
    }
}
