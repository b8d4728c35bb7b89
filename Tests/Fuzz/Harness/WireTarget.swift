// Every message: whatever decodes is a value like any other, so its encoding decodes to the same value, and is
// within the message's own limits.

import Essentials
import Wire

enum WireTarget {
    private typealias Check = @Sendable ([UInt8]) throws -> Void

    /// The input's first byte chooses one. New ones go to the end, so that kept inputs keep their meaning.
    private static let checks: [Check] = [
        check(Control.self), check(Hello.self), check(HomeTerms.self), check(Pull.self), check(Push.self),
        check(Attach.self), check(Attached.self), check(Refused.self), check(Goodbye.self), check(Have.self),
        check(Signed.self), check(PuzzleSolution.self), check(RecordBody.self), check(HeartbeatBody.self),
        check(Request.self), check(Answer.self), check(Deposit.self), check(Join.self), check(Receipt.self),
        check(JoinAnswer.self), check(KeeperMessage.self), check(RoundAnswer.self), check(RoundAnswerBody.self),
        check(Listing.self), check(BodiesWanted.self), check(Bodies.self), check(Offer.self), check(Utterance.self),
        check(Opening.self), check(Text.self), check(Acknowledgement.self), check(Typing.self), check(Farewell.self),
        check(SafetyCommitment.self), check(SafetyNonce.self), check(SafetyOpening.self), check(Ping.self),
        check(Pong.self), check(InviteBody.self), checkBlock(Request.self), checkBlock(Answer.self),
        { try checkEndpoint($0) }, { try checkEndpointText($0) }, check(Part.self), check(Compare.self),
        check(Prune.self), check(Graft.self), check(Ask.self), check(Challenge.self), check(Alive.self),
        check(Extend.self), check(ExtendAnswer.self), check(Question.self), check(Witness.self),
    ]

    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        let check = checks[reader.below(checks.count)]
        try check(reader.remainder())
    }

    private static func check<Message: WireMessage>(_ type: Message.Type) -> Check {
        { bytes in
            guard let value = try? Message(decoding: bytes) else { return }
            let encoding = value.encoded()
            try promise(encoding.count <= Message.limits.bytes, "\(type): an encoding beyond its own limit")
            guard let again = try? Message(decoding: encoding) else {
                throw BrokenPromise(description: "\(type): its own encoding does not decode")
            }
            try promise(again == value, "\(type): decodes to another value than it encodes")
            try promise(again.encoded() == encoding, "\(type): two encodings of one value")
        }
    }

    private static func checkBlock<Message: BlockMessage>(_ type: Message.Type) -> Check {
        { bytes in
            // A fuzzer's input is short; the zeros behind it are implied.
            let padding = [UInt8](repeating: 0, count: max(0, Message.blockCount - bytes.count))
            guard let value = try? Message(block: bytes + padding) else { return }
            let block = value.block()
            try promise(block.count == Message.blockCount, "\(type): a block of another size")
            try promise((try? Message(block: block)) == value, "\(type): its own block does not decode")
        }
    }

    private static func checkEndpoint(_ bytes: [UInt8]) throws(BrokenPromise) {
        guard let endpoint = Endpoint(bytes: bytes) else { return }
        try promise(endpoint.bytes == bytes, "an endpoint of other bytes than it came from")
        try promise(Endpoint(endpoint.description) == endpoint, "\(endpoint) does not read back")
    }

    private static func checkEndpointText(_ bytes: [UInt8]) throws(BrokenPromise) {
        guard let endpoint = Endpoint(String(decoding: bytes, as: UTF8.self)) else { return }
        try promise(Endpoint(endpoint.description) == endpoint, "\(endpoint) does not read back")
    }

    // MARK: what to begin with

    static func seeds() throws -> [[UInt8]] {
        let messages = try WireSeeds.all()
        return messages.map { [UInt8(clamping: $0.place)] + $0.bytes }
            + [
                [41] + Cast.endpoint(1).bytes, [42] + Array("[2001:db8::1]:4242".utf8),
                [42] + Array("127.0.0.1:1".utf8),
            ]
    }

    /// The place of a message type in `checks`.
    enum Place: Int {
        case control = 0
        case hello, terms, pull, push, attach, attached, refused, goodbye, have, signed, puzzle, record, heartbeat
        case request, answer, deposit, join, receipt, joinAnswer, keeper, roundAnswer, roundAnswerBody, listing
        case bodiesWanted, bodies, offer, utterance, opening, text, acknowledgement, typing, farewell
        case commitment, nonce, safetyOpening, ping, pong, invite, requestBlock, answerBlock
        case endpoint, endpointText, part, compare, prune, graft, ask, challenge, alive, extend, extendAnswer
        case question, witness
    }
}
