// The stranger learns nothing that lasts, and the wires tell nothing, when a path breaks or has relays, when three meet
// over a question, and when two keep in touch: each node on a host of its own, with every wire tapped.

import Canaries
import Testing

@Suite(.serialized)
struct SecrecyAsidesTests {
    @Test(
        "a conversation that goes on over another path shows neither leaf to the other, and nothing in the clear",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(5)))
    func resumed() async throws {
        let street = try await TappedStreet(conversations: 1)
        let word = street.word
        let (ann, bert) = (street.sides[0].person, street.sides[1].person)
        for person in [ann, bert] { try await person.expect("connected", within: 40) }
        try await talk(ann, bert, "before \(word)")
        try await street.look()
        try #require(![ann, bert].contains { $0.heard("interrupted") }, "still talking before the blow")
        let fallen = try street.killHome(of: street.sides[0])
        // Some of this is on its way when the path breaks, some is said while there is none.
        for number in 1...5 { ann.tell("send", "ann \(number) \(word)") }
        bert.tell("send", "bert 1 \(word)")
        for person in [ann, bert] { try await person.expect("interrupted") }
        for number in 6...10 { ann.tell("send", "ann \(number) \(word)") }
        bert.tell("send", "bert 2 \(word)")
        for person in [ann, bert] { try await person.expect("resumed", within: 40) }
        ann.tell("send", "ann last \(word)")
        bert.tell("send", "bert last \(word)")
        try await ann.expectText("bert last \(word)")
        try await bert.expectText("ann last \(word)")
        #expect(bert.texts(from: "ann ") == (1...10).map { "ann \($0) \(word)" } + ["ann last \(word)"])
        #expect(ann.texts(from: "bert ") == ["bert 1 \(word)", "bert 2 \(word)", "bert last \(word)"])
        try await street.look()
        #expect(street.sides.allSatisfy { $0.seats.count == 2 }, "they talk before and after")
        #expect(street.sides[0].seats.last?["home"] as? String != fallen, "the path is another one")
        ann.tell("disconnect")
        try await bert.expect("strangerDisconnected")
        try await street.expectNoTraces()
        try judge(street, "a resumed conversation")
    }

    @Test(
        "with a member more on either side no member but the own homes sees a leaf, and nothing passes in the clear",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(5)))
    func extraCover() async throws {
        let street = try await TappedStreet(
            conversations: 1, people: ["Ann": ["--cover", "5"], "Bert": ["--cover", "5"]])
        let word = street.word
        let (ann, bert) = (street.sides[0].person, street.sides[1].person)
        for person in [ann, bert] { try await person.expect("connected", within: 40) }
        for number in 1...10 {
            ann.tell("send", "ann \(number) \(word)")
            bert.tell("send", "bert \(number) \(word)")
        }
        try await bert.expectText("ann 10 \(word)")
        try await ann.expectText("bert 10 \(word)")
        try await street.look()
        for side in street.sides {
            #expect(side.seats.map { $0["cover"] as? Int } == [3], "home, relay and door: \(side.seats)")
        }
        ann.tell("disconnect")
        try await bert.expect("strangerDisconnected")
        try await street.expectNoTraces()
        try judge(street, "cover 5")
    }

    @Test(
        "a question and what two say about it are on three screens only, and no two of the three are ever connected",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(5)))
    func question() async throws {
        let rare = TappedStreet.rareWord()
        let question = "What would you do with a \(rare)?"
        let street = try await TappedStreet(
            conversations: 1, people: ["Ann": ["--ask", question], "Bert": ["--discuss"], "Cleo": ["--discuss"]])
        street.alsoSaid = [.word("the question", rare)]
        let word = street.word
        let (ann, bert, cleo) = (street.sides[0].person, street.sides[1].person, street.sides[2].person)
        for person in [ann, bert, cleo] {
            #expect(try await person.expect("question", within: 40).values[1] as? String == question)
            try await person.expect("connected")
        }
        for number in 1...10 {
            bert.tell("send", "bert \(number) \(word)")
            cleo.tell("send", "cleo \(number) \(word)")
        }
        for _ in 1...20 { try await ann.expect("spyMessage") }
        try await cleo.expectText("bert 10 \(word)")
        try await bert.expectText("cleo 10 \(word)")
        #expect(cleo.texts(from: "bert ") == (1...10).map { "bert \($0) \(word)" })
        #expect(bert.texts(from: "cleo ") == (1...10).map { "cleo \($0) \(word)" })
        try await street.look()
        #expect(street.sides.allSatisfy { $0.seats.count == 1 }, "all three are in the meeting")
        cleo.tell("disconnect")
        try await bert.expect("strangerDisconnected")
        try await ann.expect("spyDisconnected")
        #expect(ann.events.count { $0.contains("spyMessage") } == 20)
        #expect(!ann.events.contains { $0.contains("do not tell you the same") })
        try await street.expectNoTraces()
        try judge(street, "a question")
    }

    @Test(
        "who keeps in touch and meets again shows to nobody what they call each other, nor what the two share",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(5)))
    func friends() async throws {
        let street = try await TappedStreet(conversations: 2)
        let (ann, bert) = (street.sides[0], street.sides[1])
        let (friendOfAnn, friendOfBert) = (TappedStreet.rareWord(), TappedStreet.rareWord())
        for side in street.sides { try await side.person.expect("connected", within: 40) }
        ann.person.tell("keepintouch", friendOfAnn)
        try await talk(ann.person, bert.person, "keep in touch? \(street.word)")
        bert.person.tell("keepintouch", friendOfBert)
        #expect(try await bert.person.expect("keptInTouch").values[1] as? String == friendOfBert)
        #expect(try await ann.person.expect("keptInTouch").values[1] as? String == friendOfAnn)
        try await street.look()

        try await street.reseat([["--friend", friendOfAnn], ["--friend", friendOfBert]])
        for (side, name) in [(ann, friendOfAnn), (bert, friendOfBert)] {
            try await side.person.expect("connected", within: 40)
            #expect(try await side.person.expect("serverMessage").values[1] as? String == "This is \(name).")
        }
        try await talk(ann.person, bert.person, "there you are \(street.word)")
        try await street.look()
        #expect(street.sides.allSatisfy { $0.seats.count == 2 }, "they talk both times")
        ann.person.tell("disconnect")
        try await bert.person.expect("strangerDisconnected")
        try await street.expectNoTraces()

        let names = [Canary.word("Ann's name for Bert", friendOfAnn), .word("Bert's name for Ann", friendOfBert)]
        for (side, name, other) in [(ann, names[0], bert), (bert, names[1], ann)] {
            #expect(try !TappedStreet.kept(by: side).sought([name]).isEmpty, "the search sees \(name.name)")
            let told = TappedStreet.said(by: side).sought([name])
            #expect(told.count == 1 && told.allSatisfy { $0.place == "\(side.who)'s events" }, "\(told)")
            let found = try TappedStreet.kept(by: other).sought([name])
            #expect(found.isEmpty, "\(found)")
            #expect(TappedStreet.said(by: other).sought([name]).isEmpty && other.replies.sought([name]).isEmpty)
        }
        let friendship = try Self.friendship(of: ann.node, with: friendOfAnn)
        #expect(friendship.count == 32)
        #expect(try Self.friendship(of: bert.node, with: friendOfBert) == friendship)
        try judge(street, hidden: names + [Canary.bytes("what the two share", friendship)], "two friends")
    }

    /// What a node that has ended keeps of a friend.
    private static func friendship(of node: RunningNode, with name: String) throws -> [UInt8] {
        let key = Array("friend/\(name)".utf8)
        for row in try DatabaseRows.all(of: node, in: "setting") {
            let values = Dictionary(uniqueKeysWithValues: row)
            if values["key"] == key { return values["value"] ?? [] }
        }
        throw Missing("\(name) in the database of \(node.name)")
    }

    /// What is held against the wires and the members, once the leaves have ended.
    private func judge(_ street: TappedStreet, hidden: [Canary] = [], _ what: String) throws {
        street.expectMembersKnowNothing(of: hidden)
        try street.expectWiresApart()
        street.expectDoorsApart()
        try street.expectFrameSizes()
        try street.expectWiresClosed(to: hidden)
        try street.expectTapsSee()
        print("secrecy, \(what): \(street.figures)")
    }
}
