// `simulate`: meshes in virtual time, one a seed, with everything that can befall them. For developers.

import ArgumentParser
import Dispatch
import Essentials
import Foundation
import Simulator
import Synchronization

@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run whole meshes in virtual time, and look for one that does not find itself again.",
        discussion: """
            Each seed decides who takes part and what befalls them; the same seed is the same run on every machine.
            A failing seed is printed with the faults that suffice to make it fail. Exit 1: some seed failed.
            """)

    @Option(help: "How many seeds to run: 100, or as many as the acceptance run has.")
    var seeds: UInt64?

    @Option(help: "How many nodes a run has; the seed decides (5 to 50) when it is left out.")
    var nodes: Int?

    @Option(help: "How many virtual minutes faults go on: 3 when it is left out.")
    var minutes: Int64?

    @Option(help: "The first seed; the others follow.")
    var firstSeed: UInt64 = 1

    @Option(
        help: ArgumentHelp("Every run has hostile members, and of this kind only.", valueName: "kind"),
        transform: Self.adversary)
    var hostile: Adversary?

    @Option(help: "How many runs at once.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: ArgumentHelp("Draw how many saw each other over time into this SVG file.", valueName: "file"))
    var plot: String?

    @Option(
        help: ArgumentHelp(
            "Measure a mesh of so many, or pairing, against what is promised: \(Self.plans.joined(separator: ", ")).",
            valueName: "name"))
    var accept: String?

    @Flag(help: "Print a line for each seed, with the hash of its trace.")
    var traces = false

    @Flag(help: "Use libsodium for everything; otherwise what costs most is replaced, and the history is the same.")
    var realCryptography = false

    @Flag(inversion: .prefixedNo, help: "Reduce the first failing run to what causes it; it is, unless told otherwise.")
    var shrink: Bool?

    private static let plans = AcceptancePlan.names + [PairingPlan.name]
    private var virtualMinutes: Int64 { minutes ?? 3 }

    @Sendable private static func adversary(_ name: String) throws -> Adversary {
        guard let kind = Adversary(rawValue: name) else {
            throw ValidationError("kinds are \(Adversary.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return kind
    }

    func validate() throws {
        guard seeds ?? 1 > 0, virtualMinutes > 0, jobs > 0, nodes ?? 5 >= 5, nodes ?? 5 <= 10_000 else {
            throw ValidationError("seeds, minutes and jobs are at least 1, nodes 5 to 10,000")
        }
        if let accept, !Self.plans.contains(accept) {
            throw ValidationError("acceptance runs are \(Self.plans.joined(separator: ", "))")
        }
        // Whoever gave it would take the figures for those of another run.
        let ignored = accept.map { unused(besides: $0) } ?? []
        guard ignored.isEmpty else {
            throw ValidationError(
                "--accept plays a plan of its own, which does not use \(ignored.joined(separator: ", "))")
        }
    }

    /// What was given and means nothing to this acceptance run.
    private func unused(besides accept: String) -> [String] {
        var unused: [String] = []
        if minutes != nil { unused.append("--minutes") }
        if hostile != nil { unused.append("--hostile") }
        if plot != nil { unused.append("--plot") }
        if traces { unused.append("--traces") }
        if realCryptography { unused.append("--real-cryptography") }
        if let shrink { unused.append(shrink ? "--shrink" : "--no-shrink") }
        // Each trial of pairing has its own number of people and members.
        if nodes != nil, accept == PairingPlan.name { unused.append("--nodes") }
        return unused
    }

    func run() throws {
        if let accept, let plan = AcceptancePlan.named(accept, from: firstSeed, seeds: seeds, nodes: nodes) {
            let isWhole = seeds == nil && nodes == nil && firstSeed == 1
            guard Acceptance.run(plan, jobs: jobs, isWhole: isWhole) else { throw ExitCode(1) }
            return
        }
        if accept == PairingPlan.name {
            let isWhole = seeds == nil && firstSeed == 1
            guard Acceptance.run(PairingPlan(from: firstSeed, seeds: seeds), jobs: jobs, isWhole: isWhole) else {
                throw ExitCode(1)
            }
            return
        }
        let seeds = seeds ?? 100
        let (first, length) = (firstSeed, Span.minutes(virtualMinutes))
        let cryptography: Cryptography = realCryptography ? .real : .simulated
        let progress = Progress(total: seeds)
        let results = Mutex<[UInt64: RunResult]>([:])
        let next = Atomic<UInt64>(0)
        let count = seeds
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = SimulatedRun.run(plan(first &+ index, length), with: cryptography)
                results.withLock { $0[index] = result }
                progress.done(failed: result.failure != nil)
            }
        }
        progress.end()
        let all = results.withLock { results in (0..<count).compactMap { results[$0] } }
        if traces { for result in all { print(Report.line(result)) } }
        print(Report.table(all))
        print(Report.judged(all))
        if let plot { try Data(Plot.svg(all).utf8).write(to: URL(filePath: plot)) }
        let failed = all.filter { $0.failure != nil }
        for result in failed { print("\(Report.line(result))\n  again: \(again(result))") }
        let finished = all.count { $0.failure == nil && $0.wentToTheEnd }
        // `make test` looks for this line, so that a suite which ran less than it promises is red.
        print("\(finished + failed.count) of \(count) seeds ran, \(failed.count) failed")
        if shrink != false, let worst = failed.first { explain(worst) }
        guard finished == count, EclipseShare.mean(of: all)?.isTolerable != false else { throw ExitCode(1) }
    }

    private func again(_ result: RunResult) -> String {
        let size =
            (nodes.map { " --nodes \($0)" } ?? "") + (hostile.map { " --hostile \($0.rawValue)" } ?? "")
            + (realCryptography ? " --real-cryptography" : "")
        return "simulate --seeds 1 --first-seed \(result.plan.seed) --minutes \(virtualMinutes)\(size)"
    }

    private func plan(_ seed: UInt64, _ length: Span) -> FaultPlan {
        var plan = FaultPlan(seed: seed, nodes: nodes, length: length)
        if let hostile {
            plan = FaultPlan(
                seed: seed, nodes: nodes, length: length, only: plan.families + [.adversaries], kinds: [hostile])
        }
        return plan
    }

    private func explain(_ result: RunResult) {
        let small = Shrinker.shrink(result) { Progress.note("shrinking seed \(result.plan.seed): \($0) faults left") }
        Progress.clear()
        print(
            "\nseed \(small.plan.seed), \(small.plan.members) members, \(small.plan.leaves) leaves, with these faults:")
        for hostile in small.plan.hostile { print("  node \(hostile.node) is hostile: \(hostile.kind.rawValue)") }
        for fault in small.plan.faults { print("  \(fault)") }
        print("  → \(small.failure.map(\.description) ?? "")\nagain: \(again(result))")
    }
}
