// A keeper that lies about a round: by silence, by its list, by shares, by its signature. See Protocol/06-pairing.md,
// "Counting". It is one of five, so the honest ones are a majority; or one of three.

import Essentials
import Identity
import NodeEngine
import Pairing
@testable import Simulator
import Sodium
import Testing
import Wire

@Suite struct EvilKeeperTests {
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        let counter: String
        let install: @Sendable (EvilMember) -> Void
        var testDescription: String { name }

        /// Says something else than an honest keeper at a round's end.
        static func answer(
            _ name: String, _ counter: String,
            _ act: @escaping @Sendable (EvilMember, EvilArrival, RoundAnswer, RoundAnswerBody) -> Void
        ) -> Misdeed {
            Misdeed(name: name, counter: counter) { evil in
                evil.onRoundAnswer = { [unowned evil] arrival, answer in
                    guard let body = try? RoundAnswerBody(decoding: answer.body) else { return false }
                    act(evil, arrival, answer, body)
                    return true
                }
            }
        }
    }

    static func body(
        _ body: RoundAnswerBody, round: UInt64? = nil, keeper: Bytes32? = nil, _ digests: [Bytes32]
    ) -> RoundAnswerBody? {
        try? RoundAnswerBody(
            network: body.network, epoch: body.epoch, shard: body.shard, depth: body.depth, round: round ?? body.round,
            keeper: keeper ?? body.keeper, digests: digests)
    }

    static let misdeeds: [Misdeed] = [
        .answer("lists nothing", "pairing.offerWithheld") { evil, arrival, _, body in
            if let body = Self.body(body, []), let answer = evil.sign(body, []) { arrival.say(.answer(answer)) }
        },
        .answer("answers seconds too late", "pairing.keeperSilent") { evil, arrival, answer, _ in
            evil.after(.seconds(2)) { arrival.say(.answer(answer)) }
        },
        .answer("answers twice with different lists", "pairing.answerTwice") { evil, arrival, answer, body in
            arrival.say(.answer(answer))
            if let body = Self.body(body, []), let other = evil.sign(body, []) { arrival.say(.answer(other)) }
        },
        .answer("gives wrong shares", "pairing.answerLying") { evil, arrival, answer, body in
            let listings = answer.listings.compactMap {
                try? Listing(
                    digest: $0.digest, index: $0.index, share: Blake2b.hash($0.share.bytes), path: $0.path,
                    offer: $0.offer)
            }
            if let answer = evil.sign(body, listings) { arrival.say(.answer(answer)) }
        },
        .answer("lists offers that it made up", "pairing.bodyUnfit") { evil, arrival, answer, body in
            let made = (0..<8).compactMap { number -> Listing? in
                let digest = Blake2b.hash([UInt8(number)])
                return try? Listing(digest: digest, index: 0, share: digest, path: [], offer: [UInt8](digest.bytes))
            }
            let listings = answer.listings + made
            if let body = Self.body(body, listings.map(\.digest)), let answer = evil.sign(body, listings) {
                arrival.say(.answer(answer))
            }
        },
        .answer("lists everybody twice", "pairing.answerMalformed") { evil, arrival, answer, body in
            let listings = answer.listings + answer.listings
            if let body = Self.body(body, listings.map(\.digest)), let answer = evil.sign(body, listings) {
                arrival.say(.answer(answer))
            }
        },
        .answer("signs for another round", "pairing.answerOfAnotherRound") { evil, arrival, answer, body in
            if let body = Self.body(body, round: body.round + 1, body.digests),
                let answer = evil.sign(body, answer.listings)
            {
                arrival.say(.answer(answer))
            }
        },
        .answer("answers in another keeper's name", "pairing.answerOfAnotherRound") { evil, arrival, answer, body in
            let other = evil.table.keys.first { $0 != evil.nodeKey }
            if let body = Self.body(body, keeper: other?.bytes, body.digests),
                let answer = evil.sign(body, answer.listings)
            {
                arrival.say(.answer(answer))
            }
        },
        .answer("forges the signature", "pairing.answerBadSignature") { _, arrival, answer, _ in
            let forged = answer.signature.map { $0 ^ 1 }
            if let answer = try? RoundAnswer(body: answer.body, signature: forged, listings: answer.listings) {
                arrival.say(.answer(answer))
            }
        },
        .answer("tells every other seeker that nobody is there", "pairing.offerWithheld") {
            evil, arrival, answer, body in
            guard arrival.number % 2 == 0, let body = Self.body(body, []), let nothing = evil.sign(body, []) else {
                return arrival.say(.answer(answer))
            }
            arrival.say(.answer(nothing))
        },
        .answer("sends noise for an answer", "pairing.keeperFailed") { _, arrival, _, _ in
            arrival.say(raw: [UInt8](repeating: 0xff, count: 16_000))
        },
        .answer("sends its list a hundred times", "pairing.roundMatched") { _, arrival, answer, _ in
            for _ in 0..<100 { arrival.say(.answer(answer)) }
        },
        .answer("puts bytes that do not open behind its list", "relaying.pipesFailed") { _, arrival, answer, _ in
            arrival.stream.write([UInt8](repeating: 7, count: 130))
            arrival.say(.answer(answer))
        },
        Misdeed(name: "never answers a deposit", counter: "pairing.keeperSilent") { evil in
            evil.onDeposit = { _, _ in true }
        },
        Misdeed(name: "answers a deposit as if it were a door", counter: "relaying.pipesFailed") { evil in
            evil.onDeposit = { arrival, _ in
                arrival.answer(.join(JoinAnswer(code: .joined)))
                return true
            }
        },
        Misdeed(name: "refuses with codes that nobody knows", counter: "pairing.keeperFailed") { evil in
            evil.onDeposit = { arrival, _ in
                arrival.answer(.receipt(Receipt(code: .max)))
                return true
            }
        },
        Misdeed(name: "calls every stamp spent", counter: "pairing.keeperFailed") { evil in
            evil.onReceipt = { arrival, _ in
                arrival.answer(.receipt(Receipt(code: 9)))
                return true
            }
        },
        Misdeed(name: "takes deposits and ends the pipes", counter: "pairing.keeperSilent") { evil in
            // Nothing behind the end: that would cost it the link.
            evil.onRoundAnswer = { _, _ in true }
            evil.onReceipt = { arrival, receipt in
                arrival.answer(.receipt(receipt))
                arrival.stream.finish()
                return true
            }
        },
    ]

    @Test("whatever one keeper does, two who look are put together", arguments: misdeeds, [2, 4])
    func misdeed(_ misdeed: Misdeed, _ honest: Int) throws {
        let town = try EvilTown(members: honest, evil: 1)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        town.pass(.seconds(5))
        misdeed.install(evil)
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        let before = town.counter(misdeed.counter)
        var times: [Int64] = []
        for _ in 0..<3 {
            let taken = town.meet(ann, ben, within: .seconds(10))
            #expect(taken != nil)
            times.append(taken?.milliseconds ?? -1)
        }
        // Some of it comes to light only when the round is over for everybody.
        town.pass(.seconds(4))
        #expect(town.counter(misdeed.counter) > before, "\(misdeed.counter) says so")
        #expect(evil.played["deposit", default: 0] > 0)
        // One of three is the one too many: it can have some see a stranger who does not come, and that is admitted.
        if honest == 4 { #expect(town.counter("pairing.noShow") == 0) }
        evil.onRoundAnswer = nil
        evil.onDeposit = nil
        evil.onReceipt = nil
        #expect(town.meet(ann, ben, within: .seconds(10)) != nil)
        print("keeper, one of \(honest + 1), \(misdeed.name): met after \(times) ms")
    }
}
