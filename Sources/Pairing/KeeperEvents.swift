// What a keeper is told and what it orders. See Protocol/06-pairing.md.

public import Essentials
public import Identity
public import Wire

/// Names one pipe on which a depositor reached this keeper, an arrival; chosen by the owner, never used again.
public struct DepositID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: DepositID, right: DepositID) -> Bool { left.number < right.number }
}

/// One event for a keeper.
public enum KeeperInput: Sendable {
    /// A deposit came in the first message of a pipe. `via` numbers the link that carried it, and `from` that link's
    /// wide subnet, if there is one: both for quotas.
    case depositReceived(DepositID, via: UInt64, from: Subnet?, Deposit)
    case bodiesWanted(DepositID, BodiesWanted)
    case arrivalClosed(DepositID)
    /// Mesh time is known, or known better.
    case clockSet(MeshClock)
    /// The present members with a valid puzzle, oneself or not included. `own` is nil while the own puzzle is unsolved.
    case membersChanged(own: PlacementKey?, [KeeperCandidate])
    /// The moment that `nextDeadline()` named has come.
    case timerFired
}

/// One order of a keeper.
public enum KeeperEffect: Sendable {
    case receipt(DepositID, Receipt)
    case answer(DepositID, RoundAnswer)
    case bodies(DepositID, Bodies)
    /// Send what was given, then close the pipe. The arrival is forgotten.
    case close(DepositID)
    case count(PairingCounter)
}

/// What a receipt's code says.
public enum ReceiptCode: UInt32, Hashable, Sendable, CaseIterable {
    case accepted = 1
    /// This node does not keep the offer's shard in its epoch, or does not know the time well enough.
    case notServing = 2
    /// The round is not open: too early, or over.
    case wrongRound = 3
    /// Epoch, shard and depth do not belong to the round.
    case wrongShard = 4
    /// The link, the round or the keeper has had as many deposits as it takes.
    case busy = 5
    /// Not an offer, or one with a critical field that the keeper does not know.
    case malformed = 6
    /// The share does not belong to the offer, or was not sealed by the owner of its key.
    case badShare = 7
    /// The key is in this round already.
    case reused = 8
    /// The stamp has served its time.
    case spentStamp = 9
    /// The stamp is not for this epoch, or not worth its price.
    case badStamp = 10
    /// The round has all the offers that it takes: others of the pool's shards may not.
    case full = 11

    var receipt: Receipt { Receipt(code: rawValue) }
}

/// What is worth counting about pairing. No counter carries anything of a person.
public enum PairingCounter: String, Hashable, Sendable, CaseIterable {
    // At a keeper.
    case depositAccepted, depositNotServing, depositWrongRound, depositWrongShard, depositBusy, depositMalformed
    case depositBadShare, depositReused, depositSpentStamp, depositBadStamp, depositCheapStamp, depositFull
    case roundAnswered, bodiesGiven, bodiesRefused
    // At a seek.
    case roundBegun, roundMatched, roundUnmatched, roundWithoutMajority, roundFull, roundDear, pairingDeclined
    case keeperFailed, keeperSilent, offerWithheld
    case answerMalformed, answerBadSignature, answerOfAnotherRound, answerTwice, answerLying
    case bodyUnfit, offerMissing, offerUnfit, offerDoubled, ownOffersMet, pairingFailed, seekRefused, credentialDropped
}
