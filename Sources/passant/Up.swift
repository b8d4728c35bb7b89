import ArgumentParser
import ControlAPI
import Foundation
import NodeRuntime
import Settings
import TerminalFace

/// `passant up`: a node in the foreground.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run this node in the foreground.",
        discussion: """
            Without --member it is a leaf: it publishes nothing, and nobody can connect to it.
            A member carries others' conversations, and is what a mesh is made of.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var mesh: MeshOptions

    @Option(help: ArgumentHelp("Where a member accepts links; may be given more than once.", valueName: "host:port"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("Where others reach this member, when that is another place.", valueName: "host:port"))
    var address: String?

    @Flag(exclusivity: .exclusive, help: "What this node is.")
    var role: RoleFlag?

    @Option(help: ArgumentHelp("Where the web page is served; not built yet, only off.", valueName: "host:port|off"))
    var web: String?

    enum RoleFlag: String, EnumerableFlag { case member, leaf }

    func run() async throws {
        let paths = try common.paths()
        let settings = try Settings.load(
            flags: flags, environment: ProcessInfo.processInfo.environment, paths: paths)
        guard settings.web.value == .off else { throw ControlError.notBuiltYet("the web page (--web)") }
        try settings.check()
        for warning in settings.warnings { Failure.complain("warning: \(warning)") }
        let isMember = settings.role.value == .member
        let node = try await Node.start(
            NodeOptions(
                paths: paths, listen: isMember ? settings.listen.value : [],
                address: isMember ? settings.address.value : nil, role: settings.role.value,
                join: settings.join.value, network: settings.givenNetwork,
                passphraseFile: settings.passphraseFile.value, noRepeatHours: settings.noRepeatHours.value,
                logLevel: settings.logLevel.value))
        let status = try await node.service.status()
        common.show(status.json, StatusText.started(status))
        let showing = common.json ? nil : Task { await StartingLine.show(node.service) }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await node.runUntilSignalled()) } catch { outcome = .failure(error) }
        showing?.cancel()
        await showing?.value
        try outcome.get()
    }

    private var flags: [SettingKey: [String]] {
        var flags = mesh.flags
        if !listen.isEmpty { flags[.listen] = listen }
        if let address { flags[.address] = [address] }
        if let role { flags[.role] = [role.rawValue] }
        if let web { flags[.web] = [web] }
        return flags
    }
}
