// What a leaf asks of a keeper, a door or a relay, inside the first handshake message, and what it is told in the
// second. See Protocol/05-homes-and-doors.md and 06-pairing.md.

public import Essentials

/// What the first message to a keeper, a door or a relay carries.
public enum Request: WireMessage, Hashable {
    case deposit(Deposit)
    case join(Join)
    case extend(Extend)
}

/// What the second message carries back.
public enum Answer: WireMessage, Hashable {
    case receipt(Receipt)
    case join(JoinAnswer)
    case extend(ExtendAnswer)
}

/// An offer for a keeper, with that keeper's share of the nonce.
public struct Deposit: WireMessage, Hashable {
    /// An encoded `Offer`, at most 256 bytes: its exact bytes are what the digest is taken over.
    public let offer: [UInt8]
    /// Which of the offer's shares this is, from 0.
    public let index: UInt32
    public let share: Bytes32
    /// From the share's leaf up to the offer's root: at most four.
    public let path: [Bytes32]
    /// True when the depositor wants the offers of the round, not only their digests.
    public let bodies: Bool

    public static let maximumPath = 4

    public init(offer: [UInt8], index: UInt32, share: Bytes32, path: [Bytes32], bodies: Bool) throws(WireFault) {
        try require(!offer.isEmpty && offer.count <= Offer.maximumBytes, "Deposit.offer")
        try require(index < Offer.maximumShares, "Deposit.index")
        try require(path.count <= Self.maximumPath, "Deposit.path")
        self.offer = offer
        self.index = index
        self.share = share
        self.path = path
        self.bodies = bodies
    }
}

/// Half of a conversation's path arrives at the door.
public struct Join: WireMessage, Hashable {
    /// The value that only the two strangers can derive.
    public let token: Bytes32

    public init(token: Bytes32) { self.token = token }
}

/// A pipe is to go on to another member, with a relay between that one and the leaf's home.
public struct Extend: WireMessage, Hashable {
    /// The node key of the member to go on to.
    public let node: Bytes32

    public init(node: Bytes32) { self.node = node }
}

/// What became of a deposit; the codes are listed in Protocol/06-pairing.md.
public struct Receipt: WireMessage, Hashable {
    public let code: UInt32
    /// How many zero bits a stamp needs in this round, where it had too few; otherwise 0.
    public let price: UInt32

    public init(code: UInt32, price: UInt32 = 0) {
        self.code = code
        self.price = price
    }
}

/// What became of a join.
public struct JoinAnswer: WireMessage, Hashable {
    public enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// The first half is here; the other is awaited.
        case waiting = 1
        /// Both halves are here.
        case joined = 2
        case refused = 3
    }

    public let code: Code

    public init(code: Code) { self.code = code }
}

/// What became of an extend.
public struct ExtendAnswer: WireMessage, Hashable {
    public enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// What follows goes to the other member.
        case extended = 1
        case refused = 2
    }

    public let code: Code

    public init(code: Code) { self.code = code }
}
