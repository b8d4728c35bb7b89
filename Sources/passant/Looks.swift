// The commands that only look.

import ArgumentParser
import ControlAPI
import Foundation
import Settings
import TerminalFace

/// `passant status`: how the running node is.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show how the running node is.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await common.runningNode().status()
        common.show(status.json, StatusText.status(status))
    }
}

/// `passant peers`: the members the running node knows.
struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the members that the running node knows.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Show their addresses too.")
    var addresses = false

    func run() async throws {
        let peers = try await common.runningNode().peers()
        common.show(
            PeerStatus.json(of: peers, withAddresses: addresses), StatusText.peers(peers, withAddresses: addresses))
    }
}

/// `passant version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show which release this is.")

    @OptionGroup var common: CommonOptions

    func run() {
        common.show(
            [
                "schema": "passant.version/1", "version": .string(Product.version),
                "control": .integer(Int64(Product.controlVersion)),
            ], "passant \(Product.version)")
    }
}

/// `passant completion`: a script for a shell.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a completion script: bash, zsh or fish.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "bash, zsh or fish")
    var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("'\(shell)' is no shell there is a script for; there are: bash, zsh, fish")
        }
        let script = Passant.completionScript(for: shell)
        common.show(["schema": "passant.completion/1", "script": .string(script)], script)
    }
}

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
