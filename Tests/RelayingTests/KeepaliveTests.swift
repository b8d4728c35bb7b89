// Whether the other end lives: only own missed answers count, and they count soon enough.

import Essentials
@testable import Relaying
import Testing
import Wire

@Suite("Keepalive")
struct KeepaliveTests {
    private let interval: Span = .seconds(3)

    @Test("a silent peer is given up after three missed answers, within ten seconds")
    func silent() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        var now = Moment.origin
        _ = keepalive.review(interval: interval, at: now)
        _ = keepalive.asked(token: 1, at: now)
        #expect(keepalive.answered(token: 1, at: now + .milliseconds(80)) == .milliseconds(80))
        keepalive.heard(at: now + .milliseconds(80))
        let lastHeard = keepalive.lastHeard
        var asked = 0
        while true {
            switch keepalive.review(interval: interval, at: now) {
            case .wait(let due): now = due
            case .ask:
                asked += 1
                now = keepalive.asked(token: UInt64(asked + 1), at: now)
            case .dead:
                #expect(asked == 3)
                #expect(now - lastHeard <= .seconds(10))
                return
            }
        }
    }

    @Test("anything that is heard starts the count anew")
    func heard() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        var now = Moment.origin
        for token in 0..<UInt64(20) {
            let due = keepalive.asked(token: token, at: now)
            if !token.isMultiple(of: 3) { keepalive.heard(at: due - .milliseconds(1)) }
            now = due
            if case .dead = keepalive.review(interval: .zero, at: now) { Issue.record("it lives") }
        }
    }

    @Test("an own pause does not kill a link: each answer is given its time")
    func ownPause() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        _ = keepalive.asked(token: 1, at: .origin)
        let late = Moment.origin + .minutes(10)
        #expect(keepalive.review(interval: interval, at: late) == .ask)
        let due = keepalive.asked(token: 2, at: late)
        #expect(keepalive.review(interval: interval, at: late + .milliseconds(1)) == .wait(until: due))
    }

    @Test("an answer to nothing, or to an old question, measures nothing")
    func wrongToken() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        #expect(keepalive.answered(token: 5, at: .origin) == nil)
        _ = keepalive.asked(token: 6, at: .origin)
        #expect(keepalive.answered(token: 5, at: .origin + .seconds(1)) == nil)
        #expect(keepalive.answered(token: 6, at: .origin + .seconds(1)) == .seconds(1))
        #expect(keepalive.answered(token: 6, at: .origin + .seconds(1)) == nil)
    }

    @Test("the time given to an answer follows the round trips, within its bounds")
    func adaptive() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        var now = Moment.origin
        #expect(keepalive.asked(token: 0, at: now) - now == .seconds(2))
        _ = keepalive.answered(token: 0, at: now + .milliseconds(300))
        for token in 1..<UInt64(30) {
            now = now + .seconds(5)
            _ = keepalive.asked(token: token, at: now)
            _ = keepalive.answered(token: token, at: now + .milliseconds(300))
        }
        #expect(keepalive.asked(token: 99, at: now) - now <= .milliseconds(1_001))
        #expect((keepalive.roundTrip - .milliseconds(300)).magnitude < .milliseconds(5))
    }

    @Test("an answer is given two seconds at most, however slow the path was")
    func slowPath() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        var now = Moment.origin
        for token in 0..<UInt64(10) {
            _ = keepalive.asked(token: token, at: now)
            now = now + .seconds(6)
            _ = keepalive.answered(token: token, at: now)
        }
        #expect(keepalive.asked(token: 99, at: now) - now == .seconds(2))
    }

    @Test("silence is asked about after its interval, and a link that is never silent is measured now and then")
    func whenAsked() {
        var keepalive = Keepalive(limits: .standard, hasDialled: true, at: .origin)
        var now = Moment.origin
        _ = keepalive.asked(token: 1, at: now)
        _ = keepalive.answered(token: 1, at: now)
        for _ in 1..<60 {
            now = now + .seconds(1)
            keepalive.heard(at: now)
            let due = min(now + interval, .origin + .seconds(60))
            #expect(keepalive.review(interval: interval, at: now) == .wait(until: due))
        }
        #expect(keepalive.review(interval: interval, at: now + .seconds(1)) == .ask)
        _ = keepalive.asked(token: 2, at: now)
        _ = keepalive.answered(token: 2, at: now)
        #expect(keepalive.review(interval: interval, at: now + interval) == .ask)
    }

    @Test("a link without streams is asked rarely, and one with streams soon")
    func busyAndQuiet() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        func pings() throws -> Int {
            try peer.read()
            defer { peer.frames = [] }
            let pings = peer.frames.filter { $0.kind == .ping }
            // Its clocks agree with ours.
            let time = (Fixtures.wall + (bench.now - .origin)).milliseconds.bigEndianBytes
            for ping in pings { try peer.send(.pong, 0, Array(ping.payload) + time + time) }
            return pings.count
        }
        #expect(try pings() == 1)
        var quiet = 0
        for _ in 0..<120 {
            bench.pass(.seconds(1))
            quiet += try pings()
        }
        #expect((2...3).contains(quiet))
        let pipe = RawPipe(to: bench)
        try peer.send(.open, 1, RawPeer.arrival(try pipe.request(Fixtures.join(1))))
        var busy = 0
        for _ in 0..<9 {
            bench.pass(.seconds(1))
            busy += try pings()
        }
        #expect((2...3).contains(busy))
    }

    @Test("a frozen member is noticed by its neighbour even on a quiet link")
    func frozenNeighbour() throws {
        let world = try RelayWorld(limits: Bench.limits)
        let one = try world.addMember()
        let two = try world.addMember()
        world.give(one, .dialAsked(.member(two.nodeKey, two.channelKey, two.endpoints), as: .member))
        world.run(for: .seconds(30))
        #expect(one.linksUp.count == 1)
        world.freeze(two)
        world.run(for: .seconds(25))
        #expect(Array(one.linkEndings.values) == [.silent])
    }

    @Test("who has been silent since it should have been heard is asked at once, once, and nobody else is")
    func probed() throws {
        let bench = try Bench()
        let peer = try RawAnswerer(bench, dialledAs: .member).becomeMember()
        func pings() throws -> Int {
            _ = try peer.takeFrames()
            return peer.pings.count
        }
        let begun = try pings()
        let time = (Fixtures.wall + (bench.now - .origin)).milliseconds.bigEndianBytes
        try peer.send(.pong, 0, try #require(peer.pings.last) + time + time)
        let heard = bench.now
        bench.pass(.seconds(2))
        #expect(try pings() == begun)
        bench.give(.probeAsked(peer.link, silentSince: heard))
        #expect(try pings() == begun, "it was heard at that moment")
        for _ in 0..<3 { bench.give(.probeAsked(peer.link, silentSince: heard + .milliseconds(1))) }
        #expect(try pings() == begun + 1)
        bench.pass(.seconds(7))
        #expect(!peer.isUp)
    }

    @Test("a frozen member that wakes up goes on")
    func thawed() throws {
        let world = try RelayWorld(limits: Bench.limits)
        let one = try world.addMember()
        let two = try world.addMember()
        world.give(one, .dialAsked(.member(two.nodeKey, two.channelKey, two.endpoints), as: .member))
        world.run(for: .seconds(30))
        for _ in 0..<20 {
            world.freeze(two)
            world.run(for: .milliseconds(2_500))
            world.thaw(two)
            world.run(for: .seconds(7))
        }
        #expect(one.linksUp.count == 1 && two.linksUp.count == 1)
    }
}
