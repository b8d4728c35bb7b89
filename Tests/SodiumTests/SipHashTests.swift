import Sodium
import Testing

@Suite struct SipHashTests {
    @Test("a key has 16 bytes, and no other number of them is one")
    func keys() {
        for count in 0...40 {
            #expect((SipHash(key: [UInt8](repeating: 7, count: count)) != nil) == (count == 16), "\(count)")
        }
    }

    @Test("every bit of the key and each of the three numbers counts")
    func sensitivity() throws {
        let key = [UInt8](0..<16)
        let hash = try #require(SipHash(key: key))
        var seen: Set<UInt64> = [hash.hash(1, 2, 3), hash.hash(2, 1, 3), hash.hash(1, 3, 2), hash.hash(1, 2, 4)]
        #expect(seen.count == 4)
        for bit in 0..<128 {
            var other = key
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            seen.insert(try #require(SipHash(key: other)).hash(1, 2, 3))
        }
        #expect(seen.count == 4 + 128)
    }
}
