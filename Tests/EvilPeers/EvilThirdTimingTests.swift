// When a hostile one of three says what it says: before there is a meeting, at the last moment, or all at once. See
// Protocol/07-conversation.md, "A question and two who discuss it".

import Essentials
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct EvilThirdTimingTests {
    /// What it says of the other's texts when it was asked something else: none of it can be true.
    private static let lie = EvilThird.witness([], of: "Is a hot dog a sandwich?")

    /// A hand-written one discusses; whoever asks and the other one are honest.
    private func matched(
        _ bend: (EvilThird) -> Void = { _ in }
    ) throws -> (town: EvilTown, third: EvilThird, asker: Int, other: Int) {
        let town = try EvilTown(leaves: 2)
        let third = EvilThird(town.addEvilLeaf(), .discusses)
        bend(third)
        try town.match(asking: [town.leaves[0]], discussing: [town.leaves[1]], with: [third])
        return (town, third, town.leaves[0], town.leaves[1])
    }

    // MARK: before the beginning

    @Test("what it says to the other alone, before the asker's meeting begins by it, is told within half a minute")
    func otherAloneEarly() throws {
        let (town, third, asker, other) = try matched { $0.tellsBeginning = false }
        let hasBegun = town.haveBegun([other], within: .seconds(4))
        try #require(hasBegun)
        town.act { third.talks[.other]?.say("not for the asker") }
        // By then the asker has the other's word for it.
        town.pass(.seconds(1))
        #expect(town.texts(other) == ["not for the asker"])
        #expect(town.toldOfOthers(asker) == [.waiting] && town.doubts(asker) == 0)
        town.act { third.talks[.asker]?.say(EvilThird.witness([])) }
        let doesWatch = town.haveBegun([asker], within: .seconds(1))
        try #require(doesWatch)
        town.pass(.seconds(25))
        #expect(town.doubts(asker) == 0)
        // Nobody says anything more that would remind the asker's node.
        town.pass(.seconds(5))
        #expect(town.doubts(asker) == 1 && town.watched(asker).isEmpty)
        for node in [asker, other] { #expect(town.isTalking(node)) }
    }

    @Test("of a lie before the beginning the asker is told when it has begun, once, and the three go on")
    func lieThenBeginning() throws {
        let (town, third, asker, other) = try matched {
            $0.claims = { _ in nil }
            $0.tellsBeginning = false
        }
        let isAsked = town.run(for: .seconds(4)) { _ in third.question != nil && third.talks[.other] != nil }
        try #require(isAsked)
        town.act { third.talks[.asker]?.say(Self.lie) }
        town.pass(.milliseconds(500))
        #expect(town.toldOfOthers(asker) == [.waiting] && town.doubts(asker) == 0)
        // With this the other one begins, and so does the asker, who takes the lie for the liar's beginning.
        town.act { third.talks[.other]?.say(EvilThird.witness([])) }
        let haveBegun = town.haveBegun([asker, other], within: .seconds(2))
        try #require(haveBegun)
        #expect(town.doubts(asker) == 1)
        #expect(town.told(asker).suffix(2).first == .connected, "the doubt is all that is told behind it")
        town.act { third.talks[.asker]?.say(Self.lie) }
        town.ask(other, .send("still here"))
        town.pass(.seconds(35))
        #expect(town.doubts(asker) == 1 && town.watched(asker) == ["\(third.otherName): still here"])
        for node in [asker, other] { #expect(town.isTalking(node)) }
    }

    @Test("of a lie before the beginning nothing is told when the third stays away, and the asker meets with the next")
    func lieWithoutBeginning() throws {
        let town = try EvilTown(leaves: 3)
        let liar = EvilThird(town.addEvilLeaf(seed: 1), .discusses)
        let absent = EvilThird(town.addEvilLeaf(seed: 2), .discusses)
        absent.avoids = [.asker, .other]
        let asker = town.leaves[0]
        try town.match(asking: [asker], with: [liar, absent])
        let isAsked = town.run(for: .seconds(4)) { _ in liar.question != nil }
        try #require(isAsked)
        town.act { liar.talks[.asker]?.say(Self.lie) }
        town.pass(.milliseconds(500))
        #expect(town.phase(asker) == .pairing, "the lie came while it waits for the third")
        town.pass(.seconds(10))
        town.expectNext([asker], meet: town.leaves[1...].map { (node: $0, wish: Wish(discusses: true)) })
        #expect(town.doubts(asker) == 0)
    }

    // MARK: all at once

    @Test("an honest one says one Witness of the texts that came together, and one of each that came by itself")
    func together() throws {
        let town = try EvilTown(leaves: 1)
        let asker = EvilThird(town.addEvilLeaf(seed: 1), .asks)
        let other = EvilThird(town.addEvilLeaf(seed: 2), .discusses)
        let victim = town.leaves[0]
        try town.match(discussing: [victim], with: [asker, other])
        let hasBegun = town.haveBegun([victim])
        try #require(hasBegun)
        town.pass(.seconds(1))
        let texts = (1...7).map { "\($0)" }
        town.act(1) { other.talks[.other]?.say(together: Array(texts.prefix(5))) }
        town.pass(.seconds(1))
        for text in texts.dropFirst(5) {
            town.act(1) { other.talks[.other]?.say(text) }
            town.pass(.seconds(1))
        }
        #expect(town.texts(victim) == texts)
        // One mark for what came together: so it did, and the mesh has not taken it apart.
        let marks: [UInt64]? = other.talks[.other]?.heard.compactMap {
            if case .acknowledgement(let mark) = $0 { mark.through } else { nil }
        }
        #expect(marks == [5, 6, 7])
        let witnessed = asker.witnesses(from: other.isFirst ? .second : .first)
        #expect(witnessed == [0, 5, 6, 7].map { EvilThird.witness(Array(texts.prefix($0))) })
    }

    @Test("what it says to the other alone in one piece with its farewell the asker is told of all the same")
    func withFarewell() throws {
        let (town, third, asker, other) = try matched()
        let haveBegun = town.haveBegun([asker, other])
        try #require(haveBegun)
        town.pass(.seconds(1))
        town.act { third.talks[.other]?.say(together: ["not for the asker"], then: .farewell(Farewell(code: 0))) }
        town.pass(.seconds(4))
        #expect(town.texts(other) == ["not for the asker"] && town.told(other).last == .strangerDisconnected)
        // The other one leaves the asker as well, and before that says what it has heard.
        #expect(town.told(asker).last == .spyDisconnected(third.otherName))
        #expect(town.doubts(asker) == 1 && town.watched(asker).isEmpty)
    }
}
