// Records and heartbeats reach everybody, whoever is linked with whom.

import Essentials
import Identity
import Membership
import Testing
import Wire

@Suite struct SpreadingTests {
    @Test("records and heartbeats reach all members and leaves")
    func reachesAll() throws {
        let mesh = Mesh(seed: 1)
        try mesh.add()
        for _ in 1..<12 { try mesh.add(through: [0]) }
        for _ in 0..<3 { try mesh.add(isLeaf: true, through: [5]) }
        mesh.run(.seconds(5)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
        let before = mesh.nodes.map { $0.counters[.heartbeatAccepted] ?? 0 }
        mesh.run(.seconds(60))
        #expect(mesh.isAgreed)
        // Of twelve the period is 9.6 s: five or six more heartbeats of each of the eleven or twelve others.
        for (node, earlier) in zip(mesh.nodes, before) {
            #expect((node.counters[.heartbeatAccepted] ?? 0) - earlier >= 5 * 11)
        }
    }

    @Test("a joiner learns everybody and everybody learns the joiner, within two seconds")
    func joiner() throws {
        let mesh = Mesh(seed: 2)
        try mesh.add()
        for _ in 1..<15 { try mesh.add(through: [0]) }
        mesh.run(.seconds(60))
        let joiner = try mesh.add(through: [7])
        mesh.run(.seconds(2)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
        #expect(mesh.nodes[joiner].engine.presentCount == 16)
    }

    @Test("thirty members that start at once through one agree within seconds, with a tenth of all messages lost")
    func lossy() throws {
        let mesh = Mesh(seed: 3)
        mesh.loss = 0.1
        try mesh.add()
        for _ in 1..<30 { try mesh.add(through: [0]) }
        mesh.run(.seconds(30)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
        mesh.run(.seconds(60))
        #expect(mesh.isAgreed, "nobody is taken for absent because messages are lost")
    }

    @Test("what push misses, pull mends")
    func pullMends() throws {
        let mesh = Mesh(seed: 4)
        for index in 0..<3 { try mesh.add(through: index == 0 ? [] : [0]) }
        mesh.run(.seconds(5))
        // From here on node 2 gets no heartbeats unless it asks for them: pushes of one heartbeat alone are lost.
        mesh.tamper = { _, to, push in to == 2 && push.heartbeats.count + push.records.count < 2 ? nil : push }
        mesh.run(.seconds(120))
        #expect(mesh.nodes[2].engine.presentCount == 3)
    }

    @Test("a leaf learns all members and publishes nothing")
    func leaf() throws {
        let mesh = Mesh(seed: 5)
        mesh.isTraced = true
        try mesh.add()
        try mesh.add(through: [0])
        let leaf = try mesh.add(isLeaf: true, through: [1])
        mesh.run(.seconds(60))
        #expect(mesh.isAgreed)
        #expect(
            !mesh.nodes[leaf].trace.contains { line in
                [" signRecord(", " signHeartbeat(", " sendPush(", " dial("].contains { line.contains($0) }
            })
        #expect(mesh.nodes[leaf].engine.member(mesh.nodes[leaf].member.key) == nil)
        #expect(mesh.nodes[0].engine.allKnownCount == 2)
    }

    @Test("news does not go back over the link it came from, and goes out once over every other")
    func notBack() throws {
        var bench = try Bench()
        let (one, other) = (try TestMember(1), try TestMember(2))
        let (from, to) = (bench.link(to: one), bench.link(to: other))
        let leaf = bench.link(to: nil, isLeaf: true)
        try bench.introduce(one, over: from)
        let flushed = bench.wait(.milliseconds(50)).pushes
        #expect(
            !flushed.contains {
                $0.link == from && !$0.push.records.allSatisfy { $0.body != (try? one.record(at: bench.wall))?.body }
            })
        for link in [to, leaf] {
            let records = flushed.filter { $0.link == link }.flatMap(\.push.records)
            #expect(records.count { (try? Unverified<NodeRecord>(decoding: $0))?.claimed(\.nodeKey) == one.key } == 1)
        }
        #expect(
            flushed.filter { $0.link == from }.flatMap(\.push.heartbeats).allSatisfy {
                (try? Unverified<Heartbeat>(decoding: $0))?.claimed(\.node) != one.short
            })
    }

    @Test("news leaves 50 ms after the first of it, however much comes meanwhile")
    func notPutOff() throws {
        var bench = try Bench()
        let (from, to) = (bench.link(to: try TestMember(101)), bench.link(to: try TestMember(102)))
        bench.wait(.seconds(1))
        try bench.introduce(try TestMember(1), over: from)
        #expect(bench.wait(.milliseconds(40)).pushes.isEmpty)
        try bench.introduce(try TestMember(2), over: from)
        let told = bench.wait(.milliseconds(10)).pushes.filter { $0.link == to }
        #expect(told.flatMap(\.push.records).count == 2 && told.flatMap(\.push.heartbeats).count == 2)
    }

    @Test("what comes back while it waits is not sent there again")
    func cameBack() throws {
        var bench = try Bench()
        let (one, other) = (try TestMember(1), try TestMember(2))
        let (from, to) = (bench.link(to: one), bench.link(to: other))
        bench.wait(.seconds(1))
        try bench.introduce(one, over: from)
        try bench.introduce(one, over: to)
        #expect(bench.wait(.milliseconds(100)).pushes.isEmpty)
    }

    @Test("many things at once leave in messages within the limits")
    func batches() throws {
        var bench = try Bench(policy: .lan)
        let neighbour = try TestMember(1, policy: .lan, endpoint: .v4(0x0A00_0101, port: 7_000))
        let from = bench.link(to: neighbour)
        bench.wait(.seconds(1))
        for index in 2..<102 {
            let member = try TestMember(index, policy: .lan, endpoint: .v4(0x0A00_0200 + UInt32(index), port: 7_000))
            try bench.introduce(member, over: from)
        }
        let other = bench.link(to: try TestMember(200, policy: .lan, endpoint: .v4(0x0A00_0102, port: 7_000)))
        let pushes = bench.wait(.milliseconds(50)).pushes.filter { $0.link == other }.map(\.push)
        #expect(pushes.flatMap(\.records).count == 100)
        #expect(pushes.flatMap(\.heartbeats).count == 100)
        #expect(pushes.allSatisfy { $0.encoded().count <= Push.maximumBytes })
        #expect(pushes.count <= 5)
    }

    @Test("a heartbeat whose owner is unknown makes the engine ask its sender for the record")
    func wants() throws {
        var bench = try Bench()
        let (neighbour, stranger) = (try TestMember(1), try TestMember(2))
        let link = bench.link(to: neighbour)
        bench.wait(.seconds(1))
        // Two of them in one moment: a pull that named it twice would not be answered.
        try bench.push([], [stranger.heartbeat(at: bench.wall - .seconds(1))], over: link)
        try bench.push([], [stranger.heartbeat(at: bench.wall)], over: link)
        let pulls = bench.wait(.milliseconds(50)).pulls
        #expect(pulls.map(\.link) == [link])
        #expect(pulls.first?.pull.have == [Have(node: stranger.short, seq: 0, heartbeat: 0)])
        #expect(pulls.first?.pull.isNamed == true)
    }

    @Test("heartbeats of unknown owners make the engine ask a bounded number of times")
    func wantsBounded() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        bench.wait(.seconds(1))
        let heartbeats = try (2...40).map { try TestMember($0).heartbeat(at: bench.wall) }
        var asked = 0
        for _ in 0..<20 {
            try bench.push([], heartbeats, over: link)
            let named = bench.wait(.milliseconds(100)).pulls.flatMap(\.pull.have).count
            #expect(named <= 8)
            asked += named
        }
        #expect((9...12).contains(asked))
    }

    @Test("old things that come in numbers are passed on in bounded numbers only")
    func oldNews() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        bench.wait(.seconds(1))
        let made = bench.wall - .minutes(10)
        for index in 2..<602 { try bench.push([try TestMember(index).record(at: made)], over: link) }
        #expect(bench.engine.allKnownCount == 601)
        #expect(bench.counted(.newsHeldBack) == 600 - 512)
    }

    @Test("old heartbeats that come in numbers are passed on in bounded numbers only, too")
    func oldHeartbeats() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        // So many that what is a hundred seconds old is less than half of what it counts for.
        for index in 602..<702 { try bench.introduce(try TestMember(index), over: link) }
        bench.wait(.seconds(1))
        for index in 2..<602 {
            let member = try TestMember(index)
            let old = try member.heartbeat(at: bench.wall - .seconds(100))
            try bench.push([member.record(at: bench.wall)], [old], over: link)
        }
        #expect(bench.engine.presentCount == 701)
        #expect(bench.counted(.newsHeldBack) == 600 - 512)
    }
}
