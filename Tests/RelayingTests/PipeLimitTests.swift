// What the own person's pipes refuse to their owner, and what their owner is told.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Limits of pipes")
struct PipeLimitTests {
    private let pipe = PipeID(number: 1)

    private func member() -> NodeIdentity {
        var random = Fixtures.random(66)
        return NodeIdentity.generate(using: &random)
    }

    /// Opens a pipe and has the member answer it; its stream.
    private func answered(_ home: RawHome, _ request: Request, by answer: Answer) throws -> UInt32 {
        let member = member()
        let (stream, early) = try home.open(pipe, to: member, request)
        let answerer = home.answerer(member)
        _ = try answerer.value.receive(early, at: .origin)
        try home.send(.data, stream, try answerer.value.reply(payload: answer.block(), using: &home.random))
        return stream
    }

    private func writable(_ home: RawHome) -> Int {
        home.bench.effects.count { if case .pipeWritable = $0 { true } else { false } }
    }

    @Test("a keeper's pipe takes packets and no raw bytes, a door's raw bytes and no packets")
    func kinds() throws {
        let keeper = try RawHome()
        _ = try answered(keeper, try Fixtures.deposit(), by: Fixtures.receipt())
        keeper.bench.give(.pipeAsked(pipe, .sendPacket([1])))
        #expect(keeper.ending == nil)
        keeper.bench.give(.pipeAsked(pipe, .write([1])))
        #expect(keeper.ending == .impossible)
        let door = try RawHome()
        _ = try answered(door, Fixtures.join(1), by: .join(JoinAnswer(code: .waiting)))
        door.bench.give(.pipeAsked(pipe, .write([1])))
        #expect(door.ending == nil)
        door.bench.give(.pipeAsked(pipe, .sendPacket([1])))
        #expect(door.ending == .impossible)
    }

    @Test("a door's answer to a deposit is a fault")
    func doorAnswersDeposit() throws {
        let home = try RawHome()
        _ = try answered(home, try Fixtures.deposit(), by: .join(JoinAnswer(code: .joined)))
        #expect(home.ending == .fault)
    }

    @Test("packets to a keeper that takes none wait up to a limit")
    func packetQueue() throws {
        var limits = RelayingLimits.standard
        limits.pipeQueue = 40_000
        let home = try RawHome(limits: limits)
        _ = try answered(home, try Fixtures.deposit(), by: Fixtures.receipt())
        var sent = 0
        while home.ending == nil, sent < 20 {
            home.bench.give(.pipeAsked(pipe, .sendPacket([UInt8](repeating: 0, count: 16_000))))
            sent += 1
        }
        #expect(home.ending == .impossible)
        // A window of credit, and what may wait for more.
        #expect(sent <= (RelayingLimits.initialCredit + limits.pipeQueue) / 16_000 + 1)
    }

    @Test("a pipe that is asked for twice is opened once")
    func twice() throws {
        let home = try RawHome()
        let member = member()
        _ = try home.open(pipe, to: member, Fixtures.join(5))
        home.bench.give(
            .pipeAsked(
                pipe,
                .open(
                    PipeOpening(
                        through: home.link, to: member.nodeKey, channel: member.channelKey, request: Fixtures.join(6))))
        )
        #expect(try !home.takeFrames().contains { $0.kind == .open })
        #expect(home.ending == nil && home.bench.count(.pipesOpened) == 1)
    }

    @Test("pipes are bounded in number, and so are a link's streams")
    func number() throws {
        for isPipes in [true, false] {
            var limits = RelayingLimits.standard
            if isPipes { limits.pipesAtOnce = 2 } else { limits.streamsFromMember = 2 }
            let home = try RawHome(limits: limits)
            let member = member()
            for number in 1...2 as ClosedRange<UInt64> {
                _ = try home.open(PipeID(number: number), to: member, Fixtures.join(UInt8(number)))
            }
            #expect(home.ending == nil)
            home.bench.give(
                .pipeAsked(
                    PipeID(number: 3),
                    .open(
                        PipeOpening(
                            through: home.link, to: member.nodeKey, channel: member.channelKey,
                            request: Fixtures.join(3)))))
            #expect(home.ending == .impossible)
        }
    }

    @Test("room is told when three quarters are free again, and only after there was little")
    func roomTold() throws {
        var limits = RelayingLimits.standard
        limits.pipeQueue = 40_000
        let home = try RawHome(limits: limits)
        let (stream, early) = try home.open(pipe, to: member(), Fixtures.join(5))
        let credit = RelayingLimits.initialCredit - early.count
        func write(_ count: Int) {
            home.bench.give(.pipeAsked(pipe, .write([UInt8](repeating: 0, count: count))))
        }
        for _ in 0..<6 { write(10_000) }
        write(credit - 60_000)
        #expect(home.bench.engine.value.room(of: pipe) == 40_000 && writable(home) == 0)
        write(35_000)
        try home.send(.credit, stream, UInt32(10_000).bigEndianBytes)
        #expect(home.bench.engine.value.room(of: pipe) == 15_000 && writable(home) == 0)
        try home.send(.credit, stream, UInt32(15_000).bigEndianBytes)
        #expect(home.bench.engine.value.room(of: pipe) == 30_000 && writable(home) == 1)
        try home.send(.credit, stream, UInt32(10_000).bigEndianBytes)
        #expect(writable(home) == 1)
        #expect(home.ending == nil)
    }
}
