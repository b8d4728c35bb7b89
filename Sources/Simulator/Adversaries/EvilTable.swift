// The table of an evil node.

internal import Essentials
internal import Identity
internal import Wire

/// What somebody keeps who believes everything.
final class EvilTable {
    private let policy: NetworkPolicy
    private(set) var records: [NodeKey: (signed: Signed, body: RecordBody, placement: PlacementKey)] = [:]
    private(set) var heartbeats: [UInt64: (signed: Signed, time: UInt64)] = [:]
    /// Everything that ever came, in its order, as much as anybody may want to play back.
    private(set) var history: [(owner: UInt64, isRecord: Bool, signed: Signed)] = []
    private static let historyMaximum = 8_192
    /// So many members; of more it takes no notice, or a million made-up ones would fill the memory of the liars.
    private static let membersMaximum = 8_192
    /// Bodies as they were read before: whoever floods sends the same ones over and over.
    private var bodies: [[UInt8]: RecordBody] = [:]

    init(_ policy: NetworkPolicy) { self.policy = policy }

    /// The owner's short id if it is news.
    @discardableResult
    func take(_ signed: Signed) -> UInt64? {
        guard let body = body(of: signed) else { return nil }
        let known = records[NodeKey(body.nodeKey)]
        if let known, known.body.seq >= body.seq { return nil }
        guard known != nil || records.count < Self.membersMaximum else { return nil }
        let placement =
            known?.body.puzzle == body.puzzle
            ? known?.placement : Puzzle.check(body.puzzle, nodeKey: NodeKey(body.nodeKey), policy: policy)
        guard let placement else { return nil }
        records[NodeKey(body.nodeKey)] = (signed, body, placement)
        let owner = NodeKey(body.nodeKey).short
        remember(owner, true, signed)
        return owner
    }

    private func body(of signed: Signed) -> RecordBody? {
        if let body = bodies[signed.body] { return body }
        guard let body = try? RecordBody(decoding: signed.body) else { return nil }
        if bodies.count >= Self.historyMaximum { bodies = [:] }
        bodies[signed.body] = body
        return body
    }

    @discardableResult
    func take(heartbeat signed: Signed) -> UInt64? {
        guard let body = try? HeartbeatBody(decoding: signed.body) else { return nil }
        if let last = heartbeats[body.node], last.time >= body.time { return nil }
        guard heartbeats[body.node] != nil || heartbeats.count < Self.membersMaximum else { return nil }
        heartbeats[body.node] = (signed, body.time)
        remember(body.node, false, signed)
        return body.node
    }

    private func remember(_ owner: UInt64, _ isRecord: Bool, _ signed: Signed) {
        if history.count >= Self.historyMaximum { history.removeFirst(Self.historyMaximum / 4) }
        history.append((owner, isRecord, signed))
    }

    var keys: [NodeKey] { records.keys.sorted() }
    var pushes: [Push] { pushes(of: nil) }

    /// What there is of these, by short id; of everybody if nil.
    func pushes(of asked: Set<UInt64>?) -> [Push] {
        func isAsked(_ short: UInt64) -> Bool { asked.map { $0.contains(short) } ?? true }
        return Push.split(
            records: keys.filter { isAsked($0.short) }.compactMap { records[$0]?.signed },
            heartbeats: heartbeats.filter { isAsked($0.key) }.sorted { $0.key < $1.key }.map(\.value.signed))
    }
}
