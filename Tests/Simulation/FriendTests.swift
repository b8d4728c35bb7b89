// Two who keep in touch find each other again among everybody, in a simulated mesh.

import Essentials
import NodeEngine
import Simulator
import Testing

@Suite("Friends") struct FriendTests {
    /// Ann and Ben, who have talked, asked each other to keep in touch, and parted.
    private func friends(seed: UInt64 = 1, leaves: Int = 2) throws -> (town: Town, ann: Int, ben: Int) {
        let town = try Town(members: 5, leaves: leaves, seed: seed)
        let isSettled = town.settle()
        try #require(isSettled)
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.sitDown(ann, ben)
        let haveMet = town.heard(.connected, by: [ann, ben])
        try #require(haveMet)
        town.world.ask(town.seat(ann), .keepInTouch("Ben"))
        town.world.ask(town.seat(ben), .keepInTouch("Ann"))
        #expect(town.heard(.keptInTouch("Ben"), by: [ann]) && town.heard(.keptInTouch("Ann"), by: [ben]))
        return (town, ann, ben)
    }

    private func part(_ town: Town, _ nodes: Int...) {
        for node in nodes { town.world.ask(town.seat(node), .leave) }
        town.pass(.seconds(1))
    }

    private func look(_ town: Town, _ node: Int, for friend: String) {
        town.world.ask(town.seat(node), .meet(Wish(friend: friend)))
    }

    private func errors(_ town: Town, _ node: Int) -> [String] {
        town.told(node).compactMap { if case .error(let text) = $0 { text } else { nil } }
    }

    @Test("they meet, and nobody else who looks is met, however long it takes and over midnight")
    func meetAgain() throws {
        let (town, ann, ben) = try friends(leaves: 4)
        part(town, ann, ben)
        look(town, ann, for: "Ben")
        town.sitDown(town.leaves[2], town.leaves[3])
        // The world began at midnight: after half an hour yesterday counts no more.
        town.pass(.minutes(45))
        let before = town.told(ann).filter { $0 == .connected }.count
        #expect(before == 1, "only the first meeting")
        look(town, ben, for: "Ann")
        #expect(town.heard(.connected, by: [ann, ben], times: 2, within: .seconds(10)))
        #expect(town.told(ann).contains(.serverMessage("This is Ben.")))
        #expect(!town.told(ann).contains { if case .commonLikes = $0 { true } else { false } })
    }

    @Test("a friend is met alone: the search cannot be widened, and takes no patience either")
    func alone() throws {
        let (town, ann, ben) = try friends(leaves: 3)
        part(town, ann, ben)
        look(town, ann, for: "Ben")
        town.sitDown(town.leaves[2])
        town.world.ask(town.seat(ann), .stopLookingForCommon)
        town.world.ask(town.seat(ann), .goOnLookingForCommon)
        town.pass(.seconds(30))
        #expect(errors(town, ann).count == 2)
        #expect(town.told(ann).filter { $0 == .connected }.count == 1)
        #expect(!town.told(town.leaves[2]).contains(.connected))
    }

    @Test("who is forgotten is not looked for any more, and is unknown")
    func forgotten() throws {
        let (town, ann, ben) = try friends()
        part(town, ann, ben)
        look(town, ann, for: "Ben")
        town.pass(.seconds(2))
        town.world.forget(friend: "Ben", at: ann)
        #expect(errors(town, ann).contains { $0.contains("no friend called Ben") })
        town.world.ask(town.seat(ann), .new)
        look(town, ben, for: "Ann")
        town.pass(.seconds(20))
        #expect(town.told(ann).filter { $0 == .connected }.count == 1)
        #expect(town.snapshot(ann).friends.isEmpty)
    }

    @Test("a second name takes the place of the first; a name that is taken is refused")
    func renamed() throws {
        let (town, ann, ben) = try friends()
        town.world.ask(town.seat(ann), .keepInTouch("Benjamin"))
        #expect(town.heard(.keptInTouch("Benjamin"), by: [ann]))
        #expect(town.snapshot(ann).friends == ["Benjamin"])
        town.world.ask(town.seat(ann), .keepInTouch("Benjamin"))
        #expect(errors(town, ann).contains { $0.contains("already") })
        part(town, ann, ben)
        look(town, ann, for: "Benjamin")
        look(town, ben, for: "Ann")
        #expect(town.heard(.connected, by: [ann, ben], times: 2, within: .seconds(10)))
    }

    @Test("a friendship outlives the process")
    func restarted() throws {
        let (town, ann, ben) = try friends()
        part(town, ann, ben)
        town.world.kill(ann)
        town.pass(.seconds(5))
        town.world.restart(ann)
        town.pass(.seconds(10))
        look(town, ann, for: "Ben")
        look(town, ben, for: "Ann")
        #expect(town.heard(.connected, by: [ann, ben], times: 2, within: .seconds(20)))
    }
}
