// Protocol/07-conversation.md, "Common ground": how wishes are compared, and how two find out what they have in common.

import Essentials
import Sodium
import Testing
import WishText

@testable import Conversation

enum CommonAnswers {
    static let all: [String: Answerer] = [
        "interests": interest, "languages": language, "commons": common, "common-points": answer,
    ]

    private static func interest(_ input: Value) throws -> Value {
        ["interest": .text(try refuse(unless: InterestText.compared(try input.text("text")), "length"))]
    }

    private static func language(_ input: Value) throws -> Value {
        ["language": .text(try refuse(unless: LanguageText.compared(try input.text("tag")), "no language"))]
    }

    private static func secret(_ input: Value) throws -> RistrettoScalar {
        try #require(RistrettoScalar(canonical: try input.bytes32("secret")))
    }

    private static func hidden(_ side: Value) throws -> [Bytes32] {
        let secret = try secret(side)
        return try side.list("items").enumerated().map { place, item in
            let point: RistrettoPoint
            if item.has("point") {
                point = try #require(RistrettoPoint(decoding: try item.bytes32("point")))
            } else if place < CommonGround.interestsMaximum {
                point = CommonExchange.point(ofInterest: try item.text("text"))
            } else {
                point = CommonExchange.point(ofLanguage: try item.text("text"))
            }
            return (secret * point).bytes
        }
    }

    private static func common(_ input: Value) throws -> Value {
        let sides = [try input.value("one"), try input.value("other")]
        let shown = try sides.map { try hidden($0) }
        let twice = [
            try CommonExchange.hiddenOnceMore(shown[1], by: try secret(sides[0])),
            try CommonExchange.hiddenOnceMore(shown[0], by: try secret(sides[1])),
        ]
        let binding = try input.bytes("binding")
        func hashes(_ side: Int, asInitiator: Bool) -> [Bytes32] {
            CommonExchange.hashes(of: twice[side], ofInitiator: asInitiator, binding: binding)
        }
        let answers = [hashes(0, asInitiator: true), hashes(1, asInitiator: false)]
        let expected = [hashes(0, asInitiator: false), hashes(1, asInitiator: true)]
        let found = try [0, 1].map { side in
            let items = try sides[side].list("items")
            return CommonExchange.placesInCommon(expected: expected[side], theirs: answers[1 - side])
                .filter { items[$0].has("text") }
        }
        func list(_ points: [Bytes32]) -> Value { .list(points.map { .bytes($0) }) }
        return [
            "shown": .list(shown.map { list($0) }), "answers": .list(answers.map { list($0) }),
            "common": .list(found.map { .list($0.map { .number($0) }) }),
        ]
    }

    private static func answer(_ input: Value) throws -> Value {
        let points = try input.list("points").map { try $0.asBytes32() }
        let twice: [Bytes32]
        do {
            twice = try CommonExchange.hiddenOnceMore(points, by: try secret(input))
        } catch is ConversationViolation {
            throw Refusal("no twelve points")
        }
        return ["twice": .list(twice.map { .bytes($0) })]
    }
}
