// The table of an evil node.

import Essentials
import Identity
import Wire

/// What somebody keeps who believes everything.
final class EvilTable {
    private let policy: NetworkPolicy
    private(set) var records: [NodeKey: (signed: Signed, body: RecordBody, placement: PlacementKey)] = [:]
    private(set) var heartbeats: [UInt64: Signed] = [:]

    init(_ policy: NetworkPolicy) { self.policy = policy }

    func take(_ signed: Signed) {
        guard let body = try? RecordBody(decoding: signed.body),
            let placement = Puzzle.check(body.puzzle, nodeKey: NodeKey(body.nodeKey), policy: policy)
        else { return }
        if let known = records[NodeKey(body.nodeKey)], known.body.seq > body.seq { return }
        records[NodeKey(body.nodeKey)] = (signed, body, placement)
    }

    func take(heartbeat signed: Signed) {
        guard let body = try? HeartbeatBody(decoding: signed.body) else { return }
        heartbeats[body.node] = signed
    }

    var keys: [NodeKey] { records.keys.sorted() }
    var pushes: [Push] {
        Push.split(
            records: keys.compactMap { records[$0]?.signed },
            heartbeats: heartbeats.sorted { $0.key < $1.key }.map(\.value))
    }
}
