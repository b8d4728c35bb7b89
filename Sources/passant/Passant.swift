// The one binary: which verbs there are, and how every command ends.

import ArgumentParser
import ControlAPI
import Foundation
import TerminalFace

@main
struct Passant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passant",
        abstract: "Meet a stranger, without a server in the middle.",
        discussion: """
            Got an invite:   passant join passant:…
            Meet somebody:   passant meet
            Start a mesh:    passant up --member --listen HOST:PORT
            Bring a friend:  passant invite
            """,
        version: Product.version,
        groupedSubcommands: [
            CommandGroup(name: "Every day", subcommands: [Meet.self, Up.self, Join.self, Invite.self, Friend.self]),
            CommandGroup(
                name: "Looking", subcommands: [Status.self, Peers.self, Config.self, Completion.self, Version.self]),
            CommandGroup(
                name: "Not built yet",
                subcommands: [
                    Doctor.self, Block.self, Community.self, Report.self, Backup.self, Restore.self, Wipe.self,
                ]),
        ])

    static func main() async {
        SignalWatch.ignorePipe()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.end(with: error, asJSON: arguments.prefix { $0 != "--" }.contains("--json"))
        }
    }
}
