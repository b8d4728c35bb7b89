import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("Noise handshakes")
struct HandshakeTests {
    @Test(
        "every pattern ends with the same hash, the same exported secrets and two working directions",
        arguments: allPatterns)
    func completes(pattern: HandshakePattern) throws {
        let (left, right) = try shake(pattern)
        #expect(left.handshakeHash.count == 64)
        #expect(left.handshakeHash == right.handshakeHash)
        #expect(left.exported("a") == right.exported("a"))
        #expect(left.exported("a") != left.exported("b"))
        for round: UInt8 in 0..<3 {
            #expect(try right.open(try left.seal([round, 1])) == [round, 1])
            #expect(try left.open(try right.seal([round, 2])) == [round, 2])
        }
    }

    @Test("a static key that is cut short is too short, before anything is decrypted")
    func shortStatic() throws {
        let left = try Hand(.xx, initiator: true)
        let right = try Hand(.xx, initiator: false)
        _ = try right.read(try left.write())
        let second = try right.write()
        #expect(throws: NoiseFault.messageTooShort) { try left.read(Array(second.prefix(32 + 47))) }
        #expect(left.overhead == 0, "nothing comes after a failure")
    }

    @Test("a handshake with any byte of any message changed never ends on both sides", arguments: allPatterns)
    func tampered(pattern: HandshakePattern) throws {
        var lengths: [Int] = []
        _ = try shake(pattern) { _, message in
            lengths.append(message.count)
            return message
        }
        for (index, length) in lengths.enumerated() {
            for position in 0..<length {
                #expect(throws: NoiseFault.self, "message \(index), byte \(position)") {
                    try shake(pattern) { which, message in
                        var message = message
                        if which == index { message[position] ^= 1 }
                        return message
                    }
                }
            }
        }
    }

    @Test(
        "a first message that its pattern protects is refused at once when a byte is changed",
        arguments: [HandshakePattern.nk, .kk, .ik, .nn.psk(0), .xx.psk(1)])
    func tamperedFirst(pattern: HandshakePattern) throws {
        let message = try Hand(pattern, initiator: true).write([1, 2, 3])
        for position in message.indices {
            var changed = message
            // The top bit too, which X25519 ignores in a key: the hash does not.
            changed[position] ^= 0x80
            let responder = try Hand(pattern, initiator: false)
            #expect(throws: NoiseFault.self) { try responder.read(changed) }
        }
    }

    @Test("a message cut short anywhere is refused", arguments: allPatterns)
    func truncated(pattern: HandshakePattern) throws {
        for index in pattern.messages.indices {
            for count in [0, 1, 31, 32, 47, 48] {
                #expect(throws: NoiseFault.self) {
                    try shake(pattern) { $0 == index ? Array($1.prefix(min(count, $1.count - 1))) : $1 }
                }
            }
        }
    }

    @Test("other prologues, keys or pre-shared keys end no handshake", arguments: allPatterns)
    func disagreeing(pattern: HandshakePattern) {
        #expect(throws: NoiseFault.notAuthentic) { try shake(pattern, prologues: [[1], [2]]) }
        let isKeyed = pattern.isResponderKnown || pattern.pskCount > 0
        if isKeyed {
            #expect(throws: NoiseFault.notAuthentic) { try shake(pattern, responderKeys: Keys(seed: 2)) }
        }
    }

    @Test(
        "a point of low order as ephemeral or static key is a fault",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000080",
        ])
    func lowOrder(text: String) throws {
        let point = try #require(Hex.decode(text))
        // In the first message, where the pattern agrees on it at once.
        let responder = try Hand(.nk, initiator: false)
        #expect(throws: NoiseFault.weakKey) { try responder.read(point + [UInt8](repeating: 0, count: 16)) }
        // Where it is agreed on only when the reply is written.
        let late = try Hand(.nn, initiator: false)
        _ = try late.read(point)
        #expect(throws: NoiseFault.weakKey) { try late.write() }
        // As the known static key of the other side.
        let initiator = try Hand(.nk, initiator: true, remote: Bytes32(point))
        #expect(throws: NoiseFault.weakKey) { try initiator.write() }
    }

    @Test("a message sent back to its writer is refused", arguments: allPatterns)
    func reflected(pattern: HandshakePattern) throws {
        let initiator = try Hand(pattern, initiator: true)
        let message = try initiator.write([UInt8](repeating: 7, count: 100))
        #expect(throws: NoiseFault.self) { try initiator.read(message) }
    }

    @Test("turns are kept: nobody writes or reads twice, and nothing follows the end")
    func turns() throws {
        let (initiator, responder) = (try Hand(.nk, initiator: true), try Hand(.nk, initiator: false))
        #expect(throws: NoiseFault.outOfTurn) { try responder.write() }
        #expect(throws: NoiseFault.outOfTurn) { try initiator.read([1]) }
        let first = try initiator.write()
        #expect(throws: NoiseFault.outOfTurn) { try initiator.write() }
        _ = try responder.read(first)
        #expect(throws: NoiseFault.outOfTurn) { try responder.read(first) }
        _ = try initiator.read(try responder.write())
        #expect(initiator.isFinished && responder.isFinished)
        #expect(throws: NoiseFault.outOfTurn) { try initiator.write() }
        #expect(throws: NoiseFault.outOfTurn) { try responder.read(first) }
        let early = try Hand(.nk, initiator: true)
        #expect(throws: NoiseFault.outOfTurn) { try early.finish() }
    }

    @Test("after a fault a handshake refuses even what would have been right")
    func failed() throws {
        let (initiator, responder) = (try Hand(.nk, initiator: true), try Hand(.nk, initiator: false))
        let message = try initiator.write()
        #expect(throws: NoiseFault.self) { try responder.read(Array(message.dropLast())) }
        #expect(throws: NoiseFault.outOfTurn) { try responder.read(message) }
        #expect(throws: NoiseFault.outOfTurn) { try responder.finish() }
    }

    @Test("a first message played again gives a handshake that its writer cannot end")
    func replayed() throws {
        let initiator = try Hand(.ik, initiator: true)
        let message = try initiator.write()
        let first = try Hand(.ik, initiator: false)
        let second = try Hand(.ik, initiator: false, keys: Keys())
        _ = try first.read(message)
        _ = try second.read(message)
        let replies = (try first.write([1]), try second.write([2]))
        _ = try initiator.read(replies.0)
        #expect(throws: NoiseFault.outOfTurn) { try initiator.read(replies.1) }
    }

    @Test("messages are at most 65,535 bytes, in both directions")
    func sizes() throws {
        let (initiator, responder) = (try Hand(.nk, initiator: true), try Hand(.nk, initiator: false))
        let room = 65_535 - initiator.overhead
        #expect(throws: NoiseFault.messageTooLong) { try initiator.write([UInt8](repeating: 0, count: room + 1)) }
        let message = try initiator.write([UInt8](repeating: 7, count: room))
        #expect(message.count == 65_535)
        #expect(try responder.read(message).count == room)
        let other = try Hand(.nk, initiator: false)
        #expect(throws: NoiseFault.messageTooLong) { try other.read(message + [0]) }
    }

    @Test("the overhead is what a message has besides its payload", arguments: allPatterns)
    func overhead(pattern: HandshakePattern) throws {
        let (initiator, responder) = (try Hand(pattern, initiator: true), try Hand(pattern, initiator: false))
        for index in pattern.messages.indices {
            let (writer, reader) = index.isMultiple(of: 2) ? (initiator, responder) : (responder, initiator)
            let expected = writer.overhead + 3
            #expect(reader.overhead == writer.overhead)
            let message = try writer.write([1, 2, 3])
            #expect(message.count == expected)
            _ = try reader.read(message)
        }
        #expect(initiator.overhead == 0)
    }
}
