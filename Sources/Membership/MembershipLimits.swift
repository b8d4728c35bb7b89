// Every bound and interval of the engine in one place. What other nodes rely on is in Protocol/04-membership.md;
// the rest is this implementation's own choice.

internal import Essentials
internal import Identity

enum MembershipLimits {
    // The table.

    static let members = 131_072
    /// Of those, so many may be members that this node has not reached itself: a quarter is kept for who was.
    static let unverifiedMembers = members / 4 * 3
    /// Parts of a full table in which newcomers compete.
    static let buckets = 1_024
    /// Nothing is forgotten before it has been silent for so long after its expiry.
    static let memory = Span.days(30)
    /// A verified member that is absent makes room in its subnet only after this silence; and at a node that calls
    /// nobody, everybody does.
    static let roomAfterSilence = Span.hours(1)
    static let equivocators = 1_024
    static let equivocatorIgnored = Span.hours(24)
    /// Newer records of one owner: so many in each such span.
    static let renewalsPerWindow = 4
    static let renewalWindow = Span.seconds(60)
    static let failedPuzzlesRemembered = 4_096
    static let olderRecords = 64
    static let sweepInterval = Span.hours(1)

    // Records whose puzzles are not checked yet.

    static let applicants = 8_192
    /// Links that are remembered to have brought the same.
    static let bringers = 8
    static let batchesAtOnce = 2
    static let batchKibibytes = 4_096
    static let solvedPuzzlesRemembered = 1_024

    /// How many puzzles are checked in one go: as many as together cost what one does in the open mesh.
    static func batch(kibibytes: Int) -> Int { max(1, batchKibibytes / max(1, kibibytes)) }

    /// Members with an address in one subnet. One machine may have many behind each of its ports in turn.
    static func perSubnet(in kind: NetworkPolicy.Kind) -> Int {
        switch kind {
        case .open: 4
        case .lan: 64
        case .local: 256
        }
    }

    /// Members with an address in one wide subnet.
    static func perWideSubnet(in kind: NetworkPolicy.Kind) -> Int {
        switch kind {
        case .open: 64
        case .lan: 4_096
        case .local: members
        }
    }

    /// Or this part of the table, in hundredths, if that is more.
    static let wideSubnetPercent = 2

    // Calls before somebody makes room.

    static let trialsAtOnce = 8
    /// Each costs this much of a bucket that gains one a second.
    static let trialCost: Int64 = 5
    static let trialBurst = trialCost * 16
    /// Who did not answer is not taken back for so long.
    static let trialMemory = Span.hours(1)
    static let trialsRemembered = 4_096

    // Challenges: what is asked of others.

    static let helpersAsked = 3
    /// A little longer than whoever is asked takes trouble about it.
    static let askPatience = Span.seconds(12)
    /// Each costs this much of a bucket that gains one a second. Trials have a pace of their own.
    static let askCost: Int64 = 15
    static let askBurst = askCost * 4
    /// Between two times that others are asked about the same member.
    static let askSpacing = Span.minutes(10)
    /// So long others' answers keep a line from being tried again, and are shown.
    static let answerMemory = Span.hours(1)
    static let unreachedRemembered = 4_096

    // Challenges: what is done for others.

    static let errandPatience = Span.seconds(10)
    static let errands = 64
    static let errandsPerLink = 4
    /// Each costs its link this much of a bucket that gains one a second.
    static let errandCost: Int64 = 5
    static let errandBurst = errandCost * 8
    /// The same for calls, of all links together.
    static let errandCallCost: Int64 = 10
    static let errandCallBurst = errandCallCost * 4
    /// Nobody in one subnet is called for others more often.
    static let errandCallSpacing = Span.minutes(1)
    /// Signatures for one link.
    static let challengeBurst: Int64 = 8
    static let challengesPerSecond: Int64 = 1

    // Heartbeats.

    /// A claimed period counts for presence up to so many times what the policy says for the table's size.
    static let periodStretch: Int64 = 4

    // Own statements.

    static let heartbeatJitterPercent: Int64 = 10
    /// Of a period that has just grown the least part to wait. Others refuse what comes before half of theirs, or of the next
    /// period, which may be half as long again.
    static let heartbeatSpreadPercent: Int64 = 75
    /// Between two records of our own, so that others take both.
    static let ownRecordSpacing = Span.seconds(20)
    static let ownRecordRetry = Span.seconds(60)
    /// Mesh time moving by so much makes the own record say wrong times.
    static let ownRecordClockTolerance = Span.seconds(60)

    // Spreading.

    static let flushDelay = Span.milliseconds(50)
    /// Heartbeats of those who are present anyway wait longer where nearly as many come meanwhile as fill a packet.
    static let heartbeatDelayLongest = Span.seconds(2)
    static let heartbeatsTogether = 5
    /// So many are cheaper in one larger packet than each in a small one.
    static let heartbeatsWorthAPacket: Int64 = 4
    /// A record made, or a heartbeat sent, longer ago than this is no news: it is passed on from a bucket.
    static let newsAge = Span.seconds(60)
    static let oldNewsBurst: Int64 = 512
    static let oldNewsPerSecond: Int64 = 32
    static let roundInterval = Span.seconds(2)
    static let roundsPerComparison: UInt64 = 4
    /// While a round has brought so many new lines, the next one comes sooner.
    static let fillingLines = 64
    static let roundIntervalFilling = Span.milliseconds(250)
    /// Into so many parts a range is cut; what both sides have fewer of is sent or named instead.
    static let cuts: UInt64 = 16
    static let givenAtOnce = 512
    static let listedAtOnce = 32
    /// So many missing lines make a stretch worth getting from one neighbour only.
    static let fetchedLines = 32
    static let fetchesPerLink = 4
    static let fetchPatience = Span.seconds(3)
    /// A comparison with differences that brought nothing is not tried again over this link for 8, 16, … s.
    static let restLongest = Span.seconds(128)
    /// Between two comparisons of empty tables.
    static let emptyPatience = Span.seconds(1)
    static let overdueAsked = 128
    /// Members named in one pull: each takes at most 29 bytes of the 16,000.
    static let haves = 540
    static let wantedPerFlush = 8

    /// More than the two seconds between rounds pass between two inputs only if this node is stopped.
    static let turnLongest = Span.seconds(7)
    /// For how long after that what is read may have waited.
    static let catchingUp = Span.seconds(2)

    /// How long a heartbeat waits for others.
    static func heartbeatDelay(for period: Span) -> Span { min(heartbeatDelayLongest, period / 10) }

    /// How long after a heartbeat the next one should have come over the tree.
    static func overdue(after period: Span) -> Span { period + period / 10 + patience(for: period) / 2 }

    /// How long after a heartbeat the next one is asked for: once it is overdue, and sooner after one that was old when it
    /// came, which has less time left; but not for the few seconds that most are under way, and not at once, since its
    /// owner's clock may be behind.
    static func asked(after period: Span, age: Span) -> Span {
        let (patience, usual) = (overdue(after: period), patience(for: period) / 2)
        return patience - min(max(.zero, age - usual), patience / 2)
    }

    /// Within this time after that all have asked, some sooner than others, so that who asks first can tell them.
    static func patience(for period: Span) -> Span { min(.seconds(8), period / 2) }

    /// Of the heartbeats of all, one in 2.5 to 5 s counts.
    static let pruningInterval = Span.seconds(5)
    /// So long one with a lower rank keeps others from pruning: twice what it may take through the mesh.
    static let pruningPrecedence = Span.seconds(5)
    /// Of two copies within so short a time the second one was in vain.
    static let twiceWithin = Span.seconds(5)

    /// Over how many links heartbeats come: more where they are few and missing one counts sooner.
    static func eagerLinks(members: Int) -> Int { min(max(48 / max(1, members), 1), 8) }

    /// So many come into the tree when a link of it ends, at most so often.
    static let eagerLinksInPlaceOfOne = 2
    static let replacingInterval = Span.seconds(5)

    static let wantsBurst: Int64 = 8
    static let wantsPerSecond: Int64 = 1

    // What one link may cost.

    /// Pulls and parts of comparisons, and one more for every 64 lines that they are about.
    static let exchangeBurst: Int64 = 4_096
    static let exchangePerSecond: Int64 = 256
    static let answerBytesBurst: Int64 = 1_048_576
    static let answerBytesPerSecond: Int64 = 131_072
    /// Records and heartbeats whose signature is looked at.
    static let intakeBurst: Int64 = 8_192
    static let intakePerSecond: Int64 = 1_024
    /// The same over all links from members that have called this node, and over all from strangers.
    static let callersIntakeBurst: Int64 = 16_384
    static let callersIntakePerSecond: Int64 = 2_048
    static let strangersIntakeBurst: Int64 = 2_048
    static let strangersIntakePerSecond: Int64 = 256
    /// So many over a stranger's link come before that share.
    static let strangerLooks = 16
    static let violations = 8
    static let banTime = Span.minutes(5)
    static let bansRemembered = 1_024

    // Links.

    static let outboundLinks = 8
    static let inboundLinks = 24
    /// Beyond those, so many may stay for a moment, so that who knows nobody else learns of others.
    static let guestLinks = 64
    static let guestStay = Span.seconds(5)
    /// Inbound links that no guest replaces: by how long they have stood, by their round trip, by their subnet.
    static let inboundKeptByAge = 4
    static let inboundKeptByRoundTrip = 4
    static let inboundKeptBySubnet = 4
    /// A guest replaces one at most so often.
    static let inboundTurn = Span.minutes(1)
    static let leafLinks = 16_384
    /// A table of at most so many is linked completely.
    static let completeMesh = 9
    static let dialsAtOnce = 16
    static let dialPatience = Span.seconds(30)
    static let backoffFirst = Span.seconds(1)
    static let backoffLongest = Span.minutes(5)
    /// A link that ends before this has not lasted: it counts like a failed dial.
    static let linkTrial = Span.seconds(30)
    /// In a complete mesh the higher key waits for the lower one's dial.
    static let courtesy = Span.seconds(2)
    static let duplicateGrace = Span.seconds(2)
    static let slotLife = Span.minutes(5)
    /// Between two feelers; half of it is left to chance, so that nodes do not fall into step.
    static let feelerInterval = Span.seconds(30)
    /// While everybody known is present, nobody has to be found again.
    static let feelerIntervalWhole = Span.seconds(180)
    static let feelerIntervalAlone = Span.seconds(5)
    static let feelerStay = Span.seconds(10)
    static let anchors = 2
    static let maintenanceDelay = Span.milliseconds(100)

    // Mesh time.

    static let clockStepReported = Span.milliseconds(5)
    static let clockStepLargest = Span.milliseconds(250)
    /// From the first measurement on, the clock may jump for so long.
    static let clockSettling = Span.seconds(60)
    static let clockInterval = Span.seconds(1)
    /// While fewer have answered and others are being called, the clock does not jump.
    static let clockQuorum = 3
    static let clockQuorumPatience = Span.seconds(5)
    static let clockFirstDelay = Span.milliseconds(100)
    static let clockIntervalLeaf = Span.seconds(5)
    /// How far mesh time may be from the median of the wall clocks, beyond what those differ by.
    static let clockLeash = Span.milliseconds(20)
    /// How much an old measurement loses in a second.
    static let offsetAgeing = Span.milliseconds(1)
    /// How far link offsets may lead a leaf away from what heartbeats say: back, and ahead, since heartbeats are late by
    /// the time they took through the tree, and never early.
    static let leafClockBound = Span.seconds(2)
    static let leafClockLateness = Span.seconds(8)
}
