import Essentials
import Testing

@testable import Noise

@Suite("A channel that only joins and then leaves the pipe to others")
struct ChannelRawTests {
    private func pair() -> (End, End) {
        (End(.nk, .initiator, continuation: .raw), End(.nk, .responder, continuation: .raw))
    }

    @Test("bytes behind the handshake come out as they came in, once")
    func leftover() throws {
        let (left, right) = pair()
        _ = try right.receive(try left.start([1]))
        let events = try left.receive(try right.reply([2]) + [7, 8, 9])
        #expect(events == [.handshakePayload([2], index: 1), .established])
        #expect(left.takeLeftover() == [7, 8, 9])
        #expect(left.takeLeftover() == [])
        #expect(try left.receive([10]) == [])
        #expect(left.takeLeftover() == [10])
    }

    @Test("bytes that come before the reply wait for it: the first message of a stranger rides on the join")
    func early() throws {
        let (left, right) = pair()
        let early = [UInt8](repeating: 5, count: 1_026)
        #expect(try right.receive(try left.start([1]) + early).last == .awaitingReply)
        #expect(right.takeLeftover() == [], "not before the channel is established")
        #expect(try right.receive([6]) == [])
        _ = try right.reply()
        #expect(right.takeLeftover() == early + [6])
    }

    @Test("only so many bytes wait for the reply")
    func earlyLimit() throws {
        let (left, right) = pair()
        let early = [UInt8](repeating: 5, count: 4_096)
        _ = try right.receive(try left.start() + early)
        #expect(throws: ChannelFault.outOfTurn) { try right.receive([0]) }
        #expect(right.isDead)
        #expect(right.takeLeftover() == [])
    }

    @Test("bytes that nobody takes do not pile up for ever")
    func overflow() throws {
        let (left, right) = pair()
        _ = try right.receive(try left.start())
        _ = try left.receive(try right.reply())
        let piece = [UInt8](repeating: 1, count: 1 << 19)
        _ = try left.receive(piece)
        _ = try left.receive(piece)
        #expect(throws: ChannelFault.overflow) { try left.receive([1]) }
        #expect(left.isDead)
    }

    @Test("a channel of packets keeps no leftover")
    func packets() throws {
        let (left, right) = try establishedPair()
        let frame = try left.seal([1])
        _ = try right.receive(Array(frame.prefix(10)))
        #expect(right.takeLeftover() == [])
        #expect(try right.receive(Array(frame.dropFirst(10))) == [.packet([1])])
    }
}
