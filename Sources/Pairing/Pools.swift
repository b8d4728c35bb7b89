// Among whom a person looks: everyone, or those who name the same interest or language, or who came for a question.
// See Protocol/06-pairing.md, "Pools".

internal import Essentials
internal import Sodium

/// The numbers of pools. Only offers of one pool meet.
public enum Pools {
    public static let everyone: UInt64 = 0

    /// So many buckets share all interests that there are: rare ones seldom meet another, and a keeper learns a bucket.
    static let interestBits = 15

    /// Where those look who share an interest, given as `Interest` writes it.
    ///
    /// Several interests share a bucket; who meets there finds out by themselves whether they have one in common.
    public static func interest(_ tag: String, network: UInt64) -> UInt64 {
        Blake2b.short(
            domain: "passant/interest-pool/1", network.bigEndianBytes, bucket(of: tag, network: network).bigEndianBytes)
    }

    static func bucket(of tag: String, network: UInt64) -> UInt16 {
        let hash = Blake2b.short(domain: "passant/interest-bucket/1", network.bigEndianBytes, Array(tag.utf8))
        return UInt16(truncatingIfNeeded: hash >> UInt64(UInt64.bitWidth - interestBits))
    }

    /// Where those look who speak a language, given as its primary subtag in lower case.
    public static func language(_ subtag: String, network: UInt64) -> UInt64 {
        Blake2b.short(domain: "passant/language-pool/1", network.bigEndianBytes, Array(subtag.utf8))
    }

    /// Where those look who ask a question or discuss one.
    public static func questions(network: UInt64) -> UInt64 {
        Blake2b.short(domain: "passant/questions-pool/1", network.bigEndianBytes)
    }
}
