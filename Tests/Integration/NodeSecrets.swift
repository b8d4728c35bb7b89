// The values by which a node could be known again, taken from its own files: what a stranger must never hold.

import Canaries
import Essentials
import Foundation
import Identity
import Sodium

/// Everything that names one node for longer than a conversation.
struct NodeSecrets {
    /// Its address, keys and names.
    let canaries: [Canary]
    let nodeKey: NodeKey
    let name: String

    /// - Parameters:
    ///   - who: how the node is called in a failure.
    ///   - homes: nodes for which it may have made a key of its own (Protocol/01-identity.md, "Keys of a node").
    init(_ who: String, of node: RunningNode, address: String, homes: [NodeKey] = []) throws {
        let file = try [UInt8](Data(contentsOf: URL(fileURLWithPath: node.data + "/identity.key")))
        // A header of 16 bytes, the open form of 97, a check of 4.
        guard file.count == 117, file[13] == 0 else { throw Missing("\(who): an open key file of version 1") }
        let identity = try NodeIdentity(decodingSecret: SecretBytes(copying: Array(file[16..<113])))
        let key = identity.nodeKey
        nodeKey = key
        name = key.name
        var canaries = [
            Canary.address("\(who)'s address", address),
            Canary.bytes("\(who)'s node key", key.bytes.bytes),
            Canary.bytes("\(who)'s channel key", identity.channelKey.bytes.bytes),
            Canary.number("\(who)'s short id", key.short),
            Canary.bytes("\(who)'s fingerprint", key.fingerprint),
            Canary.word("\(who)'s name", key.name),
        ]
        for part in 0..<3 {
            canaries.append(.bytes("\(who)'s secret \(part + 1)", file[(17 + 32 * part)..<(49 + 32 * part)]))
        }
        for (index, home) in homes.enumerated() {
            let leafKey = identity.leafKey(for: home).publicKey
            canaries.append(.bytes("\(who)'s leaf key for member \(index + 1)", leafKey.bytes))
        }
        self.canaries = canaries
    }
}
