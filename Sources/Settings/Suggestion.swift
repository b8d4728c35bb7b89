// "Did you mean …?"

/// Finds the known word that a mistyped one was probably meant to be.
public enum Suggestion {
    /// The nearest candidate, if it is near: at most one edit in three letters, and never more than three. An edit is a
    /// letter added, left out, exchanged, or swapped with its neighbour.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let allowed = min(3, max(1, word.count / 3))
        return candidates.map { (distance(word, $0), $0) }.filter { $0.0 <= allowed }.min { $0 < $1 }?.1
    }

    /// Optimal string alignment distance, without regard to case.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased())
        let right = Array(right.lowercased())
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let substitution = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(substitution, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
