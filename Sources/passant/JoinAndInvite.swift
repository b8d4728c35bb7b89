import ArgumentParser
import ControlAPI
import Foundation
import NodeRuntime
import TerminalFace

/// `passant join`: remember entry points, whether a node runs or not.
struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enter a mesh with an invite somebody gave you.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The line that `passant invite` printed: passant:…", valueName: "invite"))
    var invites: [String]

    @Option(help: ArgumentHelp("The mesh's name, when no node runs yet.", valueName: "name"))
    var network: String?

    @Option(help: ArgumentHelp("A file whose first line opens the node's key.", valueName: "file"))
    var passphraseFile: String?

    func run() async throws {
        let client = try common.runningNode()
        let reply: JoinReply
        do { reply = try await client.join(invites) } catch {
            guard error.isNotRunning else { throw error }
            reply = try await joinWithoutNode()
        }
        common.show(
            reply.json,
            "\(reply.added) new entry point\(reply.added == 1 ? "" : "s"), \(reply.known) known\nmeet a stranger: passant meet"
        )
    }

    /// A leaf that lives just long enough to check the invites and to write them down.
    private func joinWithoutNode() async throws -> JoinReply {
        var mesh = MeshOptions()
        mesh.join = []
        mesh.network = network
        mesh.passphraseFile = passphraseFile
        let node = try await mesh.startLeaf(common, servesControl: false, awaiting: invites)
        let reply: Result<JoinReply, any Error>
        do { reply = .success(try await node.service.join(invites)) } catch { reply = .failure(error) }
        await Patience.atMost(.seconds(5)) { await node.stop() }
        return try reply.get()
    }
}

/// `passant invite`: one line to hand to a friend.
struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print an invite to hand to a friend.")

    @OptionGroup var common: CommonOptions

    @Flag(name: .customLong("qr"), help: "Draw it as a QR code (not built yet).")
    var isQR = false

    func run() async throws {
        if isQR { throw ControlError.notBuiltYet("--qr") }
        let reply = try await common.runningNode().invite()
        common.show(reply.json, reply.invite)
        if !common.json, isatty(STDOUT_FILENO) == 1 {
            let days = max(0, reply.expires - Int(Date().timeIntervalSince1970)) / 86_400
            Failure.complain("Your friend runs: passant join (and this line). It works for \(days) days.")
        }
    }
}
