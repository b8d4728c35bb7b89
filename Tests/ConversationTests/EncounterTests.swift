import Essentials
import Sodium
import Testing
import Wire

@testable import Conversation

@Suite("Meeting again")
struct EncounterTests {
    private static func settings(avoids: Bool) -> ConversationSettings {
        var settings = ConversationSettings()
        settings.avoidsRepeats = avoids
        return settings
    }

    /// What two who talked know afterwards, each for itself.
    private static func talked(at now: Moment = .origin) throws -> (left: Encounters, right: Encounters) {
        let pair = Pair(seed: 9, met: (Encounters(), Encounters())).connected()
        var (left, right) = (Encounters(), Encounters())
        let (one, other) = (pair.left.engine.encounter, pair.right.engine.encounter)
        left.insert(try #require(one), at: now)
        right.insert(try #require(other), at: now)
        return (left, right)
    }

    private static func others(_ count: Int) -> [Encounter] {
        (0..<count).map { Encounter(secret: SecretBytes(copying: UInt64($0).bigEndianBytes + [7])) }
    }

    @Test(
        "two who have talked part before they talk again, if either would rather meet somebody else",
        arguments: [true, false], [true, false])
    func avoided(left: Bool, right: Bool) throws {
        let pair = Pair(
            seed: 2, left: Self.settings(avoids: left), right: Self.settings(avoids: right), met: try Self.talked()
        ).connected()
        for seat in [pair.left, pair.right] {
            if left || right {
                #expect(seat.events == [.ended(.declined)] && seat.violations.isEmpty)
            } else {
                #expect(seat.events.prefix(2) == [.connected, .metBefore] && seat.counted.contains(.metBefore))
            }
        }
    }

    @Test("who has talked with others only meets, whoever asks for somebody else")
    func strangers() throws {
        var met = try Self.talked()
        met.right = Encounters()
        for other in Self.others(100) { met.right.insert(other, at: .origin) }
        let pair = Pair(seed: 2, left: Self.settings(avoids: true), right: Self.settings(avoids: true), met: met)
            .connected()
        for seat in [pair.left, pair.right] {
            #expect(seat.events.first == .connected && !seat.events.contains(.metBefore))
        }
    }

    @Test("a side that shows no marks is met, and shows none", arguments: [true, false])
    func takesNoPart(isLeft: Bool) throws {
        let met = try Self.talked()
        let pair = Pair(
            seed: 2, left: Self.settings(avoids: true), right: Self.settings(avoids: true),
            met: (isLeft ? nil : met.left, isLeft ? met.right : nil)
        ).connected()
        #expect(pair.left.events.first == .connected && pair.right.events.first == .connected)
    }

    @Test("128 marks are shown however many there are, all of them others in another channel")
    func padded() throws {
        var random = RandomStream(seed: .zero)
        var encounters = Encounters()
        for count in [0, 1, 128, 300] {
            encounters = Encounters()
            for other in Self.others(count) { encounters.insert(other, at: .origin) }
            let marks = encounters.marks(binding: [1], ofInitiator: true, using: &random)
            #expect(marks.count == 128 && Set(marks).count == 128)
        }
        let first = Set(encounters.marks(binding: [1], ofInitiator: true, using: &random))
        #expect(first.isDisjoint(with: encounters.marks(binding: [2], ofInitiator: true, using: &random)))
        #expect(first.isDisjoint(with: encounters.marks(binding: [1], ofInitiator: false, using: &random)))
        #expect(first == Set(encounters.marks(binding: [1], ofInitiator: true, using: &random)))
    }

    @Test("the place of a mark does not tell how long ago it was")
    func mixed() throws {
        var random = RandomStream(seed: .zero)
        var encounters = Encounters()
        let latest = Self.others(1)[0]
        encounters.insert(latest, at: .origin)
        var places = Set<Int>()
        for _ in 0..<40 {
            let marks = encounters.marks(binding: [1], ofInitiator: true, using: &random)
            places.insert(try #require(marks.firstIndex(of: latest.mark(binding: [1], ofInitiator: true))))
        }
        #expect(places.count > 20)
    }

    @Test("who has met too many since to remember is remembered by nobody, so both come to the same end")
    func forgottenAlike() throws {
        var met = try Self.talked()
        for other in Self.others(128) { met.left.insert(other, at: .origin) }
        let pair = Pair(seed: 2, left: Self.settings(avoids: true), right: Self.settings(avoids: true), met: met)
            .connected()
        for seat in [pair.left, pair.right] { #expect(seat.events.first == .connected && seat.ending == nil) }
    }

    @Test("the latest 128 are kept, and each for its time")
    func bounded() {
        var encounters = Encounters()
        let others = Self.others(129)
        for (number, other) in others.enumerated() { encounters.insert(other, at: .origin + .seconds(Int64(number))) }
        #expect(encounters.count == 128)
        func knows(_ number: Int) -> Bool {
            encounters.recognise(
                [others[number].mark(binding: [1], ofInitiator: true)], binding: [1], ofInitiator: true)
        }
        #expect(!knows(0) && knows(1) && knows(128))
        encounters.forget(olderThan: .seconds(24), at: .origin + .seconds(128))
        #expect(encounters.count == 24 && !knows(104) && knows(105))
    }

    @Test("marks that are sent back as they came are not recognised")
    func reflected() throws {
        var random = RandomStream(seed: .zero)
        var encounters = Encounters()
        for other in Self.others(5) { encounters.insert(other, at: .origin) }
        let own = encounters.marks(binding: [1], ofInitiator: true, using: &random)
        #expect(!encounters.recognise(own, binding: [1], ofInitiator: false))
    }

    @Test("what came in one piece with the farewell counts: both know each other again, and both are in touch")
    func endedTogether() throws {
        let stranger = HostileStranger()
        try stranger.shakeHands()
        try stranger.say(.opening(Opening(features: 7)))
        try stranger.ask(.keepInTouch)
        let piece = try stranger.sealed(.keepInTouch(KeepInTouch())) + stranger.sealed(.farewell(Farewell(code: 0)))
        try stranger.put(piece)
        #expect(stranger.victim.events.suffix(2) == [.inTouch, .ended(.strangerLeft)])
        let (encounter, friendship) = (stranger.victim.engine.encounter, stranger.victim.engine.friendship)
        #expect(encounter != nil && friendship != nil)
    }

    @Test("two who talk share the secret of a friendship, and no other two do")
    func friendship() {
        let pair = Pair(met: (Encounters(), Encounters())).connected()
        let other = Pair(seed: 5, met: (Encounters(), Encounters())).connected()
        let (left, right, third) =
            (pair.left.engine.friendship, pair.right.engine.friendship, other.left.engine.friendship)
        #expect(left != nil && left == right && left != third)
    }
}
