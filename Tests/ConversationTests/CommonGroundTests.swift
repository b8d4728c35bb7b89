import Essentials
import Sodium
import Testing
import Wire

@testable import Conversation

@Suite("What two strangers have in common")
struct CommonGroundTests {
    private static func ground(
        _ interests: [String], _ languages: [String] = [], needsInterest: Bool = true, needsLanguage: Bool = false
    ) -> CommonGround {
        CommonGround(
            interests: interests, languages: languages, needsInterest: needsInterest, needsLanguage: needsLanguage)
    }

    private static func exchanged(_ one: CommonGround, _ other: CommonGround) throws -> [FoundCommon?] {
        var random = RandomStream(seed: .zero)
        var left = CommonExchange(one, isInitiator: true, using: &random)
        var right = CommonExchange(other, isInitiator: false, using: &random)
        let ofLeft = try left.theyShowed(right.shown, needs: right.needs, binding: [1])
        let ofRight = try right.theyShowed(left.shown, needs: left.needs, binding: [1])
        return [try left.theyAnswered(ofRight), try right.theyAnswered(ofLeft)]
    }

    @Test("both find what both named, each in the own order, and nothing else")
    func intersection() throws {
        let found = try Self.exchanged(
            Self.ground(["jazz", "go", "tea"], ["fr", "en"]),
            Self.ground(["tea", "chess", "jazz"], ["en", "fr", "de"]))
        #expect(found[0]?.interests == ["jazz", "tea"] && found[1]?.interests == ["tea", "jazz"])
        #expect(found[0]?.languages == ["fr", "en"] && found[1]?.languages == ["en", "fr"])
    }

    @Test("twelve points are shown whatever was named, none of them twice, and others each time")
    func padding() {
        var random = RandomStream(seed: .zero)
        var all = Set<Bytes32>()
        for ground in [
            Self.ground([]), Self.ground(["jazz"]), Self.ground((0..<8).map { "\($0)" }, ["a", "b", "c", "d"]),
        ] {
            for _ in 0..<3 {
                let shown = CommonExchange(ground, isInitiator: true, using: &random).shown
                #expect(shown.count == 12)
                all.formUnion(shown)
            }
        }
        #expect(all.count == 9 * 12)
    }

    @Test("the place of a point does not tell which interest it is")
    func mixed() throws {
        // Whoever named one interest finds the place of the other side's: it has to be another one each time.
        var random = RandomStream(seed: .zero)
        var places = Set<Int>()
        for _ in 0..<60 {
            let one = CommonExchange(Self.ground(["jazz"]), isInitiator: true, using: &random)
            var other = CommonExchange(Self.ground(["jazz"]), isInitiator: false, using: &random)
            let guess = RistrettoScalar.random(using: &random)
            let point = (guess * CommonExchange.point(ofInterest: "jazz")).bytes
            let filling = [Bytes32](repeating: point, count: 12)
            let answer = try other.theyShowed(filling, needs: one.needs, binding: [1])
            let hidden = other.shown.compactMap { RistrettoPoint(decoding: $0) }.map { (guess * $0).bytes }
            let known = CommonExchange.hashes(of: hidden, ofInitiator: false, binding: [1])
            places.formUnion(known.indices.filter { $0 < 8 && known[$0] == answer[0] })
        }
        #expect(places == Set(0..<8))
    }

    @Test("what one side needs both need, so both come to the same end", arguments: [true, false], [true, false])
    func needs(one: Bool, other: Bool) throws {
        let noLanguage = try Self.exchanged(
            Self.ground(["jazz"], ["fr"], needsInterest: true, needsLanguage: one),
            Self.ground(["jazz"], [], needsInterest: true, needsLanguage: other))
        #expect(noLanguage.allSatisfy { ($0 == nil) == (one || other) })
        let noInterest = try Self.exchanged(
            Self.ground(["jazz"], ["fr"], needsInterest: one), Self.ground(["go"], ["fr"], needsInterest: other))
        #expect(noInterest.allSatisfy { ($0 == nil) == (one || other) })
    }

    @Test("an interest that is called like a language is not one")
    func kinds() throws {
        let found = try Self.exchanged(
            Self.ground(["fr"], ["go"], needsInterest: false), Self.ground(["go"], ["fr"], needsInterest: false))
        #expect(found.allSatisfy { $0?.interests == [] && $0?.languages == [] })
    }

    @Test("points that are none, or too few, end the exchange; so does showing them twice")
    func malformed() throws {
        var random = RandomStream(seed: .zero)
        let other = CommonExchange(Self.ground(["jazz"]), isInitiator: false, using: &random)
        func fresh() -> CommonExchange { CommonExchange(Self.ground(["jazz"]), isInitiator: true, using: &random) }
        var bad = other.shown
        bad[7] = .zero
        for points in [bad, Array(other.shown.dropLast()), other.shown + other.shown.prefix(1), []] {
            var exchange = fresh()
            #expect(throws: ConversationViolation.commonGround) {
                try exchange.theyShowed(points, needs: other.needs, binding: [1])
            }
        }
        var exchange = fresh()
        #expect(throws: ConversationViolation.commonGround) { try exchange.theyAnswered(other.shown) }
        _ = try exchange.theyShowed(other.shown, needs: other.needs, binding: [1])
        #expect(throws: ConversationViolation.commonGround) {
            try exchange.theyShowed(other.shown, needs: other.needs, binding: [1])
        }
        #expect(throws: ConversationViolation.commonGround) { try exchange.theyAnswered(other.shown.dropLast()) }
    }

    @Test("whoever knows nothing and sends back what came, points or answers, makes nothing appear to be in common")
    func reflected() throws {
        var random = RandomStream(seed: .zero)
        for isInitiator in [true, false] {
            var exchange = CommonExchange(
                Self.ground(["jazz", "go"], ["fr"]), isInitiator: isInitiator, using: &random)
            let answer = try exchange.theyShowed(exchange.shown, needs: CommonNeeds(), binding: [1])
            #expect(try exchange.theyAnswered(exchange.shown) == nil)
            #expect(try exchange.theyAnswered(answer) == nil)
            let repeated = [Bytes32](repeating: answer[0], count: 8) + [Bytes32](repeating: answer[8], count: 4)
            #expect(try exchange.theyAnswered(repeated) == nil)
        }
    }

    // MARK: In a conversation

    private static func settings(_ ground: CommonGround?, declines: Bool = false) -> ConversationSettings {
        var settings = ConversationSettings()
        settings.ground = ground
        settings.declines = declines
        return settings
    }

    @Test("two who share something are connected and told what, before anything else")
    func connected() {
        let pair = Pair(left: Self.settings(Self.ground(["jazz", "go"])), right: Self.settings(Self.ground(["go"])))
            .connected()
        for seat in [pair.left, pair.right] {
            #expect(seat.events.prefix(2) == [.connected, .foundCommon(FoundCommon(interests: ["go"], languages: []))])
            #expect(seat.words != nil)
        }
    }

    @Test("two who share nothing part without a word, both as declined")
    func nothingInCommon() {
        let pair = Pair(left: Self.settings(Self.ground(["jazz"])), right: Self.settings(Self.ground(["go"])))
            .connected()
        for seat in [pair.left, pair.right] {
            #expect(seat.events == [.ended(.declined)])
            #expect(seat.violations.isEmpty)
        }
    }

    @Test("who shows points to somebody who shows none has nothing in common with them", arguments: [true, false])
    func oneSided(leftShows: Bool) {
        let shows = Self.settings(Self.ground(["jazz"])), not = Self.settings(nil)
        let pair = Pair(left: leftShows ? shows : not, right: leftShows ? not : shows).connected()
        let seat = leftShows ? pair.left : pair.right
        #expect(seat.events == [.ended(.declined)] && seat.violations.isEmpty)
    }

    @Test("a stranger who is not the one hears so at once", arguments: [true, false])
    func declined(leftDeclines: Bool) {
        let pair = Pair(
            left: Self.settings(nil, declines: leftDeclines), right: Self.settings(nil, declines: !leftDeclines)
        ).connected()
        for seat in [pair.left, pair.right] { #expect(seat.events == [.ended(.declined)] && seat.violations.isEmpty) }
    }

    @Test("an answer that nobody asked for, and a second one, are violations")
    func unasked() throws {
        let stranger = HostileStranger(settings: ConversationSettings())
        try stranger.shakeHands()
        try stranger.say(.opening(Opening()))
        let points = [Bytes32](repeating: RistrettoPoint.base.bytes, count: 12)
        try stranger.say(.commonAnswer(CommonAnswer(points: points)))
        #expect(stranger.victim.violations == [.unexpected])
        let early = HostileStranger(settings: Self.settings(Self.ground(["jazz"])))
        try early.shakeHands()
        try early.say(.commonAnswer(CommonAnswer(points: points)))
        #expect(early.victim.violations == [.unexpected])
    }

    @Test("a stranger who shows points and never answers is given up after three seconds")
    func silent() throws {
        var random = RandomStream(seed: .zero)
        let stranger = HostileStranger(settings: Self.settings(Self.ground(["jazz"])))
        try stranger.shakeHands()
        let exchange = CommonExchange(Self.ground(["jazz"]), isInitiator: false, using: &random)
        try stranger.say(.opening(Opening(needs: 1, common: exchange.shown)))
        #expect(stranger.victim.ending == nil)
        try stranger.wait(.seconds(4))
        #expect(stranger.victim.ending == .neverStarted)
    }
}
