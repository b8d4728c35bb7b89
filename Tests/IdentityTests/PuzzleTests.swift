// The identity puzzle.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("the identity puzzle")
struct PuzzleTests {
    private let key = NodeKey(bytes32(1))

    private func solved(_ name: String = "local") throws -> PuzzleSolution {
        let policy = try policy(name)
        return try #require(
            Puzzle.attempt(nodeKey: key, month: 690, policy: policy, startingAt: 0, count: 1_000))
    }

    @Test("a solution is found in slices, and the same as at one go")
    func slices() throws {
        var policy = try policy("local")
        policy.puzzle.bits = 5
        let whole = try #require(Puzzle.attempt(nodeKey: key, month: 1, policy: policy, startingAt: 0, count: 1_000))
        var start: UInt64 = 0
        var found: PuzzleSolution?
        while found == nil, start < 1_000 {
            found = Puzzle.attempt(nodeKey: key, month: 1, policy: policy, startingAt: start, count: 7)
            start += 7
        }
        #expect(found == whole)
    }

    @Test("attempts that find nothing end, at the end of all numbers too")
    func nothing() throws {
        var hard = try policy("local")
        hard.puzzle.bits = 200
        #expect(Puzzle.attempt(nodeKey: key, month: 1, policy: hard, startingAt: .max, count: 3) == nil)
        #expect(Puzzle.attempt(nodeKey: key, month: 1, policy: hard, startingAt: 0, count: 0) == nil)
        #expect(Puzzle.attempt(nodeKey: key, month: 1, policy: hard, startingAt: 0, count: -1) == nil)
    }

    @Test("the placement key is the computation in the protocol's page")
    func definition() throws {
        let policy = try policy("local")
        let solution = try solved()
        let password = policy.id.bigEndianBytes + bytes32(1).bytes + [0, 0, 2, 0xB2]
        let output = try #require(
            Argon2id.derive(password, salt: solution.nonce, kibibytes: 64, passes: 1, count: 32))
        #expect(output[0] < 0x40)
        let expected = PlacementKey(Blake2b.hash(domain: "passant/placement/1", output))
        #expect(Puzzle.check(solution, nodeKey: key, policy: policy) == expected)
    }

    @Test("a nonce that gives too few zero bits is no solution")
    func tooFewBits() throws {
        let policy = try policy("local")
        var refused = 0
        for number in UInt64(0)..<40 {
            let nonce = [UInt8](repeating: 9, count: 8) + number.bigEndianBytes
            let solution = try PuzzleSolution(month: 690, nonce: nonce)
            if Puzzle.check(solution, nodeKey: key, policy: policy) == nil { refused += 1 }
        }
        #expect(refused > 15)
    }

    @Test("a solution is of one node, one month and one mesh")
    func bound() throws {
        let solution = try solved()
        let placement = try Puzzle.check(solution, nodeKey: key, policy: policy("local"))
        #expect(placement != nil)
        #expect(try Puzzle.check(solution, nodeKey: NodeKey(bytes32(2)), policy: policy("local")) != placement)
        #expect(try Puzzle.check(solution, nodeKey: key, policy: policy("local2")) != placement)
        let otherMonth = try PuzzleSolution(month: 691, nonce: solution.nonce)
        #expect(try Puzzle.check(otherMonth, nodeKey: key, policy: policy("local")) != placement)
    }

    @Test("leading zero bits are counted over bytes")
    func zeroBits() {
        #expect(Puzzle.leadingZeroBits(of: [0x80, 0]) == 0)
        #expect(Puzzle.leadingZeroBits(of: [0x3F, 0]) == 2)
        #expect(Puzzle.leadingZeroBits(of: [0, 0, 0x10]) == 19)
        #expect(Puzzle.leadingZeroBits(of: [0, 0]) == 16)
    }

    @Test("a month is thirty days since 1970, and counts three days before and after")
    func months() throws {
        let policy = try policy("main")
        func at(_ days: UInt64) -> WallTime { WallTime(milliseconds: days * 86_400_000) }
        #expect(Puzzle.month(at: at(0), policy: policy) == 0)
        #expect(Puzzle.month(at: at(30) - .milliseconds(1), policy: policy) == 0)
        #expect(Puzzle.month(at: at(30), policy: policy) == 1)
        #expect(Puzzle.month(at: WallTime(milliseconds: .max), policy: policy) == .max)

        #expect(Puzzle.counts(month: 10, at: at(300), policy: policy))
        #expect(Puzzle.counts(month: 10, at: at(297), policy: policy))
        #expect(!Puzzle.counts(month: 10, at: at(297) - .milliseconds(1), policy: policy))
        #expect(Puzzle.counts(month: 10, at: at(333) - .milliseconds(1), policy: policy))
        #expect(!Puzzle.counts(month: 10, at: at(333), policy: policy))
        #expect(!Puzzle.counts(month: 10, at: at(280), policy: policy))
        #expect(!Puzzle.counts(month: .max, at: at(280), policy: policy))
    }
}
