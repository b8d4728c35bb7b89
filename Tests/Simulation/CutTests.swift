// Two members between whom nothing comes through, while everybody else reaches both.

import Essentials
import NodeEngine
import Simulator
import Testing

@Suite struct CutTests {
    @Test(
        "two members with a cut between them learn that the other answers others, and nobody loses it",
        arguments: [true, false])
    func cut(isOneWay: Bool) throws {
        let town = try Town(members: 6, leaves: 0, seed: 5)
        #expect(town.settle())
        town.pass(.seconds(20))
        let (one, other) = (town.members[2], town.members[4])
        town.world.block(from: one, to: other)
        if !isOneWay { town.world.block(from: other, to: one) }
        let learned = town.run(for: .seconds(120)) { world in
            [(one, other), (other, one)].allSatisfy { here, there in
                reach(of: there, at: here, in: world) == .answersOthers
            }
        }
        #expect(learned, "\(town.world.counters.filter { $0.key.contains("Others") || $0.key.contains("ask") })")
        town.pass(.seconds(30))
        for member in town.members {
            #expect(town.snapshot(member).members == 6 && town.snapshot(member).known == 6)
            for peer in town.members where member != peer && ![one, other].contains(member) {
                #expect(reach(of: peer, at: member, in: town.world) == .reached)
            }
        }
        #expect(town.counter("membership.aliveInvalid") == 0)
        town.world.heal()
        #expect(
            town.run(for: .minutes(6)) { world in
                [(one, other), (other, one)].allSatisfy { here, there in
                    reach(of: there, at: here, in: world) == .reached
                }
            })
    }

    @Test("the neighbours of somebody who is gone notice it once a heartbeat is overdue")
    func overdue() throws {
        let town = try Town(members: 6, leaves: 0, seed: 7)
        #expect(town.settle())
        town.pass(.seconds(20))
        let gone = town.world.nodeKey(3)
        town.world.vanish(3)
        let others = town.members.filter { $0 != 3 }
        func isLinked(_ world: borrowing World) -> Bool {
            for node in others {
                let links = world.glance(node)?.links ?? []
                if links.contains(where: { $0.peer == gone }) { return true }
            }
            return false
        }
        let before = isLinked(town.world)
        #expect(before)
        // A quiet link is asked after 45 s otherwise.
        let isNoticed = town.run(for: .seconds(18)) { !isLinked($0) }
        #expect(isNoticed)
    }

    @Test("somebody who is gone is absent as ever, and by the time that it does not answer nobody is asked about it")
    func gone() throws {
        let town = try Town(members: 6, leaves: 0, seed: 6)
        #expect(town.settle())
        town.pass(.seconds(20))
        town.world.freeze(town.members[3])
        let isAbsent = town.run(for: .seconds(60)) { world in world.snapshot(0).members == 5 }
        #expect(isAbsent)
        let isSilent = town.run(for: .seconds(90)) { reach(of: town.members[3], at: 0, in: $0) == .noAnswer }
        #expect(isSilent && town.counter("membership.othersAsked") == 0)
    }
}

private func reach(of there: Int, at here: Int, in world: borrowing World) -> NodeSnapshot.Peer.Reach? {
    let key = world.nodeKey(there)
    return world.snapshot(here).peers.first { $0.node == key }?.reach
}
