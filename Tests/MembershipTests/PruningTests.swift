// Which links leave the tree and which come to it: none without a reason.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct PruningTests {
    /// A member of a mesh of so many present ones, linked with the first few of them.
    private struct Crowd {
        var bench: Bench
        let members: [TestMember]
        let links: [Membership.LinkID]

        init(_ count: Int, number: Int = 0) throws {
            var bench = try Bench(number: number)
            members = try (1...count).map { try TestMember(100 + $0) }
            links = members.prefix(5).map { bench.link(to: $0) }
            for member in members { try bench.introduce(member, over: links[0]) }
            bench.wait(.seconds(1))
            self.bench = bench
        }

        /// The next heartbeats of all come over the first link, after a span. Returns one that prunes.
        mutating func beat(after span: Span) throws -> Signed? {
            bench.wait(span)
            let beats = try members.map { try $0.heartbeat(at: bench.wall, period: span) }
            try bench.push([], beats, over: links[0])
            return Self.pruner(of: beats, members: members.count + 1)
        }

        /// The one that prunes, of several that come together.
        static func pruner(of beats: [Signed], members: Int) -> Signed? {
            let ranked = beats.map { (beat: $0, rank: Membership.pruningRank($0.body)) }
            return ranked.filter { Membership.counts($0.rank, members: members, .local) }
                .min { $0.rank < $1.rank }?.beat
        }
    }

    @Test("a copy that comes more than five seconds after the first one prunes nothing")
    func late() throws {
        for (span, isPruned) in [(Span.seconds(5), true), (.milliseconds(5_001), false)] {
            var crowd = try Crowd(60)
            var beat: Signed?
            while beat == nil { beat = try crowd.beat(after: .seconds(48)) }
            crowd.bench.wait(span)
            let copy = try require(beat)
            #expect(try crowd.bench.push([], [copy], over: crowd.links[1]).pruned.isEmpty == !isPruned)
        }
    }

    @Test("who has no more links in the tree than it wants prunes none")
    func enough() throws {
        var crowd = try Crowd(5)
        var tried = 0
        for _ in 0..<100 {
            guard let copy = try crowd.beat(after: .seconds(5)) else { continue }
            tried += 1
            #expect(try crowd.bench.push([], [copy], over: crowd.links[1]).pruned.isEmpty)
        }
        #expect(tried > 10)
    }

    @Test("a heartbeat that the tree brings in time grafts nothing")
    func inTime() throws {
        var crowd = try Crowd(60)
        // The first ones claimed a shorter period.
        _ = try crowd.beat(after: .seconds(48))
        let before = crowd.bench.all.grafted.count
        for _ in 0..<3 { _ = try crowd.beat(after: .seconds(48)) }
        #expect(crowd.bench.all.grafted.count == before && crowd.bench.counted(.heartbeatAccepted) > 200)
    }

    @Test("a link that is only a feeler's does not come to the tree by what it brings")
    func feeler() throws {
        var (bench, members) = try Bench.settled()
        var dialed: [NodeKey] = []
        for _ in 0..<400 where dialed.isEmpty { dialed = bench.wait(.milliseconds(100)).dialed }
        let peer = try require(members.first { $0.key == dialed.first })
        let feeler = bench.link(to: peer, outbound: true)
        let other = try require(members.first { $0.key != peer.key })
        try bench.introduce(other, over: feeler)
        bench.wait(.seconds(5))
        let effects = try bench.push([], [other.heartbeat(at: bench.wall)], over: feeler)
        #expect(effects.grafted.isEmpty && bench.counted(.heartbeatAccepted) >= 2)
    }

    @Test("while an own heartbeat prunes, no other one does that has a higher rank")
    func own() throws {
        var (prunedBeside, own) = (0, 0)
        for number in 0..<24 {
            var crowd = try Crowd(60, number: number)
            // What the first heartbeats of all keep from pruning is over.
            crowd.bench.wait(.seconds(10))
            var ranks: [UInt64] = []
            for _ in 0..<120 where ranks.isEmpty {
                let before = crowd.bench.all.count
                crowd.bench.wait(.seconds(1))
                guard let asked = crowd.bench.all.dropFirst(before).map({ $0 }).heartbeatsAsked.first else { continue }
                let beat = try crowd.bench.own.heartbeat(at: asked.time, period: asked.period)
                let rank = Membership.pruningRank(beat.body)
                if Membership.counts(rank, members: 61, .local) { ranks.append(rank) }
            }
            guard let rank = ranks.first else { continue }
            own += 1
            crowd.bench.wait(.seconds(1))
            let beats = try crowd.members.map { try $0.heartbeat(at: crowd.bench.wall, period: .seconds(48)) }
            // One of those that count, and not the lowest: that is lower than the own one nearly always.
            let other = try require(beats.first { Crowd.pruner(of: [$0], members: 61) != nil })
            try crowd.bench.push([], [other], over: crowd.links[0])
            let pruned = try crowd.bench.push([], [other], over: crowd.links[1]).pruned
            #expect(pruned.isEmpty == (rank <= Membership.pruningRank(other.body)))
            prunedBeside += pruned.count
        }
        #expect(own >= 3 && prunedBeside < own, "\(own) \(prunedBeside)")
    }

    @Test("in place of a link of the tree that ends two others come, and none in place of another one")
    func inPlace() throws {
        for (ending, pause, next) in [
            (3, Span.milliseconds(4_999), []), (3, .seconds(5), [2, 4]), (4, .zero, [1, 2]),
        ] {
            var crowd = try Crowd(60)
            let links = crowd.links
            crowd.bench.say(.graftReceived(links[3]))
            for link in links where link != links[3] { crowd.bench.say(.pruneReceived(link)) }
            #expect(crowd.bench.say(.linkDown(links[ending])).grafted == (ending == 3 ? [links[0], links[1]] : []))
            if ending == 4 { crowd.bench.say(.graftReceived(links[0])) }
            crowd.bench.wait(pause)
            #expect(crowd.bench.say(.linkDown(links[0])).grafted == next.map { links[$0] }, "\(ending) \(pause)")
        }
    }

    @Test("links that this node ends itself are replaced as well, and leaves are not")
    func hungUp() throws {
        var crowd = try Crowd(60)
        let links = crowd.links
        crowd.bench.say(.graftReceived(links[3]))
        for link in links where link != links[3] { crowd.bench.say(.pruneReceived(link)) }
        let leaf = crowd.bench.link(to: nil, isLeaf: true)
        crowd.bench.say(.graftReceived(leaf))
        #expect(crowd.bench.say(.linkDown(leaf)).grafted.isEmpty)
        crowd.bench.engine.hangUp(links[3], .full, at: crowd.bench.now)
        #expect(crowd.bench.fire().grafted == [links[0], links[1]])
    }

    @Test("a prune of the last link of the tree takes another one in, if there is one")
    func lastPruned() throws {
        var crowd = try Crowd(60)
        let links = crowd.links
        crowd.bench.say(.graftReceived(links[3]))
        for link in links where link != links[3] {
            #expect(crowd.bench.say(.pruneReceived(link)).grafted.isEmpty)
        }
        #expect(crowd.bench.say(.pruneReceived(links[3])).grafted == [links[0]])
        for link in links.dropFirst() { crowd.bench.say(.linkDown(link)) }
        #expect(crowd.bench.say(.pruneReceived(links[0])).grafted.isEmpty)
    }

    @Test("where more than two are lacking, as many come in place of one that ends")
    func manyLacking() throws {
        var crowd = try Crowd(5)
        let links = crowd.links
        for link in links[1...3] { crowd.bench.say(.pruneReceived(link)) }
        #expect(crowd.bench.say(.linkDown(links[0])).grafted == Array(links[1...3]))
    }

    @Test("neither a feeler nor a guest comes in place of what ends: they are about to go")
    func passing() throws {
        var (bench, members) = try Bench.settled()
        for member in members { try bench.introduce(member, over: .init(number: 1)) }
        var dialed: [NodeKey] = []
        for _ in 0..<400 where dialed.isEmpty { dialed = bench.wait(.milliseconds(100)).dialed }
        let peer = try require(members.first { $0.key == dialed.first })
        let feeler = bench.link(to: peer, outbound: true)
        let inbound = try (1...MembershipLimits.inboundLinks).map { bench.link(to: try TestMember(200 + $0)) }
        let guest = bench.link(to: try TestMember(300))
        let isFeeler = bench.engine.linkTable[feeler]?.isFeeler
        let isGuest = bench.engine.linkTable[guest]?.isGuest
        #expect(isFeeler == true && isGuest == true)
        let before = bench.all.count
        for number in 1...UInt64(8) { bench.say(.linkDown(.init(number: number))) }
        for link in inbound { bench.say(.linkDown(link)) }
        let grafted = Array(bench.all.dropFirst(before)).grafted
        #expect(!grafted.isEmpty && grafted.allSatisfy { $0 != feeler && $0 != guest })
    }

    @Test("a leaf that loses the home which brings it heartbeats gets them from another one")
    func homeEnds() throws {
        var bench = try Bench(isMember: false)
        let members = try (1...60).map { try TestMember($0) }
        let homes = members.prefix(3).map { bench.link(to: $0, outbound: true) }
        for member in members { try bench.introduce(member, over: homes[0]) }
        for home in homes.dropFirst() { bench.say(.pruneReceived(home)) }
        #expect(Set(bench.say(.linkDown(homes[0])).grafted) == Set(homes.dropFirst()))
    }
}
