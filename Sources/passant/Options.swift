// What every command takes, and what the commands that may start a node share.

import ArgumentParser
import ControlAPI
import Foundation
import NodeRuntime
import Settings

/// `--data` and `--json`.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep everything of this node under DIR.", valueName: "dir"))
    var data: String?

    @Flag(help: "Write JSON, for programs.")
    var json = false

    func paths() throws -> DataPaths {
        try DataPaths(data: data, environment: ProcessInfo.processInfo.environment)
    }

    /// The node that runs on this data directory, if one does.
    func runningNode() throws -> ControlClient { ControlClient(socket: try paths().socket) }

    /// Prints data: the JSON on one line, or the text.
    func show(_ json: JSON, _ text: @autoclosure () -> String) {
        print(self.json ? json.text : text())
        fflush(nil)
    }
}

/// Which mesh, by whom, and with which key.
struct MeshOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Invites to enter the mesh with.", valueName: "invite"))
    var join: [String] = []

    @Option(help: ArgumentHelp("The mesh's name; meshes of different names never mix.", valueName: "name"))
    var network: String?

    @Option(help: ArgumentHelp("A file whose first line opens the node's key.", valueName: "file"))
    var passphraseFile: String?

    /// For a command that only looks at what is there.
    static var none: MeshOptions {
        var options = MeshOptions()
        options.join = []
        options.network = nil
        options.passphraseFile = nil
        return options
    }

    var flags: [SettingKey: [String]] {
        var flags: [SettingKey: [String]] = [:]
        if !join.isEmpty { flags[.join] = join }
        if let network { flags[.network] = [network] }
        if let passphraseFile { flags[.passphraseFile] = [passphraseFile] }
        return flags
    }

    /// Starts a leaf of this command's own, for as long as the command runs.
    /// - Parameter awaited: invites that it will be told of once it runs, instead of those of flags and settings.
    func startLeaf(_ common: CommonOptions, servesControl: Bool, awaiting awaited: [String]? = nil) async throws -> Node
    {
        let paths = try common.paths()
        let settings = try Settings.load(
            flags: flags, environment: ProcessInfo.processInfo.environment, paths: paths)
        return try await Node.start(
            NodeOptions(
                paths: paths, role: .leaf, join: awaited == nil ? settings.join.value : [], awaited: awaited ?? [],
                network: settings.givenNetwork,
                passphraseFile: settings.passphraseFile.value, noRepeatHours: settings.noRepeatHours.value,
                servesControl: servesControl, logLevel: .error))
    }
}
