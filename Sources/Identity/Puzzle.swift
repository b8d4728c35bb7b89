// What an identity costs: a memory-hard puzzle, new every month. It is a speed bump against crowds of false
// members, and its solution decides where a member stands, so that places cannot be picked cheaply.
// See Protocol/01-identity.md.

public import Essentials
internal import Sodium
public import Wire

/// The identity puzzle: a nonce for which Argon2id gives enough leading zero bits.
public enum Puzzle {
    private static let outputCount = 32

    /// The month at `time`: how many lengths of a month have passed since 1970.
    public static func month(at time: WallTime, policy: NetworkPolicy) -> UInt32 {
        UInt32(clamping: time.milliseconds / length(of: policy.puzzleMonth))
    }

    /// Whether a solution for `month` counts at `time`: in that month, and three days before and after.
    public static func counts(month: UInt32, at time: WallTime, policy: NetworkPolicy) -> Bool {
        month >= Puzzle.month(at: time - policy.puzzleMonthOverlap, policy: policy)
            && month <= Puzzle.month(at: time + policy.puzzleMonthOverlap, policy: policy)
    }

    /// The placement key if `solution` is one. Costs one Argon2id computation; whether the month counts is
    /// `counts(month:at:policy:)`.
    public static func check(_ solution: PuzzleSolution, nodeKey: NodeKey, policy: NetworkPolicy) -> PlacementKey? {
        guard
            let output = Argon2id.derive(
                password(nodeKey: nodeKey, month: solution.month, policy: policy), salt: solution.nonce,
                kibibytes: policy.puzzle.kibibytes, passes: 1, count: outputCount),
            leadingZeroBits(of: output) >= policy.puzzle.bits
        else { return nil }
        return PlacementKey(Blake2b.hash(domain: "passant/placement/1", output))
    }

    /// Tries `count` nonces from the one numbered `start` on, and gives the first solution among them. A
    /// shell runs this in slices, off the engine's thread; on average 2^bits attempts are needed.
    public static func attempt(
        nodeKey: NodeKey, month: UInt32, policy: NetworkPolicy, startingAt start: UInt64, count: Int
    ) -> PuzzleSolution? {
        for step in 0..<UInt64(clamping: count) {
            let nonce = [UInt8](repeating: 0, count: 8) + (start &+ step).bigEndianBytes
            guard let solution = try? PuzzleSolution(month: month, nonce: nonce) else { return nil }
            if check(solution, nodeKey: nodeKey, policy: policy) != nil { return solution }
        }
        return nil
    }

    /// Network id (8) ‖ node key (32) ‖ month (4), big-endian.
    private static func password(nodeKey: NodeKey, month: UInt32, policy: NetworkPolicy) -> [UInt8] {
        policy.id.bigEndianBytes + nodeKey.bytes.bytes + month.bigEndianBytes
    }

    private static func length(of span: Span) -> UInt64 { UInt64(clamping: max(1, span.milliseconds)) }

    static func leadingZeroBits(of bytes: [UInt8]) -> Int {
        var bits = 0
        for byte in bytes {
            bits += byte.leadingZeroBitCount
            if byte != 0 { break }
        }
        return bits
    }
}
