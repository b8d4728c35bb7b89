// Whole nodes in virtual time: strangers meet, talk, lose each other and meet again.

import Essentials
import NodeEngine
import Simulator
import Testing

@Suite struct StrangersTests {
    @Test("two leaves meet through five members, talk both ways and part")
    func meetAndTalk() throws {
        let town = try Town(members: 5, leaves: 2)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.sitDown(ann, ben)
        #expect(town.heard(.connected, by: [ann, ben]))
        town.world.ask(town.seat(ann), .send("hello"))
        town.world.ask(town.seat(ben), .send("good evening"))
        #expect(town.heard(.gotMessage("hello"), by: [ben]))
        #expect(town.heard(.gotMessage("good evening"), by: [ann]))
        #expect(town.heard(.delivered(1), by: [ann, ben]))
        #expect(
            town.run(for: .seconds(5)) { world in
                [ann, ben].allSatisfy { node in
                    (world.told[MeetSeat(node: node)] ?? []).contains {
                        if case .safetyWords = $0 { true } else { false }
                    }
                }
            })
        town.world.ask(town.seat(ann), .disconnect)
        #expect(town.heard(.strangerDisconnected, by: [ben]))
        #expect(!town.told(ann).contains(.strangerDisconnected), "who leaves is not told that the other left")
        #expect(!town.told(ben).contains(.interrupted))
    }

    @Test("the meeting takes at most two virtual seconds in a settled mesh, from press to connected", arguments: 1...10)
    func quick(_ seed: UInt64) throws {
        let town = try Town(members: 5, leaves: 2, seed: seed)
        #expect(town.settle())
        let pressed = town.world.now
        town.sitDown(town.leaves[0], town.leaves[1])
        #expect(town.heard(.connected, by: town.leaves))
        let taken = town.world.now - pressed
        #expect(taken <= .milliseconds(2_500))
    }

    @Test("people meet in a mesh of one and of two, and are told first that there is no cover", arguments: [1, 2])
    func tiny(_ members: Int) throws {
        let town = try Town(members: members, leaves: 2)
        #expect(town.settle())
        town.sitDown(town.leaves[0], town.leaves[1])
        #expect(town.heard(.connected, by: town.leaves))
        for leaf in town.leaves {
            let told = town.told(leaf)
            let warned = told.firstIndex {
                if case .serverMessage(let text) = $0 { text.contains("no cover: \(members) member") } else { false }
            }
            let connected = told.firstIndex(of: .connected)
            #expect(warned != nil && connected != nil && (warned ?? 0) < (connected ?? 0))
        }
    }

    @Test("members' own persons meet, in a mesh of two and of five", arguments: [2, 5])
    func ownPersons(_ members: Int) throws {
        let town = try Town(members: members, leaves: 0)
        #expect(town.settle())
        let ready = town.members
        #expect(
            town.run(for: .seconds(30)) { world in
                ready.allSatisfy { member in
                    world.snapshot(member).homes.contains { $0.isLive && $0.node != world.nodeKey(member) }
                }
            })
        town.sitDown(town.members[0], town.members[1])
        #expect(town.heard(.connected, by: [town.members[0], town.members[1]]))
        for member in town.members.prefix(2) {
            let home = town.part(\.home, of: member)
            #expect(home != nil && home != member, "a member's person is at home with another member")
        }
    }

    @Test("the only member's own person meets a leaf")
    func onlyMember() throws {
        let town = try Town(members: 1, leaves: 1)
        #expect(town.settle())
        town.sitDown(town.members[0], town.leaves[0])
        #expect(town.heard(.connected, by: [town.members[0], town.leaves[0]], within: .seconds(30)))
    }

    @Test("ten people at once become five pairs, nobody twice")
    func tenPeople() throws {
        let town = try Town(members: 9, leaves: 10)
        #expect(town.settle())
        for leaf in town.leaves { town.sitDown(leaf) }
        #expect(town.heard(.connected, by: town.leaves, within: .seconds(30)))
        for leaf in town.leaves { town.world.ask(town.seat(leaf), .send("I am \(leaf)")) }
        let leaves = town.leaves
        #expect(
            town.run(for: .seconds(10)) { world in
                leaves.allSatisfy { leaf in
                    (world.told[MeetSeat(node: leaf)] ?? []).contains {
                        if case .gotMessage = $0 { true } else { false }
                    }
                }
            })
        for leaf in town.leaves {
            let heard = town.told(leaf).compactMap { if case .gotMessage(let text) = $0 { text } else { nil } }
            #expect(heard.count == 1 && heard != ["I am \(leaf)"], "one stranger each, and never oneself")
            let partner = town.leaves.first { heard == ["I am \($0)"] }
            let back = partner.map { town.told($0).contains(.gotMessage("I am \(leaf)")) }
            #expect(back == true, "pairs are mutual")
        }
    }

    @Test(
        "whoever presses New, or goes away, while talking says goodbye first", arguments: [PersonRequest.new, .leave])
    func goodbyeFirst(_ request: PersonRequest) throws {
        let town = try Town(members: 5, leaves: 2)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.sitDown(ann, ben)
        #expect(town.heard(.connected, by: [ann, ben]))
        town.world.ask(town.seat(ann), request)
        #expect(town.heard(.strangerDisconnected, by: [ben], within: .seconds(1)))
        #expect(!town.told(ben).contains(.interrupted))
    }

    @Test("in a mesh of twenty-five, where nobody is linked with everybody, six people meet and go on talking")
    func largerMesh() throws {
        let town = try Town(members: 25, leaves: 6, seed: 21)
        #expect(town.settle(within: .seconds(120)))
        for leaf in town.leaves { town.sitDown(leaf) }
        #expect(town.heard(.connected, by: town.leaves, within: .seconds(30)))
        for minute in 1...3 {
            town.pass(.seconds(60))
            for leaf in town.leaves { town.world.ask(town.seat(leaf), .send("minute \(minute)")) }
            #expect(town.heard(.gotMessage("minute \(minute)"), by: town.leaves, within: .seconds(5)))
        }
        #expect(!town.leaves.contains { town.told($0).contains(.interrupted) })
    }

    @Test("an odd one out goes on looking and meets the next who comes")
    func oddOneOut() throws {
        let town = try Town(members: 5, leaves: 4)
        #expect(town.settle())
        town.sitDown(town.leaves[0], town.leaves[1], town.leaves[2])
        let first = Array(town.leaves.prefix(3))
        town.pass(.seconds(8))
        let connected = first.filter { town.told($0).contains(.connected) }
        #expect(connected.count == 2)
        town.sitDown(town.leaves[3])
        #expect(town.heard(.connected, by: town.leaves))
    }

    @Test("a person alone is told after ten seconds")
    func lonely() throws {
        let town = try Town(members: 3, leaves: 1)
        #expect(town.settle())
        town.sitDown(town.leaves[0])
        town.pass(.seconds(12))
        #expect(
            town.told(town.leaves[0]).contains {
                if case .serverMessage(let text) = $0 { text.contains("Nobody else is looking") } else { false }
            })
    }

    @Test("clocks that are seconds off do not keep people apart")
    func clocks() throws {
        let town = try Town(
            members: 5, leaves: 2,
            clockErrors: [
                .seconds(-7), .milliseconds(300), .seconds(4), .milliseconds(-90), .seconds(1), .milliseconds(20),
            ])
        #expect(town.settle())
        town.pass(.seconds(30))
        town.sitDown(town.leaves[0], town.leaves[1])
        #expect(town.heard(.connected, by: town.leaves))
    }

    @Test("one seed gives one history")
    func determinism() throws {
        func history(_ seed: UInt64) throws -> UInt64 {
            let town = try Town(members: 5, leaves: 2, seed: seed)
            #expect(town.settle())
            town.sitDown(town.leaves[0], town.leaves[1])
            #expect(town.heard(.connected, by: town.leaves))
            return town.world.trace
        }
        let first = try history(7)
        #expect(try history(7) == first)
        #expect(try history(8) != first)
    }
}
