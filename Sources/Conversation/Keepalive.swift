// Whether the path still stands. Protocol/07-conversation.md, "Keepalive".

internal import Essentials
internal import Sodium

/// Asks after silence, and gives up after more of it. One question is out at a time: the pipe keeps order
/// and loses nothing, so a second one would tell nothing new.
struct Keepalive: Sendable {
    enum Due: Hashable, Sendable {
        case nothing
        case ping(token: UInt64)
        case broken
    }

    private var heardAt: Moment
    private var pingAt: Moment
    /// The question that is out.
    var asked: UInt64?
    private var theirPings: TokenBucket
    private let settings: ConversationSettings

    init(settings: ConversationSettings, at now: Moment, using random: inout RandomStream) {
        self.settings = settings
        heardAt = now
        pingAt = now
        theirPings = TokenBucket(capacity: settings.pingBurst, perSecond: settings.pingsPerSecond, at: now)
        heard(at: now, using: &random)
    }

    var deadline: Moment { asked == nil ? min(pingAt, brokenAt) : brokenAt }

    private var brokenAt: Moment { heardAt + settings.silenceMaximum }

    /// A packet of the stranger's node came.
    mutating func heard(at now: Moment, using random: inout RandomStream) {
        heardAt = now
        // Both sides fall silent together; without the jitter both would ask together, for ever.
        let jitter = max(0, settings.pingJitter.microseconds)
        let extra = random.uniform(below: UInt64(jitter).saturatingAdd(jitter).saturatingAdd(1))
        pingAt = now + settings.pingAfter - .microseconds(jitter) + .microseconds(Int64(clamping: extra))
    }

    mutating func due(at now: Moment, using random: inout RandomStream) -> Due {
        if now >= brokenAt { return .broken }
        guard asked == nil, now >= pingAt else { return .nothing }
        let token = random.next()
        asked = token
        return .ping(token: token)
    }

    /// They asked; the answer costs us a packet, so there are only so many.
    mutating func pinged(at now: Moment) throws(ConversationViolation) {
        guard theirPings.take(at: now) else { throw .rate }
    }

    /// They answered; only a question that is out can be answered.
    mutating func ponged(token: UInt64) throws(ConversationViolation) {
        guard token == asked else { throw .unexpected }
        asked = nil
    }
}
