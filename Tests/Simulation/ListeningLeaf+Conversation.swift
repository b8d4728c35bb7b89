// The listening leaf at the door and in a conversation: it behaves as Protocol/07-conversation.md asks, so that the
// stranger tells it all that strangers are told.

import Essentials
import Identity
import NodeEngine
import Noise
import Pairing
import Relaying
import Sodium
import Wire

extension ListeningLeaf {
    /// Opens a pipe to the first door, which both sides compute.
    func goToDoor(_ pairing: Pairing) {
        let placed = members.compactMap { member in member.placement.map { (member.nodeKey, $0) } }
        let doors = DoorChoice.candidates(
            network: policy.id, nonces: (pairing.lowerNonce, pairing.higherNonce), members: placed)
        guard let first = doors.first, let member = members.first(where: { $0.nodeKey == first }),
            let home = relaying.value.pickHome(avoiding: first, at: now, using: &random)
        else { return }
        let channel = Owned(
            Channel(
                role: pairing.isInitiator ? .initiator : .responder, pattern: .kk,
                prologue: pairing.prologue(at: first), localStatic: pairing.ownKey.value.copy(),
                remoteStatic: pairing.theirKey, classes: .conversation))
        self.channel = channel
        self.pairing = pairing
        ownNonce = random.bytes32()
        let early = pairing.isInitiator ? (try? channel.value.start(payload: [], using: &random)) ?? [] : []
        let pipe = newPipe(.door(first))
        door = pipe
        let opening = PipeOpening(
            through: home, to: first, channel: member.channelKey, request: .join(Join(token: pairing.token(at: first))),
            early: early)
        relay(.pipeAsked(pipe, .open(opening)))
    }

    func say(_ text: String) {
        if let text = try? Text(sequence: 1, text: text) { say(.text(text)) }
    }

    private func say(_ utterance: Utterance) {
        guard let door, let channel, let bytes = try? channel.value.seal(utterance.encoded(), at: now) else { return }
        relay(.pipeAsked(door, .write(bytes)))
    }

    /// What the stranger's node sent: decrypted, written down, answered.
    func hear(_ bytes: [UInt8]) {
        guard let channel, let door, let events = try? channel.value.receive(bytes, at: now) else { return }
        for event in events {
            switch event {
            case .handshakePayload(let payload, _): write(down: payload, .handshake, from: nil)
            case .awaitingReply:
                guard let reply = try? channel.value.reply(payload: [], using: &random) else { return }
                relay(.pipeAsked(door, .write(reply)))
                open()
            case .established: open()
            case .packet(let content):
                write(down: content, .utterance, from: nil)
                if let utterance = try? Utterance(decoding: content) { answer(utterance) }
            }
        }
    }

    private func open() {
        if let opening = try? Opening() { say(.opening(opening)) }
    }

    private func answer(_ utterance: Utterance) {
        switch utterance {
        case .opening:
            guard let channel, let pairing, !pairing.isInitiator else { return }
            let digest = Blake2b.hash(
                domain: "passant/words-commitment/1", channel.value.handshakeHash, ownNonce.bytes)
            say(.safetyCommitment(SafetyCommitment(digest: digest)))
        case .safetyCommitment: say(.safetyNonce(SafetyNonce(nonce: ownNonce)))
        case .safetyNonce: say(.safetyOpening(SafetyOpening(nonce: ownNonce)))
        case .text(let text):
            texts.append(text.text)
            say(.acknowledgement(Acknowledgement(through: text.sequence)))
        case .ping(let ping): say(.pong(Pong(token: ping.token)))
        case .farewell:
            farewells += 1
            if let door { relay(.pipeAsked(door, .finish)) }
            channel = nil
        case .safetyOpening, .acknowledgement, .typing, .pong, .commonAnswer, .resume, .saved, .keepInTouch, .question,
            .witness:
            break
        }
    }
}
