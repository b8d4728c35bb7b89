// What holds for every message: round trips, limits, and no bytes that trap.

import Essentials
import Testing

@testable import Wire

@Suite("every message")
struct EveryMessageTests {
    @Test("the samples are all there")
    func complete() {
        #expect(Sample.small.count == 83)
        #expect(Sample.greatest.count == 42)
    }

    @Test("decodes from its own encoding and encodes to the same bytes", arguments: Sample.small + Sample.greatest)
    func roundTrip(sample: Sample) throws {
        #expect(try sample.recode(sample.bytes) == sample.bytes)
    }

    @Test("its greatest value is within its own limits", arguments: Sample.greatest)
    func greatestFits(sample: Sample) {
        #expect(sample.bytes.count <= sample.limits.bytes)
    }

    @Test("one byte more than the limit is refused unread", arguments: Sample.small)
    func tooLarge(sample: Sample) {
        let bytes = sample.bytes + [UInt8](repeating: 0xFF, count: sample.limits.bytes + 1 - sample.bytes.count)
        #expect(throws: WireFault.tooLarge) { try sample.recode(bytes) }
    }

    @Test("every truncation throws or decodes", arguments: Sample.small)
    func truncations(sample: Sample) {
        for count in sample.bytes.indices { checkOutcome(of: Array(sample.bytes.prefix(count)), as: sample) }
    }

    @Test("every flipped bit throws or decodes", arguments: Sample.small)
    func flips(sample: Sample) {
        for index in sample.bytes.indices {
            for bit in 0..<8 {
                var bytes = sample.bytes
                bytes[index] ^= 1 << UInt8(bit)
                checkOutcome(of: bytes, as: sample)
            }
        }
    }

    @Test("noise throws or decodes", arguments: Sample.small)
    func noise(sample: Sample) {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<400 {
            let count = Int.random(in: 0...80, using: &random)
            checkOutcome(of: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, as: sample)
        }
    }

    @Test("spliced and overwritten encodings throw or decode", arguments: Sample.small)
    func splices(sample: Sample) {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            var bytes = sample.bytes + sample.bytes.shuffled(using: &random)
            for _ in 0..<3 {
                guard let index = bytes.indices.randomElement(using: &random) else { continue }
                bytes[index] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            }
            checkOutcome(of: Array(bytes.prefix(sample.limits.bytes)), as: sample)
        }
    }

    /// Whatever decodes is a value like any other: its encoding decodes to the same encoding.
    private func checkOutcome(of bytes: [UInt8], as sample: Sample) {
        guard let first = try? sample.recode(bytes) else { return }
        #expect((try? sample.recode(first)) == first, "\(sample.testDescription): \(Hex.encode(bytes))")
    }
}
