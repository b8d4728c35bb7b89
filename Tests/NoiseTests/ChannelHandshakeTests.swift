import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("A channel's handshake")
struct ChannelHandshakeTests {
    @Test("payloads arrive with the index of their message, and the owner is told whose turn it is")
    func payloads() throws {
        let (left, right) = (End(.xx, .initiator), End(.xx, .responder))
        let first = try right.receive(try left.start([10]))
        #expect(first == [.handshakePayload([10], index: 0), .awaitingReply])
        let second = try left.receive(try right.reply([11]))
        #expect(second == [.handshakePayload([11], index: 1), .awaitingReply])
        let last = try left.reply([12])
        #expect(left.isEstablished, "our own last message establishes the channel")
        let third = try right.receive(last)
        #expect(third == [.handshakePayload([12], index: 2), .established])
        #expect(right.isEstablished)
    }

    @Test("both ends hold the same hash, and each the other's key", arguments: allPatterns)
    func agreement(pattern: HandshakePattern) throws {
        let (left, right) = try establishedPair(pattern)
        #expect(left.handshakeHash.count == 64)
        #expect(left.handshakeHash == right.handshakeHash)
        let keys = Keys()
        let initiatorKey = keys.local(pattern, initiator: true)?.publicKey
        let responderKey = keys.local(pattern, initiator: false)?.publicKey
        #expect(right.remoteStatic == initiatorKey)
        #expect(left.remoteStatic == responderKey)
        #expect(try right.receive(try left.seal([1])) == [.packet([1])])
        #expect(try left.receive(try right.seal([2])) == [.packet([2])])
    }

    @Test("exported secrets are the same at both ends, and others for other labels and other channels")
    func exported() throws {
        let (left, right) = try establishedPair()
        let secret = try #require(left.exported("passant/test/1"))
        #expect(secret.count == 32)
        #expect(right.exported("passant/test/1") == secret)
        #expect(left.exported("passant/test/2") != secret)
        #expect(try establishedPair(.ik).0.exported("passant/test/1") != secret)
        #expect(End(.nn, .initiator).exported("passant/test/1") == nil)
        #expect(!left.handshakeHash.starts(with: secret))
    }

    @Test("bytes that come one by one say the same as bytes that come at once")
    func dripFed() throws {
        let (left, right) = (End(.ik, .initiator), End(.ik, .responder))
        var events = try drip(try left.start([1, 2, 3]), into: right)
        #expect(events == [.handshakePayload([1, 2, 3], index: 0), .awaitingReply])
        events = try drip(try right.reply([4]), into: left)
        #expect(events == [.handshakePayload([4], index: 1), .established])
        let packets = try left.seal([5]) + left.seal([]) + left.seal([UInt8](repeating: 6, count: 2_000))
        #expect(
            try drip(packets, into: right)
                == [.packet([5]), .packet([]), .packet([UInt8](repeating: 6, count: 2_000))])
        #expect(right.buffered == 0)
    }

    private func drip(_ bytes: [UInt8], into end: End) throws -> [Channel.Event] {
        try bytes.flatMap { try end.receive([$0]) }
    }

    @Test("the last handshake message and packets may come in one piece")
    func together() throws {
        let (left, right) = (End(.xx, .initiator), End(.xx, .responder))
        _ = try right.receive(try left.start())
        _ = try left.receive(try right.reply())
        let piece = try left.reply([1]) + left.seal([2]) + left.seal([3])
        #expect(
            try right.receive(piece) == [.handshakePayload([1], index: 2), .established, .packet([2]), .packet([3])])
    }

    @Test(
        "a handshake frame with any byte changed leaves no two ends established",
        arguments: [
            HandshakePattern.nk, .kk, .ik, .xx, .nn,
        ])
    func tampered(pattern: HandshakePattern) throws {
        for index in pattern.messages.indices {
            var position = 0
            var length = 1
            while position < length {
                let ends = [End(pattern, .initiator), End(pattern, .responder)]
                var bytes = try ends[0].start([9])
                for message in pattern.messages.indices {
                    if message == index {
                        length = bytes.count
                        bytes[position] ^= 1
                    }
                    let reader = ends[(message + 1) % 2]
                    guard let events = try? reader.receive(bytes), events.last == .awaitingReply,
                        let reply = try? reader.reply([9])
                    else { break }
                    bytes = reply
                }
                #expect(!(ends[0].isEstablished && ends[1].isEstablished), "message \(index), byte \(position)")
                position += 1
            }
        }
    }

    @Test(
        "a length that no handshake message has kills before the bytes are there",
        arguments: [
            [UInt8(0), 0], [4, 1], [0xff, 0xff],
        ])
    func sizes(head: [UInt8]) {
        let end = End(.nk, .responder)
        #expect(throws: ChannelFault.wrongSize) { try end.receive(head) }
        #expect(end.isDead)
    }

    @Test("a payload fits up to 1,024 bytes of message; more is refused and changes nothing")
    func payloadLimit() throws {
        let (left, right) = (End(.nk, .initiator), End(.nk, .responder))
        let room = 1_024 - 48
        #expect(throws: ChannelFault.contentTooLarge) { try left.start([UInt8](repeating: 0, count: room + 1)) }
        #expect(!left.isDead)
        let message = try left.start([UInt8](repeating: 1, count: room))
        #expect(message.count == 1_026)
        #expect(try right.receive(message).first == .handshakePayload([UInt8](repeating: 1, count: room), index: 0))
    }

    @Test("what comes while the word is ours kills")
    func outOfTurn() throws {
        let unstarted = End(.nn, .initiator)
        #expect(throws: ChannelFault.outOfTurn) { try unstarted.receive([0]) }
        let (left, right) = (End(.nk, .initiator), End(.nk, .responder))
        let message = try left.start()
        #expect(throws: ChannelFault.outOfTurn) { try right.receive(message + message) }
        #expect(right.isDead)
    }

    @Test("asking at the wrong time is refused and changes nothing")
    func notReady() throws {
        let (left, right) = (End(.nk, .initiator), End(.nk, .responder))
        #expect(throws: ChannelFault.notReady) { try right.start() }
        #expect(throws: ChannelFault.notReady) { try right.reply() }
        #expect(throws: ChannelFault.notReady) { try left.reply() }
        #expect(throws: ChannelFault.notReady) { try left.seal([1]) }
        let first = try left.start()
        #expect(throws: ChannelFault.notReady) { try left.start() }
        _ = try right.receive(first)
        _ = try left.receive(try right.reply())
        #expect(throws: ChannelFault.notReady) { try right.reply() }
        #expect(left.isEstablished && right.isEstablished)
    }

    @Test("keys that do not fit the pattern make a channel that is dead from the start")
    func misconfigured() {
        var random = RandomStream(seed: .zero)
        var channel = Channel(role: .initiator, pattern: .nk, prologue: [], classes: .link)
        #expect(channel.fault == .noise(.keysDoNotFit))
        #expect(throws: ChannelFault.dead) { try channel.start(payload: [], using: &random) }
    }

    @Test("a first message played again carries its payload, but none of its writer's packets")
    func replay() throws {
        let (left, right) = (End(.ik, .initiator), End(.ik, .responder, seed: 1))
        let first = try left.start([1])
        _ = try right.receive(first)
        _ = try left.receive(try right.reply())
        let packet = try left.seal([2])
        #expect(try right.receive(packet) == [.packet([2])])

        let again = End(.ik, .responder, seed: 2)
        #expect(try again.receive(first).first == .handshakePayload([1], index: 0))
        _ = try again.reply()
        #expect(throws: ChannelFault.noise(.notAuthentic)) { try again.receive(packet) }
    }
}
