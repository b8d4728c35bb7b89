// What time it is, for members and for leaves, with wrong clocks and with liars.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct MeshTimeTests {
    /// The largest difference between two running nodes' mesh times.
    private func spread(_ mesh: Mesh) -> Span {
        let times = mesh.nodes.filter(\.isRunning).map { $0.engine.clock.mesh(at: mesh.now) }
        return (times.max() ?? .worldStart) - (times.min() ?? .worldStart)
    }

    @Test("members that are all linked agree within 50 ms, though every clock is seconds off", arguments: [2, 3, 8])
    func skewed(count: Int) throws {
        let mesh = Mesh(seed: 51)
        var chance = SeededGenerator(seed: 5)
        try mesh.add(wallError: .seconds(4))
        for _ in 1..<count {
            try mesh.add(through: [0], wallError: .milliseconds(Int64(chance.fraction() * 10_000) - 5_000))
        }
        mesh.run(.minutes(2))
        #expect(mesh.isAgreed)
        #expect(spread(mesh) <= .milliseconds(50))
        let errors = mesh.nodes.map { $0.engine.clock.mesh(at: mesh.now) - (.worldStart + (mesh.now - .origin)) }
        #expect(errors.allSatisfy { $0.magnitude <= .seconds(5) }, "nobody is led beyond the clocks there are")
    }

    @Test("members of a mesh that is not linked completely agree within 50 ms while one clock in four is seconds off")
    func someWrong() throws {
        let mesh = Mesh(seed: 53)
        var chance = SeededGenerator(seed: 9)
        try mesh.add()
        for index in 1..<25 {
            let milliseconds = index % 4 == 0 ? chance.fraction() * 10_000 - 5_000 : chance.fraction() * 20 - 10
            try mesh.add(through: [0], wallError: .milliseconds(Int64(milliseconds)))
        }
        mesh.run(.minutes(2))
        #expect(mesh.isAgreed)
        #expect(spread(mesh) <= .milliseconds(50))
    }

    @Test("where mesh times are compared too, members of such a mesh agree though every clock is seconds off")
    func allWrong() throws {
        let mesh = Mesh(seed: 54)
        mesh.comparesMeshTime = true
        var chance = SeededGenerator(seed: 6)
        try mesh.add()
        for _ in 1..<25 {
            try mesh.add(through: [0], wallError: .milliseconds(Int64(chance.fraction() * 10_000) - 5_000))
        }
        mesh.run(.minutes(2))
        #expect(mesh.isAgreed)
        #expect(spread(mesh) <= .milliseconds(50))
    }

    @Test("what neighbours make of the time leads a member only as far as wall clocks differ")
    func leash() throws {
        let sample = { (offset: Int64, mesh: Int64) in
            OffsetSample(
                offset: .milliseconds(offset), peerOffset: .milliseconds(mesh - offset), uncertainty: .milliseconds(5),
                measured: .origin)
        }
        let time = MeshTime(clock: MeshClock(wallAtOrigin: .worldStart))
        // Wall clocks agree to 10 ms, and all neighbours have wandered off by a minute.
        let wandered = [sample(-10, 60_000), sample(10, 60_000), sample(0, 60_000), sample(5, 60_000)]
        #expect(time.memberEstimate(wandered)?.offset == .milliseconds(0 + 6 * 5 + 20))
        // Wall clocks differ by seconds, and the neighbours agree about the time.
        let agreed = [sample(-4_000, 1_500), sample(3_000, 1_500), sample(5_000, 1_500), sample(-900, 1_500)]
        #expect(time.memberEstimate(agreed)?.offset == .milliseconds(1_500))
        // Two of five neighbours lie.
        let lied = [sample(-40, 9_000), sample(30, 20), sample(10, 20), sample(-20, 20), sample(5, -9_000)]
        #expect((time.memberEstimate(lied)?.offset.magnitude ?? .hours(1)) <= .milliseconds(20))
    }

    @Test("a member whose clock is an hour off is taken in once it knows the time")
    func hourOff() throws {
        let mesh = Mesh(seed: 52)
        try mesh.add()
        for _ in 1..<5 { try mesh.add(through: [0]) }
        mesh.run(.seconds(30))
        for error in [Span.hours(1), .hours(-1)] { try mesh.add(through: [2], wallError: error) }
        mesh.run(.minutes(1)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
        mesh.run(.minutes(1))
        #expect(spread(mesh) <= .milliseconds(50))
    }

    @Test("a minority of lying links cannot lead a member astray")
    func liars() throws {
        var bench = try Bench()
        let links = try (1...9).map { bench.link(to: try TestMember($0), outbound: true) }
        for (index, link) in links.enumerated() {
            let offset = index < 4 ? Span.hours(1) : .milliseconds(Int64(index))
            bench.say(.offsetMeasured(link, offset: offset, uncertainty: .milliseconds(10)))
        }
        bench.wait(.seconds(2))
        #expect(bench.engine.clock.offset >= .milliseconds(4) && bench.engine.clock.offset <= .milliseconds(8))
        #expect(bench.engine.clock.uncertainty == .milliseconds(10))
    }

    @Test("whoever calls a member, and however often, does not move its clock")
    func callers() throws {
        for count in [3, 12] {
            var bench = try Bench()
            for index in 1...count {
                let link = bench.link(to: try TestMember(index), outbound: true)
                try bench.introduce(try TestMember(index), over: link)
                bench.wait(.seconds(2))
                bench.say(.offsetMeasured(link, offset: .milliseconds(20), uncertainty: .milliseconds(5)))
            }
            bench.wait(.seconds(2))
            #expect(bench.engine.clock.offset == .milliseconds(20))
            // Strangers, and the one that is linked already, again and again.
            for index in 100..<140 {
                let link = bench.link(to: try TestMember(index < 110 ? 1 : index))
                bench.say(.offsetMeasured(link, offset: .hours(1), uncertainty: .milliseconds(1)))
            }
            #expect(bench.wait(.seconds(10)).clocks.isEmpty)
            #expect(bench.engine.clock.offset == .milliseconds(20), "\(count)")
        }
    }

    @Test("whoever is there first after a start does not move the clock before those who were called have answered")
    func firstCallers() throws {
        for isSlotLying in [false, true] {
            var bench = try Bench()
            let members = try (1...12).map { try TestMember($0) }
            let first = bench.link(to: members[0], outbound: true)
            for member in members { try bench.introduce(member, over: first) }
            let strangers = try (100...101).map { bench.link(to: try TestMember($0)) }
            for link in isSlotLying ? [first] : strangers {
                bench.say(.offsetMeasured(link, offset: .hours(51), uncertainty: .milliseconds(1)))
            }
            bench.wait(.seconds(2))
            #expect(bench.engine.clock.offset == .zero)
            for member in members.dropFirst().prefix(6) {
                let link = bench.link(to: member, outbound: true)
                bench.say(.offsetMeasured(link, offset: .zero, uncertainty: .milliseconds(5)))
            }
            bench.wait(.seconds(20))
            #expect(bench.engine.clock.offset == .zero)
        }
    }

    @Test("a clock that was led ahead by more than records live finds back: nobody expires by it for its own sake")
    func ledAhead() throws {
        for count in [3, 12] {
            var bench = try Bench()
            let members = try (1...count).map { try TestMember($0) }
            let links = members.prefix(8).map { bench.link(to: $0, outbound: true) }
            for member in members { try bench.introduce(member, over: links[0]) }
            bench.wait(.seconds(1))
            _ = bench.engine.time.approach(MeshTime.Estimate(offset: .hours(30), uncertainty: .zero), at: bench.now)
            #expect(bench.engine.isCompleteMesh(at: bench.now) == (count == 3))
            for link in links { bench.say(.offsetMeasured(link, offset: .zero, uncertainty: .milliseconds(5))) }
            bench.wait(.seconds(10))
            #expect(bench.engine.clock.offset.magnitude < .seconds(1), "\(count)")
        }
    }

    @Test("a member whose own clock is ahead by more than records live holds nobody for expired by it")
    func ownClockAhead() throws {
        for count in [3, 12] {
            var bench = try Bench(wallError: .hours(30))
            let members = try (1...count).map { try TestMember($0) }
            _ = bench.engine.time.approach(MeshTime.Estimate(offset: .hours(-30), uncertainty: .zero), at: bench.now)
            let link = bench.link(to: members[0], outbound: true)
            for member in members { try bench.introduce(member, over: link) }
            #expect(bench.engine.presentMembers().count >= count)
            #expect(bench.engine.isCompleteMesh(at: bench.now) == (count == 3))
        }
    }

    @Test("who has been cut off goes by the first neighbour that is back, and does not wait for others that it calls")
    func cutOff() throws {
        var (bench, members) = try Bench.settled()
        let links = bench.engine.links
        for link in links { bench.say(.offsetMeasured(link.id, offset: .zero, uncertainty: .milliseconds(5))) }
        bench.wait(.seconds(70))
        for link in bench.engine.links { bench.say(.linkDown(link.id, isSilent: true)) }
        let before = bench.all.count
        bench.wait(.milliseconds(1_500))
        let called = try require(bench.all.dropFirst(before).map { $0 }.dialed.first)
        let back = bench.link(to: members.first { $0.key == called }, outbound: true)
        bench.say(.offsetMeasured(back, offset: .seconds(2), uncertainty: .milliseconds(5)))
        #expect(!bench.wait(.seconds(2)).clocks.isEmpty)
    }

    @Test("a member whom others call and who calls nobody goes by those of its table, once it knows any")
    func called() throws {
        var bench = try Bench()
        let links = try (1...3).map { bench.link(to: try TestMember($0)) }
        for (link, seconds) in zip(links, [2, 8, 8] as [Int64]) {
            bench.say(.offsetMeasured(link, offset: .seconds(seconds), uncertainty: .milliseconds(5)))
        }
        bench.wait(.seconds(2))
        #expect(bench.engine.clock.offset == .seconds(5), "in the middle of all clocks")
        try bench.introduce(try TestMember(1), over: links[0])
        bench.wait(.milliseconds(900))
        bench.say(.offsetMeasured(links[1], offset: .seconds(8), uncertainty: .milliseconds(5)))
        bench.wait(.seconds(2))
        #expect(bench.engine.clock.offset == .seconds(1), "half way to the only member that it knows")
    }

    @Test("half of the neighbours cannot make a member unsure of the time by answering slowly")
    func slowAnswers() {
        let samples = [5, 6, 900, 900].map {
            OffsetSample(offset: .zero, uncertainty: .milliseconds($0), measured: .origin)
        }
        let time = MeshTime(clock: MeshClock(wallAtOrigin: .worldStart))
        #expect(time.memberEstimate(samples)?.uncertainty == .milliseconds(6))
        #expect(time.memberEstimate(Array(samples.dropFirst()))?.uncertainty == .milliseconds(900))
        #expect(time.leafEstimate(Array(samples[1...2]), heartbeats: [])?.uncertainty == .milliseconds(6))
    }

    @Test("once settled, mesh time moves by bounded steps")
    func steps() throws {
        var bench = try Bench()
        let links = try (1...3).map { bench.link(to: try TestMember($0), outbound: true) }
        let say = { (bench: inout Bench, offset: Span) in
            for link in links { bench.say(.offsetMeasured(link, offset: offset, uncertainty: .milliseconds(5))) }
        }
        say(&bench, .seconds(3))
        bench.wait(.milliseconds(200))
        #expect(bench.engine.clock.offset == .seconds(3), "at the start it may jump")
        bench.wait(.seconds(61))
        say(&bench, .seconds(4))
        let steps = bench.wait(.seconds(10)).clocks.map(\.offset)
        #expect(steps == [3_250, 3_500, 3_750, 4_000].map { Span.milliseconds($0) })
    }

    @Test("differences below 5 ms are not chased")
    func deadBand() throws {
        var bench = try Bench()
        let links = try (1...3).map { bench.link(to: try TestMember($0), outbound: true) }
        for link in links { bench.say(.offsetMeasured(link, offset: .milliseconds(4), uncertainty: .milliseconds(2))) }
        #expect(bench.wait(.seconds(5)).clocks.isEmpty)
    }

    @Test("of two measurements of one link the sharper counts until it has aged, or the other's clock was set")
    func samples() {
        let sharp = OffsetSample(offset: .milliseconds(10), uncertainty: .milliseconds(5), measured: .origin)
        let later = { (offset: Int64, uncertainty: Int64, seconds: Int64) in
            OffsetSample(
                offset: .milliseconds(offset), uncertainty: .milliseconds(uncertainty),
                measured: .origin + .seconds(seconds))
        }
        #expect(!sharp.yields(to: later(20, 50, 5)))
        #expect(sharp.yields(to: later(20, 5, 5)))
        #expect(sharp.yields(to: later(20, 50, 50)))
        #expect(sharp.yields(to: later(2_000, 50, 5)))
    }

    @Test("a step of the machine's clock does not move mesh time")
    func wallStep() throws {
        var bench = try Bench()
        let links = try (1...3).map { bench.link(to: try TestMember($0), outbound: true) }
        for link in links { bench.say(.offsetMeasured(link, offset: .seconds(2), uncertainty: .milliseconds(2))) }
        bench.wait(.seconds(1))
        let before = bench.engine.clock.mesh(at: bench.now)
        bench.say(.wallClockRead(bench.wall + .seconds(30)))
        #expect(bench.engine.clock.mesh(at: bench.now) == before)
        #expect(bench.engine.clock.wall(at: bench.now) == bench.wall + .seconds(30))
        bench.wait(.seconds(5))
        #expect(bench.engine.clock.mesh(at: bench.now) == before + .seconds(5))
    }

    @Test("with nothing else to go by, mesh time is the machine's clock")
    func alone() throws {
        var bench = try Bench()
        bench.say(.wallClockRead(bench.wall + .seconds(30)))
        #expect(bench.engine.clock.mesh(at: bench.now) == bench.wall + .seconds(30))
    }

    @Test("a leaf takes the time from its homes, from two seconds before to eight after what all heartbeats say")
    func leafBounded() {
        let time = MeshTime(clock: MeshClock(wallAtOrigin: .worldStart))
        let fresh = (0..<9).map {
            HeartbeatSample(offset: .milliseconds(10_000 - 30 * $0), period: .seconds(5), isInTime: true)
        }
        let sample = { (offset: Span) in OffsetSample(offset: offset, uncertainty: .milliseconds(8), measured: .origin)
        }
        let honest = time.leafEstimate([sample(.milliseconds(10_020))], heartbeats: fresh)
        #expect(honest == MeshTime.Estimate(offset: .milliseconds(10_020), uncertainty: .milliseconds(8)))
        let lied = time.leafEstimate([sample(.hours(1))], heartbeats: fresh)
        #expect(lied?.offset == .milliseconds(10_000 - 120 + 8_000))
        let liedDown = time.leafEstimate([sample(.hours(-1))], heartbeats: fresh)
        #expect(liedDown?.offset == .milliseconds(10_000 - 120 - 2_000))
        #expect(time.leafEstimate([], heartbeats: fresh)?.offset == .milliseconds(10_000 - 120))
        #expect(time.leafEstimate([], heartbeats: []) == nil)
    }

    @Test("heartbeats out of a table may be late by a period, and a leaf allows for that")
    func leafTable() {
        let time = MeshTime(clock: MeshClock(wallAtOrigin: .worldStart))
        // The truth is 10 s; the heartbeats are 0 to 20 s old.
        let old = (0...8).map {
            HeartbeatSample(offset: .milliseconds(10_000 - 2_500 * $0), period: .seconds(20), isInTime: false)
        }
        let sample = OffsetSample(offset: .seconds(10), uncertainty: .milliseconds(8), measured: .origin)
        #expect(time.leafEstimate([sample], heartbeats: old)?.offset == .seconds(10))
        #expect(time.leafEstimate([], heartbeats: old)?.offset == .seconds(10))
    }

    @Test("a leaf with a wrong clock agrees with the members")
    func leaf() throws {
        let mesh = Mesh(seed: 53)
        try mesh.add()
        for _ in 1..<8 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        try mesh.add(isLeaf: true, through: [3, 5], wallError: .seconds(-7))
        mesh.run(.seconds(2))
        #expect(spread(mesh) <= .milliseconds(50), "soon after it attached")
        mesh.run(.minutes(2))
        #expect(spread(mesh) <= .milliseconds(50))
    }

    @Test("a leaf with a single lying home stays within eight seconds of the members")
    func leafWithLiar() throws {
        var bench = try Bench(isMember: false)
        let home = bench.link(to: try TestMember(50), outbound: true)
        let members = try (1...6).map { try TestMember($0) }
        for member in members { try bench.introduce(member, over: home) }
        for _ in 0..<4 {
            bench.wait(.seconds(5))
            try bench.push([], members.map { try $0.heartbeat(at: bench.wall - .milliseconds(200)) }, over: home)
            bench.say(.offsetMeasured(home, offset: .minutes(1), uncertainty: .milliseconds(1)))
        }
        bench.wait(.seconds(10))
        #expect(bench.engine.clock.offset == .milliseconds(7_800))
    }
}
