// A node of the second implementation's vectors whose places others want. Protocol/Vectors/README.md, "04 Membership".

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

struct Contested {
    /// What a step has come to.
    struct Seen {
        var verdicts: [Value] = []
        var computes: [Value] = []
        var tried: [Value] = []
        var asked = 0
    }

    private(set) var engine: Membership
    private(set) var seen = Seen()
    private var random = RandomStream(seed: .zero)
    private var now = Moment.origin
    private let policy: NetworkPolicy
    /// Whether the vector says what comes of puzzles; otherwise each is solved at once.
    private let isTold: Bool
    private var links: [(name: String, id: Membership.LinkID)] = []
    private var lastLink: UInt64 = 0
    /// What is being computed.
    private var orders: [[PuzzleClaim]] = []
    private var asks: [(link: Membership.LinkID, ask: Ask)] = []
    private var sent: [Membership.LinkID: [Push]] = [:]

    init(_ input: Value, isTold: Bool) throws {
        let policy = try #require(NetworkPolicy.named(input.text("network")))
        self.policy = policy
        self.isTold = isTold
        let own = SigningKey(seed: SecretBytes(copying: try input.bytes("seed")))
        engine = Membership(
            policy: policy, own: NodeKey(own.publicKey), isMember: try input.bool("member"), restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: try input.time("now")), at: now)
        try bound(by: input.value("bounds"))
        for link in try input.list("links") { try up(link, as: link.text("name")) }
    }

    /// Smaller than a node's own bounds, so that a few lines fill what there is.
    private mutating func bound(by bounds: Value) throws {
        let wide: Int = try bounds.isNull("wide") ? .max : bounds.number("wide")
        let (lines, unreached): (Int, Int) = (try bounds.number("lines"), try bounds.number("unreached"))
        let (subnet, buckets): (Int, Int) = (try bounds.number("subnet"), try bounds.number("buckets"))
        let applicants: Int = try bounds.number("applicants")
        let percent = MembershipLimits.wideSubnetPercent
        engine.table = Table(
            TableBounds(
                capacity: lines, unverified: unreached, perSubnet: subnet, perWideSubnet: wide,
                wideSubnetPercent: percent, buckets: buckets))
        engine.applicants = Applicants(
            Applicants.Bounds(
                capacity: applicants, perSubnet: subnet, perWideSubnet: max(wide, applicants * percent / 100)))
    }

    private mutating func newLink() -> Membership.LinkID {
        lastLink += 1
        return Membership.LinkID(number: lastLink)
    }

    private mutating func up(_ link: Value, as name: String) throws {
        let (peer, isOutbound) = (NodeKey(try link.bytes32("peer")), try link.bool("dialled"))
        let id = newLink()
        links.append((name, id))
        say(.linkUp(id, peer: peer, isLeaf: false, outbound: isOutbound))
    }

    private func link(_ name: String) throws -> Membership.LinkID {
        try #require(links.first { $0.name == name }?.id)
    }

    // MARK: What the engine wants

    /// Everything that comes of it. Puzzles, and calls that are no trials, are answered at once.
    @discardableResult
    private mutating func say(_ input: MembershipInput) -> [MembershipEffect] {
        let new = engine.handle(input, at: now, using: &random)
        var all = new
        for (index, effect) in new.enumerated() {
            switch effect {
            case .checkPuzzles(let claims): all += computed(claims)
            case .dial(let peer, _, let endpoints):
                if index > 0, new[index - 1] == .count(.trialBegun) {
                    let addresses = endpoints.map { Value.bytes($0.bytes) }
                    seen.tried.append(["node": .digits(peer.short), "addresses": .list(addresses)])
                } else {
                    all += say(.dialFailed(peer))
                }
            case .sendAsk(let link, let ask) where !ask.addresses.isEmpty:
                asks.append((link, ask))
                seen.asked += 1
            case .sendPush(let link, let push): sent[link, default: []].append(push)
            default: break
            }
        }
        return all
    }

    private mutating func computed(_ claims: [PuzzleClaim]) -> [MembershipEffect] {
        seen.computes.append(.list(claims.map { Value.digits($0.nodeKey.short) }))
        if isTold {
            orders.append(claims)
            return []
        }
        return say(.puzzlesChecked(claims.map { Self.finding($0, isSolved: true) }))
    }

    /// Nobody looks at where these members stand among keepers.
    private static func finding(_ claim: PuzzleClaim, isSolved: Bool) -> PuzzleFinding {
        PuzzleFinding(claim: claim, placement: isSolved ? PlacementKey(claim.nodeKey.bytes) : nil)
    }

    mutating func wait(_ span: Span) { wait(until: now - .origin + span) }

    private mutating func wait(until moment: Span) {
        let end = Moment.origin + moment
        while let due = engine.nextDeadline(), due <= end {
            now = max(now, due)
            say(.timerFired)
        }
        now = end
    }

    // MARK: Steps

    mutating func take(_ step: Value) throws {
        wait(until: .milliseconds(try step.number("at")))
        seen = Seen()
        switch try step.text("says") {
        case "push": try push(step)
        case "up": try up(step, as: step.text("from"))
        case "gone": say(.linkDown(try link(step.text("from"))))
        case "called":
            let peer = NodeKey(try step.bytes32("peer"))
            let endpoints = try step.list("addresses").map { try #require(Endpoint(bytes: $0.asBytes())) }
            if let entry = engine.table[peer] { engine.dial(entry, .feeler, at: endpoints, now: now) }
            meet(peer)
        case "answers": meet(NodeKey(try step.bytes32("peer")))
        case "fails": say(.dialFailed(NodeKey(try step.bytes32("peer"))))
        case "brought": try bring(step)
        case "checked": try check(step)
        case "own": say(.recordSigned(try Signed(decoding: step.bytes("record"))))
        case "passes": break
        default: throw Refusal("a step that nobody knows")
        }
    }

    private mutating func push(_ step: Value) throws {
        let from = try link(step.text("from"))
        let records = try step.list("records").map {
            try Push(records: [Signed(decoding: $0.asBytes())], heartbeats: [])
        }
        let heartbeats = try step.list("heartbeats").map {
            try Push(records: [], heartbeats: [Signed(decoding: $0.asBytes())])
        }
        for push in records + heartbeats {
            let effects = say(.pushReceived(from, push))
            let verdict = verdict(in: effects)
            seen.verdicts.append(.text(verdict))
        }
    }

    private func verdict(in effects: [MembershipEffect]) -> String {
        for case .count(let counter) in effects {
            switch counter {
            case .recordAccepted, .heartbeatAccepted: return "taken"
            case .equivocation: return "equivocation"
            case .recordMalformed, .recordOfOtherNetwork, .recordInvalid, .puzzleFailed, .heartbeatMalformed,
                .heartbeatInvalid, .heartbeatPeriodForbidden:
                return "violation"
            case .recordWaits where isTold: return "waits"
            case .heartbeatWaits: return "kept"
            case .recordStale, .recordUntimely, .recordTooSoon, .subnetFull, .tableFull, .applicantsFull,
                .notReachedLately, .ownerIgnored, .heartbeatStale, .heartbeatTooSoon, .heartbeatUntimely,
                .heartbeatOfUnknown:
                return "left"
            default: continue
            }
        }
        return "left"
    }

    /// Its key is at the other end of a call of this node, which has served its purpose then.
    private mutating func meet(_ peer: NodeKey) {
        let id = newLink()
        say(.linkUp(id, peer: peer, isLeaf: false, outbound: true))
        say(.linkDown(id))
    }

    private mutating func bring(_ step: Value) throws {
        let (peer, count) = (try step.bytes32("peer"), try step.number("count") as Int)
        let key = SigningKey(seed: SecretBytes(copying: try step.bytes("seed")))
        let asked = asks.filter { $0.ask.node == peer }
        asks.removeAll { $0.ask.node == peer }
        for (link, ask) in asked.prefix(count) {
            let body = Signed.message(domain: LifeSign.domain, network: policy.id, body: ask.nonce.bytes)
            say(.aliveReceived(link, try Alive(nonce: ask.nonce, signature: key.sign(body))))
        }
    }

    private mutating func check(_ step: Value) throws {
        var results: [UInt64: Bool] = [:]
        for one in try step.list("results") {
            let (node, isSolved) = (try one.digits("node"), try one.bool("solved"))
            results[node] = isSolved
        }
        let isMeant: ([PuzzleClaim]) -> Bool = { Set($0.map(\.nodeKey.short)) == Set(results.keys) }
        let index = try #require(orders.firstIndex(where: isMeant))
        let findings = orders.remove(at: index).map {
            Self.finding($0, isSolved: results[$0.nodeKey.short] == true)
        }
        say(.puzzlesChecked(findings))
    }

    // MARK: What it has come to

    var lines: Value { .list(engine.table.shorts.map { Value.digits($0) }) }
    var waiting: Value { .list(engine.applicants.shorts(from: 0, to: .max).map { Value.digits($0) }) }
    var present: Value { .list(engine.presentMembers().map(\.nodeKey.short).sorted().map { Value.digits($0) }) }

    /// Over each link that is up.
    var violations: Value {
        var counts: [String: Value] = [:]
        for link in links { counts[link.name] = engine.linkTable[link.id].map { Value.number($0.violations) } }
        return .object(counts)
    }

    /// What has been pushed over each link.
    var pushed: [String: [Push]] {
        var pushed: [String: [Push]] = [:]
        for link in links { pushed[link.name] = sent[link.id] ?? [] }
        return pushed
    }

    /// What a new neighbour whose table is said to hold 31 other lines is told to be here, and given.
    mutating func shown() throws -> (have: [Have], given: [Push]) {
        let id = newLink()
        let peer = NodeKey(Bytes32(words: (0, 0, 0, id.number)))
        say(.linkUp(id, peer: peer, isLeaf: false, outbound: false))
        let whole = try Part(from: 0, to: .max, count: 31, sum: 0)
        let compare = try Compare(salt: [UInt8](repeating: 0, count: Compare.saltCount), parts: [whole])
        let listing = try #require(Watched.pulls(in: say(.compareReceived(id, compare))).first)
        let given = say(.pullReceived(id, try Pull(have: [], from: 0, to: .max)))
        return (listing.have, Watched.pushes(in: given))
    }
}
