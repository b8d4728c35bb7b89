// Who keeps a place that others want: an address in a record is a claim until somebody has answered there.

import Essentials
import Identity
import OrderedCollections
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct RoomTests {
    /// A subnet far from the neighbours', and members that claim to be in it.
    private let subnet: UInt32 = 0x5000_0000

    private func claimants(_ indices: Range<Int>, in subnet: UInt32? = nil) throws -> [TestMember] {
        try indices.map { try Street.member($0, at: (subnet ?? self.subnet) + UInt32($0 % 200) + 1) }
    }

    @Test("an address at which nobody answers holds a place only until somebody else wants it")
    func squatters() throws {
        var street = try Street()
        let squatters = try claimants(1..<5)
        try street.offer(squatters)
        #expect(squatters.allSatisfy { street.bench.engine.isPresent($0.key) })
        let honest = try Street.member(9, at: subnet + 99)
        street.answer(honest)
        try street.offer([honest])
        #expect(!street.knows(honest) && street.bench.counted(.subnetFull) == 1)
        #expect(squatters.allSatisfy(street.knows), "nobody goes before it was called")
        street.settle()
        #expect(squatters.count(where: street.knows) == 3)
        try street.offer([honest])
        #expect(street.bench.engine.isPresent(honest.key))
    }

    @Test("who answers keeps its place, whatever comes")
    func defended() throws {
        var street = try Street()
        let residents = try claimants(1..<5)
        for resident in residents { street.answer(resident) }
        try street.offer(residents)
        for newcomer in try claimants(10..<40) {
            try street.offer([newcomer])
            street.settle()
            #expect(!street.knows(newcomer))
        }
        #expect(residents.allSatisfy(street.knows))
        #expect(street.bench.counted(.trialBegun) == 4, "each is called once")
        #expect(residents.allSatisfy { street.bench.engine.table[$0.key]?.answeredIn.count == 2 })
    }

    @Test("a call that is under way already decides as well")
    func underWay() throws {
        var street = try Street()
        let squatters = try claimants(1..<5)
        try street.offer(squatters)
        street.isAnswering = false
        for _ in 0..<200 where !street.bench.all.dialed.contains(where: { key in squatters.contains { $0.key == key } })
        {
            street.bench.wait(.seconds(5))
        }
        let called = try require(squatters.first { street.bench.engine.choice.dialing[$0.key] != nil })
        for other in squatters where other.key != called.key {
            try street.bench.push([], [other.heartbeat(at: street.bench.wall)], over: street.source)
        }
        let dialed = street.bench.all.dialed.count
        try street.offer(claimants(9..<10))
        #expect(street.bench.counted(.trialBegun) == 1 && street.bench.all.dialed.count == dialed)
        street.bench.say(.dialFailed(called.key))
        #expect(!street.knows(called))
    }

    @Test("a member that answers elsewhere does not hold places where it does not")
    func manyAddresses() throws {
        var street = try Street()
        let real: UInt32 = 0x6000_0001
        var records: [Signed] = []
        for index in 1..<5 {
            let liar = try Street.member(index, at: real + UInt32(index) << 8)
            street.answer(liar)
            let addresses = [liar.endpoint, Endpoint.v4(subnet + UInt32(index), port: 1)]
            records.append(
                try NodeRecord.make(
                    identity: liar.identity.value, policy: .open, seq: street.bench.wall.milliseconds,
                    expires: street.bench.wall + .hours(24), addresses: addresses, capabilities: Capability.all,
                    puzzle: liar.puzzle))
        }
        try street.bench.push(records, over: street.source)
        #expect(street.bench.engine.allKnownCount == 1 + 12 + 4)
        let honest = try Street.member(9, at: subnet + 99)
        try street.offer([honest])
        let before = street.calls.count
        street.settle()
        #expect(street.calls[before...].contains { $0.endpoints.count == 1 && $0.endpoints[0].isIn(subnet) })
        try street.offer([honest])
        #expect(street.knows(honest))
    }

    @Test("who was not reached is not taken back for an hour")
    func notTakenBack() throws {
        var street = try Street()
        let squatters = try claimants(1..<5)
        try street.offer(squatters)
        try street.offer(claimants(9..<10))
        street.settle()
        let lost = try require(squatters.first { !street.knows($0) })
        try street.offer([lost])
        #expect(!street.knows(lost) && street.bench.counted(.notReachedLately) == 1)
        street.bench.wait(.minutes(59))
        try street.offer([lost])
        #expect(!street.knows(lost))
        street.bench.wait(.minutes(2))
        try street.offer([lost])
        #expect(street.knows(lost))
    }

    @Test("who was not reached and is called after all is taken back at once")
    func calledAfterAll() throws {
        var street = try Street()
        let squatters = try claimants(1..<5)
        try street.offer(squatters)
        try street.offer(claimants(9..<10))
        street.settle()
        let lost = try require(squatters.first { !street.knows($0) })
        street.bench.link(to: lost, outbound: true)
        try street.offer([lost])
        #expect(street.knows(lost))
    }

    @Test("who is linked is there, and is neither called nor forgotten for somebody else")
    func linked() throws {
        var street = try Street()
        let residents = try claimants(1..<5)
        try street.offer(residents)
        for resident in residents.dropLast() { street.bench.link(to: resident) }
        street.isAnswering = false
        let newcomer = try Street.member(9, at: subnet + 99)
        try street.offer([newcomer])
        #expect(street.bench.all.dialed.last == residents[3].key && street.bench.counted(.trialBegun) == 1)
        // It calls us before our own call comes to nothing.
        street.bench.link(to: residents[3])
        street.bench.say(.dialFailed(residents[3].key))
        try street.offer([newcomer])
        #expect(residents.allSatisfy(street.knows) && street.bench.counted(.trialBegun) == 1)
    }

    @Test("who says two things at once makes room, and is not called")
    func equivocator() throws {
        var street = try Street()
        let residents = try claimants(1..<5)
        try street.offer(residents)
        let second = try residents[0].record(at: street.bench.wall, endpoint: .v4(subnet + 77, port: 1))
        try street.bench.push([second], over: street.source)
        let newcomer = try Street.member(9, at: subnet + 99)
        try street.offer([newcomer])
        #expect(street.knows(newcomer) && !street.knows(residents[0]) && street.bench.counted(.trialBegun) == 0)
    }

    @Test("who was hung up for violations is not called, also not to see whether it is there")
    func banned() throws {
        var street = try Street()
        let residents = try claimants(1..<5)
        try street.offer(residents)
        for resident in residents {
            street.bench.engine.choice.ban(resident.key, until: street.bench.now + .minutes(5), at: street.bench.now)
        }
        let newcomer = try Street.member(9, at: subnet + 99)
        try street.offer([newcomer])
        #expect(street.bench.counted(.subnetFull) == 1 && street.bench.counted(.trialBegun) == 0)
    }

    @Test("while sixteen are called already nobody more is, and later it is done")
    func dialsAtOnce() throws {
        var street = try Street()
        try street.offer(claimants(1..<5))
        street.isAnswering = false
        let calls = street.bench.engine.choice.dialing
        for index in 300..<316 {
            let member = try Street.member(index, at: 0x7000_0000 + UInt32(index))
            street.bench.engine.choice.dialing[member.key] = LinkChoice.Call(
                purpose: .kept, endpoints: [member.endpoint])
        }
        try street.offer(claimants(9..<10))
        #expect(street.bench.counted(.trialBegun) == 0)
        street.bench.engine.choice.dialing = calls
        try street.offer(claimants(9..<10))
        #expect(street.bench.counted(.trialBegun) == 1)
    }

    @Test("of those that were not reached four thousand are remembered, the last")
    func remembered() {
        var trials = Trials(at: .origin)
        let keys = (0..<4_097 as Range<UInt16>).map { NodeKey(Blake2b.hash([UInt8($0 >> 8), UInt8($0 & 255)])) }
        for key in keys { trials.remember(key, at: .origin) }
        #expect(!trials.isLost(keys[0], at: .origin) && trials.isLost(keys[1], at: .origin))
        #expect(trials.isLost(keys[4_096], at: .origin + .minutes(59)))
        #expect(!trials.isLost(keys[4_096], at: .origin + .minutes(60)))
    }

    @Test("while nothing is heard from anybody, somebody's silence says nothing")
    func ourselves() throws {
        var street = try Street()
        let squatters = try claimants(1..<5)
        try street.offer(squatters)
        street.isAnswering = false
        try street.offer(claimants(9..<10))
        #expect(street.bench.counted(.trialBegun) == 1)
        street.bench.wait(.seconds(31))
        #expect(squatters.allSatisfy(street.knows) && street.bench.counted(.trialLost) == 0)
    }

    @Test("who cannot call over IPv6 takes nobody's place there before an hour of silence")
    func otherFamily() throws {
        func member(_ index: Int) throws -> TestMember {
            let address = Address6(high: 0x2A00_0001_0002_0000, low: UInt64(index))
            return try TestMember(index, policy: .open, endpoint: .v6(address, port: Street.port))
        }
        var street = try Street()
        let residents = try (1..<5).map(member)
        try street.offer(residents)
        let newcomer = try member(9)
        try street.offer([newcomer])
        street.settle()
        #expect(residents.allSatisfy(street.knows) && street.bench.counted(.trialBegun) == 0)
        street.bench.wait(.minutes(61))
        try street.offer([newcomer])
        #expect(street.knows(newcomer) && residents.count(where: street.knows) == 3)
        // Once somebody has answered over IPv6, a silence there counts.
        street = try Street()
        let first = try TestMember(
            20, policy: .open, endpoint: .v6(Address6(high: 0x2B00_0001_0002_0000, low: 1), port: 1))
        street.answer(first)
        try street.offer([first])
        for _ in 0..<600 where !street.calls.contains(where: { $0.member == first.key }) {
            street.settle(.seconds(1))
            try street.bench.push([], [first.heartbeat(at: street.bench.wall)], over: street.source)
        }
        try street.offer(residents)
        try street.offer([newcomer])
        #expect(street.bench.counted(.trialBegun) == 1)
    }

    @Test("a silent member that was reached before makes room after an hour and a call")
    func silentResidents() throws {
        var street = try Street()
        let residents = try claimants(1..<5)
        for resident in residents { street.answer(resident) }
        let wall = street.bench.wall
        try street.bench.push(
            residents.map { try $0.record(at: wall, lifetime: .minutes(40)) },
            residents.map { try $0.heartbeat(at: wall) },
            over: street.source)
        for newcomer in try claimants(10..<16) {
            try street.offer([newcomer])
            street.settle()
        }
        for resident in residents { street.alive[resident.key] = nil }
        for link in street.bench.engine.links where residents.contains(where: { $0.key == link.peer }) {
            street.bench.say(.linkDown(link.id))
        }
        street.settle(.minutes(50))
        let newcomer = try Street.member(20, at: subnet + 120)
        try street.offer([newcomer])
        street.settle()
        #expect(street.bench.counted(.trialLost) == 0 && residents.allSatisfy(street.knows))
        street.settle(.minutes(15))
        try street.offer([newcomer])
        #expect(residents.allSatisfy(street.knows), "not before it was called, though its record has expired")
        street.settle()
        try street.offer([newcomer])
        #expect(street.knows(newcomer) && residents.count(where: street.knows) == 3)
    }

    @Test("an expired line that was never reached goes at once")
    func expired() throws {
        var street = try Street()
        let old = try claimants(1..<5)
        try street.bench.push(
            old.map { try $0.record(at: street.bench.wall, lifetime: .minutes(30)) }, over: street.source)
        street.bench.wait(.minutes(31))
        let newcomer = try Street.member(9, at: subnet + 99)
        try street.offer([newcomer])
        #expect(street.knows(newcomer) && street.bench.counted(.trialBegun) == 0)
    }

    @Test("a leaf, which calls nobody, gives the places of the silent away after an hour, and no others")
    func leaf() throws {
        var street = try Street(isMember: false)
        let residents = try claimants(1..<5)
        try street.offer(residents)
        let newcomer = try Street.member(9, at: subnet + 99)
        street.bench.wait(.minutes(59))
        try street.offer([newcomer])
        #expect(!street.knows(newcomer))
        try street.bench.push(
            [], residents.prefix(3).map { try $0.heartbeat(at: street.bench.wall) }, over: street.source)
        street.bench.wait(.minutes(2))
        try street.offer([newcomer])
        #expect(street.knows(newcomer) && !street.knows(residents[3]))
        #expect(street.bench.all.dialed.isEmpty)
    }

    @Test("whoever is not on trial cannot lose one")
    func noTrial() throws {
        var bench = try Bench(policy: .lan)
        let member = try TestMember(1, policy: .lan, endpoint: .v4(0x0A00_0101, port: 7_000))
        let link = bench.link(to: try TestMember(2, policy: .lan, endpoint: .v4(0x0A00_0102, port: 7_000)))
        try bench.introduce(member, over: link)
        bench.engine.loseTrial(of: member.key, at: bench.now)
        #expect(bench.engine.member(member.key) != nil)
    }

    @Test("eight are called at once at most, sixteen in quick succession, one in five seconds in the long run")
    func bounded() throws {
        var street = try Street()
        street.isAnswering = false
        var newcomers: [TestMember] = []
        for subnet in 0..<20 as Range<UInt32> {
            let base = 0x5000_0000 + subnet << 16
            try street.offer(claimants(Int(subnet) * 4 + 1..<Int(subnet) * 4 + 5, in: base))
            newcomers.append(try Street.member(200 + Int(subnet), at: base + 250))
        }
        for _ in 0..<5 { try street.offer(newcomers) }
        #expect(street.bench.counted(.trialBegun) == 8)
        street.isAnswering = true
        street.settle(.seconds(1))
        for _ in 0..<5 { try street.offer(newcomers) }
        #expect(street.bench.counted(.trialBegun) == 16)
        street.settle(.milliseconds(100))
        for _ in 0..<5 { try street.offer(newcomers) }
        #expect(street.bench.counted(.trialBegun) == 16)
        for _ in 0..<12 {
            try street.offer(newcomers)
            street.settle(.seconds(1))
        }
        #expect((18...19).contains(street.bench.counted(.trialBegun)))
    }

    @Test("one is called in each bucket at a time, and two subnets of one wide one are in one")
    func oneInEachBucket() throws {
        var street = try Street()
        street.isAnswering = false
        for base in [subnet, subnet + 256] {
            let first = base == subnet ? 1 : 5
            try street.offer(claimants(first..<first + 4, in: base))
        }
        try street.offer([Street.member(20, at: subnet + 99), Street.member(21, at: subnet + 256 + 99)])
        #expect(street.bench.counted(.subnetFull) == 2 && street.bench.counted(.trialBegun) == 1)
    }
}

extension Endpoint {
    fileprivate func isIn(_ subnet: UInt32) -> Bool {
        if case .v4(let address, _) = self { address >> 8 == subnet >> 8 } else { false }
    }
}
