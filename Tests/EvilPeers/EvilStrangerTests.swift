// A stranger who is met by the rule and then does what no honest node does. See Protocol/07-conversation.md.

import Essentials
import Identity
import NodeEngine
import Pairing
@testable import Simulator
import Testing
import Wire

@Suite struct EvilStrangerTests {
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        /// One of these counters says so.
        let counters: [String]
        /// Whether the victim's person is to be rid of the stranger without pressing anything.
        var ends = true
        var testDescription: String { name }
        let install: @Sendable (EvilLeaf) -> Void

        /// Once both have said hello.
        static func saying(
            _ name: String, _ counters: [String], ends: Bool = true,
            _ act: @escaping @Sendable (EvilLeaf, EvilTalk) -> Void
        ) -> Misdeed {
            Misdeed(name: name, counters: counters, ends: ends) { evil in
                evil.onChannel = { [unowned evil] talk in
                    talk.open()
                    evil.after(.milliseconds(200)) { act(evil, talk) }
                }
            }
        }
    }

    static let misdeeds: [Misdeed] = [
        Misdeed(name: "is matched and does not come", counters: ["pairing.noShow"]) { $0.onMatched = { _ in true } },
        Misdeed(name: "comes to every door and never begins", counters: ["pairing.noShow"]) { evil in
            evil.onMatched = { [unowned evil] pairing in
                for door in evil.doors(pairing) {
                    _ = evil.pipe(to: door, .join(Join(token: pairing.token(at: door))))
                }
                return true
            }
        },
        Misdeed(name: "shakes hands and never says hello", counters: ["pairing.noShow"]) { $0.onChannel = { _ in } },
        Misdeed(name: "comes to the door with noise", counters: ["conversation.violation.channel", "pairing.noShow"]) {
            evil in
            evil.onMatched = { [unowned evil] pairing in
                for door in evil.doors(pairing) {
                    let noise = [UInt8](repeating: 0x41, count: 600)
                    _ = evil.pipe(to: door, .join(Join(token: pairing.token(at: door))), early: noise)
                }
                return true
            }
        },
        Misdeed(name: "floods the door before anybody is there", counters: ["relaying.doorsOverrun", "pairing.noShow"])
        {
            evil in
            evil.onMatched = { [unowned evil] pairing in
                for door in evil.doors(pairing) {
                    evil.pipe(to: door, .join(Join(token: pairing.token(at: door))))?.stream
                        .write([UInt8](repeating: 0, count: 60_000))
                }
                return true
            }
        },
        .saying("says things that are no utterances", ["conversation.violation.malformed"]) { _, talk in
            talk.say(raw: [0xff, 0xff, 0xff])
        },
        .saying("puts noise behind the handshake", ["conversation.violation.channel"]) { _, talk in
            talk.put([0, 128] + [UInt8](repeating: 1, count: 128))
        },
        .saying("says hello twice", ["conversation.violation"]) { _, talk in talk.open() },
        .saying("floods texts", ["conversation.violation", "conversation.textReceived"]) { _, talk in
            for number in 0..<5_000 { talk.say("flood \(number)") }
        },
        .saying("sends a text of a megabyte, in pieces of the most there is", ["conversation.violation"]) { _, talk in
            for _ in 0..<64 { talk.say(String(repeating: "a", count: 16_000)) }
        },
        .saying("counts its texts backwards", ["conversation.violation"]) { _, talk in
            for number in [9, 8, 7] as [UInt64] {
                if let text = try? Text(sequence: number, text: "x") { talk.say(.text(text)) }
            }
        },
        .saying("acknowledges what was never sent", ["conversation.violation"]) { _, talk in
            talk.say(.acknowledgement(Acknowledgement(through: .max)))
        },
        .saying(
            "types on and off ten thousand times", ["conversation.violation", "conversation.connected"], ends: false
        ) {
            _, talk in
            for turn in 0..<10_000 { talk.say(.typing(Typing(on: turn % 2 == 0))) }
        },
        .saying("pings without end", ["conversation.violation", "conversation.connected"], ends: false) { _, talk in
            for token in 0..<5_000 { talk.say(.ping(Ping(token: UInt64(token)))) }
        },
        .saying("answers pings that nobody sent", ["conversation.violation", "conversation.connected"], ends: false) {
            _, talk in
            for token in 0..<100 { talk.say(.pong(Pong(token: UInt64(token)))) }
        },
        .saying("opens safety words that it never committed to", ["conversation.violation"]) { _, talk in
            talk.say(.safetyOpening(SafetyOpening(nonce: .zero)))
            talk.say(.safetyNonce(SafetyNonce(nonce: .zero)))
        },
        .saying("says farewell with an odd code and goes on talking", ["conversation.ended.strangerLeft"]) { _, talk in
            talk.say(.farewell(Farewell(code: .max)))
            talk.say("still here")
        },
        .saying("falls silent with the pipe open", ["conversation.ended.interrupted"]) { evil, _ in
            // It goes on answering for its link, so that only the conversation is silent.
            evil.onUtterance = nil
        },
        .saying("closes its half and keeps the other", ["conversation.ended.interrupted"]) { _, talk in
            talk.stream?.finish()
        },
        .saying("cuts the pipe without a farewell", ["conversation.ended.interrupted"]) { _, talk in talk.end() },
        .saying("takes none of the data", ["conversation.ended.interrupted"]) { _, talk in
            talk.stream?.grantsCredit = false
        },
        .saying("steers the terminal", ["conversation.textReceived"], ends: false) { _, talk in
            talk.say("\u{1b}[2J\u{1b}]0;gone\u{7}\u{202e}\u{0}")
        },
        .saying("shows its token at the door again", ["relaying.joinsRefused"], ends: false) { evil, talk in
            guard let pairing = evil.pairings.last else { return }
            for _ in 0..<10 { _ = evil.talk(pairing, at: talk.door) }
        },
    ]

    @Test("whatever a stranger does, the victim is rid of it and meets the next", arguments: misdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        let town = try EvilTown()
        let evil = town.addEvilLeaf()
        #expect(town.settle())
        town.pass(.seconds(3))
        misdeed.install(evil)
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.act { evil.seek() }
        town.look(ann)
        #expect(town.run(for: .seconds(10)) { _ in !evil.pairings.isEmpty }, "they are matched")
        town.act { evil.stopSeeking() }
        town.ask(ann, .send("who are you?"))
        // Longer than any patience of the victim's node.
        town.pass(.seconds(60))
        if misdeed.ends { #expect(!town.isTalking(ann)) }
        let said = misdeed.counters.map { name in
            town.world.counters.filter { $0.key.hasPrefix(name) }.values.reduce(0, +)
        }
        #expect(said.contains { $0 > 0 }, "one of \(misdeed.counters) says so")
        let texts = town.told(ann).count { if case .gotMessage = $0 { true } else { false } }
        #expect(texts <= 64 + 90, "a flood reaches nobody's screen: \(texts)")
        #expect(town.told(ann).count <= 1_200)
        let taken = town.meet(ann, ben)
        #expect(taken != nil)
        let violations = town.world.counters.filter { $0.key.hasPrefix("conversation.violation") }
        print("stranger \(misdeed.name): next met after \(taken?.milliseconds ?? -1) ms; \(said) \(violations)")
    }
}
