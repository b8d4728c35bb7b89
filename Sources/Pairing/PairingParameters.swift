// The numbers of pairing that are not part of a network's policy: each node may choose its own without being
// misunderstood by others. The policy's numbers (round, grace, epoch, keepers …) are in `NetworkPolicy`.

public import Essentials

/// The limits and waits of seeks and keepers; see the tables in Protocol/06-pairing.md.
public struct PairingParameters: Sendable {
    // What a keeper grants.

    /// A round's deposits are accepted this long before it begins.
    public var early = Span.seconds(1)
    /// Deposits a link may bring in one round, good and bad together.
    public var depositsPerLink = 64
    /// Deposits that the links of one subnet may bring in one round together.
    public var depositsPerSubnet = 256
    /// Deposits with a bad stamp after which a link is not listened to for the rest of the round.
    public var badStampsPerLink = 16
    /// Deposits held for one round.
    public var depositsPerRound = 512
    /// Deposits looked at closely, a second and in one burst: each costs a key agreement.
    public var depositChecksPerSecond: Int64 = 512
    public var depositCheckBurst: Int64 = 1_024
    /// Stamps computed, a second and in one burst: each costs an Argon2id.
    public var stampChecksPerSecond: Int64 = 256
    public var stampCheckBurst: Int64 = 512
    /// Stamps remembered with the round in which they were first seen.
    public var stampsRemembered = 16_384
    /// How long the offers of an answered round can be asked for.
    public var bodiesKept = Span.seconds(3)
    /// How often one arrival may ask for them.
    public var bodiesRequests = 4

    // What a seek waits for.

    /// A deposit that would have less time than this to arrive goes into the next round.
    public var depositMargin = Span.milliseconds(120)
    /// A seek decides without the keepers that have not answered this long after the round's end.
    public var decideAfter = Span.milliseconds(700)
    /// How long offers that no keeper sent with its answer are waited for.
    public var bodiesWait = Span.milliseconds(300)
    /// How many keepers are asked for the offers themselves.
    public var bodiesFrom = 3
    /// How many keepers are asked for an offer that is still missing then.
    public var missingBodyFrom = 2
    /// Seeks that may go on at once.
    public var seeks = 64
    /// Stamps kept ready, at least and at most: one more than the last search needed at once.
    public var stampsReady = 2
    public var stampsReadyMost = 9
    /// For how long after it began that search says how many those are.
    public var habitMemory = Span.hours(1)
    /// How long before an epoch begins its stamps are made; at most a quarter of an epoch.
    public var stampLead = Span.seconds(60)

    // What both must see alike.

    /// One key and its stamp serve a seek for this long.
    public static let credentialLifetime = Span.seconds(30)
    /// How many zero bits a stamp may need beyond the lowest price.
    public static let dearest = 4

    public init() {}
}
