// The relaying engine in each of its states, and everything that a peer can put on its connection there.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Hostile links")
struct HostileLinkTests {
    /// Runs one piece of hostility after the other, in a new scene whenever the last one was ended by it. Whatever
    /// becomes of the hostile connection, the honest one goes on.
    private func run<Piece>(_ state: RelayState, _ pieces: [Piece], _ act: (Scene, Piece) throws -> Void) throws {
        var scene = try Scene(state)
        var isFresh = true
        for (index, piece) in pieces.enumerated() {
            if !isFresh, scene.isGone || state != .member || index % 50 == 0 { scene = try Scene(state) }
            isFresh = false
            try act(scene, piece)
            scene.bench.pass(.milliseconds(1))
            let isServed = try scene.honestIsServed()
            #expect(isServed, "\(state), piece \(index): \(piece)")
            if index % 16 == 0 {
                scene.bench.pass(.seconds(8))
                #expect((scene.bench.nextDeadline ?? .distantFuture) > scene.bench.now, "no timer that never rests")
            }
            scene.bench.effects = []
        }
    }

    @Test("the scenes are what they are called", arguments: RelayState.allCases)
    func scenes(state: RelayState) throws {
        let scene = try Scene(state)
        #expect(!scene.isGone)
        let isServed = try scene.honestIsServed()
        #expect(isServed)
        let id = LinkID(number: scene.hostile.connection.number)
        #expect((scene.bench.linkInfo(id) != nil) == state.isLinked)
        let use = scene.bench.link(id)?.value.streams[scene.stream]?.value.use
        let engine = scene.bench.engine
        let stage = engine.value.arrivals.values.first.map { "\($0.value.stage)".prefix { $0 != "(" } }
        switch state {
        case .arrivalOpening: #expect(stage == "opening")
        case .deciding, .serving: #expect(stage ?? "" == "\(state)")
        case .waitingHalf: #expect(stage == "waiting")
        case .refusedHalf: #expect(stage == "refused")
        case .joinedHalf, .carried:
            if case .splice? = use {} else { Issue.record("not spliced") }
        case .waitingCarriage:
            if case .waiting? = use {} else { Issue.record("not waiting") }
        case .pipeAsking, .pipeKeeper, .pipeDoor:
            let pipe = engine.value.pipes.values.first.map { "\($0.value.stage)" }
            #expect(pipe == ["pipeAsking": "asking", "pipeKeeper": "keeper", "pipeDoor": "door"]["\(state)"])
        default: break
        }
    }

    @Test("raw bytes", arguments: RelayState.allCases)
    func raw(state: RelayState) throws {
        var chance = SeededGenerator(seed: 11)
        var pieces: [[UInt8]] = []
        for count in [1, 2, 3, 35, 96, 162, 546, 1_024, 1_025, 9_000, 40_000] {
            pieces.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) })
            for head: [UInt8] in [
                [], [0, 160], [0, 96], [0x40, 0xA0], [0x50, 1, 1], [0x50, 1, 2, 0, 32], [0xFF, 0xFF],
            ] {
                pieces.append(head + [UInt8](repeating: UInt8(head.count), count: count))
            }
        }
        try run(state, pieces) { scene, bytes in
            scene.hostile.feed(bytes)
            scene.hostile.feed(bytes)
        }
    }

    @Test(
        "the bytes that are due, with any bit flipped and cut anywhere: nothing comes of them",
        arguments: [RelayState.connected, .preface, .halfMessage, .arrivalOpening, .pipeAsking])
    func flipped(state: RelayState) throws {
        let length = try Scene(state).next.count
        let isOnStream = state == .arrivalOpening || state == .pipeAsking
        try run(state, Array(stride(from: 0, to: length * 8, by: isOnStream ? 13 : 1))) { scene, bit in
            var bytes = scene.next
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if isOnStream {
                try scene.hostile.send(FrameCodec.frame(.data, stream: scene.stream, bytes))
            } else {
                scene.hostile.feed(bytes)
                #expect(scene.bench.takeOutput(scene.hostile.connection).isEmpty, "bit \(bit): nothing is answered")
            }
            #expect(scene.bench.depositors.isEmpty)
            #expect(scene.bench.pipeEvents.allSatisfy { if case .pipeAnswered = $0 { false } else { true } })
        }
        try run(state, Array(stride(from: 0, to: length, by: isOnStream ? 7 : 3))) { scene, count in
            let bytes = Array(scene.next.prefix(count))
            if isOnStream, !bytes.isEmpty {
                try scene.hostile.send(FrameCodec.frame(.data, stream: scene.stream, bytes))
                try scene.hostile.send(FrameCodec.frame(.finish, stream: scene.stream))
            } else {
                scene.hostile.feed(bytes)
            }
            scene.bench.give(.connectionClosed(scene.hostile.connection))
            #expect(scene.bench.depositors.isEmpty)
        }
    }

    /// Kind, stream and payload.
    typealias Piece = (kind: UInt8, stream: UInt32, payload: [UInt8])

    /// Every kind on every sort of stream with payloads that are right, one off, and at their ends.
    static func frames(_ stream: UInt32) throws -> [Piece] {
        let samples = Sample.small.filter { $0.testDescription.hasPrefix("Control") }.map(\.bytes)
        let bodies: [UInt8: [[UInt8]]] = [
            1: samples + [[0xFF], [0x0A, 0], [0x42, 0]],
            2: [
                [1], [1, 1], [2, 1], [3, 1, 1], RawPeer.arrival([0, 40]), RawPeer.arrival(Fixtures.pattern(900)),
                [1] + [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 33),
                [2, 255] + [0xFF, 0xFF],
                StreamOpening.carry(to: Blake2b.hash([4]), .video) + Fixtures.pattern(16_000),
            ],
            3: [[], [0], Fixtures.pattern(4_097), Fixtures.pattern(16_500)],
            4: [[0, 0, 0, 0], [0, 0, 0, 1], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [1, 2, 3]],
            5: [[], [0]], 6: [[0, 0], [0xFF, 0xFF], [1], [0, 1, 2]], 7: [Fixtures.pattern(8), Fixtures.pattern(7)],
            8: [
                Fixtures.pattern(24), [UInt8](repeating: 0xFF, count: 24), [UInt8](repeating: 0, count: 24),
                Fixtures.pattern(23),
            ],
            9: [[0, 1], [0xFF, 0xFF], [1]],
        ]
        var pieces: [Piece] = []
        for kind: UInt8 in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 127, 128, 255] {
            for stream in [0, stream, stream ^ 1, stream + 2, .max - 1, .max] {
                for payload in bodies[kind] ?? [[], [0], Fixtures.pattern(300)] {
                    pieces.append((kind, stream, payload))
                }
            }
        }
        return pieces
    }

    @Test("every kind of frame where it does not belong", arguments: RelayState.allCases.filter(\.isLinked))
    func frames(state: RelayState) throws {
        let stream = try Scene(state).stream
        let pieces = try Self.frames(stream)
        #expect(pieces.count > 250)
        try run(state, pieces) { scene, piece in
            let content = Self.content(piece)
            try scene.hostile.send(content)
            if !scene.isGone { try scene.hostile.send(content) }
        }
    }

    static func content(_ piece: Piece) -> [UInt8] {
        [piece.kind] + piece.stream.bigEndianBytes
            + [UInt8(piece.payload.count >> 8), UInt8(piece.payload.count & 255)] + piece.payload
    }

    @Test(
        "frames whose length is one off, or that are cut anywhere in their packet",
        arguments: [RelayState.member, .leaf, .home])
    func framing(state: RelayState) throws {
        let good = Self.content((7, 0, Fixtures.pattern(8))) + Self.content((3, 1, [1, 2, 3]))
        var pieces: [[UInt8]] = (0..<good.count).map { Array(good.prefix($0)) }
        for place in [5, 6, 20, 21] {
            for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, good[place] &+ 1, good[place] &- 1] {
                pieces.append(good)
                pieces[pieces.count - 1][place] = byte
            }
        }
        try run(state, pieces) { scene, content in try scene.hostile.send(content) }
    }

    @Test("every message of the protocol on a stream of each state", arguments: RelayState.allCases.filter(\.isLinked))
    func messages(state: RelayState) throws {
        var pieces = Sample.small.map(\.bytes)
        let requests = Sample.small.filter { $0.testDescription.hasPrefix("Request") }.map(\.bytes)
        for request in requests { pieces.append(try Request(decoding: request).block()) }
        let answers = Sample.small.filter { $0.testDescription.hasPrefix("Answer") }.map(\.bytes)
        for answer in answers { pieces.append(try Answer(decoding: answer).block()) }
        try run(state, pieces) { scene, bytes in
            guard !bytes.isEmpty else { return }
            let framed = [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
            for content in [bytes, framed] where !scene.isGone {
                try scene.hostile.send(FrameCodec.frame(.data, stream: scene.stream, content))
            }
        }
    }

    @Test("each message as the first packet, where a hello is due")
    func insteadOfHello() throws {
        let controls = Sample.small.filter { $0.testDescription.hasPrefix("Control") }.map(\.bytes)
        try run(.handshaken, controls) { scene, bytes in
            try scene.hostile.send(FrameCodec.frame(.control, bytes))
            #expect(scene.isGone && scene.bench.linkInfo(LinkID(number: scene.hostile.connection.number)) == nil)
        }
        // A good hello with any bit flipped makes no link in another's name.
        let scene = try Scene(.handshaken)
        guard let peer = scene.hostile as? RawPeer else { return }
        let record = try Fixtures.record(
            of: peer.identity.value, policy: scene.bench.policy, at: [Fixtures.endpoint(9)])
        let hello = Control.hello(try Hello(role: .member, record: record)).encoded()
        try run(.handshaken, Array(0..<hello.count * 8)) { scene, bit in
            var bytes = hello
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try scene.hostile.send(FrameCodec.frame(.control, bytes))
            guard let info = scene.bench.linkInfo(LinkID(number: scene.hostile.connection.number)) else { return }
            // What is left are bits of version and features.
            #expect(info.peer == peer.identity.value.nodeKey && info.record == record, "bit \(bit)")
        }
    }
}
