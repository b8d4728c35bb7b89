// Many meshes, each with its own fate: every family of faults is switched on in half of the seeds.

import Essentials
import Simulator
import Testing

@Suite struct SwarmTests {
    /// `make test` runs a thousand with `simulate`; these are for whoever runs this suite alone.
    static let seeds = 1...16

    @Test(
        "whatever befalls a mesh, nobody is invented, and what lives finds itself and its people again",
        arguments: seeds)
    func swarm(_ seed: Int) {
        let result = SimulatedRun.run(FaultPlan(seed: UInt64(seed), length: .minutes(2)))
        #expect(result.failure == nil, "simulate --seeds 1 --minutes 2 --first-seed \(seed)")
        #expect(result.coverage.count >= 120, "the run went on to its end")
    }

    struct Kept {
        let seed: UInt64
        let nodes: Int
        let families: [FaultFamily]
        var hostile: [Int: Adversary] = [:]
        /// Who stands still for a while, of those whom it is about.
        var frozen: [Int] = []
        let why: String
    }

    /// A seed that broke a rule once stays here, with as many nodes as it had, and with what it drew: a new kind of
    /// hostile member or of fault makes other runs of all seeds. Leaves are the last two nodes, of 17 the last three.
    static let kept = [
        Kept(
            seed: 507, nodes: 6, families: [.deaf, .pause], frozen: [0, 3],
            why: "both homes of a leaf stand still, and the next one has to tell it of everybody"),
        Kept(
            seed: 356, nodes: 7, families: [.partition, .pause, .churn, .adversaries], hostile: [2: .sick],
            why: "the path over a sick home breaks when one of the two talks already"),
        Kept(
            seed: 956, nodes: 12, families: [.deaf, .pause, .adversaries], hostile: [3: .garbling, 5: .slow],
            why: "the same with a door that garbles what it carries"),
        Kept(
            seed: 879, nodes: 6, families: [.deaf, .crash, .clock, .churn, .adversaries], hostile: [3: .equivocating],
            why: "a hostile member whom leaves know by their invites calls no other member"),
        Kept(
            seed: 793, nodes: 17, families: [.storm, .deaf, .pause, .crash, .adversaries],
            hostile: [3: .overflowing, 5: .overflowing, 11: .overflowing, 13: .overflowing], frozen: [15],
            why: "a leaf stands still, and hears everything at once and late when it goes on"),
    ]

    @Test("a seed that broke a rule once breaks none any more", arguments: kept.indices)
    func regression(_ place: Int) {
        let kept = Self.kept[place]
        let result = SimulatedRun.run(FaultPlan(seed: kept.seed, nodes: kept.nodes, length: .minutes(3)))
        #expect(result.failure == nil, "\(kept.why)")
        #expect(result.meeting != nil, "two people were there to meet")
    }

    @Test("a seed that broke a rule once still draws what it is kept for", arguments: kept.indices)
    func whatIsKept(_ place: Int) {
        let kept = Self.kept[place]
        let plan = FaultPlan(seed: kept.seed, nodes: kept.nodes, length: .minutes(3))
        let again = "find a seed that does this again: \(kept.why)"
        #expect(plan.families == kept.families, "\(again)")
        let hostile = Dictionary(uniqueKeysWithValues: plan.hostile.map { ($0.node, $0.kind) })
        #expect(hostile == kept.hostile, "\(again)")
        let faults = plan.faults.map(\.fault)
        for node in kept.frozen {
            #expect(faults.contains(.freeze(node)) && faults.contains(.thaw(node)), "\(again)")
        }
    }

    @Test("a mesh that nobody hurts is whole all the time, once everybody knows everybody")
    func calm() {
        var plan = FaultPlan(seed: 1, nodes: 20, length: .minutes(2))
        plan.leaveOut { _ in true }
        let result = SimulatedRun.run(plan)
        #expect(result.failure == nil)
        #expect(result.coverage.dropFirst(20).allSatisfy { $0 == 1 })
    }

    @Test("the same seed is the same run, and another seed another")
    func deterministic() {
        let plan = FaultPlan(seed: 4, length: .minutes(2))
        let (one, two) = (SimulatedRun.run(plan), SimulatedRun.run(plan))
        #expect(one.trace == two.trace && one.coverage == two.coverage)
        #expect(SimulatedRun.run(FaultPlan(seed: 5, nodes: plan.nodes, length: .minutes(2))).trace != one.trace)
    }

    @Test("a failing run is reduced to what causes it")
    func shrinking() throws {
        // Whoever left without a word is held for present longer than this allows.
        let patience = Span.seconds(-18)
        let failing = (1...40 as ClosedRange<UInt64>).lazy.map { seed in
            SimulatedRun.run(FaultPlan(seed: seed, nodes: 8, length: .minutes(2)), patience: patience)
        }.first { result in
            // Somebody is held for present and gone; where somebody is missing, that can need all that came together.
            guard let failure = result.failure, !failure.description.contains("has 0 too many") else { return false }
            return result.plan.faults.count >= 6
                && result.plan.faults.contains { if case .leave = $0.fault { true } else { false } }
        }
        let result = try #require(failing)
        let small = Shrinker.shrink(result, patience: patience)
        #expect(small.failure?.checker == result.failure?.checker)
        #expect(small.plan.faults.count <= 2, "\(small.plan.faults)")
        #expect(SimulatedRun.run(small.plan, patience: patience).failure != nil, "it fails again")
    }

    @Test("a plan has all families of faults about half of the time, and sizes from 5 to 50")
    func plans() {
        let plans = (1...2_000 as ClosedRange<UInt64>).map { FaultPlan(seed: $0, length: .minutes(3)) }
        for family in FaultFamily.allCases {
            let share = Double(plans.count { $0.families.contains(family) }) / Double(plans.count)
            #expect((0.45...0.55).contains(share), "\(family)")
        }
        let sizes = plans.map(\.nodes).sorted()
        #expect(sizes.first == 5 && (46...50).contains(sizes.last ?? 0))
        #expect(sizes[sizes.count / 2] == 12, "the median is what `make test` promises")
        for plan in plans { #expect(plan.faults.allSatisfy { $0.at >= .seconds(20) && $0.at < plan.length }) }
    }
}
