// A second body with the seq of a line that stands, whose puzzle is another one: it waits like any record until that is
// checked, and is proof only then. Otherwise whoever passes the proof on would be blamed for its false puzzle.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct ContradictionTests {
    /// A member of whom one record is held.
    private struct Scene {
        var applicants: ApplicantTests.Scene
        let member: TestMember
        let first: Signed

        init() throws {
            applicants = try ApplicantTests.Scene()
            member = try TestMember(1)
            applicants.bench.isChecking = true
            first = try member.record(at: applicants.bench.wall)
            try applicants.bench.push([first], [member.heartbeat(at: applicants.bench.wall)], over: applicants.link)
            applicants.bench.isChecking = false
        }

        var wall: WallTime { WallTime(milliseconds: applicants.bench.engine.table[member.short]?.seq ?? 0) }
        var isIgnored: Bool {
            applicants.bench.engine.equivocators.isIgnored(member.short, at: applicants.bench.now)
        }

        /// Another body with the seq of the one that is held.
        func second(_ puzzle: PuzzleSolution, port: UInt16 = 999) throws -> Signed {
            try member.record(at: wall, endpoint: .v4(0x7F00_0001, port: port), puzzle: puzzle)
        }

        mutating func push(_ records: Signed..., over link: Membership.LinkID) throws {
            try applicants.bench.push(records, over: link)
        }

        func told(_ effects: [MembershipEffect]) -> [Signed] { effects.pushes.flatMap(\.push.records) }
    }

    @Test("a second body with another puzzle is proof once that is solved, and nobody is told before")
    func solved() throws {
        var scene = try Scene()
        let second = try scene.second(scene.member.otherPuzzle())
        try scene.push(second, over: scene.applicants.link)
        let before = scene.applicants.bench.wait(.seconds(1))
        #expect(!scene.isIgnored && scene.applicants.bench.engine.isPresent(scene.member.key))
        #expect(!scene.told(before).contains(second))
        try scene.applicants.bench.check()
        #expect(scene.isIgnored && scene.applicants.bench.counted(.equivocation) == 1)
        #expect(scene.applicants.bench.engine.signedRecord(scene.member.key) == scene.first, "the first one is kept")
        let after = scene.told(scene.applicants.bench.wait(.seconds(1)))
        #expect(after.contains(scene.first) && after.contains(second))
        #expect(scene.applicants.violations(scene.applicants.link) == 0)
    }

    @Test("a second body whose own puzzle is false proves nothing, and is held against whom it comes from")
    func unsolved() throws {
        var scene = try Scene()
        let second = try scene.second(scene.member.unsolved())
        try scene.push(second, over: scene.applicants.link)
        try scene.applicants.bench.check()
        #expect(!scene.isIgnored && scene.applicants.bench.counted(.equivocation) == 0)
        #expect(scene.applicants.bench.engine.isPresent(scene.member.key))
        #expect(scene.applicants.violations(scene.applicants.link) == 1)
        try scene.push(second, over: scene.applicants.other)
        #expect(scene.applicants.bench.orders.isEmpty, "what is known to be false is not computed again")
        #expect(scene.applicants.violations(scene.applicants.other) == 1)
        #expect(!scene.told(scene.applicants.bench.wait(.seconds(3))).contains(second))
    }

    @Test("a puzzle that is known to be solved makes the second body proof at once")
    func known() throws {
        var scene = try Scene()
        let another = try scene.member.otherPuzzle()
        try scene.push(scene.second(another), over: scene.applicants.link)
        // Its owner renews while it is being checked.
        let wall = scene.wall
        scene.applicants.bench.wait(.seconds(1))
        try scene.push(scene.member.record(at: wall + .seconds(1)), over: scene.applicants.other)
        try scene.applicants.bench.check()
        #expect(!scene.isIgnored && scene.applicants.bench.engine.waitingCount == 0)
        try scene.push(scene.second(another), over: scene.applicants.other)
        #expect(scene.isIgnored && scene.applicants.bench.orders.isEmpty)
    }

    @Test("the same second body again is nothing new, and another one beside it is not kept")
    func again() throws {
        var scene = try Scene()
        let second = try scene.second(scene.member.otherPuzzle())
        try scene.push(second, over: scene.applicants.link)
        try scene.push(second, over: scene.applicants.other)
        let waiting = try require(scene.applicants.bench.engine.applicants[scene.member.short])
        #expect(waiting.bringers.map(\.link) == [scene.applicants.link, scene.applicants.other])
        try scene.push(scene.second(scene.member.unsolved(), port: 998), over: scene.applicants.other)
        #expect(scene.applicants.bench.last.contains(.count(.recordStale)))
        #expect(scene.applicants.bench.engine.applicants[scene.member.short]?.record.signed == second)
    }

    @Test("a renewal that waits is not displaced by a second body of the line that stands")
    func renewal() throws {
        var scene = try Scene()
        let another = try scene.member.otherPuzzle()
        let wall = scene.wall
        scene.applicants.bench.wait(.seconds(1))
        let newer = try scene.member.record(at: wall + .seconds(1), puzzle: another)
        try scene.push(newer, over: scene.applicants.link)
        try scene.push(scene.second(another), over: scene.applicants.other)
        #expect(scene.applicants.bench.engine.applicants[scene.member.short]?.record.signed == newer)
        try scene.applicants.bench.check()
        #expect(scene.applicants.bench.engine.signedRecord(scene.member.key) == newer && !scene.isIgnored)
    }

    @Test("a second body for which there is no room among those who wait is refused")
    func full() throws {
        var scene = try Scene()
        scene.applicants.bench.engine.applicants = Applicants(
            Applicants.Bounds(capacity: 0, perSubnet: 1, perWideSubnet: 1))
        try scene.push(scene.second(scene.member.otherPuzzle()), over: scene.applicants.link)
        #expect(scene.applicants.bench.last.contains(.count(.applicantsFull)))
        #expect(scene.applicants.bench.engine.waitingCount == 0 && !scene.isIgnored)
    }

    @Test("of two bodies that wait with different puzzles the second is not kept as proof")
    func bothWait() throws {
        var scene = try ApplicantTests.Scene()
        let member = try TestMember(1)
        let wall = scene.bench.wall
        try scene.bench.push([member.record(at: wall)], over: scene.link)
        try scene.bench.push([member.record(at: wall, puzzle: member.unsolved())], over: scene.other)
        #expect(scene.bench.last.contains(.count(.recordStale)))
        try scene.bench.check()
        #expect(scene.bench.engine.member(member.key) != nil && scene.bench.counted(.equivocation) == 0)
    }

    @Test("two bodies with a false puzzle prove nothing when their owner renews with a true one")
    func overtaken() throws {
        var scene = try Scene()
        let (wall, unsolved) = (scene.wall, try scene.member.unsolved())
        scene.applicants.bench.wait(.seconds(3))
        let newest = try scene.member.record(at: wall + .seconds(2))
        try scene.push(
            scene.member.record(at: wall + .seconds(1), puzzle: unsolved),
            scene.member.record(at: wall + .seconds(1), endpoint: .v4(0x7F00_0001, port: 999), puzzle: unsolved),
            newest, over: scene.applicants.link)
        #expect(!scene.isIgnored && scene.applicants.bench.counted(.equivocation) == 0)
        #expect(scene.applicants.bench.engine.signedRecord(scene.member.key) == newest)
        #expect(scene.told(scene.applicants.bench.wait(.seconds(1))) == [newest])
    }

    @Test("what was to be passed on of somebody is not once there is proof against it")
    func unsaid() throws {
        var scene = try Scene()
        let wall = scene.wall
        scene.applicants.bench.wait(.seconds(3))
        let newer = try scene.member.record(at: wall + .seconds(1))
        let beat = try scene.member.heartbeat(at: scene.applicants.bench.wall)
        try scene.applicants.bench.push([newer], [beat], over: scene.applicants.link)
        try scene.push(
            scene.member.record(at: wall + .seconds(1), endpoint: .v4(0x7F00_0001, port: 999)),
            over: scene.applicants.link)
        #expect(scene.isIgnored)
        let pushes = scene.applicants.bench.wait(.seconds(3)).pushes.filter { $0.link == scene.applicants.other }
        #expect(!pushes.flatMap(\.push.heartbeats).contains(beat))
        #expect(pushes.flatMap(\.push.records).count == 2, "the proof, and nothing besides")
    }

    @Test("once the owner has renewed, a second body of its old line is no proof any more")
    func late() throws {
        var scene = try Scene()
        let second = try scene.second(scene.member.otherPuzzle())
        let wall = scene.wall
        try scene.push(second, over: scene.applicants.link)
        scene.applicants.bench.wait(.seconds(1))
        let newer = try scene.member.record(at: wall + .seconds(1))
        try scene.push(newer, over: scene.applicants.other)
        try scene.applicants.bench.check()
        #expect(scene.applicants.bench.engine.signedRecord(scene.member.key) == newer && !scene.isIgnored)
    }

    @Test("a second body with a false puzzle is passed on by nobody, so that a newcomer blames no honest neighbour")
    func newcomer() throws {
        let mesh = Mesh(seed: 22)
        try mesh.add()
        for _ in 1..<6 { try mesh.add(through: [0]) }
        mesh.run(.seconds(5))
        let member = try TestMember(100)
        let wall = mesh.wall(1)
        let first = try member.record(at: wall)
        let second = try member.record(at: wall, lifetime: .hours(23), puzzle: member.unsolved())
        let link = Membership.LinkID(number: 1_000_001)
        for (index, record) in [(1, first), (4, second)] {
            mesh.deliver(.linkUp(link, peer: member.key, isLeaf: false, outbound: false), to: index)
            let push = try Push(records: [record], heartbeats: [member.heartbeat(at: wall)])
            mesh.deliver(.pushReceived(link, push), to: index)
            mesh.run(.seconds(2))
        }
        let joiner = try mesh.add(through: [3])
        mesh.run(.seconds(5))
        for index in mesh.members {
            #expect(mesh.nodes[index].engine.isPresent(member.key))
            #expect(mesh.nodes[index].counters[.equivocation] == nil)
            #expect(mesh.nodes[index].counters[.puzzleFailed] == (index == 4 ? 1 : nil))
        }
        #expect(mesh.members.contains(joiner))
    }
}
