// Protocol/02-wire.md: what is decoded, what is refused, and what is written again.

import Essentials
import Testing

@testable import Wire

enum WireAnswers {
    static let all: [String: Answerer] = ["messages": message, "blocks": block, "offers": offer]

    private static let decoders: [String: @Sendable ([UInt8]) throws -> [UInt8]] = [
        "Signed": { try Signed(decoding: $0).encoded() },
        "RecordBody": { try RecordBody(decoding: $0).encoded() },
        "HeartbeatBody": { try HeartbeatBody(decoding: $0).encoded() },
        "RoundAnswerBody": { try RoundAnswerBody(decoding: $0).encoded() },
        "Control": { try Control(decoding: $0).encoded() },
        "Hello": { try Hello(decoding: $0).encoded() },
        "HomeTerms": { try HomeTerms(decoding: $0).encoded() },
        "Attached": { try Attached(decoding: $0).encoded() },
        "Refused": { try Refused(decoding: $0).encoded() },
        "Request": { try Request(decoding: $0).encoded() },
        "Answer": { try Answer(decoding: $0).encoded() },
        "Deposit": { try Deposit(decoding: $0).encoded() },
        "Join": { try Join(decoding: $0).encoded() },
        "KeeperMessage": { try KeeperMessage(decoding: $0).encoded() },
        "Listing": { try Listing(decoding: $0).encoded() },
        "Bodies": { try Bodies(decoding: $0).encoded() },
        "Offer": { try Offer(decoding: $0).encoded() },
        "Utterance": { try Utterance(decoding: $0).encoded() },
        "Opening": { try Opening(decoding: $0).encoded() },
        "Text": { try Text(decoding: $0).encoded() },
        "SafetyCommitment": { try SafetyCommitment(decoding: $0).encoded() },
    ]

    private static func message(_ input: Value) throws -> Value {
        let name = try input.text("message")
        let decoder = try #require(decoders[name], "no decoder for \(name)")
        return ["encoded": .bytes(try decoder(input.bytes("bytes")))]
    }

    private static func block(_ input: Value) throws -> Value {
        let block = try input.bytes("block")
        guard try input.number("size") == Request.blockCount else {
            if let answer = try? Answer(block: block) { #expect(answer.block() == block) }
            return ["content": .bytes(try Answer.content(of: block))]
        }
        if let request = try? Request(block: block) { #expect(request.block() == block) }
        return ["content": .bytes(try Request.content(of: block))]
    }

    private static func offer(_ input: Value) throws -> Value {
        let offer = try Offer(decoding: input.bytes("offer"))
        return [
            "digest": .bytes(offer.digest), "version": .number(offer.version), "features": .number(offer.features),
            "kind": .number(offer.kind), "pool": .digits(offer.pool), "epoch": .number(offer.epoch),
            "depth": .number(offer.depth), "shard": .number(offer.shard), "round": .number(offer.round),
            "key": .bytes(offer.key), "root": .bytes(offer.root), "shares": .number(offer.shares),
            "stampEpoch": .number(offer.stampEpoch), "stamp": .bytes(offer.stamp),
        ]
    }
}
