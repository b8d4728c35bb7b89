// When mesh time is looked at again, by whom, and what follows from a step.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct MeshTimeUpkeepTests {
    @Test("measurements that keep coming do not put off looking at the time")
    func keepComing() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1), outbound: true)
        for _ in 0..<40 {
            bench.say(.offsetMeasured(link, offset: .seconds(3), uncertainty: .milliseconds(5)))
            bench.wait(.milliseconds(50))
        }
        #expect(bench.engine.clock.offset >= .milliseconds(1_400))
    }

    @Test("mesh time that has moved by a minute in small steps makes record and heartbeat anew, and not before")
    func slowMove() throws {
        for (moved, records) in [(Span.milliseconds(59_999), 0), (.seconds(60), 1)] {
            var bench = try Bench()
            bench.link(to: try TestMember(1))
            bench.wait(.seconds(30))
            bench.engine.publication.meshAtOriginThen = bench.engine.clock.mesh(at: .origin) - moved
            bench.engine.clockMoved(by: .milliseconds(250), at: bench.now)
            #expect(bench.wait(.milliseconds(200)).recordsAsked.count == records)
        }
    }

    @Test("what a leaf says of the time is not even looked at")
    func leaf() throws {
        var bench = try Bench()
        let leaf = bench.link(to: nil, isLeaf: true)
        bench.wait(.seconds(1))
        let due = bench.engine.nextDeadline()
        bench.say(.offsetMeasured(leaf, offset: .hours(1), uncertainty: .zero))
        #expect(bench.engine.nextDeadline() == due)
    }

    @Test("a leaf goes by the heartbeats of those who are present, not of those who have fallen silent")
    func silentHeartbeats() throws {
        for count in [1, 2] {
            var bench = try Bench(isMember: false)
            let home = bench.link(to: try TestMember(50), outbound: true)
            let silent = try (1...5).map { try TestMember($0) }
            try bench.push(silent.map { try $0.record(at: bench.wall) }, over: home)
            for _ in 0..<count {
                try bench.push([], silent.map { try $0.heartbeat(at: bench.wall + .seconds(100)) }, over: home)
                bench.wait(bench.policy.heartbeatBase)
            }
            bench.wait(.seconds(10))
            #expect(bench.engine.clock.offset >= .seconds(95), "they are all that there is to go by")
            try followHonest(&bench, over: home)
            #expect(bench.engine.clock.offset.magnitude < .seconds(5), "\(count)")
        }
    }

    @Test("a leaf does not go by heartbeats that come late and make nobody present")
    func lateHeartbeats() throws {
        var bench = try Bench(isMember: false)
        let home = bench.link(to: try TestMember(50), outbound: true)
        let members = try (1...8).map { try TestMember($0) }
        for member in members { try bench.introduce(member, over: home) }
        let begun = bench.wall
        for tick in 1...30 {
            bench.wait(bench.policy.heartbeatBase)
            try bench.push([], members.prefix(3).map { try $0.heartbeat(at: bench.wall) }, over: home)
            guard tick > 20 else { continue }
            // Old, and faster than they were made: out of a queue somewhere.
            let made = begun + bench.policy.heartbeatBase * Int64(tick - 20) * 5 / 2
            try bench.push([], members.suffix(5).map { try $0.heartbeat(at: made) }, over: home)
            #expect(bench.engine.presentCount == 3)
        }
        #expect(bench.engine.clock.offset.magnitude < .milliseconds(100))
    }

    /// Three members whose clocks are right say for twenty seconds that they live.
    private func followHonest(_ bench: inout Bench, over home: Membership.LinkID) throws {
        let honest = try (6...8).map { try TestMember($0) }
        for member in honest { try bench.introduce(member, over: home) }
        for _ in 0..<3 {
            bench.wait(.seconds(6))
            try bench.push([], honest.map { try $0.heartbeat(at: bench.wall) }, over: home)
        }
        bench.wait(.seconds(6))
    }

    @Test("a reading of the machine's clock that is off by less than 5 ms changes nothing")
    func smallReading() throws {
        var bench = try Bench()
        let before = bench.engine.clock
        #expect(bench.say(.wallClockRead(bench.wall + .milliseconds(4))).isEmpty)
        #expect(bench.engine.clock == before)
        #expect(bench.say(.wallClockRead(bench.wall + .milliseconds(5))).clocks.count == 1)
    }

    @Test("a step of less than a second is no reason to ask for the table anew, a longer one is")
    func stepAndPull() throws {
        for (step, isAsking) in [(Span.milliseconds(900), false), (.milliseconds(1_100), true)] {
            var bench = try Bench()
            let link = bench.link(to: try TestMember(1), outbound: true)
            bench.wait(.seconds(1))
            bench.say(.offsetMeasured(link, offset: step * 2, uncertainty: .milliseconds(5)))
            #expect(bench.wait(.milliseconds(900)).compares.isEmpty != isAsking)
            #expect((bench.engine.clock.offset - step).magnitude <= .milliseconds(1))
        }
    }
}
