// Hostile members in whole meshes. That each kind is really at work is seen by what honest nodes counted, or by what it
// has done itself; that the checkers fire is seen on looks at worlds that are not as they should be.

import Essentials
import Identity
@testable import NodeEngine
@testable import Simulator
import Testing

@Suite struct AdversaryTests {
    static func plan(_ kind: Adversary, seed: UInt64, nodes: Int = 10, _ others: [FaultFamily] = []) -> FaultPlan {
        FaultPlan(seed: seed, nodes: nodes, length: .minutes(2), only: others + [.adversaries], kinds: [kind])
    }

    /// What honest nodes count when a kind does what its name says, or where honest members might count the same, what it
    /// did.
    static let traces: [(Adversary, String)] = [
        (.silent, "hostile.unanswered"), (.selective, "hostile.withheld"),
        (.forging, "membership.heartbeatInvalid"), (.replaying, "hostile.replayed"), (.dripping, "hostile.dripped"),
        (.overflowing, "membership.heartbeatUntimely"),
        (.equivocating, "membership.equivocation"), (.stuffing, "membership.subnetFull"),
        (.eclipsing, "hostile.deceived"), (.restarting, "hostile.retold"), (.dropping, "hostile.dropped"),
        (.garbling, "relaying.linksViolated"), (.sick, "hostile.distorted"), (.slow, "relaying.controlDropped"),
        (.miscounting, "membership.exchangeTooOften"),
    ]

    @Test(
        "whatever one in ten to one in three members does, the honest ones are not harmed",
        arguments: Adversary.allCases)
    func kinds(_ kind: Adversary) throws {
        let trace = try #require(Self.traces.first { $0.0 == kind }?.1)
        // Not in every mesh has a leaf one of them as a home.
        var times: UInt64 = 0
        for seed in 1...(kind == .dropping ? 8 : 1) as ClosedRange<UInt64> where times == 0 {
            let plan = Self.plan(kind, seed: seed, [.crash])
            #expect(!plan.hostile.isEmpty)
            let result = SimulatedRun.run(plan)
            #expect(
                result.failure == nil,
                "simulate --seeds 1 --first-seed \(seed) --nodes 10 --minutes 2 --hostile \(kind)")
            times = result.counters[trace, default: 0]
        }
        #expect(times > 0, "\(trace)")
    }

    @Test("the share of hostile links of those whom an eclipse is after is that of hostile members")
    func eclipse() throws {
        let results = (1...12 as ClosedRange<UInt64>).map { seed in
            SimulatedRun.run(
                FaultPlan(seed: seed, nodes: 24, length: .minutes(1), only: [.adversaries], kinds: [.eclipsing]))
        }
        for result in results { #expect(result.failure == nil, "seed \(result.plan.seed)") }
        let mean = try #require(EclipseShare.mean(of: results))
        print("eclipse: \(mean.links) of the victims' links, \(mean.members) of the members")
        #expect(mean.runs == 12 && mean.isTolerable)
    }

    @Test("a plan's hostile members are one to three in ten, at least one, and never the first")
    func plans() {
        let plans = (1...500 as ClosedRange<UInt64>).map { FaultPlan(seed: $0, length: .minutes(2)) }
        for plan in plans where plan.families.contains(.adversaries) {
            #expect((1...max(1, plan.members * 3 / 10)).contains(plan.hostile.count))
            #expect(plan.hostile.allSatisfy { (1..<plan.members).contains($0.node) })
            #expect(plan.hostile.count { $0.kind == .stuffing } <= 1)
            #expect(Set(plan.hostile.map(\.node)).count == plan.hostile.count)
            #expect(plan.victim.map { victim in !plan.hostile.contains { $0.node == victim } } ?? true)
        }
        for kind in Adversary.allCases {
            #expect(plans.contains { plan in plan.hostile.contains { $0.kind == kind } }, "\(kind)")
        }
    }

    @Test("hostile members leave a seed's other faults as they are")
    func otherFaults() {
        for seed in 1...50 as ClosedRange<UInt64> {
            let plan = FaultPlan(seed: seed, length: .minutes(2))
            let drawn = plan.families.filter { $0 != .adversaries }
            let without = FaultPlan(seed: seed, length: .minutes(2), only: drawn)
            #expect(without.faults == plan.faults && without.hostile.isEmpty)
        }
    }

    @Test("a failing run is reduced to a mesh without the hostile members that it does not need")
    func shrinking() throws {
        // Whoever left without a word is held for present longer than this allows.
        let patience = Span.seconds(-18)
        let failing = (1...40 as ClosedRange<UInt64>).lazy.map { seed in
            SimulatedRun.run(
                FaultPlan(
                    seed: seed, nodes: 8, length: .minutes(1), only: [.churn, .adversaries], kinds: [.selective]),
                patience: patience)
        }.first { $0.failure != nil }
        let small = Shrinker.shrink(try #require(failing), patience: patience)
        #expect(small.failure != nil && small.plan.hostile.isEmpty && small.plan.faults.count <= 2)
    }
}
