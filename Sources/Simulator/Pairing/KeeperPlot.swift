// One keeper that is in league with some who seek. Four honest keepers have each of the accomplices' offers, so that it is
// the keeper's list which decides whether that offer counts; it waits for the honest answers, restores all nonces,
// and lists those of the accomplices' offers with which the victim meets one of them. 06, "What an observer learns".

internal import Essentials
internal import Identity
internal import Pairing
internal import Sodium
internal import Wire

struct KeeperPlot {
    /// The number under which the world wakes it up.
    static let due = -1
    /// How long it waits for what the others answer: its own answer still comes before anybody decides without it.
    static let patience = Span.milliseconds(250)

    let keeper: Int
    let identity: Owned<NodeIdentity>
    let accomplices: Set<Int>
    let victim: Int
    private var held: [(arrival: DepositID, answer: RoundAnswer)] = []
    /// What honest keepers answered to accomplices, in this round.
    private var heard: [Int: RoundAnswer] = [:]
    private var offers: [Bytes32: Offer] = [:]
    private var victimsOffer: Bytes32?
    private var accomplicesOffers: Set<Bytes32> = []
    /// Honest keepers that have an accomplice's offer of the last round.
    private var trusted: [Int: (round: UInt64, keepers: Set<Int>)] = [:]

    init(keeper: Int, identity: Owned<NodeIdentity>, accomplices: Set<Int>, victim: Int) {
        self.keeper = keeper
        self.identity = identity
        self.accomplices = accomplices
        self.victim = victim
    }

    /// Accomplices give their offers to as many honest keepers as do not suffice, and to their own.
    mutating func avoids(_ member: Int, for seeker: Int, in round: UInt64) -> Bool {
        guard accomplices.contains(seeker), member != keeper else { return false }
        var known = trusted[seeker] ?? (round, [])
        if known.round != round { known = (round, []) }
        if known.keepers.count < 4 { known.keepers.insert(member) }
        trusted[seeker] = known
        return !known.keepers.contains(member)
    }

    mutating func deposited(_ encoding: [UInt8], by seeker: Int) {
        guard let offer = try? Offer(decoding: encoding) else { return }
        offers[offer.digest] = offer
        if seeker == victim { victimsOffer = offer.digest }
        if accomplices.contains(seeker) { accomplicesOffers.insert(offer.digest) }
    }

    mutating func heard(_ answer: RoundAnswer, from member: Int, by seeker: Int) {
        if accomplices.contains(seeker) { heard[member] = answer }
    }

    /// True for the first answer of a round.
    mutating func holdBack(_ answer: RoundAnswer, for arrival: DepositID) -> Bool {
        held.append((arrival, answer))
        return held.count == 1
    }

    /// What the keeper answers to everybody who waits, all the same.
    mutating func answers(network: UInt64) -> [(DepositID, RoundAnswer)] {
        defer {
            held = []
            heard = [:]
            offers = [:]
            accomplicesOffers = []
            victimsOffer = nil
        }
        guard let first = held.first?.answer, let body = try? RoundAnswerBody(decoding: first.body) else { return [] }
        let hidden = hiddenOffers(first.listings)
        let left = first.listings.filter { !hidden.contains($0.digest) }
        func changed(_ answer: RoundAnswer) -> RoundAnswer? {
            let listings = answer.listings.filter { one in left.contains { $0.digest == one.digest } }
            let body = try? RoundAnswerBody(
                network: body.network, pool: body.pool, epoch: body.epoch, shard: body.shard, depth: body.depth,
                round: body.round, keeper: body.keeper, digests: listings.map(\.digest), offers: body.offers)
            guard let encoded = body?.encoded() else { return nil }
            let signature = identity.value.signature(over: encoded, domain: "passant/round-answer/1", network: network)
            return try? RoundAnswer(body: encoded, signature: signature, listings: listings)
        }
        return held.compactMap { arrival, answer in changed(answer).map { (arrival, $0) } }
    }

    /// Of the accomplices' offers those that must not count, so that the victim meets one of the others.
    private func hiddenOffers(_ own: [Listing]) -> Set<Bytes32> {
        let nonces = restoredNonces(own)
        let mine = nonces.keys.filter { accomplicesOffers.contains($0) }.sorted()
        let others = nonces.keys.filter { !accomplicesOffers.contains($0) }
        guard let victimsOffer, nonces[victimsOffer] != nil, mine.count <= 10 else { return [] }
        for choice in (0..<(1 << mine.count)).reversed() {
            let shown = mine.enumerated().filter { choice >> $0.offset & 1 == 1 }.map(\.element)
            let entrants = (others + shown).compactMap { digest -> Matching.Entrant? in
                guard let offer = offers[digest], let nonce = nonces[digest] else { return nil }
                return .init(digest: digest, nonce: nonce, kind: offer.kind, pool: offer.pool)
            }
            let isCaught = Matching.pairs(of: entrants).contains { pair in
                let pair = [entrants[pair.0].digest, entrants[pair.1].digest]
                return pair.contains(victimsOffer) && pair.contains { accomplicesOffers.contains($0) }
            }
            if isCaught { return Set(mine).subtracting(shown) }
        }
        return []
    }

    private func restoredNonces(_ own: [Listing]) -> [Bytes32: Bytes32] {
        var shares: [Bytes32: [Int: Bytes32]] = [:]
        for listing in own + heard.values.flatMap(\.listings) {
            shares[listing.digest, default: [:]][Int(listing.index)] = listing.share
        }
        var nonces: [Bytes32: Bytes32] = [:]
        for (digest, known) in shares {
            guard let offer = offers[digest] else { continue }
            nonces[digest] = Shares.restore(known, count: Int(offer.shares), root: offer.root)
        }
        return nonces
    }
}
