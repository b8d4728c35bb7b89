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
        var bench = try Bench(isMember: false)
        let home = bench.link(to: try TestMember(50), outbound: true)
        for index in 1...5 {
            let member = try TestMember(index)
            try bench.push(
                [member.record(at: bench.wall)], [member.heartbeat(at: bench.wall + .seconds(100))], over: home)
        }
        bench.wait(.seconds(10))
        #expect(bench.engine.clock.offset >= .seconds(95), "they are all that there is to go by")
        let honest = try (6...8).map { try TestMember($0) }
        for member in honest { try bench.introduce(member, over: home) }
        for _ in 0..<3 {
            bench.wait(.seconds(6))
            try bench.push([], honest.map { try $0.heartbeat(at: bench.wall) }, over: home)
        }
        bench.wait(.seconds(6))
        #expect(bench.engine.clock.offset.magnitude < .seconds(5))
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
