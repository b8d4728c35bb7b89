// What two persons wait for: the first word after a pairing, and the way of a text there and of its mark back. The
// conversation's own engine on both ends, the real members between.

import Conversation
import Essentials
import NIOCore
import Sodium

/// One end with the conversation that it has.
final class Talker {
    let end: End
    private var conversation: Owned<Conversation>?
    var onEvent: (ConversationEvent) -> Void = { _ in }

    init(_ end: End) {
        self.end = end
        end.onBytes = { [unowned self] bytes in take(.pipeReceived(bytes)) }
    }

    /// From the pairing on: joins the door, the initiator's first bytes with it.
    func meet(isInitiator: Bool, _ own: consuming AgreementKey, _ their: Bytes32, _ token: Bytes32) {
        var settings = ConversationSettings()
        // Measuring takes more texts in a second than a person writes.
        settings.beforeAnswer = SpeakingLimits(characters: 500, burst: 1_000_000, perSecond: 1_000_000)
        settings.afterAnswer = settings.beforeAnswer
        settings.packetBurst = 1_000_000
        let made = Owned(
            Conversation(
                isInitiator: isInitiator, ownKey: own, theirKey: their, prologue: token.bytes, settings: settings,
                at: end.leaf.now, using: &end.leaf.random))
        conversation = made
        var early: [UInt8] = []
        for case .write(let bytes) in made.value.start(at: end.leaf.now, using: &end.leaf.random) { early += bytes }
        end.join(token, early: early)
    }

    func part() {
        conversation = nil
        end.reset()
    }

    func say(_ text: String) { take(.personAsked(.send(text))) }

    private func take(_ input: ConversationInput) {
        guard let conversation else { return }
        let effects = conversation.value.handle(input, at: end.leaf.now, using: &end.leaf.random)
        // As the node does: what is said in one breath goes in one piece.
        var bytes: [UInt8] = []
        for case .write(let more) in effects { bytes += more }
        if !bytes.isEmpty { end.write(bytes) }
        for case .tell(let event) in effects { onEvent(event) }
    }
}

final class Words {
    private let talkers: [Talker]
    private let loop: any EventLoop
    private var random = RandomStream(seed: SystemEntropy.seed())
    private var left: Int
    private let texts: Int
    private let path: Path

    /// `meetings` first words, then `texts` texts in the last meeting, and as many again at each further `go`.
    init(_ path: Path, meetings: Int, texts: Int, on loop: any EventLoop) {
        self.path = path
        self.loop = loop
        self.texts = texts
        left = meetings
        talkers = path.ends.map { Talker($0) }
    }

    func go() {
        if left > 0 { meet() } else { talk(texts) }
    }

    private func meet() {
        left -= 1
        let one = AgreementKey.generate(using: &random)
        let other = AgreementKey.generate(using: &random)
        let token = random.bytes32()
        let begun = NIODeadline.now()
        var connected = 0
        talkers[0].onEvent = { [unowned self] event in
            if case .connected = event {
                connected += 1
                talkers[0].say("hi")
            }
        }
        talkers[1].onEvent = { [unowned self] event in
            if case .connected = event { connected += 1 }
            guard case .gotMessage = event else { return }
            leaves.say("{\"first_word_ms\":\(seconds(since: begun) * 1_000),\"connected\":\(connected)}")
            later { $0.next() }
        }
        talkers[0].meet(isInitiator: true, one.copy(), other.publicKey, token)
        talkers[1].meet(isInitiator: false, other.copy(), one.publicKey, token)
    }

    private func next() {
        guard left == 0 else {
            for talker in talkers { talker.part() }
            // A home carries 16 streams of one leaf to one member in a second.
            return later(than: 100) { $0.meet() }
        }
        talk(texts)
    }

    private func talk(_ count: Int) {
        guard count > 0 else { return leaves.say("{\"done\":true}") }
        let begun = NIODeadline.now()
        talkers[1].onEvent = { _ in }
        talkers[0].onEvent = { [unowned self] event in
            guard case .delivered = event else { return }
            leaves.say("{\"text_ms\":\(seconds(since: begun) * 1_000)}")
            soon { $0.talk(count - 1) }
        }
        talkers[0].say("how are you?")
    }

    /// At once, but not from within the turn that has just brought the mark.
    private func soon(_ body: @escaping @Sendable (Words) -> Void) {
        let box = NIOLoopBound(self, eventLoop: loop)
        loop.execute { body(box.value) }
    }

    /// After a pause, so that nothing of the last round is left.
    private func later(than milliseconds: Int64 = 5, _ body: @escaping @Sendable (Words) -> Void) {
        let box = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .milliseconds(milliseconds)) { body(box.value) }
    }
}
