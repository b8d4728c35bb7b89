// What a peer can make a node hold, before and after it has shown who it is, counted block by block and printed as a
// table: state, bytes sent, bytes held, ratio. Where bytes of the peer are held, they cost at most four times their
// number beside a constant for the thing that holds them.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("What a peer makes us hold")
final class HoldingTests {
    /// Each test runs once before it counts: what the runtime takes at the first use of anything is nobody's sending.
    private var isRehearsal = false

    private func rehearse(_ test: () throws -> Void) rethrows {
        guard !isRehearsal else { return }
        isRehearsal = true
        try test()
        isRehearsal = false
    }

    /// The connection, and nothing on it yet.
    static let connectionCost = 2_048
    /// A connection in its handshake: keys, hashes, our hello.
    static let handshakeCost = 6_144
    /// A link: channel, queues, budgets.
    static let linkCost = 12_288
    /// A stream, with what it is for and its timer.
    static let streamCost = 2_048
    /// An arrival: a stream and a channel in its handshake.
    static let arrivalCost = 6_144

    /// One line of the table.
    private func row(_ state: String, sent: Int, held: Int, beside constant: Int) {
        guard !isRehearsal else { return }
        let ratio = sent == 0 ? "-" : "\(Double(held * 10 / sent) / 10)"
        print("| \(state) | \(sent) | \(held) | \(ratio) |")
        #expect(held <= 4 * sent + constant, "\(state): \(held) for \(sent)")
    }

    /// What the engine holds more after these pieces; each is copied in here, as a shell would have it from a socket.
    private func held(_ bench: Bench, _ pieces: [[UInt8]], on connection: ConnectionID) -> Int {
        Allocations.measure {
            for piece in pieces {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(piece.count)
                bytes += piece
                _ = bench.engine.value.handle(.received(connection, bytes), at: bench.now, using: &bench.random)
            }
        }.heap.held
    }

    private func pieces(_ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    /// Packets full of frames, sealed.
    private func sealed(_ peer: RawPeer, _ frames: [[UInt8]]) throws -> [[UInt8]] {
        var packets: [[UInt8]] = []
        var content: [UInt8] = []
        for frame in frames + [[]] {
            if frame.isEmpty || content.count + frame.count > peer.channel.value.maximumContent {
                packets.append(try peer.channel.value.seal(content, at: peer.bench.now))
                content = []
            }
            content += frame
        }
        return packets
    }

    private func count(_ pieces: [[UInt8]]) -> Int { pieces.reduce(0) { $0 + $1.count } }

    // MARK: before the hello

    @Test("before the hello")
    func beforeHello() throws {
        try rehearse { try beforeHello() }
        let bench = try Bench()
        let connections = 64
        let heap = Allocations.measure {
            for index in 0..<connections {
                _ = bench.engine.value.handle(
                    .connectionOpened(
                        ConnectionID(number: UInt64(1_001 + 2 * index)), from: Fixtures.endpoint(index), outbound: false
                    ),
                    at: bench.now, using: &bench.random)
            }
        }.heap
        row("a connection that says nothing", sent: 0, held: heap.held / connections, beside: Self.connectionCost)
        #expect(heap.held / connections * RelayingLimits.standard.halfOpenTotal < 1_048_576)

        let handshakes = 100_000
        let gate = Owned(ConnectionGate(limits: .standard, at: bench.now))
        let open = try Fixtures.policy("main")
        let remembered = Allocations.measure {
            for number in 0..<handshakes {
                let remote = Endpoint.v4(0x0900_0000 + UInt32(number) << 8, port: 4_700)
                // A hundred seconds, or the budget of all would let in no more than a few thousand.
                _ = gate.value.admit(
                    ConnectionID(number: UInt64(2 * number + 1)), from: open.origin(of: remote), isMember: false,
                    at: bench.now + .milliseconds(Int64(number)))
            }
        }.heap.held
        if !isRehearsal { print("| a gate to which \(handshakes) small subnets came | 0 | \(remembered) | - |") }
        #expect(remembered < 8 << 20)

        for (name, head, total) in [
            ("preface", [0x50, 1, 1], 3), ("most of a first message", [0x50, 1, 1, 4, 0], 1_024),
            ("the same, of XX", [0x50, 1, 2, 4, 0], 1_024),
        ] as [(String, [UInt8], Int)] {
            for size in [1, 100, 2_000] {
                let bench = try Bench()
                let connection = bench.accept()
                let bytes = head + [UInt8](repeating: 7, count: total - head.count)
                let held = held(bench, pieces(bytes, of: size), on: connection)
                #expect(!bench.isClosed(connection))
                row("\(name), by \(size)", sent: total, held: held, beside: Self.handshakeCost)
                // One more is too many.
                if total == 1_024 {
                    bench.give(.received(connection, [7]))
                    #expect(bench.isClosed(connection))
                }
            }
        }
    }

    @Test("between handshake and hello", arguments: [1, 100, 9_000])
    func beforeHelloEnds(size: Int) throws {
        try rehearse { try beforeHelloEnds(size: size) }
        let bench = try Bench()
        let peer = RawPeer(bench)
        let opening = try peer.opening()
        row(
            "handshake done", sent: opening.count, held: held(bench, [opening], on: peer.connection),
            beside: Self.handshakeCost)
        let bytes = [0x40, 0xA0] + [UInt8](repeating: 7, count: 8_188 - opening.count)
        row(
            "most of a hello, by \(size)", sent: bytes.count,
            held: held(bench, pieces(bytes, of: size), on: peer.connection),
            beside: Self.handshakeCost)
        #expect(!bench.isClosed(peer.connection))
        bench.give(.received(peer.connection, [UInt8](repeating: 7, count: 8)))
        #expect(bench.isClosed(peer.connection))
    }

    // MARK: links

    @Test("a link, and a packet that never ends", arguments: [true, false])
    func link(isLeaf: Bool) throws {
        try rehearse { try link(isLeaf: isLeaf) }
        let bench = try Bench()
        let peer = RawPeer(bench, asLeaf: isLeaf)
        try peer.shakeHands()
        let record = try Fixtures.record(of: peer.identity.value, policy: bench.policy, at: [Fixtures.endpoint(90)])
        let hello = Control.hello(try isLeaf ? Hello(role: .leaf) : Hello(role: .member, record: record))
        var frames = FrameCodec.frame(.control, hello.encoded())
        if isLeaf { frames += FrameCodec.frame(.control, Control.attach(Attach()).encoded()) }
        let packet = try peer.channel.value.seal(frames, at: bench.now)
        let heldByLink = held(bench, [packet], on: peer.connection)
        #expect(peer.isUp)
        row(isLeaf ? "a leaf attached" : "a member linked", sent: packet.count, held: heldByLink, beside: Self.linkCost)
        for size in [100, 20_000] {
            let bytes = [0x40, 0xA0] + [UInt8](repeating: 7, count: 16_543)
            let fresh = RawPeer(bench, seed: UInt8(size & 63), asLeaf: isLeaf)
            if isLeaf { try fresh.becomeLeaf() } else { try fresh.becomeMember() }
            try fresh.read()
            let held = held(bench, pieces(bytes, of: size), on: fresh.connection)
            row("most of a packet, by \(size)", sent: bytes.count, held: held, beside: 1_024)
        }
    }

    @Test("answers that a peer makes us owe and does not read", arguments: ["pings", "resets"])
    func owed(kind: String) throws {
        try rehearse { try owed(kind: kind) }
        let bench = try Bench()
        let peer = try RawPeer(bench).becomeMember()
        bench.give(.writabilityChanged(peer.connection, isWritable: false))
        let frame: (Int) -> [UInt8] = { index in
            kind == "pings"
                ? FrameCodec.frame(.ping, [UInt8](repeating: UInt8(index & 255), count: 8))
                : FrameCodec.frame(.open, stream: UInt32(2 * index + 1), [9, 9])
        }
        var index = 0
        var (sent, most) = (0, 0)
        while peer.isUp, index < 100_000 {
            let packets = try sealed(peer, (index..<index + 500).map(frame))
            index += 500
            let held = held(bench, packets, on: peer.connection)
            guard peer.isUp else { break }
            sent += count(packets)
            most += held
        }
        #expect(!peer.isUp, "who makes us owe more and more is dropped")
        row("\(kind) that are not read", sent: sent, held: most, beside: Self.linkCost)
        #expect(most <= 4 * bench.engine.value.limits.signalQueue)
    }

    // MARK: streams

    @Test("arrivals and halves at the door, with all that they may send ahead")
    func arrivals() throws {
        try rehearse { try arrivals() }
        let cases: [(String, Request?, Int)] = [
            ("an arrival that begins", nil, 1), ("most of a request", nil, 800),
            ("a deposit that is being decided", try Fixtures.deposit(), 4_096),
            ("a half at the door", Fixtures.join(1), 0), ("a half with bytes ahead", Fixtures.join(1), 4_096),
        ]
        for (name, request, ahead) in cases {
            for size in [1, 4_096] {
                let bench = try Bench()
                let peer = try RawPeer(bench).becomeMember()
                try peer.read()
                let message = try request.map { try RawPipe(to: bench).request($0) } ?? []
                var frames = [FrameCodec.frame(.open, stream: 1, RawPeer.arrival(message))]
                // What looks like the beginning of a request, where there is none.
                let more = (request == nil ? [3, 50] : []) + [UInt8](repeating: 1, count: ahead)
                frames += pieces(more, of: size).map { FrameCodec.frame(.data, stream: 1, $0) }
                let packets = try sealed(peer, frames)
                let held = held(bench, packets, on: peer.connection)
                #expect(bench.engine.value.arrivals.count == 1, "\(name)")
                row("\(name), by \(size)", sent: message.count + more.count, held: held, beside: Self.arrivalCost)
                // One more byte is too many where no more may wait.
                guard ahead == 4_096 else { continue }
                try peer.send(.data, 1, [1])
                #expect(bench.engine.value.arrivals.isEmpty && peer.isUp, "\(name)")
            }
        }
    }

    @Test("streams of a leaf that wait for a member", arguments: [1, 1_000, 16_000])
    func waitingCarriages(size: Int) throws {
        try rehearse { try waitingCarriages(size: size) }
        let bench = try Bench()
        let leaf = try RawPeer(bench, asLeaf: true).becomeLeaf()
        try leaf.read()
        let member = bench.knowMember()
        var frames: [[UInt8]] = []
        let streams = bench.engine.value.limits.leafStreams
        for index in 0..<streams {
            frames.append(FrameCodec.frame(.open, stream: UInt32(2 * index + 1), leaf.carry(to: member)))
        }
        let opens = try sealed(leaf, frames)
        row(
            "a stream that waits for a member", sent: count(opens) / streams,
            held: held(bench, opens, on: leaf.connection) / streams, beside: Self.streamCost)
        let data = Fixtures.pattern(16_000)
        let packets = try sealed(leaf, pieces(data, of: size).map { FrameCodec.frame(.data, stream: 1, $0) })
        row("its bytes, by \(size)", sent: data.count, held: held(bench, packets, on: leaf.connection), beside: 1_024)
        #expect(leaf.isUp)
    }

    /// How a leaf may cut what it sends to somebody who does not read.
    static let cuts: [(String, [Int])] = [
        ("1", [1]), ("2", [2]), ("255", [255]), ("256 and 1", [256, 1]), ("1 and 256", [1, 256]), ("300", [300]),
        ("1,000", [1_000]), ("8,300 and noise", [8_300]), ("16,000", [16_000]),
    ]

    @Test("bytes for somebody who does not read, however they are cut", arguments: cuts.indices)
    func spliced(index: Int) throws {
        try rehearse { try spliced(index: index) }
        let (name, sizes) = Self.cuts[index]
        let (bench, leaf, member) = try carried()
        bench.give(.writabilityChanged(member.connection, isWritable: false))
        let data = Fixtures.pattern(60_000)
        var frames: [[UInt8]] = []
        var (place, turn) = (0, 0)
        while place < data.count {
            let size = min(sizes[turn % sizes.count], data.count - place)
            frames.append(FrameCodec.frame(.data, stream: 1, Array(data[place..<place + size])))
            // A frame of a kind from the future fills the rest of the packet.
            if name.hasSuffix("noise") {
                frames.append([10, 0, 0, 0, 0] + [31, 64] + [UInt8](repeating: 0, count: 8_000))
            }
            place += size
            turn += 1
        }
        let packets = try sealed(leaf, frames)
        let held = held(bench, packets, on: leaf.connection)
        #expect(leaf.isUp && bench.link(member.link)?.value.held == data.count)
        row("60,000 bytes carried, by \(name)", sent: data.count, held: held, beside: Self.streamCost)
        // One byte was there before; beyond the credit there is nothing to hold.
        try leaf.send(.data, 1, Fixtures.pattern(65_536 - data.count - 1))
        #expect(leaf.isUp)
        try leaf.send(.data, 1, [1])
        #expect(!leaf.isUp)
    }

    /// A leaf with a stream that is carried on to a member.
    private func carried() throws -> (Bench, RawPeer, RawPeer) {
        let bench = try Bench()
        let member = try RawPeer(bench, seed: 40).becomeMember()
        let leaf = try RawPeer(bench, seed: 41, asLeaf: true).becomeLeaf()
        try leaf.send(.open, 1, leaf.carry(to: member.identity.value.nodeKey, [1]))
        try member.read()
        try leaf.read()
        return (bench, leaf, member)
    }

    /// The bound on what waits counts bytes that wait, so these must be all that is kept of a piece.
    @Test("the last byte of a piece does not keep the whole piece", arguments: [1, 7, 50])
    func nearlyRead(steps: Int) throws {
        try rehearse { try nearlyRead(steps: steps) }
        let (bench, leaf, member) = try carried()
        let stream = try #require(member.frames.last { $0.kind == .open }).stream
        let size = 16_000
        // Credit for all but a part of the fifth piece; then for all but one byte of it, in so many steps.
        let packets = try (0..<5).map { _ in
            try sealed(leaf, [FrameCodec.frame(.data, stream: 1, Fixtures.pattern(size))])
        }
        let credit = 5 * size - (65_536 - 1) - 1
        let held = Allocations.measure {
            for packet in packets.joined() {
                let bytes = packet.map { $0 }
                _ = bench.engine.value.handle(.received(leaf.connection, bytes), at: bench.now, using: &bench.random)
            }
            for step in 0..<steps {
                let amount = credit * (step + 1) / steps - credit * step / steps
                try? member.sendSilently(FrameCodec.frame(.credit, stream: stream, UInt32(amount).bigEndianBytes))
            }
        }.heap.held
        #expect(leaf.isUp && bench.link(member.link)?.value.held == 1)
        row("one byte left of 16,000, in \(steps) steps", sent: 1, held: held, beside: Self.streamCost)
    }
}

extension RawPeer {
    /// Puts a packet into the engine and drops what that wants.
    func sendSilently(_ content: [UInt8]) throws {
        let bytes = try channel.value.seal(content, at: bench.now)
        _ = bench.engine.value.handle(.received(connection, bytes), at: bench.now, using: &bench.random)
    }
}
