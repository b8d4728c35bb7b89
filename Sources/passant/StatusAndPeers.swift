import ArgumentParser
import ControlAPI
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
