// Two tables find their differences, and pay for those and not for their size.

import Essentials
import Identity
import Membership
import Sodium
import Testing
import Wire

@Suite struct ComparingTests {
    private static let salt = [UInt8](repeating: 7, count: 16)

    private func whole(count: UInt32, sum: UInt64) throws -> Compare {
        try Compare(salt: Self.salt, parts: [Part(from: 0, to: .max, count: count, sum: sum)])
    }

    /// A member with neighbours' records of so many others in a private network, where many fit in one subnet.
    private func filled(_ count: Int, over number: Int = 0) throws -> (bench: Bench, link: Membership.LinkID) {
        var bench = try Bench(policy: .lan, number: number)
        let link = bench.link(to: try TestMember(9_999, policy: .lan))
        for index in 1...count {
            let member = try TestMember(
                index, policy: .lan, endpoint: .v4(0x0A01_0000 + UInt32(index / 50) << 8 + UInt32(index), port: 7_000))
            try bench.introduce(member, over: link)
        }
        bench.wait(.seconds(1))
        return (bench, link)
    }

    /// Plays one end's effects to the other and back, until both are silent. Returns the bytes that this took.
    private func exchange(
        _ one: inout Bench, _ oneLink: Membership.LinkID, _ two: inout Bench, _ twoLink: Membership.LinkID,
        beginning effects: [MembershipEffect]
    ) -> (compares: Int, named: Int, pushed: Int) {
        var (compares, named, pushed) = (0, 0, 0)
        var waiting = effects
        var isOne = true
        for _ in 0..<64 where !waiting.isEmpty {
            var next: [MembershipEffect] = []
            for effect in waiting {
                let input: MembershipInput
                let link = isOne ? twoLink : oneLink
                switch effect {
                case .sendCompare(_, let compare):
                    compares += compare.encoded().count
                    input = .compareReceived(link, compare)
                case .sendPull(_, let pull):
                    named += pull.encoded().count
                    input = .pullReceived(link, pull)
                case .sendPush(_, let push):
                    pushed += push.records.count + push.heartbeats.count
                    input = .pushReceived(link, push)
                default: continue
                }
                next += isOne ? two.say(input) : one.say(input)
            }
            waiting = next
            isOne.toggle()
        }
        return (compares, named, pushed)
    }

    @Test("two tables that are alike say so in one message of less than 64 bytes, which is not answered")
    func alike() throws {
        var (one, link) = try filled(300)
        let asked = one.wait(.seconds(60)).compares
        let compare = try #require(asked.last?.compare)
        #expect(compare.parts.count == 1 && compare.encoded().count <= 64)
        let counted = one.say(.compareReceived(link, compare))
        #expect(counted.pulls.isEmpty && counted.compares.isEmpty && counted.pushes.isEmpty)
    }

    @Test("one record that is missing among a thousand is found and sent for less than 2,000 bytes")
    func oneOfMany() throws {
        var (one, oneLink) = try filled(1_000)
        var (two, twoLink) = try filled(1_000, over: 5_000)
        let late = try TestMember(4_000, policy: .lan, endpoint: .v4(0x0A02_0001, port: 7_000))
        try two.push(
            [late.record(at: two.wall)], [late.heartbeat(at: two.wall, period: .seconds(40))], over: twoLink)
        // Each learns of the other first; that is another difference.
        for member in [one.own, two.own] {
            try one.push([member.record(at: one.wall)], [], over: oneLink)
            try two.push([member.record(at: two.wall)], [], over: twoLink)
        }
        _ = (one.wait(.milliseconds(100)), two.wait(.milliseconds(100)))
        let begun = one.engine.allKnownCount
        #expect(two.engine.allKnownCount == begun + 1)
        let effects = one.wait(.seconds(9)).filter { if case .sendCompare = $0 { true } else { false } }
        two.wait(.seconds(9))
        let cost = exchange(&one, oneLink, &two, twoLink, beginning: Array(effects.suffix(1)))
        #expect(one.engine.allKnownCount == begun + 1)
        #expect(one.engine.isPresent(late.key))
        #expect(cost.compares + cost.named <= 3_000, "\(cost)")
        #expect(cost.pushed <= 8, "\(cost)")
    }

    @Test("both sides get what the other has, whoever began")
    func bothWays() throws {
        for begins in [0, 1] {
            var (one, oneLink) = try filled(40)
            var (two, twoLink) = try filled(80, over: 5_000)
            let onlyOne = try TestMember(4_000, policy: .lan, endpoint: .v4(0x0A02_0001, port: 7_000))
            try one.introduce(onlyOne, over: oneLink)
            _ = (one.wait(.milliseconds(100)), two.wait(.milliseconds(100)))
            let effects = begins == 0 ? one.wait(.seconds(9)) : two.wait(.seconds(9))
            let first = Array(effects.filter { if case .sendCompare = $0 { true } else { false } }.suffix(1))
            #expect(first.count == 1)
            _ =
                begins == 0
                ? exchange(&one, oneLink, &two, twoLink, beginning: first)
                : exchange(&two, twoLink, &one, oneLink, beginning: first)
            #expect(two.engine.member(onlyOne.key) != nil)
            #expect(one.engine.knownMembers().count(where: { $0.nodeKey != two.own.key }) >= 81)
        }
    }

    @Test("who has nothing gets everything, in parts when there is much")
    func newcomer() throws {
        var (full, fullLink) = try filled(900)
        var bench = try Bench(policy: .lan, isMember: false)
        let link = bench.link(to: try TestMember(9_998, policy: .lan), outbound: true)
        let first = bench.last.filter { if case .sendCompare = $0 { true } else { false } }
        #expect(first.count == 1)
        _ = exchange(&bench, link, &full, fullLink, beginning: first)
        #expect(bench.engine.allKnownCount >= 200, "\(bench.engine.allKnownCount)")
        // The rest follows quickly, since much came.
        for _ in 0..<40 where bench.engine.allKnownCount < 900 {
            let more = bench.wait(.milliseconds(500)).filter { if case .sendCompare = $0 { true } else { false } }
            full.wait(.milliseconds(500))
            _ = exchange(&bench, link, &full, fullLink, beginning: Array(more.suffix(1)))
        }
        #expect(bench.engine.allKnownCount >= 900)
        #expect(bench.engine.expectedCount == nil, "nobody has said how many there are")
        bench.say(.compareReceived(link, try whole(count: 901, sum: 1)))
        #expect(bench.engine.expectedCount == 901)
    }

    @Test("differences that bring nothing are asked about ever more rarely, and at once again when something comes")
    func fruitless() throws {
        var bench = try Bench()
        let neighbour = try TestMember(1)
        let link = bench.link(to: neighbour)
        try bench.introduce(neighbour, over: link)
        func asked(in span: Span) throws -> Int {
            var count = 0
            for _ in 0..<Int(span.milliseconds / 1_000) {
                let compares = bench.wait(.seconds(1)).compares
                count += compares.count
                for _ in compares { bench.say(.compareReceived(link, try whole(count: 3, sum: 3))) }
            }
            return count
        }
        let first = try asked(in: .seconds(60))
        let later = try asked(in: .seconds(120)) + asked(in: .seconds(120))
        #expect(first >= 3 && later <= 3, "\(first), then \(later)")
        try bench.introduce(try TestMember(2), over: link)
        bench.wait(.minutes(3))
        #expect(try asked(in: .seconds(60)) >= 3)
    }

    @Test("tables that are alike are compared every time, however often the other side asks as well")
    func noRest() throws {
        var bench = try Bench()
        let neighbour = try TestMember(1)
        let link = bench.link(to: neighbour)
        try bench.introduce(neighbour, over: link)
        var compared = 0
        for _ in 0..<30 {
            bench.wait(.seconds(2))
            try bench.push([], [neighbour.heartbeat(at: bench.wall)], over: link)
            let own = bench.wait(.seconds(2)).compares
            compared += own.count
            // The other side asks between our own questions, and has the same.
            if let same = own.first?.compare { bench.say(.compareReceived(link, same)) }
            if let same = bench.all.compares.last?.compare { bench.say(.compareReceived(link, same)) }
        }
        #expect(compared >= 6, "\(compared) in two minutes")
    }

    @Test("a comparison whose parts are empty, too many, out of order or overlapping is no comparison")
    func malformed() throws {
        let part = try Part(from: 5, to: 9, count: 1, sum: 1)
        let next = try Part(from: 10, to: 12, count: 1, sum: 1)
        #expect((try? Compare(salt: Self.salt, parts: [part, next])) != nil)
        for parts in [[], [next, part], [part, part], Array(repeating: part, count: 257)] as [[Part]] {
            #expect((try? Compare(salt: Self.salt, parts: parts)) == nil)
        }
        #expect((try? Compare(salt: [1], parts: [part])) == nil)
        #expect((try? Part(from: 2, to: 1, count: 0, sum: 0)) == nil)
    }

    @Test("an answer to a comparison stays within its limits, whatever is asked")
    func bounded() throws {
        var (bench, link) = try filled(900)
        let width = UInt64.max / 256
        let parts = try (0..<256 as Range<UInt64>).map { index in
            try Part(from: index * width, to: index * width + width - 1, count: 600, sum: 1)
        }
        let effects = bench.say(.compareReceived(link, try Compare(salt: Self.salt, parts: parts)))
        #expect(effects.compares.count == 1)
        #expect(effects.compares.allSatisfy { $0.compare.parts.count <= Compare.maximumParts })
        #expect(effects.compares.allSatisfy { $0.compare.encoded().count <= 10_240 })
    }
}
