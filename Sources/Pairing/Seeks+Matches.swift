// Whom a seek was put together with in a round, and which of several seeks of a search is the one.
// See Protocol/06-pairing.md, "Matching", "Matching of three" and "Pools".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

extension Seeks {
    /// Whom the rule put a seek together with.
    enum Found: Sendable {
        case pair(Pairing)
        case three(Trio, priority: Bytes32)

        /// By which those of one search are compared.
        var priority: Bytes32 {
            switch self {
            case .pair(let pairing): Matching.priority(pairing.lowerNonce, pairing.higherNonce)
            case .three(_, let priority): priority
            }
        }

        /// What its owner is told when this is whom the person meets.
        func matched(_ id: SeekID) -> SeeksEffect {
            switch self {
            case .pair(let pairing): .matched(id, pairing)
            case .three(let trio, _): .matchedThree(id, trio)
            }
        }

        /// What its owner is told when it is not. Two of three look again by themselves when the third does not come.
        func declined(_ id: SeekID) -> [SeeksEffect] {
            switch self {
            case .pair(let pairing): [.declined(id, pairing)]
            case .three: []
            }
        }
    }

    /// Whom the own offer was put together with, of the offers that count.
    func found(
        of id: SeekID, _ tally: RoundTally, among offers: [CountedOffer], effects: inout [SeeksEffect]
    ) -> Found? {
        guard let own = offers.firstIndex(where: { $0.digest == tally.ownDigest }),
            let credential = seeks[id]?.credential
        else { return nil }
        let entrants = offers.map {
            Matching.Entrant(digest: $0.digest, nonce: $0.nonce, kind: $0.offer.kind, pool: $0.offer.pool)
        }
        // The two rules know nothing of each other, and the one that the own offer is not for would be work for nothing.
        let isForThree = [SeekKind.asks, SeekKind.discusses].contains(entrants[own].kind)
        let triple = isForThree ? Matching.triples(of: entrants).first { $0.members.contains(own) } : nil
        let members = triple?.members ?? (isForThree ? [] : Self.pair(of: own, among: entrants))
        guard !members.contains(where: { $0 != own && ownKeys.contains(offers[$0].offer.key) }) else {
            effects.append(.count(.ownOffersMet))
            return nil
        }
        if let triple {
            let priority = Matching.priority(ofThree: triple.members.map { offers[$0].nonce })
            return Trio(network: policy.id, triple, of: offers, own: own, key: credential.key)
                .map { Found.three($0, priority: priority) }
        }
        guard let other = members.first(where: { $0 != own }) else { return nil }
        return Pairing(network: policy.id, own: offers[own], theirs: offers[other], key: credential.key)
            .map { Found.pair($0) }
    }

    /// Nobody when it is alone.
    private static func pair(of own: Int, among entrants: [Matching.Entrant]) -> [Int] {
        let pair = Matching.pairs(of: entrants).first { $0.0 == own || $0.1 == own }
        return pair.map { [$0.0, $0.1] } ?? []
    }

    // MARK: Which of a search

    /// Of the seeks of one search that were matched in a round, the one that found the fewest offers is the one:
    /// whoever wants something rare would hardly find it again. Two who share several things have to choose the same.
    mutating func choose(for id: SeekID) -> [SeeksEffect] {
        guard let search = seeks[id]?.search, case .decided? = seeks[id]?.phase else { return [] }
        let fellows = seeks.keys.filter { seeks[$0]?.search == search }.sorted()
        guard !fellows.contains(where: { isUnderWay($0) }) else { return [] }
        var matches: [(id: SeekID, found: Found, offers: Int)] = []
        for fellow in fellows {
            if case .decided(let found, let offers)? = seeks[fellow]?.phase { matches.append((fellow, found, offers)) }
            seeks[fellow]?.phase = .resting
        }
        let best = matches.min { ($0.offers, $0.found.priority) < ($1.offers, $1.found.priority) }
        guard let best else { return [] }
        return matches.flatMap { match -> [SeeksEffect] in
            match.id == best.id
                ? [match.found.matched(match.id)]
                : [.count(.pairingDeclined)] + match.found.declined(match.id)
        }
    }

    /// Whether an offer of the seek is with the keepers.
    private func isUnderWay(_ id: SeekID) -> Bool {
        switch seeks[id]?.phase {
        case .deposited?, .fetching?: true
        case .lacking?, .waiting?, .decided?, .resting?, nil: false
        }
    }
}
