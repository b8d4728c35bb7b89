import Essentials
import NodeEngine
import Simulator
import Testing

@Suite("Strangers with something in common")
struct CommonGroundTests {
    private func town(members: Int = 4, leaves: Int, seed: UInt64 = 1) throws -> Town {
        let town = try Town(members: members, leaves: leaves, seed: seed)
        let isSettled = town.settle()
        try #require(isSettled)
        return town
    }

    private func sitDown(_ town: Town, _ leaf: Int, _ interests: [String] = [], _ languages: [String] = []) {
        let wish = Wish(interests: interests, languages: languages)
        town.world.ask(town.seat(town.leaves[leaf]), .meet(wish))
    }

    private func sentences(_ town: Town, _ leaf: Int) -> [String] {
        town.told(town.leaves[leaf]).compactMap { if case .serverMessage(let text) = $0 { text } else { nil } }
    }

    private func likes(_ town: Town, _ leaf: Int) -> [[String]] {
        town.told(town.leaves[leaf]).compactMap { if case .commonLikes(let likes) = $0 { likes } else { nil } }
    }

    @Test("two who share interests meet before two who do not, and are told what they share, in their own order")
    func sharing() throws {
        let town = try town(leaves: 4)
        sitDown(town, 0, ["jazz", "go", "tea"])
        sitDown(town, 1, ["chess"])
        sitDown(town, 2, ["cricket"])
        sitDown(town, 3, ["tea", "jazz", "rust"])
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[3]], within: .seconds(9))
        #expect(haveMet)
        #expect(likes(town, 0) == [["jazz", "tea"]] && likes(town, 3) == [["tea", "jazz"]])
        for leaf in [1, 2] { #expect(!town.told(town.leaves[leaf]).contains(.connected)) }
        // The other two share nothing, so they meet as anybody, after ten seconds that they hear of.
        let othersMet = town.heard(.connected, by: [town.leaves[1], town.leaves[2]], within: .seconds(10))
        #expect(othersMet)
        #expect(likes(town, 1).isEmpty && likes(town, 2).isEmpty)
        #expect(sentences(town, 1).contains { $0.contains("likes chess") && $0.contains("meet anyone") })
    }

    @Test("ten seconds pass before anybody will do, and stoplookingforcommonlikes does not wait for them")
    func stopLooking() throws {
        let town = try town(leaves: 2)
        sitDown(town, 0, ["jazz"])
        sitDown(town, 1)
        town.pass(.seconds(8))
        #expect(!town.told(town.leaves[1]).contains(.connected))
        town.world.ask(town.seat(town.leaves[0]), .stopLookingForCommon)
        let haveMet = town.heard(.connected, by: town.leaves, within: .seconds(4))
        #expect(haveMet)
        #expect(likes(town, 0).isEmpty)
    }

    @Test("who goes on looking waits as long as it takes, and meets only somebody with the same interest")
    func patience() throws {
        let town = try town(leaves: 3)
        sitDown(town, 0, ["jazz"])
        town.pass(.seconds(12))
        #expect(sentences(town, 0).contains { $0.contains("go on waiting") })
        town.world.ask(town.seat(town.leaves[0]), .goOnLookingForCommon)
        sitDown(town, 1)
        town.pass(.seconds(30))
        #expect(!town.told(town.leaves[0]).contains(.connected))
        sitDown(town, 2, ["jazz"])
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[2]], within: .seconds(5))
        #expect(haveMet)
        #expect(likes(town, 0) == [["jazz"]])
    }

    @Test("who would wait as long as it takes said so of one search: in the next one anybody will do after ten seconds")
    func patienceOfOneSearch() throws {
        let town = try town(leaves: 3)
        sitDown(town, 0, ["jazz"])
        town.world.ask(town.seat(town.leaves[0]), .goOnLookingForCommon)
        sitDown(town, 1, ["jazz"])
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[1]], within: .seconds(9))
        #expect(haveMet)
        town.world.ask(town.seat(town.leaves[1]), .leave)
        town.world.ask(town.seat(town.leaves[0]), .new)
        sitDown(town, 2)
        #expect(!sentences(town, 0).contains { $0.contains("likes jazz") })
        let again = town.heard(.connected, by: [town.leaves[2]], within: .seconds(16))
        #expect(again)
        #expect(sentences(town, 0).contains { $0.contains("likes jazz") && $0.contains("meet anyone") })
        #expect(likes(town, 0) == [["jazz"]], "the second one was met among everyone")
    }

    @Test("without interests and languages there is nothing to go on looking for, and it says so")
    func nothingToLookFor() throws {
        let town = try town(leaves: 1)
        sitDown(town, 0)
        town.world.ask(town.seat(town.leaves[0]), .goOnLookingForCommon)
        town.pass(.seconds(1))
        #expect(town.told(town.leaves[0]).contains { if case .error = $0 { true } else { false } })
    }

    @Test("speakers of one language meet, are told which, and with an interest it has to be both")
    func languages() throws {
        let town = try town(leaves: 4)
        sitDown(town, 0, [], ["fr", "en"])
        sitDown(town, 1, [], ["de"])
        sitDown(town, 2, [], ["en", "fr"])
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[2]], within: .seconds(9))
        #expect(haveMet)
        #expect(sentences(town, 0).contains("You both speak fr, en."))
        #expect(sentences(town, 2).contains("You both speak en, fr."))
        #expect(!town.told(town.leaves[1]).contains(.connected))
    }

    @Test("two who like the same and speak nothing in common part again before a word, and go on looking")
    func interestWithoutLanguage() throws {
        let town = try town(leaves: 2)
        sitDown(town, 0, ["jazz"], ["fr"])
        sitDown(town, 1, ["jazz"], ["de"])
        town.pass(.seconds(9))
        for leaf in town.leaves { #expect(!town.told(leaf).contains(.connected)) }
        #expect(town.counter("pairing.declined") >= 2)
        // Ten seconds for the interest, ten for the language, and then anybody.
        let haveMet = town.heard(.connected, by: town.leaves, within: .seconds(16))
        #expect(haveMet)
        let told = sentences(town, 0)
        #expect(told.contains { $0.contains("likes jazz") && $0.contains("speaks fr") })
        // Somebody who likes jazz was looking all the time: what is said must be true of that too.
        #expect(
            told.contains(
                "Nobody who likes jazz has come in time, so you will meet anyone who speaks fr. "
                    + "You can go on waiting instead."))
        #expect(told.contains { $0.contains("Nobody who speaks fr") && $0.contains("meet anyone") })
    }

    @Test("who is found in two pools meets one, and the other one is told and finds the third")
    func foundTwice() throws {
        // One who likes both meets at once one of two who like one each; the other is declined or unmatched.
        for seed in 1...4 as ClosedRange<UInt64> {
            let town = try town(leaves: 3, seed: seed)
            sitDown(town, 0, ["jazz", "go"])
            sitDown(town, 1, ["jazz"])
            sitDown(town, 2, ["go"])
            let first = town.heard(.connected, by: [town.leaves[0]], within: .seconds(8))
            #expect(first)
            town.pass(.seconds(2))
            let met = town.leaves.map { town.told($0).filter { $0 == .connected }.count }
            #expect(met.sorted() == [0, 1, 1], "seed \(seed): \(met)")
            // Nobody waited in vain at a door for a stranger who had another.
            #expect(town.counter("pairing.noShow") == 0, "seed \(seed)")
        }
    }

    @Test("each new search begins with what the person wished for")
    func again() throws {
        let town = try town(leaves: 3)
        sitDown(town, 0, ["jazz"])
        sitDown(town, 1)
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[1]], within: .seconds(16))
        #expect(haveMet)
        town.world.ask(town.seat(town.leaves[0]), .new)
        town.world.ask(town.seat(town.leaves[1]), .new)
        sitDown(town, 2, ["jazz"])
        let again = town.heard(.connected, by: [town.leaves[2]], within: .seconds(6))
        #expect(again)
        #expect(likes(town, 0) == [["jazz"]] && likes(town, 2) == [["jazz"]])
    }

    @Test("who stops looking for something in common on the way to a door meets as wished, or looks for anybody")
    func stopMidway() throws {
        let town = try town(leaves: 3)
        sitDown(town, 0, ["jazz"], ["fr"])
        sitDown(town, 1, ["jazz"], ["de"])
        // The two are matched by their interest, part again for want of a language, and so on.
        let isOnTheWay = town.run(for: .seconds(9)) { $0.snapshot(town.leaves[0]).seats.first?.phase == .pairing }
        #expect(isOnTheWay)
        town.world.ask(town.seat(town.leaves[0]), .stopLookingForCommon)
        sitDown(town, 2)
        let haveMet = town.heard(.connected, by: [town.leaves[0], town.leaves[2]], within: .seconds(6))
        #expect(haveMet)
        #expect(likes(town, 0).isEmpty)
    }
}
