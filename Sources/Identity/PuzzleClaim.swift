// A puzzle that somebody says is solved, to be checked apart from everything else: it costs as much as 40 signatures.

public import Wire

/// A node's solution as its record says it.
public struct PuzzleClaim: Hashable, Sendable {
    public let nodeKey: NodeKey
    public let solution: PuzzleSolution

    public init(nodeKey: NodeKey, solution: PuzzleSolution) {
        self.nodeKey = nodeKey
        self.solution = solution
    }

    /// Costs one Argon2id computation.
    public func check(policy: NetworkPolicy) -> PuzzleFinding {
        PuzzleFinding(claim: self, placement: Puzzle.check(solution, nodeKey: nodeKey, policy: policy))
    }
}

/// What came of checking a claim.
public struct PuzzleFinding: Hashable, Sendable {
    public let claim: PuzzleClaim
    /// Nil if the puzzle is not solved.
    public let placement: PlacementKey?

    public init(claim: PuzzleClaim, placement: PlacementKey?) {
        self.claim = claim
        self.placement = placement
    }
}
