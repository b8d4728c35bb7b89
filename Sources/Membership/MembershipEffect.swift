// Everything the membership engine can want from its owner, as an order or as news, and what it counts.

public import Essentials
public import Identity
public import Wire

/// One effect. They are meant to be carried out in the order in which they were given.
public enum MembershipEffect: Sendable, Equatable {
    case sendPull(Membership.LinkID, Pull)
    case sendPush(Membership.LinkID, Push)
    case sendCompare(Membership.LinkID, Compare)
    case sendPrune(Membership.LinkID)
    case sendGraft(Membership.LinkID)
    case sendAsk(Membership.LinkID, Ask)
    case sendChallenge(Membership.LinkID, Challenge)
    /// Somebody else's answer, for whoever asked.
    case sendAlive(Membership.LinkID, Alive)
    /// Sign this nonce as alive and send it over the link.
    case signAlive(Membership.LinkID, nonce: Bytes32)
    /// Open a link as a member, and answer with `.linkUp` or `.dialFailed`.
    case dial(NodeKey, ChannelKey, [Endpoint])
    /// See whether the other end of the link still lives, unless something was heard of it since then.
    case probe(Membership.LinkID, silentSince: Moment)
    /// End the link. The engine has forgotten it already; a `.linkDown` for it may come or not.
    case hangUp(Membership.LinkID, HangUpReason)
    /// Make and sign a record with this `seq` (unix ms) and expiry (mesh time), and answer with `.recordSigned`.
    case signRecord(seq: UInt64, expires: WallTime)
    /// Make and sign a heartbeat, and answer with `.heartbeatSigned`.
    case signHeartbeat(time: WallTime, period: Span)
    /// Check whether these puzzles are solved, elsewhere, and answer with `.puzzlesChecked`.
    case checkPuzzles([PuzzleClaim])
    /// Remember this record over restarts, in place of an older one of the same node. The own one comes too.
    case store(Signed, nodeKey: NodeKey, seq: UInt64)
    case forget(NodeKey)
    /// Remember these over restarts: whom to dial first.
    case keepAnchors([NodeKey])
    /// Mesh time has moved against the own clocks, or is known better or worse than before.
    case clockChanged(MeshClock)
    /// The present members, or what their records say, are not what they were.
    case tableChanged
    case count(MembershipCounter)
}

/// Why the engine ends a link.
public enum HangUpReason: String, Hashable, Sendable, CaseIterable {
    /// Enough inbound links: a refusal, to be told to the other end as such.
    case full
    /// There is another link to the same member, and both ends know which one stays.
    case duplicate
    /// The other end is this node itself.
    case ownNode
    /// Too many things that nobody may send.
    case violation
    /// The other end was hung up for a violation not long ago.
    case banned
    /// A feeler has done its work.
    case feelerDone
    /// The choice of links has moved on.
    case replaced
}

/// One thing that is counted. Counters carry numbers only: nothing that names anybody.
public enum MembershipCounter: String, Hashable, Sendable, CaseIterable {
    // records
    case recordAccepted
    case recordWaits
    case applicantsFull
    case applicantDropped
    case recordMalformed
    case recordOfLaterVersion
    case recordOfOtherNetwork
    case recordInvalid
    case recordStale
    case recordUntimely
    case recordTooSoon
    case puzzleFailed
    case equivocation
    case ownerIgnored
    case shortIdTaken
    case subnetFull
    case tableFull
    case notReachedLately
    case trialBegun
    case trialLost
    case ownRecordRefused
    case ownKeyElsewhere
    // heartbeats
    case heartbeatAccepted
    case heartbeatWaits
    case heartbeatMalformed
    case heartbeatOfLaterVersion
    case heartbeatInvalid
    case heartbeatStale
    case heartbeatTooSoon
    case heartbeatUntimely
    case heartbeatOfUnknown
    case heartbeatPeriodForbidden
    case ownHeartbeatRefused
    // exchange
    case leafPush
    case pushFromUnknownLink
    case intakeFull
    case pullMalformed
    case exchangeTooOften
    case answerCut
    case newsHeldBack
    case linkPruned
    case linkGrafted
    case heartbeatMissed
    case heartbeatTwice
    // links
    case inboundRefused
    case inboundReplaced
    case bannedRefused
    case violationHungUp
    case duplicateHungUp
    case dialFailed
    case dialUnanswered
    case feelerSent
    // challenges
    case othersAsked
    case answersOthers
    case aliveInvalid
    case aliveUnasked
    case askIgnored
    case askTooOften
    case calledForOthers
    case challengePassedOn
    case alivePassedOn
    case challengeIgnored
    case challengeTooOften
    case challengeAnswered
}
