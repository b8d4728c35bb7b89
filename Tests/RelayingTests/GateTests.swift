// Who may begin a handshake while many want to: by small and by wide subnet, in total, and members of the table.

import Essentials
import Identity
@testable import Relaying
import Testing
import Wire

@Suite("The gate")
struct GateTests {
    private let policy: NetworkPolicy
    private let now = Moment.origin + .seconds(1)

    init() throws { policy = try Fixtures.policy("main") }

    /// 9.wide.small.host
    private func origin(_ wide: Int, _ small: Int = 0, _ host: Int = 1) -> Origin {
        policy.origin(of: .v4(UInt32(9 << 24 | wide << 16 | small << 8 | host), port: 4_000))
    }

    /// A gate, and the number of the next connection.
    private final class Bench {
        var gate: ConnectionGate
        var next: UInt64 = 1
        var evicted: [UInt64] = []

        init(_ change: (inout RelayingLimits) -> Void = { _ in }) {
            var limits = RelayingLimits.standard
            change(&limits)
            gate = ConnectionGate(limits: limits, at: .origin + .seconds(1))
        }

        /// The number of the connection; nil when it was refused.
        func come(from origin: Origin, isMember: Bool = false, at now: Moment) -> UInt64? {
            defer { next += 2 }
            switch gate.admit(ConnectionID(number: next), from: origin, isMember: isMember, at: now) {
            case .refused: return nil
            case .admitted(let victim):
                if let victim { evicted.append(victim.number) }
                return next
            }
        }

        /// Comes, and becomes a link at once.
        func pass(from origin: Origin, isMember: Bool = false, at now: Moment) -> Bool {
            guard let number = come(from: origin, isMember: isMember, at: now) else { return false }
            gate.leave(ConnectionID(number: number))
            return true
        }

        /// Comes, and comes to nothing.
        func fail(from origin: Origin, isMember: Bool = false, at now: Moment) -> Bool {
            guard let number = come(from: origin, isMember: isMember, at: now) else { return false }
            gate.fail(ConnectionID(number: number), at: now)
            return true
        }
    }

    // MARK: where somebody comes from

    @Test("an origin has two subnets and a host in the open mesh, one and a host on a private network, here a port")
    func origins() throws {
        let endpoint = Endpoint.v4(0x0901_0203, port: 4_000)
        let neighbour = Endpoint.v4(0x0901_0204, port: 5_000)
        let lan = try Fixtures.policy("lan-test")
        let local = try Fixtures.policy("local-test")
        #expect(policy.origin(of: endpoint).subnet == policy.origin(of: neighbour).subnet)
        #expect(policy.origin(of: endpoint).wide == policy.wideSubnet(of: endpoint))
        #expect(policy.origin(of: endpoint).host != policy.origin(of: neighbour).host)
        #expect(lan.origin(of: endpoint).wide == nil)
        #expect(lan.origin(of: endpoint).host == Host.v4(0x0901_0203))
        #expect(local.origin(of: endpoint) == Origin(subnet: local.subnet(of: endpoint), wide: nil, host: nil))
        #expect(policy.origin(of: nil) == .unknown)
        let one = Endpoint.v6(Address6(high: 0x2A01_0000_0000_0001, low: 1), port: 1)
        let other = Endpoint.v6(Address6(high: 0x2A01_0000_0000_0001, low: 2), port: 2)
        #expect(policy.origin(of: one).host == policy.origin(of: other).host, "one /64 is one host")
    }

    // MARK: budgets

    @Test("the small subnets of a wide one have no more handshakes together than it has, and others are served")
    func wideRate() {
        let bench = Bench { $0.acceptBurstPerWideSubnet = 20 }
        let passed = (0..<256).map { bench.pass(from: origin(1, $0), at: now) }
        #expect(passed.count { $0 } == 20)
        #expect(bench.pass(from: origin(2), at: now))
        #expect(bench.pass(from: origin(1, 7), at: now + .seconds(1)), "it fills again")
    }

    @Test("a small subnet has its own, smaller number of handshakes")
    func smallRate() {
        let bench = Bench { $0.acceptBurstPerSubnet = 5 }
        #expect((0..<8).map { bench.pass(from: origin(1, 1, $0), at: now) }.count { $0 } == 5)
        #expect(bench.pass(from: origin(1, 2), at: now))
    }

    @Test("a handshake that comes to nothing costs its subnets as much as eight")
    func failures() {
        let bench = Bench()
        #expect((0..<64).map { _ in bench.fail(from: origin(1, 1), at: now) }.count { $0 } == 8)
        #expect((0..<64).map { _ in bench.pass(from: origin(2, 1), at: now) }.count { $0 } == 64)
        // 256 of a wide subnet: 8 in each of four, and the other subnets of it have nothing left.
        for small in 2...4 { for _ in 0..<8 { _ = bench.fail(from: origin(1, small), at: now) } }
        #expect(!bench.pass(from: origin(1, 5), at: now))
        // Beyond nothing it cannot fall: a second later everything is as if it had only been used up.
        #expect(bench.pass(from: origin(1, 5), at: now + .seconds(1)))
    }

    @Test("a failure counts once, and one that had to make room has not failed")
    func failedOnce() throws {
        let bench = Bench { $0.halfOpenTotal = 2 }
        let first = try #require(bench.come(from: origin(1), at: now))
        for wide in 2...4 { _ = bench.come(from: origin(wide), at: now) }
        #expect(bench.evicted.contains(first))
        bench.gate.fail(ConnectionID(number: first), at: now)
        #expect((0..<64).map { _ in bench.pass(from: origin(1), at: now) }.count { $0 } == 63)
    }

    @Test("what all do together has a budget, and the greedy leave half of it to those who had little")
    func total() {
        let bench = Bench {
            $0.acceptBurstTotal = 80
            $0.acceptPerSecondTotal = 0
            $0.acceptBurstPerSubnet = 32
        }
        // 16 leave its subnet half of its own; then it is greedy, and stops where half of everybody's is left.
        #expect((0..<40).map { _ in bench.pass(from: origin(1), at: now) }.count { $0 } == 32)
        #expect((0..<40).map { _ in bench.pass(from: origin(2), at: now) }.count { $0 } == 17)
        // Two others with little, down to a quarter; then nobody but members.
        #expect((0..<16).map { _ in bench.pass(from: origin(3), at: now) }.count { $0 } == 11)
        #expect(!bench.pass(from: origin(4), at: now))
        #expect((0..<21).map { bench.pass(from: origin(5, 0, $0), isMember: true, at: now) }.count { $0 } == 20)
    }

    @Test("one that is refused for everybody's sake does not pay for it")
    func notCharged() {
        let bench = Bench {
            $0.acceptBurstTotal = 4
            $0.acceptPerSecondTotal = 4
        }
        for wide in 1...4 { _ = bench.pass(from: origin(wide), at: now) }
        let known = bench.gate.sourcesRemembered
        for small in 0..<100 { #expect(!bench.pass(from: origin(9, small), at: now)) }
        #expect(bench.gate.sourcesRemembered == known)
    }

    @Test("where nobody can say who connects, the totals hold")
    func unknown() {
        let bench = Bench { $0.acceptBurstTotal = 4 }
        #expect((0..<8).map { _ in bench.pass(from: .unknown, at: now) }.count { $0 } == 3)
    }

    // MARK: half-open

    @Test("the half-open connections of one wide subnet make room for each other first")
    func victims() throws {
        let bench = Bench { $0.halfOpenTotal = 64 }
        let early = try #require(bench.come(from: origin(1), at: now))
        for small in 0..<100 { _ = bench.come(from: origin(2, small), at: now) }
        #expect(bench.evicted.count == 53 && !bench.evicted.contains(early))
        #expect(bench.evicted == bench.evicted.sorted(), "the oldest first")
        // Among many wide subnets none has more than an eighth: the oldest goes.
        for wide in 3..<60 { _ = bench.come(from: origin(wide), at: now) }
        #expect(bench.evicted.contains(early))
    }

    @Test("two from one wide subnet are not made to go before the oldest")
    func smallCrowd() throws {
        let bench = Bench { $0.halfOpenTotal = 64 }
        let oldest = try #require(bench.come(from: origin(1), at: now))
        let crowd = (0..<6).compactMap { bench.come(from: origin(2, $0), at: now) }
        for wide in 3..<45 { _ = bench.come(from: origin(wide), at: now) }
        #expect(bench.evicted == [oldest] && crowd.count == 6)
    }

    @Test("a quarter of the half-open connections is members' alone, in both directions")
    func membersPlaces() throws {
        let bench = Bench { $0.halfOpenTotal = 16 }
        let strangers = (0..<12).compactMap { bench.come(from: origin($0), at: now) }
        let member = try #require(bench.come(from: origin(30), isMember: true, at: now))
        #expect(strangers.count == 12 && bench.evicted.isEmpty && bench.gate.count == 13)
        for wide in 40..<80 { _ = bench.come(from: origin(wide), at: now) }
        #expect(bench.evicted.count == 40 && !bench.evicted.contains(member))
        let before = bench.evicted.count
        for wide in 100..<104 { _ = bench.come(from: origin(wide), isMember: true, at: now) }
        #expect(Array(bench.evicted.dropFirst(before)) == [member], "members make room for members")
    }

    @Test("nobody else in a member's subnet uses up what the member has")
    func neighbours() {
        let bench = Bench()
        while bench.fail(from: origin(1, 1, 66), at: now) {}
        for host in 0..<30 { _ = bench.come(from: origin(2, 1, host), at: now) }
        #expect(!bench.pass(from: origin(1, 1, 5), at: now))
        #expect(bench.pass(from: origin(1, 1, 5), isMember: true, at: now))
        #expect(!bench.pass(from: origin(2, 1, 99), at: now))
        #expect(bench.pass(from: origin(2, 1, 99), isMember: true, at: now))
    }

    @Test("a member's host has its own bounds: of half-open connections, of handshakes, and of failed ones")
    func memberBounds() throws {
        let bench = Bench()
        #expect((0..<20).compactMap { _ in bench.come(from: origin(1), isMember: true, at: now) }.count == 16)
        #expect(bench.come(from: origin(1, 0, 2), isMember: true, at: now) != nil)
        #expect((0..<70).map { _ in bench.pass(from: origin(3), isMember: true, at: now) }.count { $0 } == 64)
        #expect((0..<70).map { _ in bench.fail(from: origin(4), isMember: true, at: now) }.count { $0 } == 8)
        #expect(bench.pass(from: origin(4, 0, 2), at: now), "its neighbours do not pay")
    }

    // MARK: memory

    @Test("a hundred thousand subnets are not all remembered")
    func memory() {
        let bench = Bench {
            $0.acceptBurstTotal = 1_000_000
            $0.sourcesRemembered = 1_000
            $0.halfOpenTotal = 32
        }
        for number in 0..<100_000 {
            _ = bench.come(from: origin(number >> 8 & 255, number & 255, number >> 16), at: now)
        }
        for number in 0..<100_000 {
            let address = Address6(high: UInt64(0x2A00_0000 + number) << 32, low: 1)
            _ = bench.come(from: policy.origin(of: .v6(address, port: 1)), at: now)
        }
        #expect(bench.gate.sourcesRemembered <= 2_000)
        #expect(bench.gate.count <= 32)
    }

    @Test("a source is remembered for as long as it comes again, and until it would be full by itself")
    func remembered() {
        let bench = Bench {
            $0.acceptBurstPerSubnet = 3
            $0.acceptPerSecondPerSubnet = 0
            $0.sourcesRemembered = 8
        }
        let lan = Origin(subnet: origin(1).subnet)
        func others(_ numbers: Range<Int>) {
            for number in numbers { _ = bench.pass(from: Origin(subnet: origin(2, number).subnet), at: now) }
        }
        #expect(bench.pass(from: lan, at: now))
        others(0..<8)
        #expect(bench.pass(from: lan, at: now), "it is among the old ones, and becomes young again")
        others(8..<15)
        #expect(bench.pass(from: lan, at: now))
        #expect(!bench.pass(from: lan, at: now), "three in all")
        let limits = RelayingLimits.standard
        for (burst, rate) in [
            (limits.acceptBurstPerSubnet, limits.acceptPerSecondPerSubnet),
            (limits.acceptBurstPerWideSubnet, limits.acceptPerSecondPerWideSubnet),
        ] {
            let toFill = burst / rate
            let come = limits.acceptBurstTotal + limits.acceptPerSecondTotal * toFill
            #expect(Int64(limits.sourcesRemembered) >= 2 * come)
        }
    }
}
