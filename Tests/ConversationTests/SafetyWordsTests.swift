import Essentials
import Testing
import Wire

@testable import Conversation

@Suite("Safety words")
struct SafetyWordsTests {
    @Test("both people see the same five words")
    func equal() {
        let pair = Pair().connected()
        #expect(pair.left.words?.count == 5)
        #expect(pair.left.words == pair.right.words)
    }

    @Test("every conversation has its own words")
    func distinct() {
        let all = (1...20).map { Pair(seed: $0).connected().left.words }
        #expect(Set(all.map { $0?.joined(separator: " ") }).count == 20)
    }

    @Test("a middleman who runs two conversations shows each person other words")
    func middleman() throws {
        // The middleman answers alice as a stranger and calls bob as one, and hands every text on.
        let alice = HostileStranger(victimIsInitiator: true)
        let bob = HostileStranger(victimIsInitiator: false)
        try alice.connect()
        try bob.connect()
        // Bob's commitment is handed to alice, alice's nonce to bob, bob's opening to alice.
        let commitment = try #require(bob.heard.first { if case .safetyCommitment = $0 { true } else { false } })
        try alice.say(commitment)
        let nonce = try #require(alice.heard.first { if case .safetyNonce = $0 { true } else { false } })
        try bob.say(nonce)
        let opening = try #require(bob.heard.first { if case .safetyOpening = $0 { true } else { false } })
        try alice.say(opening)
        // Handing on fails, since the commitment is bound to bob's channel.
        #expect(alice.victim.violations == [.safetyWords])
        #expect(bob.victim.words != nil)
    }

    @Test("a middleman with nonces of its own makes other words on each side")
    func middlemanWithOwnNonces() throws {
        let alice = HostileStranger(victimIsInitiator: true)
        let bob = HostileStranger(victimIsInitiator: false)
        try alice.connect()
        try bob.connect()
        let own = alice.nonce()
        let digest = SafetyExchange.commitment(to: own, binding: alice.binding)
        try alice.say(.safetyCommitment(SafetyCommitment(digest: digest)))
        let nonce = try #require(alice.heard.first { if case .safetyNonce = $0 { true } else { false } })
        try bob.say(nonce)
        try alice.say(.safetyOpening(SafetyOpening(nonce: own)))
        let seenByAlice = try #require(alice.victim.words)
        let seenByBob = try #require(bob.victim.words)
        #expect(seenByAlice != seenByBob)
    }

    @Test("an opening that does not fit its commitment ends it")
    func badOpening() throws {
        let stranger = HostileStranger(victimIsInitiator: true)
        try stranger.connect()
        let digest = SafetyExchange.commitment(to: stranger.nonce(), binding: stranger.binding)
        try stranger.say(.safetyCommitment(SafetyCommitment(digest: digest)))
        try stranger.say(.safetyOpening(SafetyOpening(nonce: stranger.nonce())))
        #expect(stranger.victim.ending == .violation)
        #expect(stranger.victim.violations == [.safetyWords])
        #expect(stranger.victim.words == nil)
    }

    @Test("the initiator shows its nonce only after the commitment, and never two")
    func order() throws {
        let early = HostileStranger(victimIsInitiator: true)
        try early.connect()
        #expect(!early.heard.contains { if case .safetyNonce = $0 { true } else { false } })
        try early.say(.safetyOpening(SafetyOpening(nonce: early.nonce())))
        #expect(early.victim.violations == [.safetyWords])

        let twice = HostileStranger(victimIsInitiator: true)
        try twice.connect()
        for _ in 0..<2 { try twice.say(.safetyCommitment(SafetyCommitment(digest: twice.nonce()))) }
        #expect(twice.victim.violations == [.safetyWords])
    }

    @Test("the responder opens once, and takes no part that is not its own")
    func responderOrder() throws {
        let twice = HostileStranger(victimIsInitiator: false)
        try twice.connect()
        for _ in 0..<2 { try twice.say(.safetyNonce(SafetyNonce(nonce: twice.nonce()))) }
        #expect(twice.victim.violations == [.safetyWords])

        let swapped = HostileStranger(victimIsInitiator: false)
        try swapped.connect()
        try swapped.say(.safetyCommitment(SafetyCommitment(digest: swapped.nonce())))
        #expect(swapped.victim.violations == [.safetyWords])
    }

    @Test("a stranger who never finishes the words is not talked to for ever")
    func neverFinished() throws {
        let stranger = HostileStranger(victimIsInitiator: true)
        try stranger.connect()
        for token in UInt64(1)...31 {
            try stranger.wait(.seconds(1))
            guard stranger.victim.ending == nil else { break }
            try stranger.say(.ping(Ping(token: token)))
        }
        #expect(stranger.victim.ending == .violation)
        #expect(stranger.victim.violations == [.safetyWords])
    }

    @Test("the list has 64 short plain words, no two of which begin alike")
    func list() {
        let words = SafetyWordList.words
        #expect(words.count == 64)
        #expect(Set(words.map { $0.prefix(3) }).count == 64)
        #expect(words.allSatisfy { (3...6).contains($0.count) && $0.allSatisfy { ("a"..."z").contains($0) } })
    }

    @Test("commitment and words are those of the example in Protocol/07-conversation.md")
    func example() throws {
        let initiator = try #require(Bytes32([UInt8](repeating: 1, count: 32)))
        let responder = try #require(Bytes32([UInt8](repeating: 2, count: 32)))
        let binding = [UInt8](repeating: 3, count: 64)
        let commitment = SafetyExchange.commitment(to: responder, binding: binding)
        #expect(commitment.description == "608a282089c54a563cc65b4802a14eb43816f649bbd886bbd5459818c925346c")
        let words = SafetyExchange.words(binding: binding, initiator: initiator, responder: responder)
        #expect(words == ["tower", "island", "jacket", "horse", "lamp"])
    }
}
