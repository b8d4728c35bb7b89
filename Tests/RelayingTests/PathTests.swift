// Whole paths: leaf – home – door – home – leaf.

import Essentials
import Identity
import Relaying
import Testing
import Wire

@Suite("Paths")
struct PathTests {
    /// Members that know each other, two leaves with homes, and a door that is home to neither.
    private func mesh(
        members: Int = 6, seed: UInt8 = 1, limits: RelayingLimits = .standard
    ) throws -> (world: RelayWorld, one: WorldNode, two: WorldNode, door: WorldNode) {
        let world = try RelayWorld(seed: seed, limits: limits)
        var quiet = limits
        quiet.wantsHomes = false
        for _ in 0..<members { try world.addMember(limits: quiet) }
        let one = try world.addLeaf()
        let two = try world.addLeaf()
        world.introduce()
        #expect(world.run(for: .seconds(5)) { one.liveHomes.count == 2 && two.liveHomes.count == 2 })
        let homes = Set((one.liveHomes + two.liveHomes).map(\.node))
        let candidates = world.nodes.filter { $0.record != nil }
        let door = try #require(candidates.first { !homes.contains($0.nodeKey) } ?? candidates.first)
        return (world, one, two, door)
    }

    /// The two leaves may have a home in common.
    private func isBroken(_ ending: PipeEnding?) -> Bool { ending == .linkLost || ending == .reset(.broken) }

    @Test("two leaves talk through home, door and home, in both directions, and only the door sees raw bytes")
    func endToEnd() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        #expect(one.answers[first] == [.join(JoinAnswer(code: .waiting))])
        #expect(two.answers[second] == [.join(JoinAnswer(code: .joined))])
        world.give(one, .pipeAsked(first, .write([1, 2, 3])))
        world.give(two, .pipeAsked(second, .write([4, 5])))
        world.run(for: .seconds(1))
        #expect(two.received[second] == [1, 2, 3])
        #expect(one.received[first] == [4, 5])
        #expect(door.count(.joinsJoined) == 1)
        #expect(one.linksUp.values.allSatisfy { $0.asLeaf && $0.peer != nil })
    }

    @Test("bytes that ride on the opening wait at the door and reach the second half")
    func early() throws {
        let (world, one, two, door) = try mesh()
        let first = world.open(1, from: one, to: door, Fixtures.join(3), early: Array("hello".utf8))
        world.run(for: .milliseconds(200))
        let second = world.open(1, from: two, to: door, Fixtures.join(3), early: Array("you".utf8))
        world.run(for: .milliseconds(200))
        #expect(two.received[second] == Array("hello".utf8))
        #expect(one.received[first] == Array("you".utf8))
    }

    @Test("a megabyte each way arrives whole and in order, through full sockets")
    func megabyte() throws {
        let (world, one, two, door) = try mesh()
        world.highWater = 8_000
        let (first, second) = world.meet(one, two, at: door)
        let there = Fixtures.pattern(1_000_000, salt: 1)
        let back = Fixtures.pattern(300_000, salt: 2)
        #expect(world.pour(there, into: first, of: one, within: .seconds(120)))
        #expect(world.pour(back, into: second, of: two, within: .seconds(120)))
        world.run(for: .seconds(30)) {
            two.received[second]?.count == there.count && one.received[first]?.count == back.count
        }
        #expect(two.received[second] == there)
        #expect(one.received[first] == back)
        #expect(door.count(.bytesForwarded) >= 1_300_000)
    }

    @Test("a receiver that takes its time holds the sender back, and nothing is lost")
    func slowReceiver() throws {
        let (world, one, two, door) = try mesh()
        let first = world.open(1, from: one, to: door, Fixtures.join(9))
        world.run(for: .milliseconds(200))
        let second = world.open(1, from: two, to: door, Fixtures.join(9), manualCredit: true)
        world.run(for: .milliseconds(200))
        let bytes = Fixtures.pattern(700_000)
        var rest = bytes[...]
        for _ in 0..<4 {
            let piece = rest.prefix(one.engine.value.room(of: first))
            rest = rest.dropFirst(piece.count)
            world.give(one, .pipeAsked(first, .write(Array(piece))))
            world.run(for: .seconds(2))
        }
        // Nobody has consumed anything: a window at each hop and the sender's own queue are full.
        let stalled = try #require(two.received[second]?.count)
        #expect(stalled <= RelayingLimits.initialCredit)
        #expect(!rest.isEmpty)
        var consumed = 0
        while (two.received[second]?.count ?? 0) < bytes.count, consumed < 2_000_000 {
            let piece = rest.prefix(one.engine.value.room(of: first))
            rest = rest.dropFirst(piece.count)
            if !piece.isEmpty { world.give(one, .pipeAsked(first, .write(Array(piece)))) }
            let received = two.received[second]?.count ?? 0
            world.give(two, .pipeAsked(second, .consumed(received - consumed)))
            consumed = received
            world.run(for: .milliseconds(200))
        }
        #expect(two.received[second] == bytes)
    }

    @Test("one half may finish while the other goes on, and both ends are told when it is over")
    func halfClose() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        world.give(one, .pipeAsked(first, .write([1])))
        world.give(one, .pipeAsked(first, .finish))
        world.run(for: .milliseconds(500))
        #expect(two.received[second] == [1])
        #expect(two.finished == [second])
        #expect(two.endings.isEmpty && one.endings.isEmpty)
        world.give(two, .pipeAsked(second, .write([2, 3])))
        world.give(two, .pipeAsked(second, .finish))
        world.run(for: .milliseconds(500))
        #expect(one.received[first] == [2, 3])
        #expect(one.endings[first] == .finished)
        #expect(two.endings[second] == .finished)
        #expect(door.count(.joinedEnded) == 1)
    }

    @Test("a reset reaches the other leaf")
    func reset() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        world.give(one, .pipeAsked(first, .reset))
        world.run(for: .milliseconds(500))
        #expect(two.endings[second] == .reset(.cancelled))
        #expect(one.endings[first] == nil)
        #expect(door.count(.joinedEnded) == 1)
    }

    @Test("when a home dies, both leaves hear of it, and its own goes on through the other home")
    func homeDies() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        // Whichever home carries the pipe.
        let carrying = try #require(
            one.liveHomes.first { home in world.node(home.node).map { $0.count(.carriagesOpened) > 0 } ?? false })
        world.kill(try #require(world.node(carrying.node)))
        world.run(for: .seconds(1))
        #expect(one.endings[first] == .linkLost)
        #expect(isBroken(two.endings[second]))
        #expect(one.liveHomes.count == 1)
        let again = world.open(2, from: one, to: door, Fixtures.join(5))
        world.run(for: .seconds(1))
        #expect(one.answers[again] == [.join(JoinAnswer(code: .waiting))])
    }

    @Test("when the door dies, both leaves hear of it")
    func doorDies() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        world.kill(door)
        world.run(for: .seconds(1))
        #expect(one.endings[first] == .reset(.broken))
        #expect(two.endings[second] == .reset(.broken))
    }

    @Test("a frozen door is noticed within twelve seconds")
    func frozenDoor() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        world.freeze(door)
        world.run(for: .seconds(12))
        #expect(one.endings[first] == .reset(.broken))
        #expect(two.endings[second] == .reset(.broken))
        let silent = world.nodes.filter { $0.linkEndings.values.contains(.silent) }
        #expect(!silent.isEmpty)
    }

    @Test("a frozen home is noticed within twelve seconds, by its leaf and by the door")
    func frozenHome() throws {
        let (world, one, two, door) = try mesh()
        let (first, second) = world.meet(one, two, at: door)
        let carrying = try #require(
            one.liveHomes.first { home in world.node(home.node).map { $0.count(.carriagesOpened) > 0 } ?? false })
        world.freeze(try #require(world.node(carrying.node)))
        world.run(for: .seconds(12))
        #expect(one.endings[first] == .linkLost)
        #expect(isBroken(two.endings[second]))
    }

    @Test("a member that nobody can reach is reported as unreachable in time")
    func unreachable() throws {
        let (world, one, _, door) = try mesh()
        world.kill(door)
        let pipe = world.open(1, from: one, to: door, Fixtures.join(1))
        world.run(for: .seconds(4))
        #expect(one.endings[pipe] == .reset(.unreachable))
    }

    @Test("a leaf goes to a door that is one of its homes through the other, or, with one home, directly")
    func doorIsHome() throws {
        let (world, one, two, door) = try mesh(members: 2)
        let (first, second) = world.meet(one, two, at: door)
        world.give(one, .pipeAsked(first, .write([1])))
        world.run(for: .milliseconds(300))
        #expect(two.received[second] == [1])
        let other = try #require(world.nodes.first { $0.record != nil && $0 !== door })
        #expect(other.count(.carriagesOpened) == 2)
        #expect(door.count(.carriagesOpened) == 0)
    }

    @Test("with one member, it is home and door for everybody")
    func oneMember() throws {
        let (world, one, two, door) = try { () -> (RelayWorld, WorldNode, WorldNode, WorldNode) in
            let world = try RelayWorld()
            let member = try world.addMember()
            let one = try world.addLeaf()
            let two = try world.addLeaf()
            world.introduce()
            world.run(for: .seconds(3))
            return (world, one, two, member)
        }()
        #expect(one.liveHomes.map(\.node) == [door.nodeKey])
        let (first, second) = world.meet(one, two, at: door)
        world.give(one, .pipeAsked(first, .write([1])))
        world.run(for: .milliseconds(300))
        #expect(two.received[second] == [1])
        // And its own person too, who is a leaf of their own node.
        #expect(door.liveHomes.map(\.node) == [door.nodeKey])
        let (third, fourth) = world.meet(door, two, at: door, token: 2, pipe: 2)
        world.give(door, .pipeAsked(third, .write(Fixtures.pattern(100_000))))
        world.give(two, .pipeAsked(fourth, .write([9])))
        world.run(for: .seconds(2))
        #expect(two.received[fourth] == Fixtures.pattern(100_000))
        #expect(door.received[third] == [9])
    }

    @Test("the same seed gives the same bytes, another seed others")
    func determinism() throws {
        func trace(_ seed: UInt8) throws -> UInt64 {
            let (world, one, two, door) = try mesh(seed: seed)
            let (first, _) = world.meet(one, two, at: door)
            _ = world.pour(Fixtures.pattern(200_000), into: first, of: one, within: .seconds(20))
            world.kill(door)
            world.run(for: .seconds(10))
            return world.trace
        }
        #expect(try trace(1) == trace(1))
        #expect(try trace(1) != trace(2))
    }
}
