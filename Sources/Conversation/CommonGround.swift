// What two strangers have in common, found out without showing the rest: each hides its interests and languages
// behind a secret number, each hides the other's behind its own as well, and what is equal twice hidden is in common.
// Protocol/07-conversation.md, "Common ground".

internal import Essentials
internal import Sodium

/// What a person would like to have in common with a stranger, as `Interest` and BCP 47 write it.
public struct CommonGround: Hashable, Sendable {
    public static let interestsMaximum = 8
    public static let languagesMaximum = 4

    /// At most eight.
    public var interests: [String]
    /// Primary subtags, at most four, the best first.
    public var languages: [String]
    /// Whether the two part again when they have no interest in common.
    public var needsInterest: Bool
    /// The same for a language. Whoever names languages and needs none in common learns of it and goes on.
    public var needsLanguage: Bool

    public init(interests: [String], languages: [String], needsInterest: Bool, needsLanguage: Bool) {
        self.interests = interests
        self.languages = languages
        self.needsInterest = needsInterest
        self.needsLanguage = needsLanguage
    }
}

/// What was found.
public struct FoundCommon: Hashable, Sendable {
    /// In the own order.
    public let interests: [String]
    public let languages: [String]
}

/// One side of the exchange.
struct CommonExchange: Sendable {
    /// Points a side shows: its interests and then its languages, each filled up with points that stand for nothing.
    static let points = CommonGround.interestsMaximum + CommonGround.languagesMaximum

    private let ground: CommonGround
    private let isInitiator: Bool
    private let secret: RistrettoScalar
    /// What each of the own points stands for; nil where it is for filling up.
    private let meanings: [Meaning?]
    /// The own points, hidden once.
    let shown: [Bytes32]
    /// What the other side answers where something is in common; nil before their points came.
    private var expected: [Bytes32]?
    private var theirNeeds = CommonNeeds()

    private enum Meaning: Hashable {
        case interest(String)
        case language(String)
    }

    var needs: CommonNeeds { CommonNeeds(interest: ground.needsInterest, language: ground.needsLanguage) }

    init(_ ground: CommonGround, isInitiator: Bool, using random: inout RandomStream) {
        self.ground = ground
        self.isInitiator = isInitiator
        secret = .random(using: &random)
        let interests = ground.interests.prefix(CommonGround.interestsMaximum).map { Meaning.interest($0) }
        let languages = ground.languages.prefix(CommonGround.languagesMaximum).map { Meaning.language($0) }
        // The order would tell which interest is which, so each of the two kinds is mixed.
        func filled(_ known: [Meaning], to count: Int) -> [Meaning?] {
            (known.map { $0 } + [Meaning?](repeating: nil, count: max(0, count - known.count)))
                .shuffled(using: &random)
        }
        meanings =
            filled(interests, to: CommonGround.interestsMaximum) + filled(languages, to: CommonGround.languagesMaximum)
        var shown: [Bytes32] = []
        for meaning in meanings {
            let point =
                switch meaning {
                case .interest(let text): Self.point(ofInterest: text)
                case .language(let subtag): Self.point(ofLanguage: subtag)
                case nil: RistrettoPoint.hash(domain: "passant/common-filling/1", random.bytes(count: 32))
                }
            shown.append((secret * point).bytes)
        }
        self.shown = shown
    }

    static func point(ofInterest text: String) -> RistrettoPoint {
        .hash(domain: "passant/common-interest/1", Array(text.utf8))
    }

    static func point(ofLanguage subtag: String) -> RistrettoPoint {
        .hash(domain: "passant/common-language/1", Array(subtag.utf8))
    }

    /// Their points came: what to answer. `binding` is the channel's handshake hash.
    mutating func theyShowed(
        _ points: [Bytes32], needs: CommonNeeds, binding: [UInt8]
    ) throws(ConversationViolation) -> [Bytes32] {
        guard expected == nil else { throw .commonGround }
        let twice = try Self.hiddenOnceMore(points, by: secret)
        expected = Self.hashes(of: twice, ofInitiator: !isInitiator, binding: binding)
        theirNeeds = needs
        return Self.hashes(of: twice, ofInitiator: isInitiator, binding: binding)
    }

    /// What a side shows of points that are hidden twice. With its role in it, an answer cannot be sent back as one's own.
    static func hashes(of points: [Bytes32], ofInitiator: Bool, binding: [UInt8]) -> [Bytes32] {
        points.enumerated().map { place, point in
            let kind: UInt8 = place < CommonGround.interestsMaximum ? 0 : 1
            return Blake2b.hash(
                domain: "passant/common-answer/1", binding, [ofInitiator ? 0 : 1], [kind], point.bytes)
        }
    }

    static func hiddenOnceMore(
        _ points: [Bytes32], by secret: RistrettoScalar
    ) throws(ConversationViolation) -> [Bytes32] {
        guard points.count == Self.points else { throw .commonGround }
        var twice: [Bytes32] = []
        for bytes in points {
            guard let point = RistrettoPoint(decoding: bytes) else { throw .commonGround }
            twice.append((secret * point).bytes)
        }
        return twice
    }

    /// Their answer to the own points came: what the two have in common; nil if that is not what one of them needs.
    func theyAnswered(_ points: [Bytes32]) throws(ConversationViolation) -> FoundCommon? {
        guard let expected, points.count == Self.points else { throw .commonGround }
        let found = Set(Self.placesInCommon(expected: expected, theirs: points).compactMap { meanings[$0] })
        let common = FoundCommon(
            interests: ground.interests.filter { found.contains(.interest($0)) },
            languages: ground.languages.filter { found.contains(.language($0)) })
        let isMissed =
            (needs.interest || theirNeeds.interest) && common.interests.isEmpty
            || (needs.language || theirNeeds.language) && common.languages.isEmpty
        return isMissed ? nil : common
    }
}

extension CommonExchange {
    /// Which of the own points they answered with something that was expected.
    static func placesInCommon(expected: [Bytes32], theirs: [Bytes32]) -> [Int] {
        // An interest that is called like a language is none: the two kinds are compared each with its own.
        let split = CommonGround.interestsMaximum
        let kinds = [Set(expected.prefix(split)), Set(expected.dropFirst(split))]
        return theirs.indices.filter { kinds[$0 < split ? 0 : 1].contains(theirs[$0]) }
    }
}

/// What one side asks for, as it rides on its Opening.
struct CommonNeeds: Hashable, Sendable {
    var interest = false
    var language = false

    init(interest: Bool = false, language: Bool = false) {
        self.interest = interest
        self.language = language
    }

    /// Bit 2 asks for somebody whom one has not met before; it stands for itself (`Encounters`).
    static let somebodyElse: UInt32 = 4

    /// Bit 0 is an interest, bit 1 a language; others mean nothing here.
    init(bits: UInt32) { self.init(interest: bits & 1 != 0, language: bits & 2 != 0) }

    var bits: UInt32 { (interest ? 1 : 0) | (language ? 2 : 0) }
}
