// Protocol/07-conversation.md: safety words, and which packets end a conversation.

import Essentials
import Sodium
import Testing
import Wire

@testable import Conversation

enum ConversationAnswers {
    static let all: [String: Answerer] = [
        "words": words, "rules": rules, "resumes": resume, "encounters": encounter, "friends": friend,
        "witnesses": witness,
    ]

    private static func words(_ input: Value) throws -> Value {
        let binding = try input.bytes("binding")
        let (initiator, responder) = (try input.bytes32("initiatorNonce"), try input.bytes32("responderNonce"))
        return [
            "commitment": .bytes(SafetyExchange.commitment(to: responder, binding: binding)),
            "hash": .bytes(
                Blake2b.hash(domain: SafetyExchange.wordsDomain, binding, initiator.bytes, responder.bytes)),
            "words": .list(
                SafetyExchange.words(binding: binding, initiator: initiator, responder: responder).map { .text($0) }),
        ]
    }

    private static func resume(_ input: Value) throws -> Value {
        let doors = SecretBytes(copying: try input.bytes("doors"))
        let key = ResumeKey(doors: doors, handshake: SecretBytes(copying: []), binding: try input.bytes("binding"))
        let slot = ResumeKey.slot(at: try input.time("ms"))
        let (nonces, door) = (key.nonces(slot: slot), try input.bytes32("door"))
        return [
            "slot": .number(slot), "nonces": .list([.bytes(nonces.lower), .bytes(nonces.higher)]),
            "token": .bytes(key.token(slot: slot, at: door)), "prologue": .bytes(key.prologue(slot: slot, at: door)),
        ]
    }

    /// One side of a conversation whose channel stands; what it says itself goes nowhere.
    private static func encounter(_ input: Value) throws -> Value {
        let encounter = Encounter(secret: SecretBytes(copying: try input.bytes32("encounter").bytes))
        let binding = try input.bytes("binding")
        return [
            "marks": .list(
                [true, false].map { .bytes(encounter.mark(binding: binding, ofInitiator: $0).bigEndianBytes) })
        ]
    }

    private static func friend(_ input: Value) throws -> Value {
        let friendship = Friendship(secret: try input.bytes32("friendship"))
        let time = WallTime(milliseconds: try input.number("ms"))
        return ["interests": .list(friendship.interests(at: time).map { .text($0) })]
    }

    private static func witness(_ input: Value) throws -> Value {
        var witness = WitnessChain(question: try input.text("question"))
        var chains = [Value.bytes(witness.chain)]
        for text in try input.list("texts") {
            witness.add(try text.asText())
            chains.append(.bytes(witness.chain))
        }
        return ["chains": .list(chains)]
    }

    private static func rules(_ input: Value) throws -> Value {
        var random = RandomStream(seed: .zero)
        var conversation = Conversation(
            isInitiator: try input.bool("initiator"), ownKey: .generate(using: &random), theirKey: .zero,
            prologue: [], at: .origin, using: &random)
        conversation.channel = nil
        conversation.binding = try input.bytes("binding")
        conversation.wordsNonce = try input.bytes32("ownNonce")
        conversation.phase = .opening(until: .origin + .seconds(3))

        var effects: [ConversationEffect] = []
        var (violation, step): (Value, Value) = (.null, .null)
        steps: for (index, action) in try input.list("steps").enumerated() {
            let now = Moment.origin + (action.has("at") ? .milliseconds(try action.number("at")) : .zero)
            do throws(ConversationViolation) {
                try perform(action, on: &conversation, at: now, using: &random, into: &effects)
            } catch {
                (violation, step) = (.text(error.rawValue), .number(index))
                break steps
            }
        }
        let words = effects.lazy.compactMap { effect -> [String]? in
            if case .tell(.safetyWords(let words)) = effect { words } else { nil }
        }.first
        return ["violation": violation, "step": step, "words": words.map { .list($0.map { .text($0) }) } ?? .null]
    }

    private static func perform(
        _ action: Value, on conversation: inout Conversation, at now: Moment, using random: inout RandomStream,
        into effects: inout [ConversationEffect]
    ) throws(ConversationViolation) {
        if action.has("said"), let texts: Int = try? action.number("said") {
            for _ in 0..<texts {
                effects += conversation.handle(.personAsked(.send("hi")), at: now, using: &random)
            }
        } else if action.has("pinged"), let token: UInt64 = try? action.number("pinged"),
            case .talking(var talk) = conversation.phase
        {
            talk.keepalive.asked = token
            conversation.phase = .talking(talk)
        } else if let content = try? action.bytes("came") {
            for _ in 0..<(action.has("times") ? (try? action.number("times")) ?? 0 : 1) where !conversation.hasEnded {
                try conversation.hear(content, at: now, using: &random, into: &effects)
            }
        }
    }
}
