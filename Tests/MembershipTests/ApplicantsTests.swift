// The store of records that wait for their puzzles: how many of whom, and whose turn it is.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct ApplicantsTests {
    private static let crowded = NetworkPolicy.open.subnet(of: .v4(0x5000_0001, port: 7_000))
    private static let wide = NetworkPolicy.open.wideSubnet(of: .v4(0x5000_0001, port: 7_000))

    private func link(_ number: UInt64) -> Membership.LinkID { Membership.LinkID(number: number) }

    private func bringer(_ number: UInt64, isOutbound: Bool = false, isOwn: Bool = false) -> Applicant.Bringer {
        Applicant.Bringer(link: link(number), isOutbound: isOutbound, isOwn: isOwn)
    }

    private func applicant(_ index: Int, _ bringers: Applicant.Bringer..., in subnets: [Subnet] = []) throws
        -> Applicant
    {
        let member = try TestMember(index)
        let claim = try Unverified<NodeRecord>(decoding: member.record(at: .worldStart))
        let record = try claim.verify(in: NodeRecord.Context(policy: .local, now: .worldStart))
        var applicant = Applicant(
            record, name: Membership.name(of: record.puzzle, record.nodeKey), subnets: subnets, from: bringers[0])
        for other in bringers.dropFirst() { applicant.cameAgain(from: other) }
        return applicant
    }

    private func store(_ capacity: Int = 100, perSubnet: Int = 100, perWideSubnet: Int = 100) -> Applicants {
        Applicants(Applicants.Bounds(capacity: capacity, perSubnet: perSubnet, perWideSubnet: perWideSubnet))
    }

    /// Whose puzzles are looked at, one after the other.
    private func order(_ store: inout Applicants, _ count: Int = 100) throws -> [Int] {
        let index = try Dictionary(uniqueKeysWithValues: (1...40).map { (try TestMember($0).key, $0) })
        var order: [Int] = []
        while order.count < count, let claim = store.nextBatch(of: 1).first {
            order.append(try require(index[claim.nodeKey]))
            store.batchEnded()
        }
        return order
    }

    private func waiting(_ store: Applicants, _ indices: ClosedRange<Int>) throws -> [Int] {
        try indices.filter { store[try TestMember($0).short] != nil }
    }

    @Test("one link may use all places, and gives those beyond its share to others, the last first")
    func shares() throws {
        var store = store(4)
        for index in 1...4 { #expect(try store.insert(applicant(index, bringer(1)))) }
        #expect(try !store.insert(applicant(5, bringer(1))))
        #expect(store.count == 4)
        for index in 6...7 { #expect(try store.insert(applicant(index, bringer(2)))) }
        #expect(try waiting(store, 1...7) == [1, 2, 6, 7])
        #expect(try !store.insert(applicant(8, bringer(2))) && !store.insert(applicant(9, bringer(1))))
        #expect(try store.insert(applicant(10, bringer(3))), "half of the places is more than a third")
        #expect(store.count == 4)
    }

    @Test("who speaks keeps its place sooner than who is silent")
    func silentFirst() throws {
        var store = store(3)
        for index in 1...3 { #expect(try store.insert(applicant(index, bringer(1)))) }
        try hear(3, in: &store)
        #expect(try store.insert(applicant(4, bringer(2))))
        #expect(try waiting(store, 1...4) == [1, 3, 4])
    }

    @Test("one network cannot fill the store, near or wide", arguments: [crowded, wide])
    func subnets(subnet: Subnet) throws {
        var store = subnet.isWide ? store(perWideSubnet: 3) : store(perSubnet: 3)
        for index in 1...5 { #expect(try store.insert(applicant(index, bringer(1), in: [subnet])) == (index <= 3)) }
        #expect(try store.insert(applicant(6, bringer(1))), "elsewhere there is room")
        #expect(try store.insert(applicant(7, bringer(2), in: [subnet])))
        #expect(try waiting(store, 1...7) == [1, 2, 6, 7])
        #expect(try !store.insert(applicant(8, bringer(2), in: [subnet])), "one of three, beside two")
        for short in try [1, 2, 7].map({ try TestMember($0).short }) { _ = store.remove(short) }
        for index in 11...13 { #expect(try store.insert(applicant(index, bringer(1), in: [subnet]))) }
    }

    @Test("whoever leaves for one bound makes room under the others as well")
    func oneLeaves() throws {
        var store = store(2, perSubnet: 2, perWideSubnet: 2)
        let both = [Self.crowded, Self.wide]
        for index in 1...2 { #expect(try store.insert(applicant(index, bringer(1), in: both))) }
        #expect(try store.insert(applicant(3, bringer(2), in: both)))
        #expect(try waiting(store, 1...3) == [1, 3])
    }

    @Test("whose puzzle is being computed stays")
    func beingComputed() throws {
        for bound in [store(2), store(perSubnet: 2)] {
            var store = bound
            for index in 1...2 { #expect(try store.insert(applicant(index, bringer(1), in: [Self.crowded]))) }
            #expect(store.nextBatch(of: 2).count == 2)
            #expect(try !store.insert(applicant(3, bringer(2), in: [Self.crowded])))
            #expect(store.count == 2)
        }
    }

    @Test("a newer one of the same owner takes the place of the older, or leaves it there")
    func replaced() throws {
        var store = store(2, perSubnet: 1)
        #expect(try store.insert(applicant(1, bringer(1))))
        #expect(try store.insert(applicant(2, bringer(2), in: [Self.crowded])))
        #expect(try store.insert(applicant(1, bringer(2))))
        #expect(store.count == 2)
        #expect(try store[TestMember(1).short]?.payer == bringer(2))
        #expect(try !store.insert(applicant(1, bringer(3), in: [Self.crowded])))
        #expect(try store[TestMember(1).short]?.payer == bringer(2))
        #expect(try order(&store) == [2, 1])
    }

    @Test("links that this node has dialled and those that dialled it take turns, and so does each among its like")
    func turns() throws {
        var store = store()
        for index in 1...4 { #expect(try store.insert(applicant(index, bringer(1, isOutbound: true)))) }
        for index in 5...7 { #expect(try store.insert(applicant(index, bringer(2)))) }
        for index in 8...10 { #expect(try store.insert(applicant(index, bringer(3)))) }
        #expect(try order(&store) == [1, 5, 2, 8, 3, 6, 4, 9, 7, 10])
        #expect(try store.insert(applicant(11, bringer(3))))
    }

    @Test("the record of the link's other end has a turn of its own, and comes first over its link")
    func own() throws {
        var store = store()
        for index in 1...3 { #expect(try store.insert(applicant(index, bringer(1, isOutbound: true)))) }
        for index in 4...6 { #expect(try store.insert(applicant(index, bringer(2)))) }
        for index in 7...9 { #expect(try store.insert(applicant(index, bringer(UInt64(index), isOwn: true)))) }
        #expect(try store.insert(applicant(10, bringer(2, isOwn: true))))
        #expect(try order(&store) == [10, 1, 7, 8, 2, 9, 3, 4, 5, 6])
    }

    private func hear(_ index: Int, in store: inout Applicants) throws {
        let member = try TestMember(index)
        let claim = try Unverified<Heartbeat>(decoding: member.heartbeat(at: .worldStart))
        let statement = try claim.verify(
            in: Heartbeat.Context(owner: member.key, policy: .local, now: .worldStart, previous: nil))
        store.update(member.short) { $0.heartbeat = Applicant.Heard(statement: statement, received: .origin, from: []) }
    }

    @Test("of one link's those come first whose heartbeats have come")
    func heard() throws {
        var store = store()
        for index in 1...4 { #expect(try store.insert(applicant(index, bringer(1)))) }
        try hear(3, in: &store)
        // What comes again keeps its place.
        store.update(try TestMember(1).short) { $0.cameAgain(from: bringer(2)) }
        #expect(try order(&store) == [3, 1, 2, 4])
    }

    /// One waits for the first link; for the second, whose turn is later, two.
    private func twoLinks() throws -> Applicants {
        var store = store(perSubnet: 1)
        #expect(try store.insert(applicant(1, bringer(1))))
        #expect(try store.insert(applicant(2, bringer(2))))
        #expect(try store.insert(applicant(3, bringer(2), in: [Self.crowded])))
        return store
    }

    @Test("a link keeps its turn when the only one that waits for it is heard, renewed, or renewed in vain")
    func keptTurn() throws {
        var heard = try twoLinks()
        try hear(1, in: &heard)
        #expect(try order(&heard) == [1, 2, 3])
        var renewed = try twoLinks()
        #expect(try renewed.insert(applicant(1, bringer(1))))
        #expect(try order(&renewed) == [1, 2, 3])
        var refused = try twoLinks()
        #expect(try !refused.insert(applicant(1, bringer(1), in: [Self.crowded])))
        #expect(try order(&refused) == [1, 2, 3])
    }

    @Test("a link loses its turn when the only one that waits for it is renewed over another link")
    func lostTurn() throws {
        var store = try twoLinks()
        #expect(try store.insert(applicant(1, bringer(3))))
        #expect(try store.insert(applicant(4, bringer(1))))
        #expect(try order(&store) == [2, 1, 4, 3])
    }

    @Test("after a false puzzle what a link alone has brought comes last, and the rest goes on over other links")
    func distrusted() throws {
        var store = store()
        #expect(try store.insert(applicant(1, bringer(1, isOutbound: true))))
        #expect(try store.insert(applicant(2, bringer(1, isOutbound: true), bringer(9), bringer(3))))
        for index in 3...6 { #expect(try store.insert(applicant(index, bringer(2)))) }
        store.distrust(link(1)) { $0 != link(9) }
        #expect(try store[TestMember(2).short]?.payer == bringer(3), "the ninth link is gone")
        #expect(try order(&store, 5) == [3, 2, 4, 5, 6])
        #expect(try order(&store) == [1])
    }

    @Test("a link that is not trusted any more makes room for others, and for itself nobody does")
    func distrustedRoom() throws {
        var store = store(3)
        #expect(try store.insert(applicant(1, bringer(1))))
        for index in 2...3 { #expect(try store.insert(applicant(index, bringer(2)))) }
        store.distrust(link(1)) { _ in true }
        #expect(try store.insert(applicant(4, bringer(2))))
        #expect(try waiting(store, 1...4) == [2, 3, 4])
        #expect(try !store.insert(applicant(5, bringer(1))))
        #expect(try store.insert(applicant(6, bringer(3))))
    }

    @Test("what only a link has brought goes with it, but not while it is being computed")
    func ended() throws {
        var store = store()
        for index in 1...3 { #expect(try store.insert(applicant(index, bringer(1)))) }
        #expect(try store.insert(applicant(4, bringer(1), bringer(2))))
        #expect(store.nextBatch(of: 1).count == 1)
        #expect(store.ended(link(1)) { _ in true } == 2)
        #expect(try waiting(store, 1...4) == [1, 4])
        store.batchEnded()
        #expect(try order(&store) == [4])
        #expect(store.ended(link(5)) { _ in true } == 0)
    }

    @Test("what is being computed is not ordered twice, and is remembered with who pays for it")
    func onceOnly() throws {
        var store = store()
        let first = try applicant(1, bringer(1))
        _ = store.insert(first)
        #expect(store.nextBatch(of: 5).count == 1)
        _ = store.remove(first.short)
        #expect(try store.insert(applicant(1, bringer(2))))
        #expect(store.nextBatch(of: 5).isEmpty)
        let answer = try require(store.answered(first.name, first.short) { _ in true })
        #expect(answer.payer == link(2) && answer.applicant?.short == first.short && store.count == 0)
        let again = store.answered(first.name, first.short) { _ in true }
        #expect(again?.payer == nil)
    }

    @Test("what nobody waits for any more is paid for by the link over which it came")
    func gone() throws {
        var store = store()
        let first = try applicant(1, bringer(1))
        _ = store.insert(first)
        #expect(store.nextBatch(of: 5).count == 1)
        _ = store.remove(first.short)
        let answer = try require(store.answered(first.name, first.short) { _ in true })
        #expect(answer.payer == link(1) && answer.applicant == nil)
    }

    @Test("what nobody waits for any more is paid for by the first link that is up and not blamed")
    func heirPays() throws {
        var store = store()
        let first = try applicant(1, bringer(1), bringer(2), bringer(3))
        _ = store.insert(first)
        #expect(store.nextBatch(of: 5).count == 1)
        store.distrust(link(2)) { _ in true }
        _ = store.remove(first.short)
        let answer = try require(store.answered(first.name, first.short) { $0 != self.link(1) })
        #expect(answer.payer == link(3) && answer.applicant == nil)
    }

    @Test("what a link that is not trusted has brought is its own again when the one that took over ends")
    func ownAgain() throws {
        var store = store()
        let short = try TestMember(1).short
        #expect(try store.insert(applicant(1, bringer(1))))
        store.distrust(link(1)) { _ in true }
        store.cameAgain(short, from: bringer(2)) { _ in true }
        #expect(store[short]?.payer == bringer(2))
        #expect(store.ended(link(2)) { _ in true } == 0)
        #expect(store[short]?.payer == bringer(1))
    }

    @Test("of several links that are not trusted the first one takes over, whosever it was before")
    func firstTakesOver() throws {
        var store = store()
        #expect(try store.insert(applicant(1, bringer(1), bringer(2), bringer(3))))
        for number in 1...2 as ClosedRange<UInt64> { store.distrust(link(number)) { _ in true } }
        #expect(try store[TestMember(1).short]?.payer == bringer(3))
        #expect(store.ended(link(3)) { _ in true } == 0)
        #expect(try store[TestMember(1).short]?.payer == bringer(1))
    }

    @Test("a link that has ended keeps no place among those that have brought somebody")
    func endedBringers() throws {
        var store = store()
        let all = (1...8 as ClosedRange<UInt64>).map { bringer($0) }
        var first = try applicant(1, all[0])
        for other in all.dropFirst() { first.cameAgain(from: other) }
        _ = store.insert(first)
        store.cameAgain(first.short, from: bringer(9)) { $0 != self.link(5) }
        let left = store[first.short]?.bringers.map(\.link)
        #expect(left == [1, 2, 3, 4, 6, 7, 8, 9].map { link($0) })
    }

    @Test("the answer about one puzzle admits nobody who has put another one in its place")
    func otherPuzzle() throws {
        var store = store()
        let first = try applicant(1, bringer(1))
        _ = store.insert(first)
        #expect(store.nextBatch(of: 5).count == 1)
        let other = Applicant(first.record, name: .zero, subnets: [], from: bringer(2))
        let isTaken = store.insert(other)
        #expect(isTaken)
        let answer = try require(store.answered(first.name, first.short) { _ in true })
        #expect(answer.payer == link(1) && answer.applicant == nil)
        #expect(store[first.short]?.name == other.name)
    }

    @Test("two batches are computed at a time")
    func batches() throws {
        var store = store()
        for index in 1...9 { #expect(try store.insert(applicant(index, bringer(1)))) }
        #expect(store.nextBatch(of: 2).count == 2)
        #expect(store.nextBatch(of: 2).count == 2)
        #expect(store.nextBatch(of: 2).isEmpty)
        store.batchEnded()
        #expect(store.nextBatch(of: 20).count == 5)
        #expect(MembershipLimits.batch(kibibytes: 4_096) == 1 && MembershipLimits.batch(kibibytes: 64) == 64)
        #expect(MembershipLimits.batch(kibibytes: 0) == 4_096 && MembershipLimits.batch(kibibytes: 1 << 20) == 1)
    }

    @Test("a batch that was never ordered ends nothing")
    func spurious() throws {
        var store = store()
        store.batchEnded()
        for index in 1...3 { #expect(try store.insert(applicant(index, bringer(1)))) }
        #expect((0..<3).map { _ in store.nextBatch(of: 1).count } == [1, 1, 0])
    }

    @Test("a range has those within it, both ends included, in order")
    func ranges() throws {
        var store = store()
        for index in 1...20 { #expect(try store.insert(applicant(index, bringer(1)))) }
        let all = try (1...20).map { try TestMember($0).short }.sorted()
        #expect(Array(store.shorts(from: 0, to: .max)) == all)
        #expect(Array(store.shorts(from: all[3], to: all[7])) == Array(all[3...7]))
        #expect(store.shorts(from: all[3] + 1, to: all[4] - 1).isEmpty)
        #expect(store.shorts(from: all[9], to: all[2]).isEmpty)
    }

    @Test("of the links over which one thing comes some are remembered")
    func bringers() throws {
        var one = try applicant(1, bringer(1))
        for number in 1...20 as ClosedRange<UInt64> { one.cameAgain(from: bringer(number)) }
        #expect(one.bringers == (1...8 as ClosedRange<UInt64>).map { bringer($0) })
    }
}

@Test("the bounds of each kind of mesh let no open network have more than a hundredth or two of those who wait")
func applicantBounds() {
    let open = Applicants.Bounds(for: .open)
    #expect([open.capacity, open.perSubnet, open.perWideSubnet] == [8_192, 4, 163])
    #expect(Applicants.Bounds(for: .lan).perWideSubnet == 4_096)
}
