// The homes of a person by themselves: when they are dialled, given up, refused and remembered.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("What becomes of a home")
struct HomeStateTests {
    /// Homes, the members they are chosen from, and the time.
    private final class Household {
        var homes: Homes
        var members: [KnownMember] = []
        var now = Moment.origin + .seconds(100)
        /// Links over which pipes run.
        var busy: Set<LinkID> = []
        private var random = Fixtures.random(3)
        private var nextLink: UInt64 = 2

        init(remembered: [NodeKey] = [], _ change: (inout RelayingLimits) -> Void = { _ in }) throws {
            var limits = RelayingLimits()
            change(&limits)
            homes = Homes(
                limits: limits, policy: try Fixtures.policy("lan-test"), ownKey: Household.node(200),
                remembered: remembered)
        }

        static func node(_ number: UInt8) -> NodeKey { NodeKey(Blake2b.hash([number])) }

        /// One more member, on a host of this number: hosts are subnets in this mesh.
        @discardableResult
        func know(_ number: UInt8, host: UInt32) -> NodeKey {
            members.append(
                KnownMember(
                    node: Self.node(number), channel: ChannelKey(Blake2b.hash([number, 1])),
                    addresses: [.v4(0x0A00_0000 + host, port: 4_000)], isPresent: true))
            return Self.node(number)
        }

        func review() -> Deeds {
            var directory = MemberDirectory()
            directory.replace(by: members)
            return Deeds(
                homes.review(
                    members: directory, isMember: false, isBusy: { busy.contains($0) }, at: now, using: &random))
        }

        /// A link to a home comes up, and the home agrees.
        @discardableResult
        func attach(_ node: NodeKey) throws -> LinkID {
            let link = LinkID(number: nextLink)
            nextLink += 2
            #expect(Deeds(homes.linkUp(link, to: node, at: now)).attaching == [link])
            #expect(Deeds(homes.attached(link, try Self.terms())).attached == [node])
            return link
        }

        static func terms(streams: UInt32 = 9) throws -> HomeTerms {
            try HomeTerms(streams: streams, bytesPerSecond: 9, bytesPerDay: 9)
        }

        var live: Set<NodeKey> { Set(homes.current.filter(\.isLive).map(\.node)) }
    }

    /// What homes want done, by kind.
    private struct Deeds {
        var dialled: [NodeKey] = []
        var attaching: [LinkID] = []
        var attached: [NodeKey] = []
        var hungUp: [LinkID] = []
        var lost: [NodeKey] = []
        var remembered: [[NodeKey]] = []
        var replaced = 0

        init(_ actions: [Homes.Action]) {
            for action in actions {
                switch action {
                case .dial(let member): dialled.append(member.node)
                case .attach(let link): attaching.append(link)
                case .hangUp(let link): hungUp.append(link)
                case .remember(let nodes): remembered.append(nodes)
                case .attached(_, let node, _): attached.append(node)
                case .lost(_, let node): lost.append(node)
                case .count(let counter): replaced += counter == .homesReplaced ? 1 : 0
                }
            }
        }
    }

    @Test("a home that cannot be reached is dialled again after a pause that doubles up to the longest, not sooner")
    func pauses() throws {
        let house = try Household {
            $0.homeRedialMaximum = .seconds(4)
            $0.homelessPatience = .hours(1)
        }
        let node = house.know(1, host: 1)
        var pauses: [Span] = []
        for _ in 0..<6 {
            #expect(house.review().dialled == [node])
            house.homes.dialFailed(node, at: house.now)
            let due = try #require(house.homes.nextReview(after: house.now))
            pauses.append(due - house.now)
            house.now = due - .microseconds(1)
            #expect(house.review().dialled.isEmpty)
            house.now = due
        }
        #expect(pauses == [500, 1_000, 2_000, 4_000, 4_000, 4_000].map { .milliseconds($0) })
    }

    @Test("a dead home is replaced within seconds when none is live, and after a minute beside a live one")
    func patience() throws {
        let house = try Household()
        let nodes = [house.know(1, host: 1), house.know(2, host: 2)]
        _ = house.review()
        let links = try nodes.map(house.attach)
        house.members = []
        _ = house.homes.linkDown(links[0], at: house.now)
        house.now = house.now + .seconds(59)
        #expect(house.review().replaced == 0)
        _ = house.homes.linkDown(links[1], at: house.now)
        house.now = house.now + .milliseconds(2_999)
        #expect(house.review().replaced == 1, "the one that has been dead for long is not waited for any more")
        house.now = house.now + .milliseconds(1)
        #expect(house.review().replaced == 1)
    }

    @Test("the only home that is wanted is kept, though others are as good")
    func onlyHome() throws {
        let house = try Household { $0.homes = 1 }
        let node = house.know(1, host: 1)
        _ = house.review()
        try house.attach(node)
        house.know(2, host: 2)
        let deeds = house.review()
        #expect(deeds.dialled.isEmpty && deeds.hungUp.isEmpty && deeds.lost.isEmpty)
        #expect(house.live == [node])
    }

    @Test("while a place is free nobody is given up for the one who takes it")
    func freePlace() throws {
        let house = try Household { $0.homes = 3 }
        let nodes = [house.know(1, host: 1), house.know(2, host: 1)]
        _ = house.review()
        for node in nodes { try house.attach(node) }
        let better = house.know(3, host: 2)
        let deeds = house.review()
        #expect(deeds.dialled == [better] && deeds.hungUp.isEmpty && deeds.lost.isEmpty)
        #expect(house.live == Set(nodes))
    }

    @Test("a second home in the first one's subnet is given up for a better one only when no pipe runs over it")
    func busy() throws {
        let house = try Household()
        let nodes = [house.know(1, host: 1), house.know(2, host: 1)]
        _ = house.review()
        let second = house.homes.current[1].node
        var links: [NodeKey: LinkID] = [:]
        for node in nodes { links[node] = try house.attach(node) }
        let link = try #require(links[second])
        let better = house.know(3, host: 2)
        house.busy = [link]
        #expect(house.review().hungUp.isEmpty)
        house.busy = []
        let deeds = house.review()
        #expect(deeds.hungUp == [link] && deeds.lost == [second] && deeds.dialled == [better])
    }

    @Test("a second link to a home is hung up, and the first stays the one that counts")
    func secondLink() throws {
        let house = try Household()
        let node = house.know(1, host: 1)
        _ = house.review()
        let link = try house.attach(node)
        let other = LinkID(number: 99)
        #expect(Deeds(house.homes.linkUp(other, to: node, at: house.now)).hungUp == [other])
        #expect(house.homes.isAttached(link) && !house.homes.isAttached(other))
    }

    @Test("a home that agrees again changes nothing of what it granted")
    func agreesTwice() throws {
        let house = try Household()
        let node = house.know(1, host: 1)
        _ = house.review()
        let link = try house.attach(node)
        #expect(house.homes.attached(link, try Household.terms(streams: 1)).isEmpty)
        #expect(house.homes.status.first?.terms?.streams == 9)
    }

    @Test("a dial that fails does not take a home away that is attached over another link")
    func failsBeside() throws {
        let house = try Household()
        let node = house.know(1, host: 1)
        _ = house.review()
        try house.attach(node)
        house.homes.dialFailed(node, at: house.now)
        #expect(house.live == [node])
    }

    @Test("a home that refuses is not asked again before it said, but for at least ten seconds and at most an hour")
    func refusals() throws {
        for (said, kept) in [(Span.zero, Span.seconds(10)), (.minutes(5), .minutes(5)), (.days(40), .hours(1))] {
            let house = try Household()
            let node = house.know(1, host: 1)
            _ = house.review()
            let link = LinkID(number: 8)
            _ = house.homes.linkUp(link, to: node, at: house.now)
            #expect(Deeds(house.homes.refused(link, retryAfter: said, at: house.now)).hungUp == [link])
            house.now = house.now + kept - .microseconds(1)
            #expect(house.review().dialled.isEmpty)
            house.now = house.now + .microseconds(1)
            #expect(house.review().dialled == [node])
        }
    }

    @Test("no more than eight homes are remembered, the ones in use first")
    func memory() throws {
        let former = (50..<60).map { Household.node($0) }
        let house = try Household(remembered: former)
        #expect(house.homes.remembered == Array(former.prefix(8)))
        let node = house.know(1, host: 1)
        _ = house.review()
        try house.attach(node)
        #expect(house.homes.remembered == [node] + former.prefix(7))
    }
}
