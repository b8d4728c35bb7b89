// A stranger whose node does what the test says: it has a real channel and puts anything into it.

@testable import Conversation
import Essentials
import Noise
import Sodium
import Wire

final class HostileStranger {
    private var channel: Channel
    private let ownKey: AgreementKey
    private let victimPublic: Bytes32
    private let isInitiator: Bool
    private var resumeKey: ResumeKey?
    private var random: RandomStream
    let victim: Seat
    private(set) var now = Moment(microseconds: 5_000_000)
    /// What the victim said, decrypted.
    private(set) var heard: [Utterance] = []
    /// What was put on the pipe towards the victim.
    private(set) var sent: [[UInt8]] = []
    /// What the victim put on the pipe.
    private(set) var taken: [[UInt8]] = []

    init(victimIsInitiator: Bool = true, settings: ConversationSettings = ConversationSettings()) {
        random = RandomStream(seed: Blake2b.hash(domain: "hostile"))
        let victimKey = AgreementKey.generate(using: &random)
        let ownKey = AgreementKey.generate(using: &random)
        let victimPublic = victimKey.publicKey
        let ownPublic = ownKey.publicKey
        self.ownKey = ownKey.copy()
        self.victimPublic = victimPublic
        isInitiator = !victimIsInitiator
        var victimRandom = random.fork()
        victim = Seat(
            engine: Conversation(
                isInitiator: victimIsInitiator, ownKey: victimKey, theirKey: ownPublic, prologue: [7],
                settings: settings, at: now, using: &victimRandom), random: victimRandom)
        channel = Channel(
            role: victimIsInitiator ? .responder : .initiator, pattern: .kk, prologue: [7], localStatic: ownKey,
            remoteStatic: victimPublic, classes: .conversation)
    }

    /// Noise KK, done properly; the victim's Opening is heard at the end of it.
    func shakeHands() throws {
        if let first = victim.start(at: now).first {
            try take([first])
        } else {
            try put(channel.start(payload: [], using: &random))
        }
    }

    /// Handshake and Openings.
    func connect(features: UInt64 = 0) throws {
        try shakeHands()
        try say(.opening(Opening(features: features)))
        resumeKey = ResumeKey(channel)
    }

    /// The victim hears that the path broke.
    func breakPath() throws { try take(victim.handle(.pipeLost, at: now)) }

    /// A new path, rightly made, with this as the first packet on it.
    func say(_ resume: Resume, onWay way: UInt64, slot: UInt64, door: Bytes32) throws {
        guard let resumeKey else { return }
        var channel = Channel(
            role: isInitiator ? .initiator : .responder, pattern: .kk.psk(0),
            prologue: resumeKey.prologue(slot: slot, at: door), localStatic: ownKey.copy(),
            remoteStatic: victimPublic, psks: [resumeKey.psk], classes: .conversation)
        _ = victim.handle(.wayOpened(way, slot: slot, door: door), at: now)
        var outgoing = isInitiator ? [try channel.start(payload: [], using: &random)] : []
        var hasSaid = false
        while true {
            while !victim.onWays.isEmpty {
                for case .awaitingReply in try channel.receive(victim.onWays.removeFirst().bytes, at: now) {
                    outgoing.append(try channel.reply(payload: [], using: &random))
                }
            }
            if channel.isEstablished, !hasSaid {
                hasSaid = true
                outgoing.append(try channel.seal(Utterance.resume(resume).encoded(), at: now))
            }
            guard !outgoing.isEmpty else { return }
            _ = victim.handle(.wayReceived(way, outgoing.removeFirst()), at: now)
        }
    }

    func say(_ utterance: Utterance) throws { try say(raw: utterance.encoded()) }
    func say(raw content: [UInt8]) throws { try put(channel.seal(content, at: now)) }
    func say(_ number: UInt64, _ text: String) throws { try say(.text(Text(sequence: number, text: text))) }

    /// Seals without sending.
    func sealed(_ utterance: Utterance) throws -> [UInt8] { try channel.seal(utterance.encoded(), at: now) }

    func put(_ bytes: [UInt8]) throws {
        sent.append(bytes)
        try take(victim.handle(.pipeReceived(bytes), at: now))
    }

    func ask(_ request: ConversationRequest) throws { try take(victim.handle(.personAsked(request), at: now)) }

    /// Lets virtual time pass for the victim.
    func wait(_ span: Span) throws {
        let end = now + span
        while let due = victim.engine.nextDeadline(), due <= end {
            now = max(now, due)
            try take(victim.handle(.timerFired, at: now))
        }
        now = end
    }

    var binding: [UInt8] { channel.handshakeHash }
    func nonce() -> Bytes32 { random.bytes32() }

    private func take(_ writes: [[UInt8]]) throws {
        for bytes in writes {
            taken.append(bytes)
            for event in try channel.receive(bytes, at: now) {
                switch event {
                case .handshakePayload, .established: break
                case .awaitingReply: try put(channel.reply(payload: [], using: &random))
                case .packet(let content): heard.append(try Utterance(decoding: content))
                }
            }
        }
    }
}
