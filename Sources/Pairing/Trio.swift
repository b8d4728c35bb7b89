// The verified outcome of a round for three offers: one asks a question, two discuss it.
// See Protocol/06-pairing.md, "What a pairing is".

internal import Essentials
internal import Sodium

/// Three offers that the same rule, computed by everybody, put together, seen from one of them: what it has with each
/// of the other two. The third pairing is theirs alone.
///
/// Both pairings have the same `ownKey`, which is used up with the two of them.
public enum Trio: Sendable {
    /// One's own question, and whom it goes to.
    case asks(first: Pairing, second: Pairing)
    /// Somebody else's question, and with whom it is discussed. Of the two one is the first, and both know which.
    case discusses(isFirst: Bool, asker: Pairing, other: Pairing)

    /// What one is oneself.
    public enum Role: Hashable, Sendable {
        case asks
        case discusses(isFirst: Bool)
    }

    public var role: Role {
        switch self {
        case .asks: .asks
        case .discusses(let isFirst, _, _): .discusses(isFirst: isFirst)
        }
    }

    /// With the first and the second, or with whoever asks and the other who discusses: always two.
    public var pairings: [Pairing] {
        switch self {
        case .asks(let first, let second): [first, second]
        case .discusses(_, let asker, let other): [asker, other]
        }
    }

    /// Nil when the key of one of the other two is of a low order, so that no secret can be agreed upon.
    ///
    /// `own` is one of the triple's indices, and all three are indices of `offers`.
    init?(network: UInt64, _ triple: Matching.Triple, of offers: [CountedOffer], own: Int, key: Owned<AgreementKey>) {
        func pairing(with other: Int) -> Pairing? {
            Pairing(network: network, own: offers[own], theirs: offers[other], key: key)
        }
        if own == triple.asker {
            guard let first = pairing(with: triple.first), let second = pairing(with: triple.second) else { return nil }
            self = .asks(first: first, second: second)
        } else {
            let isFirst = own == triple.first
            guard let asker = pairing(with: triple.asker),
                let other = pairing(with: isFirst ? triple.second : triple.first)
            else { return nil }
            self = .discusses(isFirst: isFirst, asker: asker, other: other)
        }
    }
}
