// How often the other engines are told of the table as a whole.

import Essentials
import Identity
@testable import NodeEngine
import Sodium
import Testing
import Wire

@Suite("Telling of the table")
struct TablePauseTests {
    /// A leaf that remembers so many members.
    private func node(remembering count: Int) throws -> LoneNode {
        let wall = WallTime(milliseconds: 1_767_225_600_000)
        return try LoneNode(.leaf, wall: wall) { _, policy in
            var random = RandomStream(seed: .zero)
            let month = Puzzle.month(at: wall, policy: policy)
            let puzzle = try? PuzzleSolution(month: month, nonce: [UInt8](repeating: 0, count: 16))
            let records = (0..<count).compactMap { index -> Signed? in
                let identity = Owned(NodeIdentity.generate(using: &random))
                guard let puzzle else { return nil }
                return try? NodeRecord.make(
                    identity: identity.value, policy: policy, seq: wall.milliseconds, expires: wall + .hours(1),
                    addresses: [.v4(0x7F00_0001, port: UInt16(10_000 + index))], capabilities: Capability.all,
                    puzzle: puzzle)
            }
            return RestoredState(records: records)
        }
    }

    private func isTold(_ node: LoneNode, after span: Span = .zero) -> Bool {
        node.engine.value.mayTellTable(at: node.now + span)
    }

    @Test("changes of a small table are told at once, each")
    func small() throws {
        let node = try node(remembering: 200)
        #expect(node.engine.value.snapshot(at: node.now).known == 200)
        for _ in 0..<3 { #expect(isTold(node)) }
    }

    @Test("those of a large one are gathered for a millisecond a line, and told then")
    func large() throws {
        let node = try node(remembering: 257)
        #expect(isTold(node) && !isTold(node, after: .milliseconds(256)))
        let due = try #require(node.deadline)
        #expect(due == node.now + .milliseconds(257))
        #expect(isTold(node, after: .milliseconds(257)) && !isTold(node, after: .milliseconds(258)))
    }

    @Test("however large it is, for eight seconds at most")
    func longest() {
        #expect(NodeEngine.tablePause(lines: 256) == .zero)
        #expect(NodeEngine.tablePause(lines: 5_000) == .seconds(5))
        #expect(NodeEngine.tablePause(lines: 131_072) == .seconds(8))
    }
}
