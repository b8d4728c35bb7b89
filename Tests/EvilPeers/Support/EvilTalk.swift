// What an evil stranger has with a victim: the handshake of Protocol/07-conversation.md, done properly, and then
// whatever the test wants said.

import Essentials
import Identity
import Noise
import Pairing
@testable import Simulator
import Sodium
import Wire

/// A conversation with a victim: a real channel, and anything in it.
final class EvilTalk {
    private unowned let leaf: EvilLeaf
    let pairing: Pairing
    let door: NodeKey
    private let channel: Owned<Channel>
    private var pipe: EvilPipe?
    private var next: UInt64 = 1
    private(set) var heard: [Utterance] = []
    private(set) var isOpen = false

    init(_ pairing: Pairing, at door: NodeKey, of leaf: EvilLeaf) {
        self.leaf = leaf
        self.pairing = pairing
        self.door = door
        channel = Owned(
            Channel(
                role: pairing.isInitiator ? .initiator : .responder, pattern: .kk,
                prologue: pairing.prologue(at: door), localStatic: pairing.ownKey.value.copy(),
                remoteStatic: pairing.theirKey, classes: .conversation))
    }

    var stream: EvilStream? { pipe?.stream }

    func begin() -> Bool {
        var early: [UInt8] = []
        if pairing.isInitiator { early = (try? channel.value.start(payload: [], using: &leaf.random)) ?? [] }
        pipe = leaf.pipe(to: door, .join(Join(token: pairing.token(at: door))), early: early)
        pipe?.raw = { self.receive($0) }
        return pipe != nil
    }

    private func receive(_ bytes: [UInt8]) {
        for event in (try? channel.value.receive(bytes, at: leaf.now)) ?? [] {
            switch event {
            case .handshakePayload: break
            case .awaitingReply:
                put((try? channel.value.reply(payload: [], using: &leaf.random)) ?? [])
                stands()
            case .established: stands()
            case .packet(let content):
                guard let utterance = try? Utterance(decoding: content) else { continue }
                heard.append(utterance)
                leaf.onUtterance?(self, utterance)
            }
        }
    }

    private func stands() {
        isOpen = true
        if let hook = leaf.onChannel { return hook(self) }
        open()
    }

    /// The own opening, as an honest node's.
    func open() { if let opening = try? Opening() { say(.opening(opening)) } }

    func say(_ utterance: Utterance) { say(raw: utterance.encoded()) }
    func say(_ text: String) { say(together: [text]) }

    /// All of them, and something that is no text behind them, in one piece of bytes.
    func say(together texts: [String], then last: Utterance? = nil) {
        var bytes: [UInt8] = []
        for text in texts {
            if let text = try? Text(sequence: next, text: text) { bytes += sealed(Utterance.text(text).encoded()) }
            next += 1
        }
        if let last { bytes += sealed(last.encoded()) }
        put(bytes)
    }

    /// What an honest node answers by itself: marks, signs of life, safety words. The nonce is no secret.
    func behave(_ utterance: Utterance) {
        switch utterance {
        case .opening where !pairing.isInitiator:
            let digest = Blake2b.hash(
                domain: "passant/words-commitment/1", channel.value.handshakeHash, Bytes32.zero.bytes)
            say(.safetyCommitment(SafetyCommitment(digest: digest)))
        case .safetyCommitment: say(.safetyNonce(SafetyNonce(nonce: .zero)))
        case .safetyNonce: say(.safetyOpening(SafetyOpening(nonce: .zero)))
        case .text(let text): say(.acknowledgement(Acknowledgement(through: text.sequence)))
        case .ping(let ping): say(.pong(Pong(token: ping.token)))
        default: break
        }
    }

    func sealed(_ content: [UInt8]) -> [UInt8] { (try? channel.value.seal(content, at: leaf.now)) ?? [] }
    func say(raw content: [UInt8]) { put(sealed(content)) }
    func put(_ bytes: [UInt8]) { pipe?.stream.write(bytes) }
    func end() {
        isOpen = false
        pipe?.stream.reset()
    }
}
