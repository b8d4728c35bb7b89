// A mesh in virtual time with helpers that read like the tests.

import Essentials
import Identity
import NodeEngine
import Simulator
import Testing
import Wire

/// A world with members and leaves that has had time to settle.
final class Town {
    var world: World
    let members: [Int]
    let leaves: [Int]

    init(
        members count: Int, leaves leafCount: Int, seed: UInt64 = 1, network: String = "local-town",
        weather: World.Weather = World.Weather(), clockErrors: [Span] = []
    ) throws {
        let policy = try #require(NetworkPolicy.named(network))
        var world = World(policy: policy, seed: seed)
        world.weather = weather
        var members: [Int] = []
        for index in 0..<count {
            let error = clockErrors.isEmpty ? Span.zero : clockErrors[index % clockErrors.count]
            members.append(world.addNode(.member, through: members.isEmpty ? [] : [members[0]], clockError: error))
        }
        var leaves: [Int] = []
        for index in 0..<leafCount {
            let error = clockErrors.isEmpty ? Span.zero : clockErrors[(index + 1) % clockErrors.count]
            leaves.append(
                world.addNode(.leaf, through: members.isEmpty ? [] : [members[index % count]], clockError: error))
        }
        self.members = members
        self.leaves = leaves
        self.world = world
    }

    /// Runs until every node sees all members and every leaf has a live home.
    func settle(within span: Span = .seconds(60)) -> Bool {
        let members = members
        let leaves = leaves
        return world.run(for: span) { world in
            (members + leaves).allSatisfy { world.snapshot($0).members == members.count }
                && leaves.allSatisfy { world.snapshot($0).homes.contains(where: \.isLive) }
        }
    }

    func seat(_ node: Int) -> MeetSeat { MeetSeat(node: node) }

    func sitDown(_ nodes: Int...) { for node in nodes { world.ask(seat(node), .meet()) } }

    func run(for span: Span, until condition: (borrowing World) -> Bool) -> Bool {
        world.run(for: span, until: condition)
    }

    /// Waits until each of the nodes was told `event` at least `times` times.
    func heard(_ event: PersonEvent, by nodes: [Int], times: Int = 1, within span: Span = .seconds(20)) -> Bool {
        world.run(for: span) { world in
            nodes.allSatisfy { node in (world.told[MeetSeat(node: node)] ?? []).filter { $0 == event }.count >= times }
        }
    }

    func snapshot(_ node: Int) -> NodeSnapshot { world.snapshot(node) }
    func nodeKey(_ node: Int) -> NodeKey { world.nodeKey(node) }
    func counter(_ name: String) -> UInt64 { world.counters[name] ?? 0 }
    func pass(_ span: Span) { _ = world.run(for: span) }

    func told(_ node: Int) -> [PersonEvent] { world.told[seat(node)] ?? [] }

    /// The index of the node that plays this part in the conversation of `node`.
    func part(_ part: (NodeSnapshot.Seat) -> NodeKey?, of node: Int) -> Int? {
        guard let key = world.snapshot(node).seats.first.flatMap(part) else { return nil }
        return members.first { world.nodeKey($0) == key }
    }
}
