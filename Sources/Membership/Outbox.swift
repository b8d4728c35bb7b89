// What is new in the table and not yet passed on. It waits a moment, so that things which come together leave
// together, and so that a copy which comes back in the meantime is not sent where it came from.

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

struct Outbox: Sendable {
    typealias LinkID = Membership.LinkID

    /// One member's news, and who is known to have it.
    struct News: Sendable {
        /// Nil when the record is no news.
        var recordKnownTo: [LinkID]?
        var heartbeatKnownTo: [LinkID]?
        var isForAll = false
    }

    private(set) var news: OrderedDictionary<UInt64, News> = [:]
    private(set) var proofs: [Equivocation] = []
    /// How many heartbeats wait.
    private(set) var heartbeats = 0
    /// Heartbeats came over these links whose owners' records are missing here.
    private(set) var wanted: OrderedDictionary<LinkID, [UInt64]> = [:]
    private var oldNews: TokenBucket

    init(at now: Moment) {
        oldNews = TokenBucket(
            capacity: MembershipLimits.oldNewsBurst, perSecond: MembershipLimits.oldNewsPerSecond, at: now)
    }

    var isEmpty: Bool { news.isEmpty && proofs.isEmpty && wanted.isEmpty }

    /// Whether something made so long ago is passed on at all: always while it is young, and a bounded amount of
    /// what is older, as it comes in numbers when a node joins or a partition heals.
    mutating func passes(age: Span, at now: Moment) -> Bool {
        age <= MembershipLimits.newsAge || oldNews.take(at: now)
    }

    mutating func addRecord(_ short: UInt64, from link: LinkID?) {
        news[short, default: News()].recordKnownTo = link.map { [$0] } ?? []
    }

    /// - Parameter isForAll: whether it takes all links, and not those of the tree only.
    mutating func addHeartbeat(_ short: UInt64, from link: LinkID?, isForAll: Bool) {
        news[short, default: News()].heartbeatKnownTo = link.map { [$0] } ?? []
        if isForAll { news[short]?.isForAll = true }
        heartbeats += 1
    }

    /// The record that waits here came over this link as well.
    mutating func recordCameBack(_ short: UInt64, from link: LinkID) {
        news[short]?.recordKnownTo?.append(link)
    }

    mutating func heartbeatCameBack(_ short: UInt64, from link: LinkID) {
        news[short]?.heartbeatKnownTo?.append(link)
    }

    mutating func add(_ proof: Equivocation) { proofs.append(proof) }

    /// Nothing of this owner is passed on any more, but for a proof.
    mutating func drop(_ short: UInt64) { news[short] = nil }

    mutating func want(_ short: UInt64, from link: LinkID) {
        var shorts = wanted[link] ?? []
        guard shorts.count < MembershipLimits.wantedPerFlush, !shorts.contains(short) else { return }
        shorts.append(short)
        wanted[link] = shorts
    }

    /// Everything that waits, and nothing waits any more.
    mutating func take() -> (news: OrderedDictionary<UInt64, News>, proofs: [Equivocation]) {
        defer {
            news = [:]
            proofs = []
            heartbeats = 0
        }
        return (news, proofs)
    }

    mutating func takeWanted() -> OrderedDictionary<LinkID, [UInt64]> {
        defer { wanted = [:] }
        return wanted
    }
}
