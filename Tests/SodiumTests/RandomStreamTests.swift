import Essentials
import Testing

@testable import Sodium

@Suite("The random stream")
struct RandomStreamTests {
    private let seed = Bytes32(Array(0..<32)) ?? .zero

    @Test("the stream is ChaCha20 with the key replaced at every refill, on every machine")
    func known() {
        var random = RandomStream(seed: seed)
        let bytes = random.bytes(count: 524)
        #expect(Hex.encode(bytes.prefix(16)) == "2b23cce7a26023ab3f0eef693ac87f64")
        #expect(Hex.encode(bytes.suffix(16)) == "b17574512d41a59c90e41a8e7a4dccaa", "the first refill is after 512")
    }

    @Test("the same seed gives the same bytes, however they are drawn")
    func pieces() {
        var whole = RandomStream(seed: seed)
        var drawn = RandomStream(seed: seed)
        var bytes: [UInt8] = []
        for count in [1, 0, 31, 500, 700, 5] { bytes += drawn.bytes(count: count) }
        #expect(bytes == whole.bytes(count: bytes.count))
        #expect(drawn.bytes(count: -1) == [])
    }

    @Test("a word is eight bytes, little-endian")
    func words() {
        var words = RandomStream(seed: seed)
        #expect(words.next() == 0xab23_60a2_e7cc_232b)
    }

    @Test("a copy goes on by itself and does not disturb the original")
    func copies() {
        var original = RandomStream(seed: seed)
        _ = original.next()
        var copy = original
        let expected = [copy.next(), copy.next()]
        #expect([original.next(), original.next()] == expected)
    }

    @Test("a fork gives other bytes than its parent")
    func forks() {
        var parent = RandomStream(seed: seed)
        var (first, second) = (parent.fork(), parent.fork())
        let words: Set = [first.next(), second.next(), parent.next()]
        #expect(words.count == 3)
    }

    @Test("numbers below a bound are below it and equally frequent")
    func uniform() {
        var random = RandomStream(seed: seed)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[Int(random.uniform(below: 6))] += 1 }
        // Six standard deviations of a count are 548.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 548 }, "\(counts)")
        #expect(random.uniform(below: 0) == 0)
        #expect(random.uniform(below: 1) == 0)
        // For this bound the plain product would give every third number twice as often as the others.
        let bound: UInt64 = 3 << 62
        let thirds = (0..<3_000).count { _ in random.uniform(below: bound).isMultiple(of: 3) }
        #expect(abs(thirds - 1_000) < 155)
    }

    @Test("a reservoir keeps neither what it handed out nor the key it came from")
    func erasure() {
        let reservoir = Reservoir(key: seed.bytes)
        let key = reservoir.bytes.prefix(Reservoir.keySize)
        #expect(Array(key) == seed.bytes)
        var output = [UInt8](repeating: 0, count: 100)
        output.withUnsafeMutableBytes { reservoir.fill($0) }
        #expect(Array(key) != seed.bytes)
        #expect(reservoir.bytes[Reservoir.keySize..<Reservoir.keySize + 100].allSatisfy { $0 == 0 })
    }

    @Test("of a key that is too long nothing is handed out as random")
    func longKey() {
        let reservoir = Reservoir(key: seed.bytes + [1, 2, 3])
        #expect(reservoir.bytes.prefix(Reservoir.keySize).elementsEqual(seed.bytes))
        #expect(reservoir.bytes.dropFirst(Reservoir.keySize).allSatisfy { $0 == 0 })
    }

    @Test("the system's seeds differ")
    func entropy() {
        #expect(SystemEntropy.seed() != SystemEntropy.seed())
    }
}
