// The scan that comes before decoding.

import Essentials
import Testing

@testable import Wire

@Suite("the scan before decoding")
struct FieldScanTests {
    /// A field of wire type 0.
    private func varint(_ number: UInt64, _ value: UInt64) -> [UInt8] { encode(number << 3) + encode(value) }

    /// A field of wire type 2.
    private func bytes(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        encode(number << 3 | 2) + encode(UInt64(content.count)) + content
    }

    private func encode(_ value: UInt64) -> [UInt8] {
        var rest = value
        var encoded: [UInt8] = []
        while rest >= 0x80 {
            encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return encoded + [UInt8(rest)]
    }

    @Test("a field of fixed length that reaches beyond the message it stands in is malformed, whatever follows there")
    func overrun() {
        // Field 1 of three bytes begins a fixed64; what would be read behind it is a critical field.
        let bytes: [UInt8] = [0x0A, 3, 0x11, 0, 0] + [0, 0, 0, 0, 0, 0] + [0xC0, 0x3E, 1]
        #expect(throws: WireFault.malformed) { try Push(decoding: bytes) }
        #expect(throws: WireFault.malformed) { try Push(decoding: [0x0A, 3, 0x15, 0, 0] + [0, 0] + [0xC0, 0x3E, 1]) }
        // The scan itself says so, and does not leave it to the decoder behind it.
        for bytes in [[0x09, 0, 0, 0, 0], [0x21, 0], [0x25, 0, 0, 0]] as [[UInt8]] {
            #expect(throws: WireFault.malformed) {
                try FieldScan.check(bytes, shape: Shape(.fixed64), limits: Ping.limits)
            }
        }
    }

    @Test("an unknown field below 1000 is ignored, whatever it holds")
    func unknownIgnored() throws {
        let ping = Ping(token: 5).encoded()
        let unknown = [
            varint(2, 7), varint(999, .max), bytes(5, [1, 2, 3]), encode(3 << 3 | 1) + [UInt8](repeating: 0, count: 8),
            encode(4 << 3 | 5) + [0, 0, 0, 0],
        ]
        for field in unknown {
            #expect(try Ping(decoding: ping + field) == Ping(token: 5))
            #expect(try Ping(decoding: field + ping) == Ping(token: 5))
        }
    }

    @Test("an unknown field from 1000 on is refused")
    func critical() {
        let ping = Ping(token: 5).encoded()
        #expect(throws: WireFault.unknownCritical) { try Ping(decoding: ping + varint(1_000, 1)) }
        #expect(throws: WireFault.unknownCritical) { try Ping(decoding: ping + bytes(536_870_911, [])) }
    }

    @Test("a tag of more than 32 bits is no tag, and is not taken for a field from the future")
    func longTags() {
        for tag in [1 << 32, 1 << 32 | 8, 1 << 35, .max] as [UInt64] {
            #expect(throws: WireFault.malformed) { try Ping(decoding: encode(tag) + [0]) }
        }
    }

    @Test("an unknown critical field within a nested message is refused")
    func criticalWithin() throws {
        let inside = Have(node: 1, seq: 2, heartbeat: 3).encoded() + varint(1_000, 1)
        #expect(throws: WireFault.unknownCritical) { try Pull(decoding: bytes(1, inside)) }
        let outside = Have(node: 1, seq: 2, heartbeat: 3).encoded() + varint(999, 1)
        #expect(try Pull(decoding: bytes(1, outside)).have == [Have(node: 1, seq: 2, heartbeat: 3)])
    }

    @Test("more fields than the limit are refused, at any level")
    func tooManyFields() throws {
        let unknown = (0..<Ping.limits.fields).flatMap { _ in varint(2, 1) }
        #expect(try Ping(decoding: unknown) == Ping(token: 0))
        #expect(throws: WireFault.tooManyFields) { try Ping(decoding: unknown + varint(2, 1)) }
        let full = (0..<Pull.maximumHave).flatMap { _ in bytes(1, (0..<6).flatMap { _ in varint(9, 0) }) }
        #expect(throws: WireFault.tooManyFields) { try Pull(decoding: full) }
    }

    @Test("more of a repeated field than it may have is refused")
    func tooManyOfOne() throws {
        let have = bytes(1, Have(node: 0, seq: 0, heartbeat: 0).encoded())
        let full = (0..<Pull.maximumHave).flatMap { _ in have }
        #expect(try Pull(decoding: full).have.count == Pull.maximumHave)
        #expect(throws: WireFault.tooManyFields) { try Pull(decoding: full + have) }
    }

    @Test("a field given twice is refused")
    func twice() {
        #expect(throws: WireFault.malformed) { try Ping(decoding: varint(1, 1) + varint(1, 1)) }
    }

    @Test("a field of another wire type is refused")
    func wrongType() {
        #expect(throws: WireFault.malformed) { try Ping(decoding: bytes(1, [1])) }
        #expect(throws: WireFault.malformed) { try HeartbeatBody(decoding: varint(1, 1) + varint(3, 1)) }
        #expect(throws: WireFault.malformed) { try Join(decoding: varint(1, 1)) }
        #expect(throws: WireFault.malformed) { try Control(decoding: varint(4, 1)) }
    }

    @Test("groups and reserved wire types are refused, in unknown fields too")
    func groups() {
        for type in [UInt64(3), 4, 6, 7] {
            #expect(throws: WireFault.malformed) { try Ping(decoding: encode(2 << 3 | type)) }
            #expect(throws: WireFault.malformed) {
                try Ping(decoding: encode(2 << 3 | 3) + encode(2 << 3 | type))
            }
        }
    }

    @Test("field number 0 is refused")
    func fieldZero() {
        #expect(throws: WireFault.malformed) { try Ping(decoding: varint(0, 1)) }
    }

    @Test("a varint of more than 64 bits is refused")
    func longVarint() throws {
        let most = [UInt8](repeating: 0xFF, count: 9)
        #expect(try Ping(decoding: [8] + most + [1]) == Ping(token: .max))
        #expect(throws: WireFault.malformed) { try Ping(decoding: [8] + most + [2]) }
        #expect(throws: WireFault.malformed) { try Ping(decoding: [8] + most + [0x81, 0]) }
        #expect(throws: WireFault.malformed) { try Ping(decoding: most + [2, 1]) }
    }

    @Test("a 32-bit number with more bits is refused, not cut")
    func wide32() throws {
        #expect(try Goodbye(decoding: varint(1, UInt64(UInt32.max))) == Goodbye(code: .max))
        #expect(throws: WireFault.malformed) { try Goodbye(decoding: varint(1, 1 << 32)) }
    }

    @Test("a truth value is 0 or 1")
    func bool() {
        #expect(throws: WireFault.malformed) { try Typing(decoding: varint(1, 2)) }
    }

    @Test("a length beyond the end is refused, the greatest included")
    func lengths() {
        #expect(throws: WireFault.malformed) { try Join(decoding: [10, 33] + [UInt8](repeating: 1, count: 32)) }
        #expect(throws: WireFault.malformed) { try Join(decoding: [10] + encode(.max)) }
        #expect(throws: WireFault.malformed) { try Join(decoding: [10] + encode(1 << 63)) }
    }

    @Test("a nested message does not read beyond its own end")
    func nestedEnd() {
        // The inner length says 1, and the field within it claims 8 bytes of the outer message.
        let inner: [UInt8] = [10, 1, 9] + [UInt8](repeating: 0, count: 8)
        #expect(throws: WireFault.malformed) { try Pull(decoding: inner) }
        #expect(throws: WireFault.malformed) { try Control(decoding: [34, 1, 0x80, 1]) }
        // The same with a length: the scan by itself refuses it, without the decoder's help.
        let beyond = bytes(1, [0x7A, 5]) + [UInt8](repeating: 0, count: 5)
        #expect(throws: WireFault.malformed) {
            try FieldScan.check(beyond, shape: Pull.shape, limits: Pull.limits)
        }
    }

    @Test("nesting deeper than the limit is refused")
    func depth() {
        let shape = Shape(.message(Shape(.message(Shape(.uint32)))))
        let nested = bytes(1, bytes(1, varint(1, 1)))
        #expect(throws: Never.self) {
            try FieldScan.check(nested, shape: shape, limits: WireLimits(bytes: 99, fields: 9, depth: 3))
        }
        #expect(throws: WireFault.malformed) {
            try FieldScan.check(nested, shape: shape, limits: WireLimits(bytes: 99, fields: 9, depth: 2))
        }
    }

    @Test("a choice is exactly one of its kinds")
    func choice() throws {
        let ping = Utterance.ping(Ping(token: 1)).encoded()
        let pong = Utterance.pong(Pong(token: 1)).encoded()
        #expect(throws: WireFault.malformed) { try Utterance(decoding: []) }
        #expect(throws: WireFault.malformed) { try Utterance(decoding: ping + pong) }
        #expect(throws: WireFault.malformed) { try Utterance(decoding: ping + ping) }
        #expect(try Utterance(decoding: ping + varint(99, 1)) == .ping(Ping(token: 1)))
    }

    @Test("a kind of a later version is told apart from nonsense")
    func unknownKind() {
        #expect(throws: WireFault.unknownKind) { try Utterance(decoding: bytes(99, [1, 2])) }
        #expect(throws: WireFault.unknownKind) { try Control(decoding: bytes(99, [1, 2])) }
        #expect(throws: WireFault.unknownKind) { try KeeperMessage(decoding: bytes(99, [1, 2])) }
        #expect(throws: WireFault.unknownKind) { try Request(decoding: bytes(99, [1, 2])) }
        #expect(throws: WireFault.unknownKind) { try Answer(decoding: bytes(99, [1, 2])) }
        #expect(throws: WireFault.unknownCritical) { try Utterance(decoding: bytes(1_000, [1, 2])) }
    }
}
