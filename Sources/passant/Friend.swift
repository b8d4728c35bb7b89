import ArgumentParser
import ControlAPI
import Foundation
import NodeRuntime
import TerminalFace

/// `passant friend`: those with whom one keeps in touch.
struct Friend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List or forget those with whom you keep in touch.",
        discussion: """
            Two who both asked for it while they talked (/friend NAME) can meet again: passant meet --friend NAME.
            The names are this node's own.
            """,
        subcommands: [ListFriends.self, ForgetFriend.self], defaultSubcommand: ListFriends.self)
}

struct ListFriends: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List them.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let node = try await NodeAccess.open(common, MeshOptions.none)
        let friends: Result<[String], any Error>
        do { friends = .success(try await node.service.friends()) } catch { friends = .failure(error) }
        await node.close()
        let names = try friends.get()
        common.show(
            FriendsReply.json(of: names),
            names.isEmpty
                ? "nobody yet: while you talk to somebody, both write /friend NAME" : names.joined(separator: "\n"))
    }
}

struct ForgetFriend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "forget", abstract: "Forget one of them for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The name that they go by here.", valueName: "name"))
    var name: String

    func run() async throws {
        let node = try await NodeAccess.open(common, MeshOptions.none)
        let forgotten: Result<Bool, any Error>
        do { forgotten = .success(try await node.service.forget(friend: name)) } catch { forgotten = .failure(error) }
        await node.close()
        guard try forgotten.get() else { throw ControlError.noFriend(name) }
        common.show(["forgotten": true], "\(name) is forgotten")
    }
}
