import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("A channel's packets")
struct ChannelPacketTests {
    @Test(
        "every content up to the maximum comes back, in the smallest class that holds it",
        arguments: [PaddingClasses.conversation, .link])
    func classes(classes: PaddingClasses) throws {
        let (left, right) = try establishedPair(classes: classes)
        let largest = try #require(classes.sizes.last)
        #expect(left.maximumContent == largest - 19)
        for size in classes.sizes {
            for count in [size - 20, size - 19, size - 18] where count <= left.maximumContent {
                let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                let frame = try left.seal(content)
                let expected = try #require(classes.sizes.first { $0 >= count + 19 })
                #expect(frame.count == 2 + expected)
                #expect(Int(frame[0]) << 8 | Int(frame[1]) == expected)
                #expect(try right.receive(frame) == [.packet(content)])
            }
        }
        #expect(try left.seal([]).count == 2 + classes.sizes[0])
    }

    @Test("every class of a link has room for the same class of a conversation and a stream's header")
    func nested() {
        for (inner, outer) in zip(PaddingClasses.conversation.sizes, PaddingClasses.link.sizes) {
            #expect(outer - 19 >= inner + 2 + 11)
        }
    }

    @Test("packets are not read before there are keys for them")
    func tooEarly() throws {
        let (left, right) = (End(.kk, .initiator), End(.kk, .responder))
        let first = try left.start()
        #expect(throws: ChannelFault.notReady) { try right.channel.receivePackets(first, at: .origin) }
        #expect(right.isDead)
    }

    @Test("content that is too large is refused and changes nothing")
    func tooLarge() throws {
        let (left, right) = try establishedPair()
        let content = [UInt8](repeating: 0, count: left.maximumContent + 1)
        #expect(throws: ChannelFault.contentTooLarge) { try left.seal(content) }
        #expect(try right.receive(try left.seal([1])) == [.packet([1])])
    }

    @Test("packets made where they are sent from, one behind the other, arrive like others")
    func inPlace() throws {
        let (left, right) = try establishedPair()
        var output: [UInt8] = []
        for content in [[1, 2, 3, 4], [5], []] as [[UInt8]] {
            let start = output.count
            Channel.leaveRoom(in: &output)
            output += content
            try left.channel.seal(from: start, in: &output, at: .origin)
        }
        #expect(try right.receive(output) == [.packet([1, 2, 3, 4]), .packet([5]), .packet([])])
    }

    @Test("a packet that cannot be made leaves what stands before it, and nothing of itself")
    func inPlaceFaults() throws {
        let (left, right) = try establishedPair()
        let before = try left.seal([7])
        var output = before
        Channel.leaveRoom(in: &output)
        output += [UInt8](repeating: 0, count: 20_000)
        #expect(throws: ChannelFault.contentTooLarge) {
            try left.channel.seal(from: before.count, in: &output, at: .origin)
        }
        #expect(output == before)
        // Less than the room itself: somebody forgot to leave it.
        for start in [before.count, before.count - 1, before.count + 1, -1] {
            var short = before
            #expect(throws: ChannelFault.contentTooLarge) {
                try left.channel.seal(from: start, in: &short, at: .origin)
            }
            #expect(short == Array(before.prefix(max(0, start))))
        }
        #expect(try right.receive(output) == [.packet([7])])
    }

    @Test("a packet with any byte changed kills the channel, and so does one cut out of its frame")
    func tampered() throws {
        let (left, _) = try establishedPair()
        let frame = try left.seal([1, 2, 3])
        for position in frame.indices {
            let right = try freshReceiver()
            var changed = frame
            changed[position] ^= 0x80
            #expect(throws: ChannelFault.self, "byte \(position)") { try right.receive(changed) }
            #expect(right.isDead)
        }
    }

    /// The responder of a channel like that of `establishedPair()`, whose randomness is fixed.
    private func freshReceiver() throws -> End { try establishedPair().1 }

    @Test("a replayed, a skipped and a reordered packet kill")
    func order() throws {
        let (left, _) = try establishedPair()
        let frames = [try left.seal([0]), try left.seal([1])]
        for sequence in [[0, 0], [1], [1, 0]] {
            let right = try freshReceiver()
            #expect(throws: ChannelFault.noise(.notAuthentic), "\(sequence)") {
                for index in sequence { _ = try right.receive(frames[index]) }
            }
        }
    }

    @Test("a packet sent back to its writer kills")
    func reflected() throws {
        let (left, _) = try establishedPair()
        let frame = try left.seal([1])
        #expect(throws: ChannelFault.noise(.notAuthentic)) { try left.receive(frame) }
    }

    @Test(
        "a length that is no class kills as soon as it is known",
        arguments: [0, 1, 15, 16, 127, 129, 1_024, 16_513, 65_535])
    func wrongSize(length: Int) throws {
        let (_, right) = try establishedPair()
        #expect(throws: ChannelFault.wrongSize) { try right.receive([UInt8(length >> 8), UInt8(length & 0xff)]) }
        #expect(right.isDead)
    }

    @Test(
        "flags that nobody knows, a content longer than its packet, and padding that is not zero kill",
        arguments: [
            (UInt8(2), 0, 0), (0x80, 0, 0), (0, 110, 0), (0, 65_535, 0), (0, 5, 1), (1, 5, 1),
        ])
    func malformed(flags: UInt8, length: Int, padding: UInt8) throws {
        for position in [8, 60, 111] {
            let (left, right) = try establishedPair()
            var plaintext = [UInt8](repeating: 0, count: 112)
            plaintext[0] = flags
            plaintext[1] = UInt8(length >> 8)
            plaintext[2] = UInt8(length & 0xff)
            plaintext[position] |= padding
            let frame = try left.sealRaw(plaintext)
            #expect(throws: ChannelFault.malformed) { try right.receive(frame) }
            #expect(right.isDead)
        }
    }

    @Test("a well-formed packet made by hand is taken, so that the test above tests what it says")
    func wellFormed() throws {
        let (left, right) = try establishedPair()
        let plaintext = [0, 0, 109] + [UInt8](repeating: 7, count: 109)
        #expect(try right.receive(try left.sealRaw(plaintext)) == [.packet([UInt8](repeating: 7, count: 109))])
    }

    @Test("a dead channel refuses everything, has erased its keys and holds no bytes")
    func dead() throws {
        let (left, right) = try establishedPair()
        let good = try left.seal([1])
        var bad = good
        bad[50] ^= 1
        #expect(throws: ChannelFault.noise(.notAuthentic)) { try right.receive(bad + good) }
        #expect(right.fault == .noise(.notAuthentic))
        #expect(throws: ChannelFault.dead) { try right.receive(good) }
        #expect(throws: ChannelFault.dead) { try right.receive([]) }
        #expect(throws: ChannelFault.dead) { try right.seal([1]) }
        #expect(throws: ChannelFault.dead) { try right.start() }
        #expect(throws: ChannelFault.dead) { try right.reply() }
        #expect(!right.isEstablished)
        #expect(right.handshakeHash == [])
        #expect(right.exported("a") == nil)
        #expect(right.buffered == 0)
        left.channel.close()
        #expect(left.fault == .dead)
        #expect(throws: ChannelFault.dead) { try left.seal([1]) }
    }

    @Test("the buffer never holds as much as one whole frame")
    func bounded() throws {
        let (left, right) = try establishedPair()
        let frame = try left.seal([UInt8](repeating: 1, count: left.maximumContent))
        let frames = try frame + left.seal([2]) + left.seal([3])
        for piece in stride(from: 0, to: frames.count, by: 777) {
            _ = try right.receive(Array(frames[piece..<min(piece + 777, frames.count)]))
            #expect(right.buffered < 2 + 16_512)
        }
        #expect(right.buffered == 0)
    }

    @Test("no bytes from outside trap, before or after the handshake")
    func noise() throws {
        var random = RandomStream(seed: .zero)
        for round in 0..<2_000 {
            let end: End
            switch round % 3 {
            case 0: end = End(.xx, .responder)
            case 1: end = End(.nk, .responder)
            default: end = try establishedPair().1
            }
            for _ in 0..<4 {
                let count = Int(random.uniform(below: 200))
                var bytes = random.bytes(count: count)
                // Often a length that is right, so that the bytes get further.
                if round % 2 == 0, count > 2 { bytes.replaceSubrange(0..<2, with: [0, 128]) }
                _ = try? end.receive(bytes)
            }
        }
    }
}
