// What a person is told about how well the mesh hides them, and how far background work is.

import Essentials
@testable import Identity
@testable import NodeEngine
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Cover")
struct CoverTests {
    private let one = NodeKey(Blake2b.hash([1]))
    private let two = NodeKey(Blake2b.hash([2]))

    @Test("a path covers with as many members as stand on it, and a mesh with three at most")
    func counts() {
        #expect(Cover.count(home: one, door: one) == 1)
        #expect(Cover.count(home: one, door: two) == 2)
        #expect(Cover.count(home: one, relay: NodeKey(Blake2b.hash([3])), door: two) == 3)
        #expect((0...5).map { Cover.possible(members: $0) } == [0, 1, 2, 3, 3, 3])
    }

    @Test("a mesh of less than three members is said to hide nobody, and a larger one is not")
    func smallMesh() throws {
        for members in 0..<3 {
            for cover in [nil, 1, 2] {
                let warning = try #require(Cover.warning(cover: cover, members: members))
                #expect(warning.contains("no cover: \(members) member"))
            }
        }
        #expect(Cover.warning(cover: nil, members: 3) == nil)
    }

    @Test("who wished for a relay where there is none is told how much cover there is")
    func shortage() {
        #expect(Cover.shortage(members: 4).hasPrefix("Cover 3 only: "))
        #expect(Cover.shortage(members: 2).hasPrefix("Cover 2 only: "))
    }

    @Test("a path on which one member is home and door is said to give little cover, and no other path is")
    func thinPath() {
        #expect(Cover.warning(cover: 1, members: 3)?.contains("little cover") == true)
        #expect(Cover.warning(cover: 2, members: 3) == nil)
    }
}

@Suite("Background work")
struct BackgroundWorkTests {
    /// The progress at the start, after 8 tries and after 400.
    private func progress(puzzleBits bits: Int) throws -> [Double?] {
        var policy = try #require(NetworkPolicy.named("local-test"))
        policy.puzzle = PuzzleParameters(kibibytes: 8, bits: bits)
        var work = BackgroundWork.puzzle(PuzzleWork(nodeKey: NodeKey(Blake2b.hash([1])), month: 1, policy: policy))
        var seen = [work.progress]
        for _ in 0..<4 { _ = work.step() }
        seen.append(work.progress)
        for _ in 0..<196 { _ = work.step() }
        return seen + [work.progress]
    }

    private func progress(stampBits bits: Int) -> [Double?] {
        let price = StampParameters(kibibytes: 8, bits: bits)
        let request = StampRequest(number: 1, network: 1, key: Blake2b.hash([1]), epoch: 1, price: price, prefix: 1)
        var work = BackgroundWork.stamp(StampWork(request))
        var seen = [work.progress]
        _ = work.step()
        seen.append(work.progress)
        for _ in 0..<49 { _ = work.step() }
        return seen + [work.progress]
    }

    @Test("progress is the share of the expected work, and never says that bad luck is over")
    func share() throws {
        #expect(try progress(puzzleBits: 4) == [0, 0.5, 0.99])
        #expect(progress(stampBits: 4) == [0, 0.5, 0.99])
    }

    @Test("others' puzzles are checked in one step, each for itself")
    func checked() throws {
        let policy = try #require(NetworkPolicy.named("local-test"))
        let claims = try (1...8 as ClosedRange<UInt8>).map { number in
            let key = NodeKey(Blake2b.hash([number]))
            let solution = try #require(
                Puzzle.attempt(nodeKey: key, month: 1, policy: policy, startingAt: 0, count: 1_000))
            // Every other one shows somebody else's.
            return PuzzleClaim(nodeKey: number % 2 == 0 ? key : NodeKey(Blake2b.hash([number, 1])), solution: solution)
        }
        var work = BackgroundWork.check(claims, policy)
        #expect(work.progress == nil)
        guard case .checked(let findings)? = work.step() else { throw Unfinished() }
        #expect(findings.map(\.claim) == claims)
        for (claim, finding) in zip(claims, findings) {
            #expect(finding.placement == Puzzle.check(claim.solution, nodeKey: claim.nodeKey, policy: policy))
        }
        #expect(findings.contains { $0.placement == nil } && findings.contains { $0.placement != nil })
    }

    private struct Unfinished: Error {}

    @Test("work that nobody can finish gets nowhere")
    func endless() throws {
        #expect(try progress(puzzleBits: 200).allSatisfy { $0.map { $0 < 0.001 } == true })
        #expect(progress(stampBits: 200).allSatisfy { $0.map { $0 < 0.001 } == true })
    }
}
