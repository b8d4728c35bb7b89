// Every number of a conversation in one place; Protocol/07-conversation.md, "Limits".

public import Essentials

/// How much one side may say.
public struct SpeakingLimits: Hashable, Sendable {
    /// The most Unicode scalars in one text.
    public var characters: Int
    /// How many texts may be sent at once.
    public var burst: Int64
    /// How many texts a second may be sent over time.
    public var perSecond: Int64

    public init(characters: Int, burst: Int64, perSecond: Int64) {
        self.characters = characters
        self.burst = burst
        self.perSecond = perSecond
    }
}

/// The parameters of a conversation. The defaults are the protocol's.
public struct ConversationSettings: Hashable, Sendable {
    /// The versions of the conversation's messages that we speak.
    public var versions: ClosedRange<UInt32> = 1...1
    /// The feature bits that we know.
    public var features = Feature.resuming | Feature.tellingOfLogs | Feature.keepingInTouch

    /// Feature bits by their names.
    public enum Feature {
        /// A broken path is replaced, and the talk goes on.
        public static let resuming: UInt64 = 1
        /// Who keeps a log says so, and whoever is told tells the person.
        public static let tellingOfLogs: UInt64 = 2
        /// Two who both ask for it can meet again.
        public static let keepingInTouch: UInt64 = 4
    }

    /// How long Noise KK may take, from the making of the engine, which is at the earliest the pairing.
    public var handshakeTime: Span = .seconds(5)
    /// Whether the own Opening leaves as soon as the channel stands. Otherwise it waits for `.goAhead`, since of several
    /// doors only one is to be the way (Protocol/05-homes-and-doors.md, "Doors").
    public var opensAtOnce = true
    /// What the person would like to have in common with the stranger. Nil when the two met among everyone.
    public var ground: CommonGround?
    /// Whether to part again when the two have talked before.
    public var avoidsRepeats = false
    /// Whether to say nothing but that this stranger is not the one: the person meets another.
    public var declines = false
    /// What this side has to do here. Both sides know from their pairing which part the other one has.
    public var part = Part.alone
    /// What to ask, as `.asking`. The owner has checked its `questionCharacters`, and that it has at most 800 bytes.
    public var question: String?
    /// How many Unicode scalars a question has.
    public static let questionCharacters = 10...200
    /// How long the stranger's Opening may take after that, and then what shows what the two have in common.
    public var openingTime: Span = .seconds(3)
    /// How long the exchange of the safety words may take after that.
    public var safetyWordsTime: Span = .seconds(30)

    /// What a side may say until the other has answered with a text of its own.
    public var beforeAnswer = SpeakingLimits(characters: 500, burst: 64, perSecond: 1)
    public var afterAnswer = SpeakingLimits(characters: 4_000, burst: 128, perSecond: 10)
    /// The most UTF-8 bytes in one text, for both sides and without slack.
    public var textBytesMaximum = 16_000
    /// By how much a receiver overlooks what a sender should not have sent: clocks and buffers differ.
    public var slack: Int64 = 2
    /// How many texts may be on their way without an acknowledgement.
    public var unacknowledgedMaximum: UInt64 = 256
    /// How many bytes of packets they may fill: after an interruption all of them leave at once, and a pipe holds 256 KiB.
    public var unacknowledgedBytesMaximum = 192 * 1_024

    /// When a person who changes nothing is taken to have stopped typing.
    public var typingIdle: Span = .seconds(5)
    /// How often the stranger is reminded that the person goes on typing.
    public var typingReminder: Span = .seconds(10)
    /// When "typing" is taken off the screen if the stranger's node says nothing more about it.
    public var typingShown: Span = .seconds(15)
    /// How often "typing" may be said.
    public var typingBurst: Int64 = 8
    public var typingPerSecond: Int64 = 1

    /// After how much silence of the stranger we ask whether the path still stands, give or take `pingJitter`.
    public var pingAfter: Span = .seconds(3)
    public var pingJitter: Span = .milliseconds(600)
    /// After how much silence the path counts as broken.
    public var silenceMaximum: Span = .seconds(10)

    /// How long another path is looked for when one broke. Two minutes of sleep and what it takes to wake up.
    public var resumeTime: Span = .seconds(150)
    /// The same where nobody has said anything yet.
    public var resumeTimeBeforeTexts: Span = .seconds(20)
    /// So many breaks of the path are borne at once, and one more after each such pause; the next one is the end.
    public var breaksAtOnce: Int64 = 8
    public var breakPause: Span = .seconds(60)
    /// How long the initiator waits on a new path that stands for the stranger's word while there is another one.
    public var wayPatience: Span = .milliseconds(1_200)

    /// How many packets of any kind the stranger may send.
    public var packetBurst: Int64 = 1_024
    public var packetsPerSecond: Int64 = 100
    /// How many of them may be pings.
    public var pingBurst: Int64 = 16
    public var pingsPerSecond: Int64 = 2

    public init() {}

    /// What the stranger may send from `now` on.
    func packets(at now: Moment) -> TokenBucket {
        TokenBucket(capacity: packetBurst, perSecond: packetsPerSecond, at: now)
    }
}
