// A conversation in each of its phases, and everything that a stranger can put on the pipe there.

import Conversation
import Essentials
import Sodium
import Testing
import Wire

@Suite("Hostile utterances")
struct HostileUtteranceTests {
    enum Phase: CaseIterable, CustomTestStringConvertible {
        case untouched, handshaking, opening, talking, answered, ended
        var testDescription: String { "\(self)" }
    }

    /// What becomes of the conversation.
    enum Fate: Equatable {
        case goesOn, violation, over, declined
    }

    /// Someone whom the victim is in `phase` with.
    static func stranger(_ phase: Phase, victimIsInitiator: Bool) throws -> HostileStranger {
        let stranger = HostileStranger(victimIsInitiator: victimIsInitiator)
        switch phase {
        case .untouched: break
        case .handshaking: _ = stranger.victim.start(at: stranger.now)
        case .opening: try stranger.shakeHands()
        case .talking: try stranger.connect()
        case .answered:
            try stranger.connect()
            try stranger.say(1, "hi")
            try stranger.ask(.send("hello"))
        case .ended:
            try stranger.connect()
            try stranger.say(.farewell(Farewell(code: 0)))
        }
        return stranger
    }

    /// One of every kind, by name, each as it would be right at some time.
    static func utterances() throws -> [(name: String, bytes: [UInt8])] {
        let kinds: [(String, Utterance)] = [
            ("opening", .opening(try Opening())), ("text", .text(try Text(sequence: 1, text: "x"))),
            ("second text", .text(try Text(sequence: 2, text: "x"))),
            ("acknowledgement", .acknowledgement(Acknowledgement(through: 1))), ("typing", .typing(Typing(on: true))),
            ("farewell", .farewell(Farewell(code: 7))),
            ("commitment", .safetyCommitment(SafetyCommitment(digest: .zero))),
            ("nonce", .safetyNonce(SafetyNonce(nonce: .zero))),
            ("words opening", .safetyOpening(SafetyOpening(nonce: .zero))), ("ping", .ping(Ping(token: 1))),
            ("pong", .pong(Pong(token: 1))), ("resume", .resume(Resume(received: 0, sent: 0, words: true))),
            ("common answer", .commonAnswer(try CommonAnswer(points: [Bytes32](repeating: .zero, count: 12)))),
            ("question", .question(try Question(text: "Tea or coffee?"))),
            ("witness", .witness(Witness(through: 0, chain: .zero))),
        ]
        return kinds.map { ($0.0, $0.1.encoded()) } + [
            ("unknown", [0xA2, 0x06, 0x00]), ("nothing", []), ("critical", [0xC2, 0x3E, 0x00]),
        ]
    }

    /// Protocol/07-conversation.md, "Phases" and "Safety words", as a table.
    static func fate(of name: String, in phase: Phase, victimIsInitiator: Bool) -> Fate {
        let onlyOpening: Fate = name == "opening" ? .goesOn : .violation
        switch phase {
        case .untouched, .handshaking: return .violation
        case .opening: return name == "farewell" ? .declined : onlyOpening
        case .ended: return .over
        case .talking, .answered:
            switch name {
            case "text": return phase == .talking ? .goesOn : .violation
            case "second text", "acknowledgement": return phase == .answered ? .goesOn : .violation
            case "typing", "ping", "unknown": return .goesOn
            case "farewell": return .over
            // The responder commits, the initiator then shows its nonce.
            case "commitment": return victimIsInitiator ? .goesOn : .violation
            case "nonce": return victimIsInitiator ? .violation : .goesOn
            default: return .violation
            }
        }
    }

    private func expect(_ fate: Fate, of stranger: HostileStranger, _ note: String) {
        switch fate {
        case .goesOn: #expect(stranger.victim.ending == nil, "\(note)")
        case .violation: #expect(stranger.victim.ending == .violation, "\(note)")
        case .over: #expect(stranger.victim.ending == .strangerLeft, "\(note)")
        case .declined: #expect(stranger.victim.ending == .declined, "\(note)")
        }
    }

    @Test("each kind of utterance in each phase does what the page says", arguments: Phase.allCases, [true, false])
    func table(phase: Phase, victimIsInitiator: Bool) throws {
        for (name, bytes) in try Self.utterances() {
            let stranger = try Self.stranger(phase, victimIsInitiator: victimIsInitiator)
            let told = stranger.victim.told.count
            let isSealed = phase != .untouched && phase != .handshaking
            if isSealed {
                try stranger.say(raw: bytes)
            } else {
                // There is no channel yet: an utterance in the clear, as a frame of the handshake.
                let length = [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
                let whole = length + bytes + [UInt8](repeating: 0, count: 64)
                _ = stranger.victim.handle(.pipeReceived(whole), at: stranger.now)
            }
            expect(
                Self.fate(of: name, in: phase, victimIsInitiator: victimIsInitiator), of: stranger,
                "\(name) while \(phase), initiator \(victimIsInitiator)")
            if phase == .ended { #expect(stranger.victim.told.count == told, "\(name): nobody is told after the end") }
        }
    }

    @Test(
        "each kind, and each sample of any other message, with any bit flipped traps nothing", arguments: [true, false])
    func flippedInside(victimIsInitiator: Bool) throws {
        let contents = try Self.utterances().map(\.bytes) + Sample.small.map(\.bytes)
        for phase in [Phase.opening, .talking, .answered] {
            for content in contents {
                for bit in stride(from: 0, to: content.count * 8, by: max(5, content.count * 2)) {
                    let stranger = try Self.stranger(phase, victimIsInitiator: victimIsInitiator)
                    var bytes = content
                    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                    try? stranger.say(raw: bytes)
                    try stranger.wait(.seconds(40))
                    #expect(stranger.victim.ending != nil, "who falls silent is left")
                    #expect(stranger.victim.engine.nextDeadline() == nil)
                }
            }
        }
    }

    @Test(
        "raw bytes in each phase end the conversation, at the latest when its time is over", arguments: Phase.allCases)
    func raw(phase: Phase) throws {
        var chance = SeededGenerator(seed: 5)
        let other = HostileStranger(victimIsInitiator: true)
        try other.connect()
        let foreign = other.taken + other.sent
        for isInitiator in [true, false] {
            var noise: [[UInt8]] = []
            for count in [1, 2, 3, 50, 51, 128, 130, 1_026, 16_514, 70_000] {
                noise.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) })
                // Zeros, and frames of three sizes with nothing good in them.
                for head: [UInt8] in [[], [0, 128], [0, 48], [0x40, 0x80]] {
                    noise.append(head + [UInt8](repeating: UInt8(head.count), count: count))
                }
            }
            for bytes in noise + foreign {
                let stranger = try Self.stranger(phase, victimIsInitiator: isInitiator)
                _ = stranger.victim.handle(.pipeReceived(bytes), at: stranger.now)
                _ = stranger.victim.handle(.pipeReceived(bytes), at: stranger.now)
                try? stranger.wait(.seconds(40))
                #expect(stranger.victim.ending != nil)
                #expect(stranger.victim.engine.nextDeadline() == nil)
            }
        }
    }

    @Test("every bit of both handshake messages flipped: no conversation begins", arguments: [true, false])
    func handshakeBits(victimIsInitiator: Bool) throws {
        let length = 50
        for bit in 0..<length * 8 {
            let pair = Pair(seed: 3)
            let first = try #require(pair.left.start(at: pair.now).first)
            #expect(first.count == length)
            var bytes = first
            if !victimIsInitiator { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
            let answers = pair.right.handle(.pipeReceived(bytes), at: pair.now)
            if victimIsInitiator {
                var answer = try #require(answers.first)
                answer[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = pair.left.handle(.pipeReceived(answer), at: pair.now)
            }
            let victim = victimIsInitiator ? pair.left : pair.right
            pair.run(for: .seconds(6))
            #expect(victim.ending == .violation || victim.ending == .neverStarted, "bit \(bit)")
            #expect(!pair.left.events.contains(.connected) && !pair.right.events.contains(.connected))
        }
    }

    @Test("what a stranger can make a conversation hold is bounded in every phase", arguments: Phase.allCases)
    func memory(phase: Phase) throws {
        var worst = 0
        for isInitiator in [true, false] {
            let stranger = try Self.stranger(phase, victimIsInitiator: isInitiator)
            let largest = [0x40, 0x80] + [UInt8](repeating: 1, count: 16_511)
            var random = RandomStream(seed: .zero)
            let (_, heap) = Allocations.measure {
                for start in stride(from: 0, to: largest.count, by: 100) {
                    let piece = Array(largest[start..<min(start + 100, largest.count)])
                    _ = stranger.victim.engine.handle(.pipeReceived(piece), at: stranger.now, using: &random)
                }
            }
            worst = max(worst, heap.held)
        }
        #expect(worst <= 4 * 16_513)
    }
}
