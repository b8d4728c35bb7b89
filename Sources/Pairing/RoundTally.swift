// What one seek heard about one round, and what everybody who heard the same makes of it.
// See Protocol/06-pairing.md, "Counting".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

/// The answers of the addressed keepers to one deposit.
struct RoundTally: Sendable {
    static let signatureDomain = "passant/round-answer/1"

    /// What an addressed keeper has said.
    enum Word: Sendable {
        case awaited
        /// One good answer.
        case listed([Listing])
        /// It could not be reached, sent nothing usable, or contradicted itself: it counts for nothing in this round.
        case out
    }

    let network: UInt64
    let address: ShardAddress
    let round: UInt64
    let ownDigest: Bytes32
    /// In the order of the ranking.
    let addressed: [NodeKey]
    /// The round is decided then without those that have not answered.
    let decideBy: Moment
    private let schedule: RoundSchedule
    private(set) var words: [Word]
    private var signedBodies: [[UInt8]?]
    private var bodies: [Bytes32: [UInt8]] = [:]
    private var offers: [Bytes32: Offer] = [:]
    /// What was asked of each keeper after the answers.
    private(set) var askedBodies: [[Bytes32]]
    private(set) var refusedForStamp = 0
    /// How many keepers had no room for another offer in the round.
    private(set) var refusedAsFull = 0
    /// The zero bits that keepers asked for instead, of those that found the stamp too cheap.
    private var prices: [UInt32] = []
    /// How many offers each keeper holds, by what it signed.
    private var held: [Int?]
    /// The places of keepers that said they took the offer.
    private var takers: Set<Int> = []

    init(
        network: UInt64, address: ShardAddress, round: UInt64, own encoding: [UInt8], addressed: [NodeKey],
        decideBy: Moment, schedule: RoundSchedule
    ) {
        self.network = network
        self.address = address
        self.round = round
        self.addressed = addressed
        self.decideBy = decideBy
        self.schedule = schedule
        ownDigest = Offer.digest(of: encoding)
        words = addressed.map { _ in .awaited }
        signedBodies = addressed.map { _ in nil }
        askedBodies = addressed.map { _ in [] }
        held = addressed.map { _ in nil }
        _ = keep(encoding, as: ownDigest)
    }

    var isComplete: Bool {
        words.allSatisfy { if case .awaited = $0 { false } else { true } }
    }

    var answered: Int {
        words.count { if case .listed = $0 { true } else { false } }
    }

    // MARK: Hearing

    mutating func take(_ receipt: Receipt, from keeper: NodeKey) -> [PairingCounter] {
        guard receipt.code != ReceiptCode.accepted.rawValue else {
            if let place = addressed.firstIndex(of: keeper) { takers.insert(place) }
            return []
        }
        let counters = fail(keeper)
        guard !counters.isEmpty else { return [] }
        switch ReceiptCode(rawValue: receipt.code) {
        case .badStamp where receipt.price > 0: prices.append(receipt.price)
        case .reused, .spentStamp, .badStamp: refusedForStamp += 1
        case .full: refusedAsFull += 1
        default: break
        }
        return counters
    }

    /// The keeper will say nothing more. What it has answered stands.
    mutating func fail(_ keeper: NodeKey) -> [PairingCounter] {
        guard let place = addressed.firstIndex(of: keeper) else { return [] }
        askedBodies[place] = []
        guard case .awaited = words[place] else { return [] }
        words[place] = .out
        return [.keeperFailed]
    }

    mutating func take(_ answer: RoundAnswer, from keeper: NodeKey) -> [PairingCounter] {
        guard let place = addressed.firstIndex(of: keeper) else { return [] }
        if case .out = words[place] { return [] }
        if signedBodies[place] == answer.body { return [] }
        let body: RoundAnswerBody
        switch judge(answer, from: keeper) {
        case .good(let good): body = good
        case .bad(let fault):
            words[place] = .out
            return [fault]
        }
        guard signedBodies[place] == nil else {
            words[place] = .out
            return [.answerTwice]
        }
        signedBodies[place] = answer.body
        held[place] = Int(body.offers)
        words[place] = .listed(answer.listings)
        var counters: [PairingCounter] = []
        for listing in answer.listings {
            guard let offer = listing.offer else { continue }
            if !keep(offer, as: listing.digest) { counters.append(.bodyUnfit) }
        }
        return counters
    }

    mutating func take(_ bodies: Bodies, from keeper: NodeKey) -> [PairingCounter] {
        guard let place = addressed.firstIndex(of: keeper) else { return [] }
        let asked = askedBodies[place]
        askedBodies[place] = []
        var counters: [PairingCounter] = []
        for body in bodies.offers {
            let digest = Offer.digest(of: body)
            guard asked.contains(digest), keep(body, as: digest) else {
                counters.append(.bodyUnfit)
                continue
            }
        }
        return counters
    }

    /// True when no keeper owes an offer that is still missing.
    var awaitsNoBodies: Bool {
        askedBodies.allSatisfy { $0.allSatisfy { bodies[$0] != nil } }
    }

    private enum Verdict {
        case good(RoundAnswerBody)
        case bad(PairingCounter)
    }

    /// What an answer says, or why it is none for this round; its claims are believed only after its signature.
    private func judge(_ answer: RoundAnswer, from keeper: NodeKey) -> Verdict {
        let message = Signed.message(domain: Self.signatureDomain, network: network, body: answer.body)
        guard Ed25519.verify(signature: answer.signature, of: message, by: keeper.bytes) else {
            return .bad(.answerBadSignature)
        }
        guard let body = try? RoundAnswerBody(decoding: answer.body) else { return .bad(.answerMalformed) }
        guard body.network == network, body.epoch == address.epoch, body.shard == address.shard,
            body.pool == address.pool, body.depth == address.depth, body.round == round, body.keeper == keeper.bytes
        else { return .bad(.answerOfAnotherRound) }
        guard body.digests == answer.listings.map(\.digest), Set(body.digests).count == body.digests.count else {
            return .bad(.answerMalformed)
        }
        return .good(body)
    }

    /// False when the bytes do not have this digest. Bytes that are no offer of this round are kept as known to be
    /// nothing, so that nobody is asked for them again.
    private mutating func keep(_ encoding: [UInt8], as digest: Bytes32) -> Bool {
        guard Offer.digest(of: encoding) == digest else { return false }
        guard bodies[digest] == nil else { return true }
        bodies[digest] = encoding
        offers[digest] = Offer(encoding: encoding, address: address, round: round, schedule: schedule)
        return true
    }

    // MARK: The crowd

    /// How many offers the shard had: the lower median of what keepers signed. Nil unless more than half of the
    /// addressed have.
    var crowd: Int? {
        // Whoever contradicted itself is out, and counts for nothing here either.
        let known = held.indices.compactMap { if case .listed = words[$0] { held[$0] } else { nil } }.sorted()
        return known.count * 2 > addressed.count ? known[(known.count - 1) / 2] : nil
    }

    /// Whether more than half of the keepers had no room.
    var isFull: Bool { refusedAsFull * 2 > addressed.count }

    /// The zero bits that more than half of the keepers asked for, or more; nil if it was not more than half.
    var price: UInt32? {
        let dearest = prices.sorted(by: >)
        return dearest.count * 2 > addressed.count ? dearest[addressed.count / 2] : nil
    }

    // MARK: Counting

    /// Digests in ascending order with the places of the keepers that list each.
    private func listers(without liars: Set<Int> = []) -> [(digest: Bytes32, places: [Int])] {
        var places: [Bytes32: [Int]] = [:]
        for (place, word) in words.enumerated() where !liars.contains(place) {
            guard case .listed(let listings) = word else { continue }
            for listing in listings { places[listing.digest, default: []].append(place) }
        }
        return places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func isMajority(_ places: [Int]) -> Bool { places.count * 2 > addressed.count }

    /// Whom to ask for the offers that a majority lists and nobody sent: up to `copies` keepers for each.
    mutating func askForMissing(copies: Int) -> [(NodeKey, [Bytes32])] {
        for (digest, places) in listers() where isMajority(places) && bodies[digest] == nil {
            // Those that sent the bodies of others with their answer had their chance.
            let silent = places.filter { !sentBodies($0) } + places.filter { sentBodies($0) }
            for place in silent.prefix(max(0, copies)) { askedBodies[place].append(digest) }
        }
        return askedBodies.indices.filter { !askedBodies[$0].isEmpty }.map { (addressed[$0], askedBodies[$0]) }
    }

    private func sentBodies(_ place: Int) -> Bool {
        guard case .listed(let listings) = words[place] else { return false }
        return listings.contains { $0.offer != nil }
    }

    /// The offers that count, ascending by digest, and what was wrong.
    func count() -> (offers: [CountedOffer], counters: [PairingCounter], liars: Int) {
        let liars = Set(words.indices.filter { isLying($0) })
        var counters = liars.map { _ in PairingCounter.answerLying }
        for place in words.indices {
            switch words[place] {
            case .awaited: counters.append(.keeperSilent)
            case .listed(let listings):
                // Only a full list may leave out what its keeper has taken.
                let isLeftOut =
                    listings.count < RoundAnswer.maximumListings && !listings.contains { $0.digest == ownDigest }
                if takers.contains(place), isLeftOut { counters.append(.offerWithheld) }
            case .out: break
            }
        }
        var counted: [CountedOffer] = []
        for (digest, places) in listers(without: liars) where isMajority(places) {
            guard let encoding = bodies[digest] else {
                counters.append(.offerMissing)
                continue
            }
            guard let offer = offers[digest], let nonce = nonce(of: offer, digest: digest, at: places) else {
                counters.append(.offerUnfit)
                continue
            }
            counted.append(CountedOffer(offer: offer, encoding: encoding, digest: digest, nonce: nonce))
        }
        // Two offers under one key got past the keepers separately; then neither counts.
        let byKey = Dictionary(grouping: counted, by: \.offer.key)
        let single = counted.filter { byKey[$0.offer.key]?.count == 1 }
        counters += Array(repeating: .offerDoubled, count: counted.count - single.count)
        return (single, counters, liars.count)
    }

    /// A keeper has checked every share against its offer's root before it listed it; one that does not fit is a lie.
    func isLying(_ place: Int) -> Bool {
        guard case .listed(let listings) = words[place] else { return false }
        return listings.contains { listing in
            // What this version cannot read is not for it to judge.
            guard let offer = offers[listing.digest] else { return false }
            return !ShareTree.holds(
                listing.share, index: Int(listing.index), count: Int(offer.shares), path: listing.path,
                root: offer.root)
        }
    }

    private func nonce(of offer: Offer, digest: Bytes32, at places: [Int]) -> Bytes32? {
        var shares: [Int: Bytes32] = [:]
        for place in places {
            guard case .listed(let listings) = words[place] else { continue }
            for listing in listings where listing.digest == digest { shares[Int(listing.index)] = listing.share }
        }
        return Shares.restore(shares, count: Int(offer.shares), root: offer.root)
    }
}
