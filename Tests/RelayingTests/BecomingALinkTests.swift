// From a connection to a link: every way in which it must not come about.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Becoming a link")
struct BecomingALinkTests {
    @Test("a member that shows its record becomes a link, by IK and by XX", arguments: [LinkHandshake.Pattern.ik, .xx])
    func member(pattern: LinkHandshake.Pattern) throws {
        let bench = try Bench()
        let peer = RawPeer(bench, pattern: pattern)
        try peer.becomeMember()
        let info = try #require(bench.linkInfo(peer.link))
        #expect(info.peer == peer.identity.value.nodeKey)
        #expect(!info.isLeaf && !info.outbound && !info.asLeaf)
        let hello = try #require(try peer.takeControls().first)
        guard case .hello(let hello) = hello else {
            Issue.record("the first frame is the hello")
            return
        }
        #expect(hello.record == bench.record && hello.role == .member)
        #expect(hello.terms == bench.engine.value.ownTerms)
    }

    @Test("a leaf becomes a link without a name")
    func leaf() throws {
        let bench = try Bench()
        let peer = RawPeer(bench, asLeaf: true)
        try peer.becomeLeaf()
        let info = try #require(bench.linkInfo(peer.link))
        #expect(info.peer == nil && info.record == nil && info.isLeaf)
        #expect(bench.engine.value.attachedLeaves == 1)
    }

    @Test(
        "no byte is answered before the handshake is right, whatever comes",
        arguments: [
            [UInt8(ascii: "G")], [UInt8(ascii: "P"), 2], [UInt8(ascii: "P"), 1, 3], [UInt8(ascii: "P"), 1, 0],
            [UInt8](repeating: 0, count: 2_000), Array("POST / HTTP/1.1\r\n\r\n".utf8),
            [UInt8(ascii: "P"), 1, 1, 0, 96] + [UInt8](repeating: 9, count: 96),
            [UInt8(ascii: "P"), 1, 1, 0xFF, 0xFF] + [UInt8](repeating: 9, count: 1_200),
            [UInt8(ascii: "P"), 1, 1, 0, 0] + [UInt8](repeating: 9, count: 40),
            [UInt8(ascii: "P"), 1, 1, 0, 5] + [UInt8](repeating: 9, count: 40),
        ])
    func garbage(bytes: [UInt8]) throws {
        for step in [1, 7, bytes.count] {
            let bench = try Bench()
            let connection = bench.accept()
            for start in stride(from: 0, to: bytes.count, by: step) {
                bench.give(.received(connection, Array(bytes[start..<min(start + step, bytes.count)])))
            }
            #expect(bench.isClosed(connection))
            #expect(bench.takeOutput(connection).isEmpty)
            #expect(bench.count(.handshakesFailed) == 1)
        }
    }

    @Test("every flipped bit of the first message is refused without an answer")
    func flippedBits() throws {
        for position in 0..<101 {
            let bench = try Bench()
            let peer = RawPeer(bench)
            var opening = try peer.opening()
            #expect(opening.count == 101)
            opening[position] ^= 1 << UInt8(position & 7)
            peer.feed(opening)
            if bench.isClosed(peer.connection) {
                #expect(bench.takeOutput(peer.connection).isEmpty)
            } else {
                // Only a longer announced length is still waited for, and not for long.
                #expect(bench.takeOutput(peer.connection).isEmpty)
                bench.pass(.seconds(6))
                #expect(bench.isClosed(peer.connection))
            }
            #expect(!peer.isUp)
        }
    }

    @Test("another network's handshake is not answered")
    func wrongNetwork() throws {
        let bench = try Bench()
        let peer = RawPeer(bench, network: bench.policy.id ^ 1)
        peer.feed(try peer.opening())
        #expect(bench.isClosed(peer.connection))
        #expect(bench.takeOutput(peer.connection).isEmpty)
    }

    @Test("a handshake for another key is not answered")
    func wrongKey() throws {
        let bench = try Bench()
        let peer = RawPeer(bench, remote: Blake2b.hash([1]))
        peer.feed(try peer.opening())
        #expect(bench.isClosed(peer.connection))
        #expect(bench.takeOutput(peer.connection).isEmpty)
    }

    @Test("a replayed first message is not answered, in however many pieces it came first", arguments: [0, 20, 36, 40])
    func replay(cut: Int) throws {
        let bench = try Bench()
        let peer = RawPeer(bench)
        let opening = try peer.opening()
        if cut > 0 { peer.feed(Array(opening.prefix(cut))) }
        peer.feed(Array(opening.dropFirst(cut)))
        #expect(!bench.takeOutput(peer.connection).isEmpty)
        let replayed = bench.accept()
        bench.give(.received(replayed, opening))
        #expect(bench.isClosed(replayed))
        #expect(bench.takeOutput(replayed).isEmpty)
        #expect(bench.count(.handshakesReplayed) == 1)
    }

    @Test("a record that is not of the Noise key makes no link")
    func stolenRecord() throws {
        let bench = try Bench()
        var random = Fixtures.random(50)
        let victim = NodeIdentity.generate(using: &random)
        let record = try Fixtures.record(of: victim, policy: bench.policy, at: [Fixtures.endpoint(1)])
        let thief = RawPeer(bench)
        try thief.shakeHands()
        try thief.say(.hello(try Hello(role: .member, record: record)))
        #expect(!thief.isUp)
        #expect(bench.isClosed(thief.connection))
        #expect(bench.count(.recordsStolen) == 1)
    }

    @Test("a record with a wrong signature makes no link")
    func forgedRecord() throws {
        let bench = try Bench()
        let peer = RawPeer(bench)
        try peer.shakeHands()
        let record = try Fixtures.record(of: peer.identity.value, policy: bench.policy, at: [Fixtures.endpoint(1)])
        var signature = record.signature
        signature[5] ^= 1
        try peer.say(.hello(try Hello(role: .member, record: try Signed(body: record.body, signature: signature))))
        #expect(!peer.isUp)
        #expect(bench.count(.hellosRefused) == 1)
    }

    @Test("a member without a record, and a leaf with one, make no link")
    func rolesAndRecords() throws {
        let bench = try Bench()
        let nameless = RawPeer(bench)
        try nameless.shakeHands()
        try nameless.say(.hello(try Hello(role: .member)))
        let talkative = RawPeer(bench, seed: 78)
        try talkative.shakeHands()
        let record = try Fixtures.record(of: talkative.identity.value, policy: bench.policy, at: [Fixtures.endpoint(1)])
        try talkative.say(.hello(try Hello(role: .leaf, record: record)))
        #expect(!nameless.isUp && !talkative.isUp)
        #expect(bench.count(.hellosRefused) == 2)
    }

    @Test("a node with our own key is not let in: nobody is a member to itself")
    func ownKey() throws {
        let bench = try Bench(seed: 1)
        let peer = RawPeer(bench, seed: 1)
        #expect(peer.identity.value.nodeKey == bench.identity.value.nodeKey)
        try peer.becomeMember()
        #expect(!peer.isUp)
    }

    @Test("what comes before the hello, or instead of it, ends the connection")
    func notAHello() throws {
        for content in [
            FrameCodec.frame(.ping, [UInt8](repeating: 0, count: 8)), FrameCodec.frame(.control, [1, 2, 3]), [],
            FrameCodec.frame(.control, Control.attach(Attach()).encoded()), [0xFF],
        ] {
            let bench = try Bench()
            let peer = RawPeer(bench)
            try peer.shakeHands()
            try peer.send(content)
            #expect(!peer.isUp)
            #expect(bench.isClosed(peer.connection))
        }
    }

    @Test("a second hello ends the link")
    func secondHello() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        #expect(peer.isUp)
        try peer.say(.hello(try Hello(role: .leaf)))
        #expect(!peer.isUp)
        #expect(bench.count(.linksViolated) == 1)
    }

    @Test("versions that do not overlap, and features that must be known, are refused with a word")
    func versions() throws {
        let hellos = try [
            Hello(versionMin: 2, versionMax: 3, role: .leaf), Hello(features: 1 << 40, role: .leaf),
        ]
        for hello in hellos {
            let bench = try Bench()
            let peer = RawPeer(bench, asLeaf: true)
            try peer.shakeHands()
            _ = try peer.takeFrames()
            try peer.say(.hello(hello))
            #expect(!peer.isUp)
            #expect(try peer.takeFrames().closeCode == CloseCode.incompatible)
            #expect(bench.count(.versionsIncompatible) == 1)
        }
        let bench = try Bench()
        let peer = RawPeer(bench, asLeaf: true)
        try peer.shakeHands()
        try peer.say(.hello(try Hello(versionMin: 1, versionMax: 9, features: 1 << 5, role: .leaf)))
        #expect(peer.isUp)
    }

    @Test("whoever takes longer than five seconds is closed, at every stage")
    func slow() throws {
        let bench = try Bench()
        let silent = bench.accept()
        let slow = RawPeer(bench)
        for byte in try slow.opening().prefix(60) {
            slow.feed([byte])
            bench.pass(.milliseconds(80))
        }
        let mute = RawPeer(bench, seed: 79)
        try mute.shakeHands()
        bench.pass(.seconds(6))
        #expect(bench.isClosed(silent) && bench.isClosed(slow.connection) && bench.isClosed(mute.connection))
        #expect(bench.count(.handshakesExpired) == 3)
        #expect(bench.nextDeadline == nil)
    }

    @Test("bytes after a hello that never ends are bounded")
    func endlessHello() throws {
        let bench = try Bench()
        let peer = RawPeer(bench)
        try peer.shakeHands()
        // A packet of the largest size is announced and never completed.
        peer.feed([0x40, 0xA0])
        for _ in 0..<9 { peer.feed([UInt8](repeating: 1, count: 1_000)) }
        #expect(bench.isClosed(peer.connection))
    }

    @Test("half-open connections are bounded for each subnet; others still get in")
    func halfOpenPerSubnet() throws {
        var limits = Bench.limits
        limits.halfOpenPerSubnet = 3
        let bench = try Bench(limits: limits)
        let from = Fixtures.endpoint(5)
        let connections = (0..<5).map { _ in bench.accept(from: from) }
        #expect(connections.map(bench.isClosed) == [false, false, false, true, true])
        #expect(bench.count(.connectionsRefused) == 2)
        #expect(!bench.isClosed(bench.accept(from: Fixtures.endpoint(6))))
        // One that goes makes room.
        bench.give(.connectionClosed(connections[0]))
        #expect(!bench.isClosed(bench.accept(from: from)))
    }

    @Test("half-open connections are bounded in total, a quarter of them for members; the oldest makes room")
    func halfOpenTotal() throws {
        var limits = Bench.limits
        limits.halfOpenTotal = 13
        let bench = try Bench(limits: limits)
        let connections = (0..<12).map { bench.accept(from: Fixtures.endpoint($0)) }
        #expect(connections.map(bench.isClosed) == [true, true] + [Bool](repeating: false, count: 10))
        #expect(bench.count(.halfOpenEvicted) == 2)
        // An honest one among them still gets through.
        let peer = RawPeer(bench, from: Fixtures.endpoint(40))
        try peer.becomeMember()
        #expect(peer.isUp)
    }

    @Test("a subnet that keeps coming is slowed down")
    func acceptRate() throws {
        var limits = Bench.limits
        limits.acceptBurstPerSubnet = 5
        limits.acceptPerSecondPerSubnet = 1
        limits.failedHandshakeCost = 1
        let bench = try Bench(limits: limits)
        let from = Fixtures.endpoint(5)
        func attempt() -> Bool {
            let connection = bench.accept(from: from)
            let isRefused = bench.isClosed(connection)
            bench.give(.received(connection, [0]))
            return !isRefused
        }
        #expect((0..<8).map { _ in attempt() } == [true, true, true, true, true, false, false, false])
        bench.pass(.seconds(2))
        #expect((0..<3).map { _ in attempt() } == [true, true, false])
    }

    @Test("a leaf answers nobody")
    func leafAnswersNobody() throws {
        let bench = try Bench(isMember: false)
        let connection = bench.accept()
        #expect(bench.isClosed(connection))
        #expect(bench.takeOutput(connection).isEmpty)
    }

    @Test("links of one member, of all members and of leaves without a home are bounded")
    func linkCaps() throws {
        var limits = Bench.limits
        limits.linksPerMember = 2
        limits.memberLinks = 6
        limits.unattachedLeaves = 1
        let bench = try Bench(limits: limits)
        let same = try (0..<3).map { _ in
            let peer = RawPeer(bench, seed: 80)
            peer.random = Fixtures.random(UInt8.random(in: 0...255, using: &bench.random))
            return try peer.becomeMember().isUp
        }
        #expect(same == [true, true, false])
        #expect(try RawPeer(bench, seed: 81).becomeMember().isUp)
        let late = RawPeer(bench, seed: 82)
        try late.becomeMember()
        #expect(!late.isUp)
        #expect(try late.takeFrames().closeCode == CloseCode.overloaded)
        #expect(try RawPeer(bench, seed: 83, asLeaf: true).becomeLeaf(attached: false).isUp)
        #expect(try !RawPeer(bench, seed: 84, asLeaf: true).becomeLeaf(attached: false).isUp)
    }

    @Test("a leaf that does not attach is hung up after a while")
    func unattached() throws {
        var limits = Bench.limits
        limits.unattachedLife = .seconds(2)
        let bench = try Bench(limits: limits)
        let idle = try RawPeer(bench, seed: 83, asLeaf: true).becomeLeaf(attached: false)
        let attached = try RawPeer(bench, seed: 84, asLeaf: true).becomeLeaf()
        bench.pass(.seconds(3))
        #expect(!idle.isUp && attached.isUp)
    }
}
