// What a node answers to a comparison, step by step, and how often it asks for one.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct ComparisonTests {
    private static let salt = [UInt8](repeating: 7, count: 16)

    private func compare(_ count: UInt32, _ sum: UInt64, from low: UInt64 = 0, to high: UInt64 = .max) throws -> Compare
    {
        try Compare(salt: Self.salt, parts: [Part(from: low, to: high, count: count, sum: sum)])
    }

    /// A member of a private network with one neighbour that has no line, and records of so many others.
    private func holding(_ count: Int) throws -> (bench: Bench, link: Membership.LinkID) {
        var bench = try Bench(policy: .lan)
        let link = bench.link(to: try TestMember(9_999, policy: .lan))
        for index in 0..<count {
            let address = Endpoint.v4(0x0A01_0000 + UInt32(index / 50) << 8 + UInt32(index % 50), port: 7_000)
            let member = try TestMember(index + 1, policy: .lan, endpoint: address)
            try bench.push([member.record(at: bench.wall)], over: link)
        }
        bench.wait(.seconds(1))
        return (bench, link)
    }

    @Test("who has nothing in a range is sent all of it at once, unless it is much: then the range is cut")
    func nothingThere() throws {
        var (bench, link) = try holding(100)
        let all = bench.say(.compareReceived(link, try compare(0, 0)))
        #expect(all.compares.isEmpty && all.pulls.isEmpty && all.pushes.flatMap(\.push.records).count == 101)
        (bench, link) = try holding(600)
        let cut = bench.say(.compareReceived(link, try compare(0, 0)))
        #expect(cut.pulls.isEmpty && cut.pushes.isEmpty && cut.compares.first?.compare.parts.count == 16)
    }

    @Test("while much of a stretch is on its way from one neighbour no other is asked for it, for three seconds")
    func onTheWay() throws {
        var (bench, link) = try holding(0)
        let other = bench.link(to: try TestMember(9_998, policy: .lan))
        let much = try compare(40, 5, from: 0, to: .max / 2)
        #expect(bench.say(.compareReceived(link, much)).pulls.count == 1)
        #expect(bench.say(.compareReceived(other, much)).pulls.isEmpty)
        let little = try compare(8, 5, from: 0, to: .max / 2)
        #expect(bench.say(.compareReceived(other, little)).pulls.count == 1, "a few may come twice")
        bench.wait(.seconds(3))
        #expect(bench.say(.compareReceived(other, much)).pulls.count == 1)
    }

    @Test("an owner that is ignored is a difference to whoever holds it for absent, and none to whoever ignores it")
    func ignored() throws {
        var (bench, link) = try holding(0)
        let twoFaced = try TestMember(1, policy: .lan, endpoint: .v4(0x0A01_0001, port: 7_000))
        let seq = bench.wall.milliseconds
        for port in [7_000, 7_001] as [UInt16] {
            let endpoint = Endpoint.v4(0x0A01_0001, port: port)
            try bench.push([twoFaced.record(at: bench.wall, seq: seq, endpoint: endpoint)], over: link)
        }
        #expect(bench.counted(.equivocation) == 1)
        let own = try #require(bench.engine.signedRecord(bench.own.key).flatMap { try? RecordBody(decoding: $0.body) })
        let hash = try #require(SipHash(key: Self.salt))
        let ownLine = hash.hash(bench.own.short, own.seq, 1)
        let alike = bench.say(.compareReceived(link, try compare(2, ownLine &+ hash.hash(twoFaced.short, 0, 2))))
        #expect(alike.pulls.isEmpty && alike.compares.isEmpty)
        let absent = bench.say(.compareReceived(link, try compare(2, ownLine &+ hash.hash(twoFaced.short, seq, 0))))
        #expect(absent.pulls.count == 1)
    }

    @Test("tables are compared every eight seconds")
    func interval() throws {
        var (bench, _) = try holding(3)
        let asked = bench.wait(.seconds(80)).compares.count
        #expect((9...11).contains(asked), "\(asked)")
    }

    @Test("comparing that finds differences and brings nothing rests for 8, 16, … s, 128 s at most in the long run")
    func rests() {
        var comparison = Comparison()
        let now = Moment.origin
        var rests: [Int64] = []
        for _ in 0..<80 {
            comparison.begin(at: now)
            rests.append((0...256).first { !comparison.isResting(at: now + .seconds($0)) } ?? -1)
            comparison.differs()
        }
        #expect(rests.prefix(7) == [0, 0, 8, 16, 32, 64, 128] && rests.dropFirst(7).allSatisfy { $0 == 128 })
    }
}
