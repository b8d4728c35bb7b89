// The far end of a pipe that the engine's person opened: a keeper who takes the deposit, or a door behind which
// the stranger waits.

import Essentials
import Identity
@testable import Noise
@testable import Pairing
@testable import Relaying
import Sodium
import Wire

final class ScriptedPipe {
    let member: Cast.Player
    private let troupe: Troupe
    private let channel: Owned<Channel>
    private var random: RandomStream
    private var buffer: [UInt8] = []
    private(set) var deposit: Deposit?
    /// The stranger's end of the conversation's channel.
    private var stranger: Owned<Channel>?
    /// Which of the two others this is, where three were put together.
    private(set) var place = 0
    private var isAnswered = false

    init(to member: Cast.Player, troupe: Troupe) {
        self.member = member
        self.troupe = troupe
        random = RandomStream(seed: Blake2b.hash(member.node.bytes.bytes))
        channel = Owned(
            Channel(
                role: .responder, pattern: .nk,
                prologue: PipePrologue.bytes(network: troupe.cast.policy.id, member: member.node),
                localStatic: member.identity.value.channel.copy(), classes: .conversation))
    }

    /// Takes what the engine sent and gives what goes back.
    func receive(_ bytes: [UInt8], at now: Moment) throws -> [UInt8] {
        if isAnswered { return stranger == nil ? try keep(bytes, at: now) : listen(bytes, at: now) }
        buffer += bytes
        guard case .complete(let message, _, let rest) = PipeOpeningBytes(buffer) else { return [] }
        guard case .handshakePayload(let block, _)? = try channel.value.receive(message, at: now).first else {
            return []
        }
        isAnswered = true
        switch try Request(block: block) {
        case .deposit(let deposit):
            self.deposit = deposit
            try troupe.note(deposit, at: member.node)
            return try reply(.receipt(Receipt(code: 1)))
        case .join(let join):
            let answer = try reply(.join(JoinAnswer(code: .joined)))
            guard let (pairing, place) = try troupe.pairing(with: join.token, at: member.node) else { return answer }
            self.place = place
            let stranger = Owned(
                Channel(
                    role: pairing.isInitiator ? .initiator : .responder, pattern: .kk,
                    prologue: pairing.prologue(at: member.node), localStatic: pairing.ownKey.value.copy(),
                    remoteStatic: pairing.theirKey, classes: .conversation))
            self.stranger = stranger
            var output = answer
            if pairing.isInitiator { output += try stranger.value.start(payload: [], using: &random) }
            return output + listen(rest, at: now)
        case .extend: return try reply(.extend(ExtendAnswer(code: .refused)))
        }
    }

    private func reply(_ answer: Answer) throws -> [UInt8] {
        try channel.value.reply(payload: answer.block(), using: &random)
    }

    private func keep(_ bytes: [UInt8], at now: Moment) throws -> [UInt8] {
        guard let deposit, !channel.value.isDead else { return [] }
        var output: [UInt8] = []
        for case .packet(let packet) in (try? channel.value.receive(bytes, at: now)) ?? [] {
            guard case .bodiesWanted? = try? KeeperMessage(decoding: packet) else { continue }
            output += packetToEngine(KeeperMessage.bodies(try troupe.bodies(for: deposit)).encoded(), at: now)
        }
        return output
    }

    /// The stranger goes through the handshake and says who it is; all else is the script's.
    private func listen(_ bytes: [UInt8], at now: Moment) -> [UInt8] {
        guard let stranger, let events = try? stranger.value.receive(bytes, at: now) else { return [] }
        var output: [UInt8] = []
        for event in events {
            switch event {
            case .awaitingReply: output += (try? stranger.value.reply(payload: [], using: &random)) ?? []
            case .handshakePayload, .established, .packet: continue
            }
        }
        if events.contains(where: { if case .handshakePayload = $0 { true } else { false } }),
            let opening = try? Opening(versionMin: 1, versionMax: 1, features: 0, ticket: [])
        {
            output += utterance(Utterance.opening(opening).encoded(), at: now)
        }
        return output
    }

    var isConversation: Bool { stranger != nil }
    /// The handshake hash that the two share.
    var binding: [UInt8] { stranger?.value.handshakeHash ?? [] }

    /// Anything at all in a packet of the stranger's.
    func utterance(_ content: [UInt8], at now: Moment) -> [UInt8] {
        guard let stranger else { return [] }
        return (try? stranger.value.seal(content, at: now)) ?? []
    }

    /// Anything at all in a packet of the keeper's.
    func packetToEngine(_ content: [UInt8], at now: Moment) -> [UInt8] {
        (try? channel.value.seal(content, at: now)) ?? []
    }
}
