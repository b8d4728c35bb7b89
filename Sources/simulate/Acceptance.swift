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
        let begun = ContinuousClock.now
        let progress = AcceptanceProgress(seeds: plan.seeds.count)
        let all = Mutex<[UInt64: Observations]>([:])
        let next = Atomic<UInt64>(plan.seeds.lowerBound)
        DispatchQueue.concurrentPerform(iterations: min(jobs, plan.seeds.count)) { _ in
            while true {
                let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard plan.seeds.contains(seed) else { return }
                let seen = AcceptanceRun.run(plan, seed: seed, memory: residentMemory) { progress.reached($0, $1) }
                all.withLock { $0[seed] = seen }
                progress.reached(seed, 1)
            }
        }
        Progress.clear()
        var observations = Observations(of: plan.seeds.lowerBound)
        let results = all.withLock { $0 }
        for seed in plan.seeds { if let seen = results[seed] { observations.add(seen) } }
        let rows = plan.rows(observations)
        print(table(rows))
        let missed = rows.count { $0.verdict == .missed }
        let seconds = (ContinuousClock.now - begun).components.seconds
        print("\(missed == 0 ? "all bars met" : "\(missed) of \(rows.count) rows missed"), \(seconds) s")
        for seed in Set(rows.compactMap(\.missedBy)).sorted() {
            print("again: simulate --accept \(plan.name) --seeds 1 --first-seed \(seed)")
        }
        return missed == 0 && isWhole && plan.nodes >= plan.promised
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
        let limit = bar.limit.map { (bar.statistic == .lowest ? "≥ " : "≤ ") + words($0, bar.unit) } ?? "–"
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
        case .bytes: String(format: "%.0f B", value)
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
        var shares: [UInt64: Double] = [:]
        var said = ContinuousClock.now
    }

    private let seeds: Int
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    init(seeds: Int) { self.seeds = seeds }

    func reached(_ seed: UInt64, _ share: Double) {
        let done: Double? = state.withLock { state in
            state.shares[seed] = share
            guard ContinuousClock.now - state.said > Progress.pause else { return nil }
            state.said = .now
            return state.shares.values.reduce(0, +)
        }
        guard let done, done > 0 else { return }
        let left = (ContinuousClock.now - begun) * ((Double(seeds) - done) / done)
        Progress.say(String(format: "%.1f of %d seeds, about %d s left", done, seeds, left.components.seconds))
    }
}
