// What those that call this node can make it look at, however many they are and however often they call.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite("Looks at signatures")
struct IntakeTests {
    /// A record that is refused only after its signature's share was paid.
    private static func early(_ bench: Bench) throws -> Signed {
        try TestMember(2).record(at: bench.wall, seq: bench.wall.milliseconds + 10_000_000)
    }

    @Test("strangers share what all of them may cost, so that calling again is no way around it")
    func strangers() throws {
        var bench = try Bench()
        let early = try Self.early(bench)
        for number in 1...20 {
            let link = bench.link(to: try TestMember(100 + number))
            try bench.push([Signed](repeating: early, count: 4 * 48), over: link)
            bench.say(.linkDown(link))
        }
        #expect(bench.counted(.recordUntimely) == 20 * 16 + 2_048)
        #expect(bench.counted(.intakeFull) == 20 * (4 * 48 - 16) - 2_048)
        bench.wait(.seconds(1))
        let link = bench.link(to: try TestMember(121))
        try bench.push([Signed](repeating: early, count: 400), over: link)
        #expect(bench.counted(.recordUntimely) == 21 * 16 + 2_048 + 256)
    }

    @Test("what a leaf pushes is not even looked at")
    func leaves() throws {
        var bench = try Bench()
        let link = bench.link(to: nil, isLeaf: true)
        try bench.push([Self.early(bench)], over: link)
        #expect(bench.counted(.leafPush) == 1)
        #expect(bench.counted(.recordUntimely) == 0 && bench.counted(.intakeFull) == 0)
    }

    @Test("a newcomer's own record is looked at whatever other strangers have cost")
    func newcomer() throws {
        var bench = try Bench()
        let flood = bench.link(to: try TestMember(101))
        try bench.push([Signed](repeating: Self.early(bench), count: 3_000), over: flood)
        #expect(bench.counted(.intakeFull) > 0)
        let newcomer = try TestMember(1)
        let link = bench.link(to: newcomer)
        try bench.introduce(newcomer, over: link)
        #expect(bench.engine.isPresent(newcomer.key))
    }

    @Test("members that call share as well, and no stranger can use that up, nor they what comes over dialled links")
    func members() throws {
        let (member, dialled) = (try TestMember(1), try TestMember(3))
        var bench = try Bench(restored: [member.record(at: .worldStart + .seconds(1_000))])
        let early = try Self.early(bench)
        let stranger = bench.link(to: try TestMember(101))
        try bench.push([Signed](repeating: early, count: 3_000), over: stranger)
        #expect(bench.counted(.recordUntimely) == 16 + 2_048)
        for _ in 1...3 {
            let link = bench.link(to: member)
            for _ in 0..<100 { try bench.push([Signed](repeating: early, count: 96), over: link) }
            bench.say(.linkDown(link))
        }
        #expect(bench.counted(.recordUntimely) == 16 + 2_048 + 16_384)
        let chosen = bench.link(to: dialled, outbound: true)
        for _ in 0..<100 { try bench.push([Signed](repeating: early, count: 96), over: chosen) }
        #expect(bench.counted(.recordUntimely) == 16 + 2_048 + 16_384 + 8_192)
    }

    @Test("what comes under this node's own name costs its link what anything else would")
    func ownName() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1), outbound: true)
        let late = try bench.own.heartbeat(at: bench.wall + .minutes(40))
        for _ in 0..<66 { try bench.push([], [Signed](repeating: late, count: 128), over: link) }
        #expect(bench.counted(.heartbeatUntimely) == 8_192)
        #expect(bench.counted(.intakeFull) == 66 * 128 - 8_192)

        bench = try Bench()
        let liar = bench.link(to: try TestMember(1), outbound: true)
        let forged = try bench.own.heartbeat(at: bench.wall + .seconds(30)).forged()
        #expect(try bench.push([], [Signed](repeating: forged, count: 8), over: liar).hungUp == [liar: .violation])
    }

    @Test("who has no line leaves nothing behind when its link ends")
    func nothingBehind() throws {
        var bench = try Bench()
        let caller = try TestMember(1)
        bench.say(.linkDown(bench.link(to: caller)))
        #expect(!bench.engine.choice.isWaiting(caller.key, at: bench.now))
    }
}
