// Acceptance runs: that their rows judge, and that small ones of each kind run to their end.

import Essentials
import Simulator
import Testing

@Suite struct AcceptanceTests {
    private func plan(
        _ scenario: AcceptanceScenario, nodes: Int, minutes: Int64, isWarm: Bool = false, _ bars: [AcceptanceBar]
    ) -> AcceptancePlan {
        AcceptancePlan(
            name: "small", seeds: 1...1, nodes: nodes, length: .minutes(minutes), scenarios: [scenario],
            isWarm: isWarm, bars: bars)
    }

    @Test("a row is met at its bar, missed beyond it, and missed when nothing was measured or never came")
    func judgement() {
        func verdict(_ statistic: AcceptanceBar.Statistic, _ limit: Double?, _ values: [Double]) -> AcceptanceRow {
            var seen = Observations(of: 1)
            for value in values { seen.add(.healed, value) }
            return AcceptanceRow(AcceptanceBar("", .healed, statistic, limit, .seconds), seen)
        }
        #expect(verdict(.worst, 3, [1, 3, 2]).verdict == .met)
        #expect(verdict(.worst, 2.9, [1, 3, 2]).verdict == .missed)
        #expect(verdict(.worst, 30, [1, .infinity]).verdict == .missed)
        #expect(verdict(.worst, 30, []).verdict == .missed && verdict(.lowest, 0, []).verdict == .missed)
        #expect(verdict(.lowest, 1, [1, 3]).verdict == .met && verdict(.lowest, 1.1, [1, 3]).verdict == .missed)
        #expect(verdict(.worst, nil, [9]).verdict == .told)
        #expect(verdict(.median, nil, [3, 1, 2]).figure == 2 && verdict(.mean, nil, [3, 1, 2]).figure == 2)
        let hundred = (1...100).map(Double.init)
        #expect(verdict(.p99, nil, hundred).figure == 99 && verdict(.p99, nil, [1, 2]).figure == 2)
    }

    @Test("a small mesh that comes together is measured, and a bar that nobody can meet is printed as missed")
    func planted() {
        let plan = plan(
            .losses, nodes: 12, minutes: 4,
            [
                AcceptanceBar("storm", .storm, .worst, 10, .seconds),
                AcceptanceBar("planted", .storm, .worst, 0, .seconds),
                AcceptanceBar("idle", .idle, .mean, 400, .bytesPerSecond),
                AcceptanceBar("record", .record, .worst, 10, .seconds),
                AcceptanceBar("never looked at", .healed, .worst, 30, .seconds),
            ])
        let rows = plan.rows(AcceptanceRun.run(plan, seed: 1))
        #expect(rows.map(\.verdict) == [.met, .missed, .met, .met, .missed], "\(rows.map(\.figure))")
    }

    @Test("two halves of a small warm mesh that were apart see each other again, and who vanishes is missed")
    func split() {
        let bars = [
            AcceptanceBar("heal", .healed, .worst, 30, .seconds),
            AcceptanceBar("noticed", .crashNoticed, .worst, 120, .seconds),
            AcceptanceBar("absent", .crashAbsent, .worst, 120, .seconds),
        ]
        let plan = plan(.split, nodes: 12, minutes: 8, isWarm: true, bars)
        let rows = plan.rows(AcceptanceRun.run(plan, seed: 1))
        #expect(rows.allSatisfy { $0.verdict == .met }, "\(rows.map(\.figure))")
    }

    @Test("a fifth of the members, all calling one of the others, gets most of its links and does not move its clock")
    func eclipse() {
        let bars = [
            AcceptanceBar("honest", .eclipsedHonestLinks, .lowest, 2, .links),
            AcceptanceBar("chosen", .eclipsedOutbound, .mean, 0.4, .share),
            AcceptanceBar("clock", .eclipsedClock, .worst, 0.05, .seconds),
            AcceptanceBar("that there is an eclipse", .eclipsedLinks, .mean, 0.3, .share),
        ]
        let plan = plan(.eclipse, nodes: 50, minutes: 6, isWarm: true, bars)
        let rows = plan.rows(AcceptanceRun.run(plan, seed: 1))
        #expect(rows.map(\.verdict) == [.met, .met, .met, .missed], "\(rows.map(\.figure))")
    }

    @Test("the same seed of an acceptance run gives the same figures")
    func deterministic() {
        let plan = plan(.losses, nodes: 8, minutes: 4, [])
        #expect(AcceptanceRun.run(plan, seed: 3).values == AcceptanceRun.run(plan, seed: 3).values)
    }

    @Test("each acceptance run has bars, and scenarios in turn")
    func plans() throws {
        for name in AcceptancePlan.names {
            let plan = try #require(AcceptancePlan.named(name))
            #expect(!plan.bars.isEmpty && plan.seeds.count >= plan.scenarios.count)
            #expect(Set(plan.seeds.map(plan.scenario(of:))) == Set(plan.scenarios))
        }
        #expect(AcceptancePlan.named("99") == nil)
        #expect(AcceptancePlan.named("1000", seeds: 2, nodes: 50)?.nodes == 50)
    }

    @Test("a missed row names the run with the worst value, which is of the same scenario when it runs alone")
    func worstRun() throws {
        var all = Observations(of: 0)
        for (seed, seconds) in [(4, 1.0), (9, 31), (14, 40), (19, 40)] {
            var one = Observations(of: UInt64(seed))
            one.add(.healed, seconds)
            all.add(one)
        }
        func row(_ statistic: AcceptanceBar.Statistic, _ limit: Double) -> AcceptanceRow {
            AcceptanceRow(AcceptanceBar("", .healed, statistic, limit, .seconds), all)
        }
        #expect(row(.worst, 30).missedBy == 14 && row(.lowest, 2).missedBy == 4)
        #expect(row(.worst, 40).missedBy == nil)
        let whole = try #require(AcceptancePlan.named("100"))
        let alone = try #require(AcceptancePlan.named("100", from: 14, seeds: 1))
        #expect(alone.seeds == 14...14 && alone.scenario(of: 14) == whole.scenario(of: 14))
    }
}
