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
        // From here on a signal is an orderly end.
        let watch = SignalWatch([SIGINT, SIGTERM])
        let node = try await Node.start(
            NodeOptions(
                paths: paths, listen: isMember ? settings.listen.value : [],
                address: isMember ? settings.address.value : nil, role: isMember ? .member : .leaf,
                join: settings.join.value, network: settings.network.value,
                passphraseFile: settings.passphraseFile.value))
        let status = try await node.service.status()
        common.show(status.json, StatusText.started(status))
        let code = await Self.end(watch, node)
        throw ArgumentParser.ExitCode(code)
    }

    private var flags: [SettingKey: [String]] {
        var flags = mesh.flags
        if !listen.isEmpty { flags[.listen] = listen }
        if let address { flags[.address] = [address] }
        if let role { flags[.role] = [role.rawValue] }
        if let web { flags[.web] = [web] }
        return flags
    }

    /// Waits for a signal and stops the node; a second signal ends at once.
    private static func end(_ watch: SignalWatch, _ node: Node) async -> Int32 {
        var stopping: Task<Void, Never>?
        for await number in watch.signals {
            guard stopping == nil else { _exit(SignalWatch.exitCode(number)) }
            let code = SignalWatch.exitCode(number)
            stopping = Task {
                await Patience.atMost(.seconds(10)) { await node.stop() }
                Failure.exit(code: code)
            }
        }
        return 0
    }
}
