// What one link can do to us: a bounded amount, and nothing that only members may do if it is a leaf's.

import Essentials
import Identity
import Membership
import Testing
import Wire

@Suite struct LinkDefenceTests {
    @Test("what a leaf pushes is ignored and counted")
    func leafPush() throws {
        var bench = try Bench()
        let leaf = bench.link(to: nil, isLeaf: true)
        try bench.introduce(try TestMember(1), over: leaf)
        #expect(bench.engine.allKnownCount == 1)
        #expect(bench.counted(.leafPush) == 1)
    }

    @Test("a leaf may pull")
    func leafPull() throws {
        var bench = try Bench()
        try bench.introduce(try TestMember(1), over: bench.link(to: try TestMember(1)))
        let leaf = bench.link(to: nil, isLeaf: true)
        let pushes = bench.say(.pullReceived(leaf, try Pull(have: [], from: 0, to: .max))).pushes
        #expect(pushes.map(\.link) == [leaf])
        #expect(pushes.flatMap(\.push.records).count == 2)
        #expect(pushes.flatMap(\.push.heartbeats).count == 2)
    }

    @Test("a link that sends eight things nobody may send is hung up, and its peer is not taken back for a while")
    func violations() throws {
        var bench = try Bench()
        let hostile = try TestMember(1)
        let link = bench.link(to: hostile)
        try bench.introduce(hostile, over: link)
        let forged = try TestMember(2).record(at: bench.wall).forged()
        let effects = try bench.push([Signed](repeating: forged, count: 7), over: link)
        #expect(effects.hungUp.isEmpty)
        #expect(
            try bench.push([forged, TestMember(3).record(at: bench.wall)], over: link).hungUp == [link: .violation])
        #expect(bench.engine.allKnownCount == 2, "nothing more is taken from that push")
        #expect(bench.engine.isPresent(hostile.key), "a bad neighbour is not declared absent")
        let again = bench.link(to: hostile)
        #expect(bench.last.hungUp == [again: .banned])
        bench.wait(.minutes(5))
        let later = bench.link(to: hostile)
        #expect(bench.last.hungUp[later] == nil)
    }

    @Test("pushes and pulls over links that are not there are ignored")
    func unknownLink() throws {
        var bench = try Bench()
        let link = Membership.LinkID(number: 77)
        try bench.introduce(try TestMember(1), over: link)
        bench.say(.pullReceived(link, try Pull(have: [], from: 0, to: .max)))
        bench.say(.linkDown(link))
        bench.say(.offsetMeasured(link, offset: .hours(1), uncertainty: .zero))
        #expect(bench.engine.allKnownCount == 1)
        #expect(bench.all.pushes.isEmpty)
        #expect(bench.wait(.seconds(10)).clocks.isEmpty)
    }

    @Test("pulls and comparisons that come too often are not answered")
    func pullFlood() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        let pull = try Pull(have: [], from: bench.own.short, to: bench.own.short)
        let nothing = try Pull(have: [], from: 1, to: 2)
        for _ in 0..<4_095 { bench.say(.pullReceived(link, nothing)) }
        #expect(!bench.say(.pullReceived(link, pull)).pushes.isEmpty)
        #expect(bench.counted(.exchangeTooOften) == 0)
        #expect(bench.say(.pullReceived(link, pull)).pushes.isEmpty)
        #expect(bench.counted(.exchangeTooOften) == 1)
        let other = try Part(from: 0, to: .max, count: 7, sum: 7)
        let compare = try Compare(salt: [UInt8](repeating: 1, count: 16), parts: [other])
        #expect(bench.say(.compareReceived(link, compare)).pulls.isEmpty)
        #expect(bench.counted(.exchangeTooOften) == 2)
        bench.wait(.seconds(2))
        #expect(!bench.say(.pullReceived(link, pull)).pushes.isEmpty)
        #expect(!bench.say(.compareReceived(link, compare)).pulls.isEmpty)
    }

    @Test("a pull that is unsorted, names somebody twice or leaves its own range is not answered")
    func malformedPull() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        let have = { (node: UInt64) in Have(node: node, seq: 1, heartbeat: 0) }
        for pull in [
            try Pull(have: [have(5), have(4)], from: 0, to: .max),
            try Pull(have: [have(5), have(5)], from: 0, to: .max),
            try Pull(have: [have(5)], from: 6, to: .max), try Pull(have: [have(5)], from: 0, to: 4),
        ] { #expect(bench.say(.pullReceived(link, pull)).pushes.isEmpty) }
        #expect(bench.counted(.pullMalformed) == 4)
    }

    @Test("what one link gets for its pulls is bounded in bytes")
    func answersBounded() throws {
        var bench = try Bench(policy: .lan)
        let from = bench.link(to: try TestMember(1, policy: .lan))
        for index in 2..<252 {
            let member = try TestMember(index, policy: .lan, endpoint: .v4(0x0A00_0200 + UInt32(index), port: 7_000))
            try bench.introduce(member, over: from)
        }
        let link = bench.link(to: try TestMember(400, policy: .lan))
        var bytes = 0
        for _ in 0..<32 {
            let pushes = bench.say(.pullReceived(link, try Pull(have: [], from: 0, to: .max))).pushes
            bytes += pushes.reduce(0) { $0 + $1.push.encoded().count }
        }
        #expect(bytes <= 1_048_576)
        #expect(bytes > 900_000)
        #expect(bench.counted(.answerCut) > 0)
    }

    @Test("an answer holds what the other lacks and nothing else")
    func answers() throws {
        var bench = try Bench()
        let members = try (1...4).map { try TestMember($0) }
        let link = bench.link(to: members[0])
        for member in members { try bench.introduce(member, over: link) }
        let silent = try TestMember(5)
        try bench.push([silent.record(at: bench.wall)], over: link)
        let time = bench.wall.milliseconds
        let have = [
            Have(node: members[0].short, seq: time, heartbeat: time),
            Have(node: members[1].short, seq: time - 1, heartbeat: time),
            Have(node: members[2].short, seq: time, heartbeat: time - 1),
        ].sorted { $0.node < $1.node }
        let pushes = bench.say(.pullReceived(link, try Pull(have: have, from: 0, to: .max))).pushes.map(\.push)
        let records = try pushes.flatMap(\.records).map { try Unverified<NodeRecord>(decoding: $0).claimed(\.nodeKey) }
        #expect(Set(records) == [members[1].key, members[3].key, silent.key, bench.own.key])
        let beats = try pushes.flatMap(\.heartbeats).map { try Unverified<Heartbeat>(decoding: $0).claimed(\.node) }
        #expect(Set(beats) == [members[2].short, members[3].short, bench.own.short])
        let one = bench.say(
            .pullReceived(link, try Pull(have: [], from: silent.short, to: silent.short))
        ).pushes.map(\.push)
        #expect(one.flatMap(\.records).count == 1)
    }

    @Test("of more than 24 inbound links the others are guests for a while, and 64 guests are enough")
    func inbound() throws {
        var bench = try Bench()
        for index in 1...88 {
            bench.link(to: try TestMember(index))
            #expect(bench.last.hungUp.isEmpty)
            #expect(bench.last.compares.count == (index == 1 ? 1 : 0), "an empty table asks one at a time")
        }
        let refused = bench.link(to: try TestMember(89))
        #expect(bench.last.hungUp == [refused: .full])
        let outbound = bench.link(to: try TestMember(90), outbound: true)
        #expect(bench.last.hungUp[outbound] == nil)
        #expect(bench.wait(.milliseconds(4_900)).hungUp.isEmpty)
        bench.say(.linkDown(Membership.LinkID(number: 1)))
        let ended = bench.wait(.seconds(1)).hungUp
        #expect(ended.count == 63 && ended.values.allSatisfy { $0 == .full }, "one takes the place that came free")
        #expect(bench.engine.links.count { !$0.isOutbound } == 24)
    }

    @Test("leaves' links are bounded too")
    func leaves() throws {
        var bench = try Bench()
        for _ in 0..<16_384 { bench.link(to: nil, isLeaf: true) }
        #expect(bench.all.hungUp.isEmpty)
        let refused = bench.link(to: nil, isLeaf: true)
        #expect(bench.last.hungUp == [refused: .full])
    }

    @Test("a link to oneself is ended")
    func own() throws {
        var bench = try Bench()
        let link = bench.link(to: bench.own)
        #expect(bench.last.hungUp == [link: .ownNode])
        #expect(bench.engine.links.isEmpty)
    }
}
