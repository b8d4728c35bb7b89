// What many runs came to, in words.

import Essentials
import Simulator

enum Report {
    /// One run.
    static func line(_ result: RunResult) -> String {
        let plan = result.plan
        let outcome =
            result.failure.map { "FAILED \($0)" }
            ?? "whole after \(seconds(result.healing)), met after \(seconds(result.meeting))"
        let families = plan.families.map(\.rawValue).joined(separator: "+")
        let hostile = plan.hostile.map { "\($0.node) \($0.kind.rawValue)" }.joined(separator: ", ")
        return "seed \(plan.seed): \(plan.members) + \(plan.leaves) nodes, \(families.isEmpty ? "calm" : families)"
            + "\(hostile.isEmpty ? "" : " (\(hostile))"), "
            + "trace \(String(result.trace, radix: 16)): \(outcome)"
    }

    /// A rule that is judged seldom says little.
    static func judged(_ all: [RunResult]) -> String {
        let looks = all.reduce(0) { $0 + $1.looks }, judged = all.reduce(0) { $0 + $1.judged }
        let share = 100 * judged / max(1, looks)
        let rules = RunResult.rules.map { rule in
            "\(rule) \(all.reduce(0) { $0 + $1.judgements[rule, default: 0] })"
        }
        return """
            whether somebody who runs is held for absent was judged at \(judged) of \(looks) looks, \(share) %
            looks with anybody to judge, by rule: \(rules.joined(separator: ", "))
            two people were there to meet in \(all.count(where: \.hasPair)) of \(all.count) runs; \
            \(all.count { $0.relapses > 0 }) were whole for less than 20 s before they were for good
            """
    }

    /// All runs, by family of faults.
    static func table(_ results: [RunResult]) -> String {
        var lines = [row("with", "runs", "nodes p50", "failed", "whole p50", "p99", "worst", "met p50", "worst")]
        lines.append(summary("anything", results))
        for family in FaultFamily.allCases {
            lines.append(summary(family.rawValue, results.filter { $0.plan.families.contains(family) }))
        }
        for kind in Adversary.allCases {
            let runs = results.filter { result in result.plan.hostile.contains { $0.kind == kind } }
            if !runs.isEmpty { lines.append(summary(" \(kind.rawValue)", runs)) }
        }
        if let mean = EclipseShare.mean(of: results) {
            lines.append(
                "\(mean.runs) victims of an eclipse: \(percent(mean.links)) of their links hostile, of the members "
                    + "\(percent(mean.members))\(mean.isTolerable ? "" : ": TOO MANY")")
        }
        return lines.joined(separator: "\n")
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    private static func summary(_ name: String, _ results: [RunResult]) -> String {
        let healing = results.compactMap(\.healing).sorted()
        let meeting = results.compactMap(\.meeting).sorted()
        let nodes = results.map(\.plan.nodes).sorted()
        return row(
            name, "\(results.count)", nodes.isEmpty ? "–" : "\(nodes[nodes.count / 2])",
            "\(results.count { $0.failure != nil })", seconds(percentile(healing, 0.5)),
            seconds(percentile(healing, 0.99)), seconds(healing.last), seconds(percentile(meeting, 0.5)),
            seconds(meeting.last))
    }

    private static func percentile(_ sorted: [Span], _ share: Double) -> Span? {
        sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    private static func row(_ cells: String...) -> String {
        cells.enumerated().map { index, cell in
            let width = index == 0 ? 13 : 10
            let padding = String(repeating: " ", count: max(0, width - cell.count))
            return index == 0 ? cell + padding : padding + cell
        }.joined(separator: " ")
    }

    static func seconds(_ span: Span?) -> String {
        guard let span else { return "–" }
        let tenths = (span.milliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
