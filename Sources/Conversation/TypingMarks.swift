// Who is typing. Protocol/07-conversation.md, "Typing".

internal import Essentials

/// Our own person's typing: said once when it begins, repeated seldom while it lasts, taken back after idling.
struct OwnTyping: Sendable {
    private struct Burst: Sendable {
        var idleAt: Moment
        var remindAt: Moment
    }

    private var burst: Burst?
    private var allowance: TokenBucket
    private let settings: ConversationSettings

    init(settings: ConversationSettings, at now: Moment) {
        self.settings = settings
        allowance = TokenBucket(capacity: settings.typingBurst, perSecond: settings.typingPerSecond, at: now)
    }

    var deadline: Moment? { burst?.idleAt }

    /// The person changed something. True: the stranger must be told.
    mutating func changed(at now: Moment) -> Bool {
        if var ongoing = burst {
            ongoing.idleAt = now + settings.typingIdle
            let reminds = now >= ongoing.remindAt && allowance.take(at: now)
            if reminds { ongoing.remindAt = now + settings.typingReminder }
            burst = ongoing
            return reminds
        }
        guard allowance.take(at: now) else { return false }
        burst = Burst(idleAt: now + settings.typingIdle, remindAt: now + settings.typingReminder)
        return true
    }

    /// The person took the text back, or has been idle for too long. True: the stranger must be told.
    mutating func stop() -> Bool {
        guard burst != nil else { return false }
        burst = nil
        return true
    }

    /// The text was sent; that says by itself that the typing is over.
    mutating func textSent() { burst = nil }

    func isIdle(at now: Moment) -> Bool { burst.map { $0.idleAt <= now } ?? false }
}

/// What our person sees of the stranger's typing.
struct TheirTyping: Sendable {
    private(set) var deadline: Moment?
    private let shown: Span

    init(settings: ConversationSettings) { shown = settings.typingShown }

    /// True: the person must be told. A reminder only keeps the mark on the screen.
    mutating func began(at now: Moment) -> Bool {
        let isNew = deadline == nil
        deadline = now + shown
        return isNew
    }

    /// True: the person must be told.
    mutating func stopped() -> Bool {
        let wasShown = deadline != nil
        deadline = nil
        return wasShown
    }

    /// A text came: it takes the mark away without a word.
    mutating func textCame() { deadline = nil }
}
