// What keepers say at the end of a round. See Protocol/06-pairing.md.

public import Essentials

/// What travels on a leaf's channel to a keeper after the handshake.
public enum KeeperMessage: WireMessage, Hashable {
    case answer(RoundAnswer)
    case bodiesWanted(BodiesWanted)
    case bodies(Bodies)
}

/// A keeper's view of one round: a signed list of digests, and the shares that belong to them.
public struct RoundAnswer: WireMessage, Hashable {
    /// An encoded `RoundAnswerBody`, at most 2,048 bytes; what is signed is these bytes.
    public let body: [UInt8]
    /// 64 bytes.
    public let signature: [UInt8]
    /// At most 24.
    public let listings: [Listing]

    public static let maximumBody = 2_048
    public static let maximumListings = 24

    public init(body: [UInt8], signature: [UInt8], listings: [Listing]) throws(WireFault) {
        try require(!body.isEmpty && body.count <= Self.maximumBody, "RoundAnswer.body")
        try require(signature.count == Signed.signatureCount, "RoundAnswer.signature")
        try require(listings.count <= Self.maximumListings, "RoundAnswer.listings")
        self.body = body
        self.signature = signature
        self.listings = listings
    }
}

/// The part of a keeper's answer that it signs.
public struct RoundAnswerBody: WireMessage, Hashable {
    public let network: UInt64
    public let pool: UInt64
    public let epoch: UInt64
    public let shard: UInt64
    public let depth: UInt32
    public let round: UInt64
    /// The keeper's node key.
    public let keeper: Bytes32
    /// The offers' digests in the order of the rule: at most 24.
    public let digests: [Bytes32]
    /// How many offers the keeper holds, those that it lists among them.
    public let offers: UInt32

    /// `offers` is the number of digests where nothing else is said.
    public init(
        network: UInt64, pool: UInt64 = 0, epoch: UInt64, shard: UInt64, depth: UInt32, round: UInt64, keeper: Bytes32,
        digests: [Bytes32], offers: UInt32? = nil
    ) throws(WireFault) {
        try require(digests.count <= RoundAnswer.maximumListings, "RoundAnswerBody.digests")
        let offers = offers ?? UInt32(clamping: digests.count)
        try require(offers >= digests.count, "RoundAnswerBody.offers")
        self.network = network
        self.pool = pool
        self.epoch = epoch
        self.shard = shard
        self.depth = depth
        self.round = round
        self.keeper = keeper
        self.digests = digests
        self.offers = offers
    }
}

/// One offer of a round as a keeper lists it.
public struct Listing: WireMessage, Hashable {
    public let digest: Bytes32
    /// Which of the offer's shares the keeper was given.
    public let index: UInt32
    public let share: Bytes32
    /// At most four.
    public let path: [Bytes32]
    /// The encoded `Offer`, when bodies were asked for.
    public let offer: [UInt8]?

    public init(
        digest: Bytes32, index: UInt32, share: Bytes32, path: [Bytes32], offer: [UInt8]? = nil
    ) throws(WireFault) {
        try require(index < Offer.maximumShares, "Listing.index")
        try require(path.count <= Deposit.maximumPath, "Listing.path")
        try require(offer.map { !$0.isEmpty && $0.count <= Offer.maximumBytes } ?? true, "Listing.offer")
        self.digest = digest
        self.index = index
        self.share = share
        self.path = path
        self.offer = offer
    }
}

/// A leaf asks for the offers behind digests.
public struct BodiesWanted: WireMessage, Hashable {
    /// At most 24.
    public let digests: [Bytes32]

    public init(digests: [Bytes32]) throws(WireFault) {
        try require(digests.count <= RoundAnswer.maximumListings, "BodiesWanted.digests")
        self.digests = digests
    }
}

/// The offers that a leaf asked for.
public struct Bodies: WireMessage, Hashable {
    /// Encoded `Offer`s, at most 24 of at most 256 bytes each.
    public let offers: [[UInt8]]

    public init(offers: [[UInt8]]) throws(WireFault) {
        try require(offers.count <= RoundAnswer.maximumListings, "Bodies.offers")
        try require(offers.allSatisfy { !$0.isEmpty && $0.count <= Offer.maximumBytes }, "Bodies.offers")
        self.offers = offers
    }
}
