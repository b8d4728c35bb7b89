// The addresses that invites gave: knocked at while nothing else connects this node to the mesh, and once
// each when they are new, so that joining while running merges two meshes.

internal import Essentials
internal import OrderedCollections
internal import Wire

/// Knows where to knock and when.
struct EntryPoints: Sendable {
    /// The pause after the first failure; it doubles up to the longest.
    static let firstPause = Span.milliseconds(500)
    static let longestPause = Span.seconds(60)
    static let maximum = 64

    private struct Knock: Sendable {
        var pause = EntryPoints.firstPause
        var next = Moment.origin
        var isPending = false
        var wasReached = false
    }

    private var knocks: OrderedDictionary<InviteEntry, Knock> = [:]

    init(_ entries: [InviteEntry]) { add(entries) }

    var isEmpty: Bool { knocks.isEmpty }

    mutating func add(_ entries: [InviteEntry]) {
        for entry in entries where knocks.count < Self.maximum || knocks[entry] != nil {
            knocks[entry] = Knock()
        }
    }

    /// Whom to dial now. Connected nodes knock only where they never were.
    mutating func due(at now: Moment, isConnected: Bool) -> [InviteEntry] {
        var entries: [InviteEntry] = []
        for (entry, knock) in knocks where !knock.isPending && knock.next <= now {
            if isConnected && knock.wasReached { continue }
            knocks[entry]?.isPending = true
            entries.append(entry)
        }
        return entries
    }

    /// When `due` may have something again; nil when nothing waits.
    func nextKnock(isConnected: Bool) -> Moment? {
        knocks.values.filter { !$0.isPending && !(isConnected && $0.wasReached) }.map(\.next).min()
    }

    mutating func failed(_ entry: InviteEntry, at now: Moment) {
        guard var knock = knocks[entry] else { return }
        knock.isPending = false
        knock.next = now + knock.pause
        knock.pause = min(knock.pause * 2, Self.longestPause)
        knocks[entry] = knock
    }

    /// A link to a node came up; if it was knocked at, the knocking is over. True when it was.
    mutating func reached(fingerprint: [UInt8], at now: Moment) -> Bool {
        guard let entry = knocks.first(where: { $0.key.fingerprint == fingerprint && $0.value.isPending })?.key else {
            return false
        }
        knocks[entry] = Knock(next: now + Self.firstPause, wasReached: true)
        return true
    }

    /// Knocks everywhere anew, now.
    mutating func restart() { for entry in knocks.keys { knocks[entry] = Knock() } }
}
