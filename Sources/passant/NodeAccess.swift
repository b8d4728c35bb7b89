import ControlAPI
import NodeRuntime
import TerminalFace

/// The node a command works with: the one that runs on the data directory, or one of the command's own.
struct NodeAccess: Sendable {
    let service: any ControlService
    private let own: Node?

    /// Takes the running node and gives it the invites of `mesh`; starts a leaf when none runs.
    static func open(_ common: CommonOptions, _ mesh: MeshOptions) async throws -> NodeAccess {
        let client = try common.runningNode()
        let status: NodeStatus
        do { status = try await client.status() } catch {
            guard error.isNotRunning else { throw error }
            let node = try await mesh.startLeaf(common, servesControl: true)
            return NodeAccess(service: node.service, own: node)
        }
        if let network = mesh.network, network != status.network {
            throw ControlError(
                code: "other-network", message: "the running node is in network \(status.network), not \(network)",
                reason: "a node is in one network only",
                remedy: "use a node of its own: --network \(network) --data DIR",
                exitCode: ExitStatus.usage)
        }
        if !mesh.join.isEmpty { _ = try await client.join(mesh.join) }
        return NodeAccess(service: client, own: nil)
    }

    /// Stops the node if it is the command's own.
    func close() async {
        guard let own else { return }
        await Patience.atMost(.seconds(5)) { await own.stop() }
    }
}
