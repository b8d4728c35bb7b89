// When links are looked after, who is called and who is left alone.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct LinkUpkeepTests {
    /// Members from one on whose keys are all below, or above, that of the bench's own node.
    private func members(_ count: Int, below own: NodeKey) throws -> [TestMember] {
        Array(try (1...60).map { try TestMember($0) }.filter { $0.key < own }.prefix(count))
    }

    /// The number of the test member with the highest, or the lowest, key.
    private func number(isHighest: Bool) throws -> Int {
        let all = try (1...60).map { (key: try TestMember($0).key, number: $0) }.sorted { $0.key < $1.key }
        return try require(isHighest ? all.last : all.first).number
    }

    @Test("changes that keep coming do not put off looking after the links")
    func keepComing() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        for index in 2..<62 {
            try bench.push([try TestMember(index).record(at: bench.wall)], over: link)
            bench.wait(.milliseconds(50))
        }
        #expect(bench.all.dialed.count >= 8)
    }

    @Test("two whose calls are awaited are called each in its turn", arguments: [false, true])
    func awaited(isHigherFirst: Bool) throws {
        var bench = try Bench(number: number(isHighest: true))
        let two = try members(2, below: bench.own.key).sorted { ($0.short < $1.short) != isHigherFirst }
        let link = bench.link(to: try TestMember(100))
        try bench.push([two[0].record(at: bench.wall)], over: link)
        bench.wait(.seconds(1))
        try bench.push([two[1].record(at: bench.wall)], over: link)
        #expect(bench.wait(.milliseconds(990)).dialed.isEmpty)
        #expect(bench.wait(.milliseconds(20)).dialed == [two[0].key])
        #expect(bench.wait(.milliseconds(970)).dialed.isEmpty)
        #expect(bench.wait(.milliseconds(20)).dialed == [two[1].key])
    }

    @Test("in a mesh where everybody is linked no slot calls anybody before its turn")
    func completeMesh() throws {
        var bench = try Bench(number: number(isHighest: true))
        let source = try TestMember(100)
        let link = bench.link(to: source)
        bench.wait(.seconds(299))
        let lower = try require(members(1, below: bench.own.key).first)
        try bench.push([lower.record(at: bench.wall)], over: link)
        #expect(bench.wait(.milliseconds(1_990)).dialed.isEmpty)
        #expect(bench.wait(.milliseconds(20)).dialed == [lower.key])
    }

    @Test("a choice that has no slots yet has none to reset")
    func noSlots() {
        var (choice, random) = (LinkChoice(anchors: []), SeededStream.make(1))
        #expect(choice.resetNext(using: &random) == nil)
    }

    @Test("no two slots hold the same member, also while nobody else can be had")
    func distinctSlots() throws {
        let members = try (1...12).map { try TestMember($0) }
        var bench = try Bench(restored: members.map { try $0.record(at: .worldStart + .seconds(1_000)) })
        let chosen = bench.all.dialed
        #expect(chosen.count == 8)
        for key in chosen.dropLast() { bench.link(to: members.first { $0.key == key }, outbound: true) }
        var failing = chosen.suffix(1).map(\.self)
        for _ in 0..<10 {
            for key in failing { bench.say(.dialFailed(key)) }
            failing = bench.wait(.milliseconds(110)).dialed
            let held = bench.engine.choice.slots.compactMap(\.peer)
            #expect(Set(held).count == held.count && held.count >= 7)
        }
    }

    // MARK: Anchors

    @Test("while there is nobody to remember, those that were remembered before stay remembered")
    func noAnchors() throws {
        var bench = try Bench()
        bench.engine.choice.reportedAnchors = [try TestMember(7).key]
        bench.link(to: try TestMember(1))
        let effects = bench.wait(.seconds(2))
        #expect(!effects.contains { if case .keepAnchors = $0 { true } else { false } })
    }

    @Test("of any number of anchors two count, and one that is named twice is dialled once")
    func fewAnchors() throws {
        let members = try (1...20).map { try TestMember($0) }
        let restored = try members.map { try $0.record(at: .worldStart + .seconds(900)) }
        let many = try Bench(restored: restored, anchors: members.prefix(14).map(\.key))
        #expect(many.all.dialed.count == 8)
        #expect(many.all.dialed.prefix(2) == [members[0].key, members[1].key])
        let twice = try Bench(restored: restored, anchors: [members[5].key, members[5].key])
        #expect(twice.all.dialed.count { $0 == members[5].key } == 1)
    }

    @Test("two anchors are named, once, and are kept when all links break")
    func namedAnchors() throws {
        var (bench, members) = try Bench.settled()
        let links = bench.engine.links
        bench.wait(.seconds(1))
        let named = [links[0], links[1]].compactMap(\.peer)
        #expect(anchors(bench.all) == [named])
        try bench.push([], [members[30].heartbeat(at: bench.wall)], over: links[0].id)
        bench.wait(.seconds(1))
        #expect(anchors(bench.all) == [named])
        for link in links.reversed() { bench.say(.linkDown(link.id)) }
        bench.wait(.milliseconds(200))
        #expect(anchors(bench.all) == [named])
    }

    private func anchors(_ effects: [MembershipEffect]) -> [[NodeKey]] {
        effects.compactMap { if case .keepAnchors(let keys) = $0 { keys } else { nil } }
    }

    // MARK: Feelers

    @Test("nobody is called who was hung up for violations or says two things at once, nor twice at a time")
    func leftAlone() throws {
        let hostile = try TestMember(1)
        var bench = try Bench()
        let link = bench.link(to: hostile)
        try bench.introduce(hostile, over: link)
        let forged = try TestMember(2).record(at: bench.wall).forged()
        try bench.push([Signed](repeating: forged, count: 8), over: link)
        #expect(bench.wait(.seconds(290)).dialed.isEmpty)
        #expect(bench.wait(.seconds(30)).dialed.contains(hostile.key))

        bench = try Bench()
        let source = bench.link(to: try TestMember(2))
        for port in [1, 2] as [UInt16] {
            try bench.push([hostile.record(at: bench.wall, endpoint: .v4(0x7F00_0001, port: port))], over: source)
        }
        bench.say(.linkDown(source))
        #expect(bench.wait(.minutes(2)).dialed.isEmpty)

        bench = try Bench(restored: [hostile.record(at: bench.wall)])
        bench.wait(.seconds(29))
        #expect(bench.all.dialed == [hostile.key])
    }

    @Test("no more than sixteen dials are under way, also when a small mesh turns out to be a large one")
    func dialsAtOnce() throws {
        let members = try (1...40).map { try TestMember($0) }
        var bench = try Bench(restored: members.prefix(8).map { try $0.record(at: .worldStart + .seconds(1_000)) })
        bench.wait(.milliseconds(2_100))
        #expect(bench.engine.choice.dialCount == 8, "everybody of the small mesh")
        let link = bench.link(to: try TestMember(100))
        try bench.push(members.map { try $0.record(at: bench.wall) }, over: link)
        #expect(bench.wait(.milliseconds(500)).dialed.count == 8, "eight slots of the large one")
        #expect(bench.wait(.seconds(20)).dialed.isEmpty)
        #expect(bench.counted(.feelerSent) > 0 && bench.engine.choice.dialCount == 16)
    }

    @Test("an absence makes the next feeler come sooner, and never later")
    func hastened() throws {
        var (bench, _) = try Bench.settled()
        bench.engine.armFeeler(after: .seconds(170), at: bench.now)
        bench.engine.hastenFeeler(at: bench.now)
        #expect(bench.engine.choice.feelerDue == bench.now + .seconds(30))
        bench.engine.armFeeler(after: .seconds(5), at: bench.now)
        bench.engine.hastenFeeler(at: bench.now)
        #expect(bench.engine.choice.feelerDue == bench.now + .seconds(5))
    }

    @Test("a feeler's link that took the place of another is no feeler's any more")
    func promotedFeeler() throws {
        let members = try (1...40).map { try TestMember($0) }
        let own = try number(isHighest: false)
        let others = members.filter { $0.key != members[own - 1].key }
        var bench = try Bench(
            restored: others.map { try $0.record(at: .worldStart + .seconds(1_000)) }, number: own)
        // One of the eight has called first, so that there is room for one more link that goes out.
        for (place, key) in bench.all.dialed.enumerated() {
            bench.link(to: others.first { $0.key == key }, outbound: place > 0)
        }
        var dialed: [NodeKey] = []
        for _ in 0..<400 where dialed.isEmpty { dialed = bench.wait(.milliseconds(100)).dialed }
        let peer = try require(others.first { $0.key == dialed.first })
        let inbound = bench.link(to: peer)
        let feeler = bench.link(to: peer, outbound: true)
        #expect(bench.wait(.seconds(3)).hungUp == [inbound: .duplicate])
        #expect(bench.wait(.seconds(10)).hungUp[feeler] == nil)
    }
}
