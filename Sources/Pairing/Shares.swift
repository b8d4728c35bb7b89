// How a nonce is split so that more than half of the addressed keepers can restore it, and nobody can restore
// something that its owner did not split honestly. See Protocol/06-pairing.md, "Shares".

public import Essentials
public import Sodium

/// A nonce split over 1 to 9 keepers: Shamir's scheme over the scalars of ristretto255.
///
/// The coefficients follow from the nonce, so whoever restores it can compute every share again and sees whether
/// the tree's root is the one in the offer. An offer whose shares do not lie on the one right polynomial counts
/// for nobody, whichever of the shares somebody happens to have.
public struct Shares: Sendable {
    /// A scalar, 32 bytes little-endian.
    public let nonce: Bytes32
    /// Scalars; the one at index i is for the i-th addressed keeper, i from 0.
    public let values: [Bytes32]
    public let tree: ShareTree

    /// More than half of `count`: how many shares restore the nonce.
    public static func threshold(of count: Int) -> Int { max(0, count) / 2 + 1 }

    /// A nonce, each scalar equally likely.
    public static func drawNonce(using random: inout RandomStream) -> Bytes32 {
        RistrettoScalar.random(using: &random).bytes
    }

    /// Nil when the nonce is no canonical scalar, or `count` not in 1…9.
    public init?(of nonce: Bytes32, count: Int) {
        guard (1...ShareTree.maximumLeaves).contains(count), let secret = RistrettoScalar(canonical: nonce) else {
            return nil
        }
        let coefficients = Self.coefficients(of: secret, count: count)
        let values = (1...count).map { Self.value(of: coefficients, at: RistrettoScalar(UInt64($0))).bytes }
        guard let tree = ShareTree(values) else { return nil }
        self.nonce = nonce
        self.values = values
        self.tree = tree
    }

    /// The nonce behind shares by index, each of which `ShareTree.holds` under `root`.
    ///
    /// Nil when they are too few, when one is no canonical scalar, or when the shares of the restored nonce do not
    /// have this root: then the owner split dishonestly, and no other choice of shares restores anything either.
    public static func restore(_ shares: [Int: Bytes32], count: Int, root: Bytes32) -> Bytes32? {
        guard (1...ShareTree.maximumLeaves).contains(count) else { return nil }
        let needed = threshold(of: count)
        let points = shares.filter { (0..<count).contains($0.key) }.sorted { $0.key < $1.key }.prefix(needed)
        guard points.count == needed else { return nil }
        var nonce = RistrettoScalar.zero
        for (index, share) in points {
            guard let value = RistrettoScalar(canonical: share) else { return nil }
            var (numerator, denominator) = (RistrettoScalar.one, RistrettoScalar.one)
            for (other, _) in points where other != index {
                let place = RistrettoScalar(UInt64(other + 1))
                numerator = numerator * place
                denominator = denominator * (place - RistrettoScalar(UInt64(index + 1)))
            }
            guard let inverse = denominator.inverse else { return nil }
            nonce = nonce + value * numerator * inverse
        }
        guard let recomputed = Shares(of: nonce.bytes, count: count), recomputed.tree.root == root else { return nil }
        return nonce.bytes
    }

    /// Horner's rule.
    /// Of the polynomial whose values are the shares, the secret first.
    static func coefficients(of secret: RistrettoScalar, count: Int) -> [RistrettoScalar] {
        [secret]
            + (1..<threshold(of: count)).map {
                RistrettoScalar.hash(domain: "passant/coefficient/1", secret.bytes.bytes, [UInt8(clamping: $0)])
            }
    }

    private static func value(of coefficients: [RistrettoScalar], at place: RistrettoScalar) -> RistrettoScalar {
        coefficients.reversed().reduce(.zero) { $0 * place + $1 }
    }
}
