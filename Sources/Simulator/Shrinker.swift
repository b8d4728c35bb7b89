// Reduces a failing run to what causes it: faults are left out one after the other, as long as the same rule is broken.

public import Essentials

/// Makes failing plans small.
public enum Shrinker {
    /// - Parameters:
    ///   - tries: how many runs it may take.
    ///   - patience: as in the run that failed.
    /// - Returns: the smallest failing run that was found, which may be the given one.
    public static func shrink(
        _ result: RunResult, tries: Int = 200, patience: Span = SimulatedRun.healingMaximum,
        progress: (Int) -> Void = { _ in }
    ) -> RunResult {
        guard let failure = result.failure else { return result }
        var best = result
        var left = tries
        // Hostile members first: whoever is not needed is an honest one.
        for hostile in result.plan.hostile where left > 0 {
            var plan = best.plan
            plan.hostile.removeAll { $0 == hostile }
            left -= 1
            let tried = SimulatedRun.run(plan, patience: patience)
            if tried.failure?.checker == failure.checker { best = tried }
        }
        // Halves first, then ever smaller pieces, down to single faults.
        var size = max(1, best.plan.faults.count / 2)
        while left > 0 {
            var start = 0
            var hasShrunk = false
            while start < best.plan.faults.count, left > 0 {
                var plan = best.plan
                plan.faults.removeSubrange(start..<min(start + size, plan.faults.count))
                left -= 1
                let tried = SimulatedRun.run(plan, patience: patience)
                if tried.failure?.checker == failure.checker {
                    best = tried
                    hasShrunk = true
                    progress(plan.faults.count)
                } else {
                    start += size
                }
            }
            if size > 1 { size /= 2 } else if !hasShrunk { break }
        }
        return best
    }
}
