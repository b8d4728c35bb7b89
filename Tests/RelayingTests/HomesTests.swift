// Homes of the own person: which are taken, how long they are kept, what is given up in small meshes.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Homes")
struct HomesTests {
    private func host(_ last: UInt32, port: UInt16 = 4_000) -> Endpoint { .v4(0x0A00_0000 + last, port: port) }

    private func lan(_ hosts: [UInt32], seed: UInt8 = 1) throws -> (RelayWorld, WorldNode) {
        let world = try RelayWorld("lan-test", seed: seed)
        for (index, last) in hosts.enumerated() {
            var limits = RelayingLimits()
            limits.wantsHomes = false
            try world.addMember(at: [host(last, port: UInt16(4_000 + index))], limits: limits)
        }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(5))
        return (world, leaf)
    }

    @Test("two homes in different subnets are taken and remembered", arguments: 1...8)
    func differentSubnets(seed: Int) throws {
        let (world, leaf) = try lan([1, 1, 1, 1, 1, 2], seed: UInt8(seed))
        #expect(leaf.liveHomes.count == 2)
        let hosts = leaf.liveHomes.compactMap { home in
            world.node(home.node).map { world.policy.subnet(of: $0.endpoints[0]) }
        }
        #expect(Set(hosts).count == 2)
        #expect(Set(leaf.remembered.last ?? []) == Set(leaf.liveHomes.map(\.node)))
    }

    @Test("the homes' subnets are given up first, then the second home")
    func tinyMeshes() throws {
        let (_, leaf) = try lan([1, 1])
        #expect(leaf.liveHomes.count == 2)
        let (_, lonely) = try lan([1])
        #expect(lonely.liveHomes.count == 1)
        let (_, nobody) = try lan([])
        #expect(nobody.engine.value.homeStatus.isEmpty)
    }

    @Test("two homes in one subnet are a stopgap until there is a better second one")
    func betterSubnet() throws {
        let (world, leaf) = try lan([1, 1])
        let first = leaf.liveHomes.map(\.node)
        let newcomer = try world.addMember(at: [host(9)])
        world.introduce()
        world.run(for: .seconds(5))
        let now = leaf.liveHomes.map(\.node)
        #expect(now.count == 2 && now.contains(newcomer.nodeKey))
        #expect(now.contains { first.contains($0) })
    }

    @Test("remembered homes are taken again, and others left alone")
    func sticky() throws {
        let world = try RelayWorld()
        for _ in 0..<12 { try world.addMember(limits: Bench.limits) }
        let favourites = [world.nodes[7].nodeKey, world.nodes[3].nodeKey]
        let leaf = try world.addLeaf(homes: favourites)
        world.introduce()
        world.run(for: .seconds(3))
        #expect(Set(leaf.liveHomes.map(\.node)) == Set(favourites))
        #expect(leaf.remembered.isEmpty || leaf.remembered.last.map(Set.init) == Set(favourites))
        // New members change nothing.
        for _ in 0..<5 { try world.addMember(limits: Bench.limits) }
        world.introduce()
        world.run(for: .minutes(10))
        #expect(Set(leaf.liveHomes.map(\.node)) == Set(favourites))
    }

    @Test("a leaf dials its homes even while no heartbeat is fresh")
    func staleTable() throws {
        let world = try RelayWorld()
        for _ in 0..<3 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        let stale = world.nodes.filter { $0.record != nil }.map {
            KnownMember(node: $0.nodeKey, channel: $0.channelKey, addresses: $0.endpoints, isPresent: false)
        }
        world.give(leaf, .membersChanged(stale))
        world.run(for: .seconds(3))
        #expect(leaf.liveHomes.count == 2)
    }

    @Test("a dead home beside a live one is replaced after a minute, and only without a heartbeat")
    func deadBesideLive() throws {
        let world = try RelayWorld()
        for _ in 0..<6 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let homes = leaf.liveHomes.map(\.node)
        let dead = try #require(world.node(homes[0]))
        world.kill(dead)
        world.run(for: .minutes(11))
        // Its heartbeat still counts as fresh in this leaf's table, so it may only be we who cannot reach it.
        #expect(leaf.engine.value.homeStatus.map(\.node).contains(dead.nodeKey))
        #expect(leaf.liveHomes.map(\.node) == [homes[1]])
        world.introduce()
        world.run(for: .minutes(1))
        #expect(leaf.liveHomes.count == 2)
        #expect(!leaf.liveHomes.map(\.node).contains(dead.nodeKey))
        // The one that served before stays remembered.
        #expect(leaf.remembered.last?.contains(dead.nodeKey) == true)
        #expect(leaf.count(.homesReplaced) == 1)
    }

    @Test("without any live home another is found within seconds, and the old ones stay remembered")
    func allDead() throws {
        let world = try RelayWorld()
        for _ in 0..<6 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let homes = leaf.liveHomes.compactMap { world.node($0.node) }
        for home in homes { world.kill(home) }
        world.run(for: .milliseconds(100))
        #expect(leaf.liveHomes.isEmpty)
        #expect(world.run(for: .seconds(4)) { !leaf.liveHomes.isEmpty })
        #expect(Set(homes.map(\.nodeKey)).isSubset(of: leaf.remembered.last ?? []))
    }

    @Test("who found everybody dead has a home again soon after anybody is back, except one that has refused")
    func everybodyBack() throws {
        var full = Bench.limits
        full.attachedLeaves = 0
        let world = try RelayWorld()
        let refusing = try world.addMember(limits: full)
        let members = try (0..<3).map { _ in try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf(homes: [refusing.nodeKey])
        for member in members { world.freeze(member) }
        world.introduce()
        world.run(for: .seconds(40))
        #expect(leaf.liveHomes.isEmpty)
        for member in members { world.thaw(member) }
        #expect(world.run(for: .seconds(10)) { !leaf.liveHomes.isEmpty })
        #expect(leaf.count(.homesRefused) == 1)
    }

    @Test("a home that comes back is attached to again")
    func comesBack() throws {
        let world = try RelayWorld()
        for _ in 0..<2 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let home = try #require(leaf.linksUp.keys.min())
        world.give(leaf, .hangUpAsked(home))
        #expect(leaf.liveHomes.count == 1)
        world.run(for: .seconds(3))
        #expect(leaf.liveHomes.count == 2)
    }

    @Test("a full home is left for another, and is not asked again soon")
    func full() throws {
        var limits = Bench.limits
        limits.attachedLeaves = 0
        let world = try RelayWorld()
        let full = try world.addMember(limits: limits)
        try world.addMember(limits: Bench.limits)
        try world.addMember(limits: Bench.limits)
        let leaf = try world.addLeaf(homes: [full.nodeKey])
        world.introduce()
        world.run(for: .seconds(20))
        #expect(leaf.liveHomes.count == 2)
        #expect(!leaf.liveHomes.map(\.node).contains(full.nodeKey))
        #expect(leaf.count(.homesRefused) == 1 && full.count(.leavesRefused) == 1)
        guard case .refused(let refused)? = leaf.controls.first else {
            Issue.record("the home says why")
            return
        }
        #expect(refused.code == RefusalCode.full && refused.retryAfterSeconds == 300)
    }

    @Test("what a home grants and enforces is known before and after attaching")
    func terms() throws {
        var limits = Bench.limits
        limits.enforces = ["harbour rules"]
        limits.leafStreams = 17
        let world = try RelayWorld()
        try world.addMember(limits: limits)
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let terms = try #require(leaf.liveHomes.first?.terms)
        #expect(terms.enforces == ["harbour rules"] && terms.streams == 17)
    }

    @Test("a member's person uses other members as homes, and its own node only while it is alone")
    func membersAsLeaves() throws {
        let world = try RelayWorld()
        let first = try world.addMember()
        world.introduce()
        world.run(for: .seconds(3))
        #expect(first.liveHomes.map(\.node) == [first.nodeKey])
        #expect(first.remembered.isEmpty)
        let second = try world.addMember()
        world.introduce()
        world.run(for: .seconds(5))
        #expect(first.liveHomes.map(\.node) == [second.nodeKey])
        #expect(second.liveHomes.map(\.node) == [first.nodeKey])
        // To its home it is a leaf like any other.
        #expect(second.linksUp.values.contains { $0.isLeaf && $0.peer == nil })
        #expect(!second.linksUp.values.contains { $0.peer == first.nodeKey && !$0.asLeaf })
    }

    @Test("a member that is not willing to be a home is not taken as one")
    func unwilling() throws {
        let world = try RelayWorld()
        let member = try world.addMember(limits: Bench.limits)
        let leaf = try world.addLeaf()
        world.give(
            leaf,
            .membersChanged([
                KnownMember(
                    node: member.nodeKey, channel: member.channelKey, addresses: member.endpoints, isPresent: true,
                    servesAsHome: false)
            ]))
        world.run(for: .seconds(3))
        #expect(leaf.engine.value.homeStatus.isEmpty)
    }

    @Test("seeks are spread over both homes; a failed or avoided one is left out while there is another")
    func pick() throws {
        let world = try RelayWorld()
        for _ in 0..<3 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let homes = leaf.liveHomes
        func picks(avoiding node: NodeKey? = nil) -> Set<LinkID> {
            Set(
                (0..<64).compactMap { _ in
                    leaf.engine.value.pickHome(avoiding: node, at: world.now, using: &leaf.random)
                })
        }
        let links = homes.compactMap(\.link)
        #expect(picks() == Set(links))
        #expect(picks(avoiding: homes[0].node) == [links[1]])
        world.give(leaf, .homeFailed(links[1]))
        #expect(picks() == [links[0]])
        // Avoiding weighs more than a failure, and neither leaves us without a home.
        #expect(picks(avoiding: homes[0].node) == [links[1]])
        world.run(for: .seconds(31))
        #expect(picks() == Set(links))
    }

    @Test("a failure reported about a home makes it show whether it lives")
    func probed() throws {
        let world = try RelayWorld()
        for _ in 0..<3 { try world.addMember(limits: Bench.limits) }
        let leaf = try world.addLeaf()
        world.introduce()
        world.run(for: .seconds(3))
        let home = try #require(leaf.liveHomes.first)
        world.freeze(try #require(world.node(home.node)))
        let link = try #require(home.link)
        world.give(leaf, .homeFailed(link))
        world.run(for: .seconds(5))
        #expect(leaf.linkEndings[link] == .silent)
    }

    @Test("a node without a person keeps no homes")
    func noPerson() throws {
        let world = try RelayWorld()
        let member = try world.addMember(limits: Bench.limits)
        try world.addMember(limits: Bench.limits)
        world.introduce()
        world.run(for: .seconds(5))
        #expect(member.engine.value.homeStatus.isEmpty && member.linksUp.isEmpty)
    }
}
