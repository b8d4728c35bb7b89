// How a mesh comes together: through one node, or out of what everybody has on its disk.

internal import Essentials
internal import NodeEngine

extension AcceptanceRun {
    /// Half of the nodes stand alone, and all others of them are told of the first one at once. They are measured at rest;
    /// then the other half comes one by one.
    mutating func comeTogether() {
        let half = plan.nodes / 2
        for index in 0..<half { addHonest(through: [], restored: solved(index)) }
        pass(until: .seconds(5))
        for index in 1..<half { world.join(index, through: [0]) }
        let all = honest.map(\.index)
        seen.add(.storm, time(all, within: .seconds(120)) { world, node in world.glance(node)?.present == half })
        pass(until: .seconds(90))
        measureIdle(for: .seconds(60))
        for index in half..<plan.nodes {
            if plan.nodes - index <= hostileCount {
                addHostile(kind(index))
            } else {
                addHonest(through: [0, Int(chance.next() % UInt64(half))], restored: solved(index))
            }
            pass(.milliseconds(300))
        }
        pass(until: max(clock, .seconds(200)))
    }

    /// All begin within ten seconds and have each other's records; hostile ones come a little later, and among as many as
    /// there can be only when the others have been measured at rest.
    mutating func wakeUp() {
        let count = plan.nodes - hostileCount
        for index in 0..<count {
            addHonest(through: [], restored: memories[index])
            if index.isMultiple(of: max(1, count / 100)) { pass(.milliseconds(100)) }
        }
        if plan.scenario(of: seed) == .stuffing {
            pass(until: .seconds(90))
            measureIdle(for: .seconds(60))
            measureMemory()
        }
        for index in count..<plan.nodes {
            addHostile(kind(index))
            pass(.milliseconds(50))
        }
        guard plan.scenario(of: seed) != .stuffing else { return }
        pass(until: .seconds(120))
        measureIdle(for: .seconds(60))
    }

    /// What a hostile node of this scenario is.
    private func kind(_ index: Int) -> Adversary {
        let kinds: [Adversary] =
            switch plan.scenario(of: seed) {
            case .forgers: [.forging, .replaying, .overflowing, .equivocating, .dripping, .restarting]
            case .eclipse: [.eclipsing]
            case .hostileLosses, .stuffing: [.silent, .selective, .forging, .replaying, .overflowing]
            default: [.silent]
            }
        return kinds[index % kinds.count]
    }
}
