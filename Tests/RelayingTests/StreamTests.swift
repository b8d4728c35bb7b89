// Streams and their credit: what is allowed, what is refused, and what ends the link.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Streams")
struct StreamTests {
    @Test("a stream that nobody opened ends the link; one that has ended does not")
    func unknownStream() throws {
        for kind in [FrameKind.data, .credit, .finish, .reset] {
            let payload = [UInt8](repeating: 1, count: kind.lengths.lowerBound)
            let bench = try Bench()
            let peer = try RawPeer(bench).becomeMember()
            try peer.send(.open, 1, [9, 1])
            #expect(try peer.takeFrames().reset(of: 1) == .malformed)
            try peer.send(kind, 1, payload)
            #expect(peer.isUp)
            try peer.send(kind, 3, payload)
            #expect(!peer.isUp)
        }
    }

    @Test("numbers go up and are the opener's own")
    func numbers() throws {
        for bad in [UInt32(1), 3, 2, 4] {
            let bench = try Bench()
            let peer = try RawPeer(bench).becomeMember()
            try peer.send(.open, 3, RawPeer.arrival())
            #expect(peer.isUp)
            try peer.send(.open, bad, RawPeer.arrival())
            #expect(!peer.isUp)
        }
    }

    @Test("more data than credit ends the link")
    func overCredit() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        let pipe = RawPipe(to: bench)
        // Held at the door, so that no credit comes back.
        try peer.send(.open, 1, RawPeer.arrival(try pipe.request(Fixtures.join(1))))
        try peer.send(.data, 1, [UInt8](repeating: 1, count: 4_000))
        #expect(peer.isUp)
        let other = try RawPeer(bench, seed: 88).becomeMember()
        try other.send(.open, 1, RawPeer.arrival())
        for _ in 0..<4 { try other.send(.data, 1, [0]) }
        var sent = 4
        while other.isUp, sent < 200_000 {
            try other.send(.data, 1, [UInt8](repeating: 0, count: 16_000))
            sent += 16_000
            if try other.takeFrames().reset(of: 1) != nil { break }
        }
        #expect(sent < 200_000)
    }

    @Test("data beyond the window of a stream nobody reads from ends the link")
    func overCreditExactly() throws {
        var stream = Stream(opened: .text, early: 100, use: .ended, at: .origin)
        #expect(stream.receive(RelayingLimits.initialCredit - 100, at: .origin) == true)
        #expect(stream.receive(1, at: .origin) == false)
        stream.owe(50)
        #expect(!stream.isCreditDue)
        stream.owe(RelayingLimits.initialCredit / 2)
        #expect(stream.isCreditDue)
        let credit = stream.takeCredit(roundTrip: .milliseconds(10), maximum: RelayingLimits.initialCredit, at: .origin)
        #expect(credit == RelayingLimits.initialCredit / 2 + 50)
        #expect(stream.receive(credit, at: .origin) == true)
        #expect(stream.receive(1, at: .origin) == false)
    }

    @Test("a window doubles while it is used up quickly, up to its maximum, and not otherwise")
    func windowGrows() {
        let maximum = 4 * RelayingLimits.initialCredit
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        var now = Moment.origin
        for _ in 0..<6 {
            now = now + .milliseconds(10)
            stream.owe(stream.window)
            _ = stream.takeCredit(roundTrip: .milliseconds(50), maximum: maximum, at: now)
        }
        #expect(stream.window == maximum)
        var slow = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        for _ in 0..<6 {
            now = now + .seconds(1)
            slow.owe(slow.window)
            _ = slow.takeCredit(roundTrip: .milliseconds(50), maximum: maximum, at: now)
        }
        #expect(slow.window == RelayingLimits.initialCredit)
    }

    @Test("credit of nothing, and more than anybody can mean, end the link")
    func badCredit() throws {
        for credit in [UInt32(0), .max] {
            let bench = try Bench()
            let peer = try RawPeer(bench).becomeMember()
            try peer.send(.open, 1, RawPeer.arrival())
            try peer.send(.credit, 1, credit.bigEndianBytes)
            #expect(!peer.isUp)
        }
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        try peer.send(.open, 1, RawPeer.arrival())
        for _ in 0..<5 { if peer.isUp { try peer.send(.credit, 1, (UInt32(1) << 30).bigEndianBytes) } }
        #expect(!peer.isUp)
    }

    @Test("data and a second finish after the finish end the link")
    func afterFinish() throws {
        for kind in [FrameKind.data, .finish] {
            let bench = try Bench()
            let peer = try RawPeer(bench).becomeMember()
            let pipe = RawPipe(to: bench)
            try peer.send(.open, 1, RawPeer.arrival(try pipe.request(Fixtures.deposit())))
            try peer.send(.finish, 1)
            #expect(peer.isUp)
            try peer.send(kind, 1, kind == .data ? [1] : [])
            #expect(!peer.isUp)
        }
    }

    @Test("streams beyond the number that a leaf or a member may have are reset")
    func tooManyStreams() throws {
        var limits = Bench.limits
        limits.leafStreams = 4
        limits.streamsFromMember = 6
        let bench = try Bench(limits: limits)
        let leaf = try RawPeer(bench, seed: 60, asLeaf: true).becomeLeaf()
        let member = try RawPeer(bench, seed: 61).becomeMember()
        let elsewhere = bench.knowMember()
        for number in stride(from: UInt32(1), to: 20, by: 2) {
            try leaf.send(.open, number, leaf.carry(to: elsewhere))
            try member.send(.open, number, RawPeer.arrival())
        }
        let frames = try leaf.takeFrames()
        #expect(frames.count { $0.kind == .reset } == 6)
        #expect(frames.reset(of: 9) == .tooManyStreams)
        #expect(frames.contains { $0.kind == .control })
        #expect(try member.takeFrames().count { $0.kind == .reset } == 4)
        // One that ends makes room.
        try leaf.send(.reset, 1, [0, 1])
        try leaf.send(.open, 21, leaf.carry(to: elsewhere))
        #expect(try leaf.takeFrames().reset(of: 21) == nil)
    }

    @Test("whoever makes us owe more answers than it reads is dropped")
    func pingFlood() throws {
        var limits = Bench.limits
        limits.signalQueue = 1_000
        let bench = try Bench(limits: limits)
        let peer = try RawPeer(bench).becomeMember()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        for _ in 0..<200 where peer.isUp { try peer.send(.ping, 0, [UInt8](repeating: 0, count: 8)) }
        #expect(!peer.isUp)
    }

    @Test("nothing is written to a connection that takes nothing, and everything when it does again")
    func unwritable() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        for _ in 0..<5 { bench.give(.controlAsked(peer.link, .goodbye(Goodbye(code: 1)))) }
        #expect(bench.takeOutput(peer.connection).isEmpty)
        let effects = bench.give(.writabilityChanged(peer.connection, isWritable: true))
        #expect(effects.count { if case .write = $0 { true } else { false } } == 1)
        #expect(try peer.takeControls().count == 5)
    }

    @Test("control messages waiting for a connection that takes nothing are bounded")
    func controlQueue() throws {
        var limits = Bench.limits
        limits.controlQueue = 100
        let bench = try Bench(limits: limits)
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        for _ in 0..<100 { bench.give(.controlAsked(peer.link, .goodbye(Goodbye(code: 300)))) }
        #expect(bench.count(.controlDropped) > 50)
        #expect(peer.isUp)
    }

    @Test("a large output leaves in several turns")
    func writeBurst() throws {
        var limits = Bench.limits
        limits.writeBurst = 20_000
        let bench = try Bench(limits: limits)
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        let push = Control.push(try Push(records: [Signed](repeating: bench.record, count: 40), heartbeats: []))
        for _ in 0..<5 { bench.give(.controlAsked(peer.link, push)) }
        bench.give(.writabilityChanged(peer.connection, isWritable: true))
        #expect(bench.takeOutput(peer.connection).count < 40_000)
        #expect(bench.nextDeadline == bench.now)
    }
}

@Suite("What leaves first")
struct OutboxTests {
    private func link(_ bench: Bench, _ peer: RawPeer) throws -> Owned<Link> {
        try #require(bench.link(peer.link))
    }

    /// All frames that a link has to send now, in packets that are not sealed.
    private func fill(
        _ link: Owned<Link>, _ bench: Bench, windowMaximum: Int = 1, drained: inout [Drained]
    ) throws -> [Frame] {
        var frames: [Frame] = []
        while link.value.hasOutput {
            var packet = PacketBuilder()
            packet.begin()
            link.value.fill(&packet, drained: &drained, windowMaximum: windowMaximum, at: bench.now)
            var reader = FrameReader(Array(packet.bytes.suffix(packet.count)))
            while let frame = try reader.next() { frames.append(frame) }
        }
        return frames
    }

    private func fill(_ link: Owned<Link>, _ bench: Bench, windowMaximum: Int = 1) throws -> [Frame] {
        var drained: [Drained] = []
        return try fill(link, bench, windowMaximum: windowMaximum, drained: &drained)
    }

    @Test("signals, then control, then text, voice and video; streams of one kind take turns")
    func order() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        let link = try link(bench, peer)
        var refs: [StreamPriority: [UInt32]] = [:]
        for priority in [StreamPriority.video, .text, .voice, .text] {
            let stream = Stream(
                opening: [2, priority.rawValue], early: 0, priority: priority, use: .ended, at: bench.now)
            let opened = link.value.streams.open(stream)
            let number = try #require(opened)
            refs[priority, default: []].append(number)
            if let stream = link.value.streams[number] { link.value.makeReady(stream, number) }
        }
        for _ in 0..<2 {
            for number in [2, 4, 6, 8] as [UInt32] {
                link.value.queue([UInt8](repeating: UInt8(number), count: 600)[...], on: number, at: bench.now)
            }
        }
        link.value.outbox.control([1, 1])
        link.value.outbox.signal(FrameCodec.frame(.reset, stream: 1, [0, 1]))
        var drained: [Drained] = []
        let frames = try fill(link, bench, drained: &drained)
        let text = try #require(refs[.text])
        let voice = try #require(refs[.voice]?.first)
        let video = try #require(refs[.video]?.first)
        #expect(frames.map(\.kind).prefix(2) == [.reset, .control])
        #expect(
            frames.dropFirst(2).map(\.stream)
                == [text[0], text[1], text[0], text[1], voice, voice, video, video])
        #expect(drained.map(\.bytes).reduce(0, +) == 8 * 600)
    }

    @Test("what a peer says about urgency never gets it before text")
    func outsidePriorities() {
        #expect(
            [0, 1, 2, 3, 9, 255].map { StreamPriority(outside: $0) } == [.text, .text, .voice, .video, .video, .video])
    }

    @Test("a packet takes what fills its size, and several small ones are better than one that is half empty")
    func packing() {
        #expect(PacketSizes.contents == [141, 525, 1_165, 4_237, 16_525])
        // A conversation's packet with its frame fits the size made for it, for each of its sizes.
        for (index, size) in [128, 512, 1_152, 4_224, 16_512].enumerated() {
            #expect(PacketSizes.capacity(for: size + 2 + FrameCodec.headerSize) == PacketSizes.contents[index])
        }
        #expect(PacketSizes.takes(50, beside: 60, pending: 50))
        #expect(PacketSizes.takes(10, beside: 10, pending: 10), "what needs no larger size is always taken")
        #expect(!PacketSizes.takes(1_161, beside: 1_161, pending: 1_161))
        #expect(PacketSizes.takes(1_161, beside: 1_161, pending: 3_000))
        #expect(PacketSizes.takes(1_161, beside: 0, pending: 1_161))
        #expect(!PacketSizes.takes(16_000, beside: 1_000, pending: 90_000))
    }

    /// Takes the next frame out of a stream: its kind and its payload.
    private static func take(_ stream: inout Stream, room: Int = PacketSizes.largest) -> (FrameKind, [UInt8])? {
        guard let next = stream.next(room: room) else { return nil }
        var payload: [UInt8] = []
        let data = stream.take(next, onto: &payload)
        guard payload.count == next.size, next.kind != .data || data == next.size else { return nil }
        return (next.kind, payload)
    }

    @Test("pieces that wait one behind the other leave in one frame, as many as fit, and in order")
    func togetherInAFrame() throws {
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        for byte in 0..<200 { _ = stream.append([UInt8(byte)]) }
        for _ in 0..<5 { _ = stream.append([UInt8](repeating: 201, count: 900)[...]) }
        #expect(stream.queued == 4_700)
        let small = try #require(Self.take(&stream, room: 1_500))
        #expect(small.1 == (0..<200).map { UInt8($0) } + [UInt8](repeating: 201, count: 900))
        _ = stream.append([UInt8](repeating: 202, count: 9_000)[...])
        let rest = try #require(Self.take(&stream))
        #expect(rest.1 == [UInt8](repeating: 201, count: 3_600), "no more than 4 KiB together")
        let long = try #require(Self.take(&stream, room: 100))
        #expect(long.1 == [UInt8](repeating: 202, count: 9_000), "a long piece leaves whole")
        #expect(stream.next(room: 100) == nil && stream.queued == 0)
    }

    @Test("pieces are put together only as far as the credit goes")
    func togetherWithinCredit() {
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        _ = stream.append([UInt8](repeating: 1, count: RelayingLimits.initialCredit - 1_000)[...])
        while Self.take(&stream) != nil {}
        #expect(stream.sendCredit == 1_000)
        for byte in 2..<5 as Range<UInt8> { _ = stream.append([UInt8](repeating: byte, count: 900)[...]) }
        var sent: [UInt8] = []
        while let (_, piece) = Self.take(&stream) { sent += piece }
        #expect(sent == [UInt8](repeating: 2, count: 900) + [UInt8](repeating: 3, count: 100))
        #expect(stream.sendCredit == 0)
    }

    @Test("what waits at the end of a turn keeps nothing of what it came in, however short pieces were put together")
    func ownCopies() {
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        for round in 0..<3 {
            var packet = [UInt8](repeating: 1, count: 16_000)
            _ = stream.append(packet[..<(round == 1 ? 10 : 300)])
            for start in [300, 310] { _ = stream.append(packet[start..<start + 10]) }
            stream.keepOwnCopies()
            let place = packet.withUnsafeBufferPointer(\.baseAddress)
            // Whoever else still had a part of it would make this a copy.
            packet[0] = 2
            #expect(packet.withUnsafeBufferPointer(\.baseAddress) == place)
        }
        #expect(stream.queued == 670)
    }

    @Test("nothing can be written behind the finish")
    func behindFinish() {
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        #expect(stream.append([1, 2]) == 2)
        stream.finish()
        #expect(stream.append([3]) == 0)
        #expect(stream.queued == 2)
    }

    @Test("who fills a queue in many pieces gets no more turns than who fills it in one")
    func turns() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        let link = try link(bench, peer)
        for number in [1, 3] as [UInt32] {
            link.value.streams.insert(Stream(opened: .text, early: 0, use: .ended, at: bench.now), as: number)
        }
        for _ in 0..<4 { link.value.queue([UInt8](repeating: 1, count: 4_000)[...], on: 1, at: bench.now) }
        link.value.queue([UInt8](repeating: 3, count: 4_000)[...], on: 3, at: bench.now)
        let frames = try fill(link, bench)
        #expect(frames.filter { $0.kind == .data }.map(\.stream) == [1, 3, 1, 1, 1])
    }

    @Test("what a stream owes is given back in one credit, however often it became due before that left")
    func oneCredit() throws {
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        _ = try peer.takeFrames()
        let link = try link(bench, peer)
        link.value.streams.insert(Stream(opened: .text, early: 0, use: .ended, at: bench.now), as: 1)
        for _ in 0..<2 { link.value.consumed(RelayingLimits.initialCredit / 2, on: 1) }
        bench.now = bench.now + .hours(1)
        let frames = try fill(link, bench, windowMaximum: .max)
        #expect(frames.map(\.kind) == [.credit])
        #expect(frames.first.map { UInt32(bigEndianBytes: $0.payload) } == UInt32(RelayingLimits.initialCredit))
    }

    @Test("a stream sends no more than its credit, and its finish after its data")
    func credit() {
        var stream = Stream(opened: .text, early: 0, use: .ended, at: .origin)
        _ = stream.append([UInt8](repeating: 1, count: RelayingLimits.initialCredit + 10)[...])
        stream.finish()
        var sent = 0
        while case (.data, let piece)? = Self.take(&stream) { sent += piece.count }
        #expect(sent == RelayingLimits.initialCredit)
        #expect(!stream.canSend)
        #expect(stream.addCredit(10) == true)
        guard case (.data, let rest)? = Self.take(&stream), case (.finish, _)? = Self.take(&stream) else {
            Issue.record("the rest, then the finish")
            return
        }
        #expect(rest.count == 10)
        #expect(stream.finishSent)
    }
}
