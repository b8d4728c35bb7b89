// A member's puzzle: which one counts, when the next is worked on; and the clock that this depends on.

import Essentials
import Identity
@testable import NodeEngine
import Testing
import Wire

@Suite("Standing in the mesh")
struct StandingTests {
    private static let month: UInt64 = 30 * 24 * 3_600_000
    /// A month's beginning, and so the 600th month of policies.
    private static let begin = WallTime(milliseconds: 682 * month)

    /// A member at `wall` that solved the puzzle of month 682 in an earlier life.
    private func member(at wall: WallTime) throws -> LoneNode {
        try LoneNode(.member, wall: wall) { key, policy in
            RestoredState(
                puzzle: Puzzle.attempt(nodeKey: key, month: 682, policy: policy, startingAt: 0, count: 1_000))
        }
    }

    @Test("a puzzle that counts and will count makes a member at once, and nothing more is worked on")
    func counts() throws {
        let node = try member(at: Self.begin + .days(10))
        node.give(.started)
        node.pass(.seconds(1))
        #expect(node.notes.contains(.becameMember))
        #expect(node.recordsSigned == 1)
        #expect(node.puzzlesOrdered == 0)
    }

    @Test("a puzzle of a month that is over makes nobody a member; a new one is worked on")
    func isOver() throws {
        let node = try member(at: Self.begin + .days(60))
        node.give(.started)
        node.pass(.seconds(1))
        #expect(!node.notes.contains(.becameMember))
        #expect(node.puzzlesOrdered == 1)
    }

    @Test("the next month's puzzle is worked on before a record could outlive this one, once at a time")
    func ahead() throws {
        let node = try member(at: Self.begin + .days(32) + .hours(1))
        node.give(.started)
        node.pass(.seconds(1))
        #expect(node.notes.contains(.becameMember))
        #expect(node.puzzlesOrdered == 1)
        // The work takes so long that the record is renewed meanwhile.
        node.pass(.hours(15))
        #expect(node.recordsSigned > 1)
        #expect(node.puzzlesOrdered == 1)
    }

    @Test("a node that is told twice that it begins works on one puzzle")
    func begunTwice() throws {
        let node = try LoneNode(.member)
        node.give(.started)
        node.give(.started)
        #expect(node.puzzlesOrdered == 1)
    }

    @Test("a reading of the clock that differs by less than five milliseconds is rounding, and moves nothing")
    func rounding() throws {
        let wall = WallTime(milliseconds: 1_767_225_600_000)
        let node = try LoneNode(.leaf, wall: wall)
        node.give(.started)
        node.now = .origin + .seconds(10)
        for offset in [Span.milliseconds(4), .milliseconds(-4)] {
            node.give(.clockRead(wall + .seconds(10) + offset))
            #expect(node.wall == wall + .seconds(10))
        }
        node.give(.clockRead(wall + .seconds(10) + .milliseconds(5)))
        #expect(node.wall == wall + .seconds(10) + .milliseconds(5))
    }
}
