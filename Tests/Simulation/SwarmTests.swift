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

    /// A seed that broke a rule once stays here, with as many nodes as it had.
    static let kept: [(seed: UInt64, nodes: Int, why: String)] = [
        (507, 6, "both homes of a leaf stand still, and the next one has to tell it of everybody"),
        (356, 7, "the path over a sick home breaks when one of the two talks already"),
        (956, 12, "the same with a door that garbles what it carries"),
        (879, 6, "a hostile member whom leaves know by their invites calls no other member"),
        (793, 17, "a leaf stands still, and hears everything at once and late when it goes on"),
    ]

    @Test("a seed that broke a rule once breaks none any more", arguments: kept.indices)
    func regression(_ place: Int) {
        let kept = Self.kept[place]
        let result = SimulatedRun.run(FaultPlan(seed: kept.seed, nodes: kept.nodes, length: .minutes(3)))
        #expect(result.failure == nil, "\(kept.why)")
        #expect(result.meeting != nil, "two people were there to meet")
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
