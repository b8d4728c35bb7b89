// The layout of frames, and what a packet that has another one does to its link.

import Essentials
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Frames")
struct FrameTests {
    private func frames(_ packet: [UInt8]) throws(FrameFault) -> [Frame] {
        var reader = FrameReader(packet)
        var frames: [Frame] = []
        while let frame = try reader.next() { frames.append(frame) }
        return frames
    }

    @Test("a frame is kind, stream, length and payload, big-endian")
    func layout() {
        #expect(FrameCodec.frame(.data, stream: 0x0102_0304, [9, 8]) == [3, 1, 2, 3, 4, 0, 2, 9, 8])
        #expect(
            FrameCodec.frame(.credit, stream: 1, UInt32(65_536).bigEndianBytes) == [4, 0, 0, 0, 1, 0, 4, 0, 1, 0, 0])
    }

    @Test("frames follow each other in a packet, and an empty packet has none")
    func sequence() throws {
        let packet = FrameCodec.frame(.ping, [UInt8](repeating: 1, count: 8)) + FrameCodec.frame(.finish, stream: 3)
        let read = try frames(packet)
        #expect(read.map(\.kind) == [.ping, .finish])
        #expect(read.map(\.stream) == [0, 3])
        #expect(try frames([]).isEmpty)
    }

    @Test("a packet cut anywhere within a frame is refused")
    func truncation() {
        let packet = FrameCodec.frame(.open, stream: 1, [2, 1, 5, 5, 5])
        for count in 1..<packet.count {
            #expect(throws: FrameFault.truncated) { try frames(Array(packet.prefix(count))) }
        }
    }

    @Test(
        "lengths that a kind cannot have are refused",
        arguments: [
            (FrameKind.credit, 3), (.credit, 5), (.finish, 1), (.reset, 1), (.reset, 3), (.ping, 7), (.pong, 8),
            (.close, 0), (.data, 0), (.open, 1), (.control, 0),
        ])
    func lengths(kind: FrameKind, count: Int) {
        let stream: UInt32 = kind.isOfLink ? 0 : 1
        #expect(throws: FrameFault.badLength) {
            try frames(FrameCodec.frame(kind, stream: stream, [UInt8](repeating: 0, count: count)))
        }
    }

    @Test("frames of the link are on stream 0, the others are not")
    func streams() {
        #expect(throws: FrameFault.badStream) { try frames(FrameCodec.frame(.data, stream: 0, [1])) }
        #expect(throws: FrameFault.badStream) {
            try frames(FrameCodec.frame(.ping, stream: 1, [UInt8](repeating: 0, count: 8)))
        }
    }

    @Test("a later version's frame is skipped, unless it must be understood")
    func unknownKinds() throws {
        let known = FrameCodec.frame(.finish, stream: 1)
        #expect(try frames([10, 0, 0, 0, 7, 0, 1, 1] + known + [127, 0, 0, 0, 0, 0, 0]).map(\.kind) == [.finish])
        for critical in [UInt8(128), 255] {
            #expect(throws: FrameFault.unknownCritical) { try frames(known + [critical, 0, 0, 0, 1, 0, 0]) }
        }
    }

    @Test(
        "a packet that is no sequence of frames ends the link, and says so",
        arguments: [
            [1, 2, 3], [3, 0, 0, 0, 1, 0, 9, 1], [200, 0, 0, 0, 1, 0, 0],
            [7, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
        ])
    func violation(packet: [UInt8]) throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        try peer.send(packet)
        #expect(!peer.isUp)
        #expect(try peer.takeFrames().closeCode == CloseCode.violation)
        #expect(bench.isClosed(peer.connection))
        #expect(bench.count(.linksViolated) == 1)
    }

    @Test("bytes that no channel sealed end the link")
    func unsealed() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        peer.feed([0, 160] + [UInt8](repeating: 3, count: 160))
        #expect(!peer.isUp)
    }

    @Test("a control message of a later kind is dropped, one that is none ends the link")
    func controls() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        // Field 99 of the oneof, empty: a kind that does not exist yet.
        try peer.send(.control, 0, [0x9A, 0x06, 0x00])
        #expect(peer.isUp)
        #expect(bench.count(.controlDropped) == 1)
        try peer.send(.control, 0, [0xFF, 0xFF])
        #expect(!peer.isUp)
        #expect(bench.count(.controlMalformed) == 1)
    }

    @Test("control messages beyond the rate are dropped")
    func controlRate() throws {
        var limits = Bench.limits
        limits.controlBurstLeaf = 5
        limits.controlPerSecondLeaf = 1
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        for _ in 0..<10 { try leaf.say(.pull(try Pull(have: [], from: 0, to: 1))) }
        let pulls = bench.effects.count { if case .controlReceived(_, .pull) = $0 { true } else { false } }
        #expect(pulls == 4)
        #expect(bench.count(.controlDropped) == 6)
        #expect(leaf.isUp)
    }

    @Test("random packets never stop the engine")
    func randomPackets() throws {
        var generator = SeededGenerator(seed: 11)
        let bench = try Bench()
        for round in 0..<300 {
            let isLeaf = round.isMultiple(of: 2)
            let peer = RawPeer(bench, seed: UInt8(round % 200), asLeaf: isLeaf)
            peer.random = RandomStream(seed: Blake2b.hash([UInt8(round & 255), UInt8(round >> 8)]))
            if isLeaf { try peer.becomeLeaf() } else { try peer.becomeMember() }
            for _ in 0..<20 where peer.isUp {
                var content: [UInt8] = []
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let kind = FrameKind(rawValue: UInt8.random(in: 1...9, using: &generator)) ?? .data
                    let stream = kind.isOfLink ? 0 : UInt32.random(in: 1...8, using: &generator)
                    let count =
                        Bool.random(using: &generator)
                        ? kind.lengths.lowerBound : Int.random(in: 0...60, using: &generator)
                    let payload = (0..<count).map { _ in UInt8.random(in: 0...3, using: &generator) }
                    content += FrameCodec.frame(kind, stream: stream, payload)
                }
                try peer.send(content)
            }
            bench.give(.connectionClosed(peer.connection))
            bench.pass(.seconds(1))
        }
        bench.pass(.minutes(2))
        #expect(bench.engine.value.allLinks.isEmpty)
        #expect(bench.count(.linksViolated) > 50)
    }
}
