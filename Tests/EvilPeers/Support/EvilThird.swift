// One of three, hand-written: by itself it does what Protocol/07-conversation.md, "A question and two who discuss it",
// asks of whoever asks or discusses; a test bends it by its hooks.

import Essentials
import Identity
import Pairing
@testable import Simulator
import Sodium
import Wire

/// The two conversations that an evil leaf has for one question.
final class EvilThird {
    enum Part { case asks, discusses }

    /// One of its two conversations, by who is at the other end: as the asker, or as one who discusses.
    enum Leg { case first, second, asker, other }

    unowned let leaf: EvilLeaf
    private let part: Part
    private var pairings: [(leg: Leg, with: Pairing)] = []
    /// The conversations that came about.
    private(set) var talks: [Leg: EvilTalk] = [:]
    /// As one who discusses: whether the asker calls it the first.
    private(set) var isFirst = false
    /// What it was asked.
    private(set) var question: String?
    private(set) var texts: [Leg: [String]] = [:]
    private var hasClaimed = false

    /// To whose doors it does not go, and to whom it says nothing when the channel stands.
    var avoids: Set<Leg> = []
    var isMuteTo: Set<Leg> = []
    /// As the asker: what it says in the place of the question; nothing at all if nil.
    var asks: (Leg) -> [UInt8]? = { _ in EvilThird.question(EvilTown.question) }
    /// What it tells the other one that it was asked; nothing at all if nil.
    var claims: (String) -> String? = { $0 }
    /// Whether it tells the asker that the two have begun.
    var tellsBeginning = true
    /// Whether it tells the asker what the other one says.
    var bearsWitness = true
    var acknowledges = true

    init(_ leaf: EvilLeaf, _ part: Part) {
        self.leaf = leaf
        self.part = part
        leaf.third = self
        leaf.onChannel = { [unowned self] in stands($0) }
        leaf.onUtterance = { [unowned self] in hear($1, on: $0) }
    }

    var isMatched: Bool { !pairings.isEmpty }
    /// What an asker calls it, and what it calls the other one.
    var name: String { isFirst ? "Stranger 1" : "Stranger 2" }
    var otherName: String { isFirst ? "Stranger 2" : "Stranger 1" }

    func seek() {
        let kind = part == .asks ? SeekKind.asks : SeekKind.discusses
        leaf.seek(SeekWish(kind: kind, pool: Pools.questions(network: leaf.policy.id)))
    }

    func begin(_ trio: Trio) {
        switch trio {
        case .asks(let first, let second): pairings = [(.first, first), (.second, second)]
        case .discusses(let isFirst, let asker, let other):
            self.isFirst = isFirst
            pairings = [(.asker, asker), (.other, other)]
        }
        for (leg, pairing) in pairings where !avoids.contains(leg) {
            for (place, door) in leaf.doors(pairing).enumerated() {
                leaf.after(.milliseconds(700 * Int64(place))) { [unowned self] in
                    if talks[leg] == nil { _ = leaf.talk(pairing, at: door) }
                }
            }
        }
    }

    /// Comes to every door of both pairings once more.
    func comeAgain() {
        for (_, pairing) in pairings { for door in leaf.doors(pairing) { _ = leaf.talk(pairing, at: door) } }
    }

    private func leg(of talk: EvilTalk) -> Leg? {
        pairings.first { $0.with.theirKey == talk.pairing.theirKey }?.leg
    }

    private func stands(_ talk: EvilTalk) {
        guard let leg = leg(of: talk), !isMuteTo.contains(leg) else { return }
        if talk.pairing.isInitiator {
            // Of several doors its Opening decides, so it is said at one.
            guard talks[leg] == nil else { return }
            talks[leg] = talk
        }
        talk.open()
    }

    private func hear(_ utterance: Utterance, on talk: EvilTalk) {
        guard let leg = leg(of: talk), !isMuteTo.contains(leg) else { return }
        if case .opening = utterance, talks[leg] == nil { talks[leg] = talk }
        guard talks[leg] === talk else { return }
        switch utterance {
        case .opening where part == .asks:
            // The question comes before anything else, or nothing comes.
            guard let asked = asks(leg) else { return }
            talk.say(raw: asked)
        case .question(let asked) where leg == .asker: question = asked.text
        case .text(let text):
            texts[leg, default: []].append(text.text)
            if leg == .other, bearsWitness { sayWitness() }
            guard acknowledges else { return }
        case .witness where leg == .other && tellsBeginning: sayWitness()
        default: break
        }
        talk.behave(utterance)
        claim()
    }

    private func claim() {
        guard let question, let other = talks[.other], !hasClaimed else { return }
        hasClaimed = true
        if let claimed = claims(question) { other.say(Self.witness([], of: claimed)) }
    }

    private func sayWitness() {
        if let question { talks[.asker]?.say(Self.witness(texts[.other] ?? [], of: question)) }
    }

    /// As the asker: what one of the two said of the other's texts.
    func witnesses(from leg: Leg) -> [Utterance] {
        talks[leg]?.heard.filter { if case .witness = $0 { true } else { false } } ?? []
    }

    // MARK: what a test wants said

    /// To the other one and to the asker, as somebody honest does.
    func say(_ text: String) { for leg in [Leg.other, .asker] { talks[leg]?.say(text) } }

    func leave() { for leg in [Leg.asker, .other] { talks[leg]?.say(.farewell(Farewell(code: 0))) } }

    static func witness(_ texts: [String], of question: String = EvilTown.question) -> Utterance {
        .witness(Witness(through: UInt64(texts.count), chain: chain(texts, of: question)))
    }

    static func chain(_ texts: [String], of question: String = EvilTown.question) -> Bytes32 {
        var chain = Blake2b.hash(domain: "passant/witness/1", Array(question.utf8))
        var through: UInt64 = 0
        for text in texts {
            through += 1
            chain = Blake2b.hash(
                domain: "passant/witness-text/1", chain.bytes, through.bigEndianBytes, Array(text.utf8))
        }
        return chain
    }

    /// A question of any length, which `Question` would not be.
    static func question(_ text: String) -> [UInt8] {
        let inner: [UInt8] = [0x0A] + length(text.utf8.count) + Array(text.utf8)
        return [0x7A] + length(inner.count) + inner
    }

    private static func length(_ count: Int) -> [UInt8] {
        count < 128
            ? [UInt8(truncatingIfNeeded: count)]
            : [UInt8(truncatingIfNeeded: count & 127) | 128, UInt8(truncatingIfNeeded: count >> 7)]
    }
}
