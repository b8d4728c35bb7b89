// What decoding costs in memory, counted: no frame makes its reader take more than four times its size and a constant,
// or keep more than four times its size and a smaller one.

import Essentials
import Testing

@testable import Wire

@Suite("The cost of decoding", .serialized)
struct DecodeCostTests {
    /// What the reader of a frame may take beside four times its size, while it decodes one: 600 entries of a pull can
    /// be named with two bytes each, and become 40 bytes each in an array that has grown by doubling.
    static let passing = 60 * 1_024
    /// What a decoded value may keep beside four times its frame's size: the same 600 entries of 24 bytes.
    static let kept = 15 * 1_024
    /// No frame at all costs more than this while it is decoded.
    static let most = 96 * 1_024

    /// A frame made to be expensive.
    struct Frame: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let decode: @Sendable ([UInt8]) throws -> any Sendable
    }

    @Test("allocations are really counted")
    func canary() {
        let (array, heap) = Allocations.measure { () -> [UInt8] in
            let passing = [UInt8](repeating: 1, count: 50_000)
            return [UInt8](repeating: passing[7], count: 10_000)
        }
        #expect(array.count == 10_000)
        #expect((10_000...11_000).contains(heap.held))
        #expect((50_000...62_000).contains(heap.peak) && heap.total >= heap.peak)
    }

    @Test("honest frames, the greatest of each message", arguments: Sample.small + Sample.greatest)
    func honest(sample: Sample) {
        check(Frame(testDescription: sample.testDescription, bytes: sample.bytes, decode: { try sample.recode($0) }))
    }

    @Test("frames made to be expensive", arguments: Self.expensive)
    func hostile(frame: Frame) { check(frame) }

    private func check(_ frame: Frame) {
        // Once unmeasured: what is made at first use stays.
        _ = try? frame.decode(frame.bytes)
        let (result, heap) = Allocations.measure { Result { try frame.decode(frame.bytes) } }
        let size = frame.bytes.count
        #expect(heap.peak <= 4 * size + Self.passing, "\(frame.testDescription): \(heap.peak) for \(size)")
        #expect(heap.held <= 4 * size + Self.kept, "\(frame.testDescription): \(heap.held) for \(size)")
        #expect(heap.peak <= Self.most, "\(frame.testDescription): \(heap.peak)")
        withExtendedLifetime(result) {}
    }

    /// A length-delimited field.
    private static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        FieldTree.varint(number << 3 | 2) + FieldTree.varint(UInt64(content.count)) + content
    }

    private static func repeated(_ piece: [UInt8], _ count: Int) -> [UInt8] {
        [UInt8]([[UInt8]](repeating: piece, count: count).joined())
    }

    private static func frame<Message: WireMessage>(_ note: String, _ type: Message.Type, _ bytes: [UInt8]) -> Frame {
        Frame(testDescription: "\(type): \(note)", bytes: bytes) { try Message(decoding: $0) }
    }

    static let expensive: [Frame] = {
        let haves = repeated(field(1, []), 600)
        let signature = [UInt8](repeating: 1, count: 64)
        let signed = field(1, [1]) + field(2, signature)
        let push = repeated(field(1, signed), 48) + repeated(field(2, signed), 128)
        let hash = [UInt8](repeating: 1, count: 32)
        let listing = field(1, hash) + field(3, hash) + repeated(field(4, hash), 4) + field(5, [1])
        let answer = field(1, [1]) + field(2, signature) + repeated(field(3, listing), 24)
        let terms = repeated(field(4, [120]), 16)
        return [
            frame("600 empty entries", Pull.self, haves), frame("600 empty entries", Control.self, field(2, haves)),
            frame("601 empty entries", Pull.self, haves + field(1, [])),
            frame("8,000 empty entries", Pull.self, repeated(field(1, []), 8_000)),
            frame("600 entries of zeros", Pull.self, repeated(field(1, [0x09] + [UInt8](repeating: 0, count: 8)), 600)),
            frame("4,000 unknown fields", Pull.self, repeated([0x20, 1], 4_000)),
            frame("4,000 unknown empty fields", Control.self, field(2, repeated([0x22, 0], 4_000))),
            frame("unknown fields in an entry", Pull.self, field(1, repeated([0x22, 0], 4_000))),
            frame("176 shortest statements", Push.self, push), frame("the same", Control.self, field(3, push)),
            frame("176 empty statements", Push.self, repeated(field(1, []), 48) + repeated(field(2, []), 128)),
            frame("24 listings of one byte", RoundAnswer.self, answer),
            frame("the same", KeeperMessage.self, field(1, answer)),
            frame("24 empty listings", KeeperMessage.self, field(1, repeated(field(3, []), 24))),
            frame("24 digests", BodiesWanted.self, repeated(field(1, hash), 24)),
            frame("24 offers of one byte", Bodies.self, repeated(field(1, [1]), 24)),
            frame("24 empty offers", KeeperMessage.self, field(3, repeated(field(1, []), 24))),
            frame("16 names of one letter", HomeTerms.self, terms), frame("the same", Attached.self, field(1, terms)),
            frame("16 empty names", HomeTerms.self, repeated(field(4, []), 16)),
            frame("a hello of empty things", Control.self, field(1, field(5, []) + field(6, terms))),
            frame(
                "text that is no UTF-8 at its end", Text.self, field(2, [UInt8](repeating: 120, count: 16_000) + [0xFF])
            ),
            frame("16,000 bytes of two-byte letters", Text.self, [8, 1] + field(2, repeated([0xC3, 0xA9], 8_000))),
            frame(
                "a ticket of 8,192 bytes", Utterance.self,
                field(1, [8, 1, 16, 1] + field(4, [UInt8](repeating: 1, count: 8_192)))),
            frame("noise", Control.self, (0..<16_000).map { UInt8(truncatingIfNeeded: $0 &* 197) }),
            frame("zeros", Control.self, [UInt8](repeating: 0, count: 16_000)),
            frame("too large by one", Control.self, [UInt8](repeating: 0x12, count: 16_065)),
        ]
    }()

    @Test("frames that were honest once, harmed at random")
    func mutated() throws {
        var chance = SeededGenerator(seed: 31)
        for sample in Sample.greatest {
            for _ in 0..<12 {
                var bytes = sample.bytes
                for _ in 0..<Int.random(in: 1...4, using: &chance) {
                    guard let place = bytes.indices.randomElement(using: &chance) else { continue }
                    switch UInt8.random(in: 0...2, using: &chance) {
                    case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &chance)
                    case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                    default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
                    }
                }
                let (_, heap) = Allocations.measure { Result { try sample.recode(bytes) } }
                // This decodes and encodes.
                #expect(heap.peak <= 4 * bytes.count + Self.passing, "\(sample.testDescription): \(heap.peak)")
            }
        }
    }
}
