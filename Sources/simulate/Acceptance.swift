// `simulate --accept`: what is promised of many nodes, beside what was measured.

import Dispatch
import Essentials
import Foundation
import Simulator
import Synchronization

enum Acceptance {
    /// Whether every bar was met, by the whole plan.
    static func run(_ plan: AcceptancePlan, jobs: Int, isWhole: Bool) -> Bool {
        print(
            """
            accept \(plan.name): \(plan.nodes)\(plan.nodes < plan.promised ? " of \(plan.promised)" : "") nodes × \(plan.length.milliseconds / 60_000) min, \
            \(plan.seeds.count) seeds, \(AcceptancePlan.latency); \
            stand-ins for cryptography, the open mesh's rules\(isWhole ? "" : "; NOT THE WHOLE PLAN")
            """)
        let seeds = Array(plan.seeds)
        let missed = report(plan.name, runs: seeds.count, jobs: jobs, rows: plan.rows) { place, progress in
            AcceptanceRun.run(plan, seed: seeds[place], memory: residentMemory) { progress.reached(place, $1) }
        }
        return missed == 0 && isWhole && plan.nodes >= plan.promised
    }

    /// The same for pairing.
    static func run(_ plan: PairingPlan, jobs: Int, isWhole: Bool) -> Bool {
        print(
            """
            accept \(PairingPlan.name): \(plan.runs.count) runs of \(PairingTrial.allCases.count) kinds, \
            \(AcceptancePlan.latency), two links from a leaf to a keeper and four to a stranger; \
            stand-ins for cryptography, stamps of 0.8 s\(isWhole ? "" : "; NOT THE WHOLE PLAN")
            """)
        let missed = report(PairingPlan.name, runs: plan.runs.count, jobs: jobs, rows: PairingPlan.rows) { place, _ in
            plan.runs[place].trial.run(seed: plan.runs[place].seed)
        }
        return missed == 0 && isWhole
    }

    /// Plays all runs, prints the rows, and returns how many bars were missed.
    private static func report(
        _ name: String, runs: Int, jobs: Int, rows judge: (Observations) -> [AcceptanceRow],
        play: @Sendable (_ run: Int, AcceptanceProgress) -> Observations
    ) -> Int {
        let begun = ContinuousClock.now
        let progress = AcceptanceProgress(runs: runs)
        let all = Mutex<[Int: Observations]>([:])
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: min(jobs, runs)) { _ in
            while true {
                let run = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard run < runs else { return }
                let seen = play(run, progress)
                all.withLock { $0[run] = seen }
                progress.reached(run, 1)
            }
        }
        Progress.clear()
        var observations = Observations(of: 1)
        let results = all.withLock { $0 }
        for run in 0..<runs { if let seen = results[run] { observations.add(seen) } }
        let rows = judge(observations)
        print(table(rows))
        let missed = rows.count { $0.verdict == .missed }
        let seconds = (ContinuousClock.now - begun).components.seconds
        print("\(missed == 0 ? "all bars met" : "\(missed) of \(rows.count) rows missed"), \(seconds) s")
        for seed in Set(rows.compactMap(\.missedBy)).sorted() {
            print("again: simulate --accept \(name) --seeds 1 --first-seed \(seed)")
        }
        return missed
    }

    private static func table(_ rows: [AcceptanceRow]) -> String {
        let cells = [["what", "ours", "bar", "of", "", "whose bar"]] + rows.map(cells)
        let widths = (0..<5).map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            row.enumerated().map { column, cell in
                guard column < widths.count else { return cell }
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return (1...3).contains(column) ? padding + cell : cell + padding
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func cells(_ row: AcceptanceRow) -> [String] {
        let bar = row.bar
        let limit = bar.limit.map { (bar.statistic.isHighGood ? "≥ " : "≤ ") + words($0, bar.unit) } ?? "–"
        return [
            bar.what, row.figure.map { words($0, bar.unit) } ?? "not measured", limit, "\(row.count)",
            row.verdict.rawValue + (row.missedBy.map { ", seed \($0)" } ?? ""), bar.source,
        ]
    }

    static func words(_ value: Double, _ unit: AcceptanceBar.Unit) -> String {
        guard value.isFinite else { return "never" }
        return switch unit {
        case .seconds: String(format: value < 10 ? "%.2f s" : "%.1f s", value)
        case .bytesPerSecond: String(format: "%.0f B/s", value)
        case .pairs: String(format: "%.0f pairs", value)
        case .share: String(format: "%.1f %%", value * 100)
        case .links: String(format: "%.0f links", value)
        case .lines: String(format: "%.0f lines", value)
        case .records: String(format: "%.0f", value)
        case .bytes: String(format: "%.0f B", value)
        case .chance: String(format: value < 0.001 ? "%.0e" : "%.3f", value)
        case .times: String(format: "%.2f ×", value)
        }
    }

    /// VmRSS of this process.
    @Sendable private static func residentMemory() -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ", omittingEmptySubsequences: true).dropFirst().first.flatMap { Int($0) }
            .map { $0 * 1_024 }
    }
}

/// How far the runs are together, at most once in five seconds.
private final class AcceptanceProgress: Sendable {
    private struct State {
        var shares: [Int: Double] = [:]
        var said = ContinuousClock.now
    }

    private let runs: Int
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    init(runs: Int) { self.runs = runs }

    func reached(_ run: Int, _ share: Double) {
        let done: Double? = state.withLock { state in
            state.shares[run] = share
            guard ContinuousClock.now - state.said > Progress.pause else { return nil }
            state.said = .now
            return state.shares.values.reduce(0, +)
        }
        guard let done, done > 0 else { return }
        let left = (ContinuousClock.now - begun) * ((Double(runs) - done) / done)
        Progress.say(String(format: "%.1f of %d runs, about %d s left", done, runs, left.components.seconds))
    }
}
