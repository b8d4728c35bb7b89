import Essentials
import Pairing
import Sodium
import Testing

@Suite("Shares of a nonce")
struct SharesTests {
    static let nonce = bytes("191bbfe32ffb9fe81ed4de95e8296eb515d6781edc4f6934ae74abf175492c03")

    /// Root, first and last share of `nonce` for 1 to 9 keepers, computed by a program of its own in Python.
    static let vectors: [(root: String, first: String, last: String)] = [
        (
            "2a187d955bcdbfe29123ea1ae48abe579e277adca960e687b89cace8a9ae76e5",
            "191bbfe32ffb9fe81ed4de95e8296eb515d6781edc4f6934ae74abf175492c03",
            "191bbfe32ffb9fe81ed4de95e8296eb515d6781edc4f6934ae74abf175492c03"
        ),
        (
            "59e3a504310c7ecbc6dbc8fa3f90160bb50dd0a2ce2c9da707b66a9fb22119c2",
            "08be4b7bc7b9b729d06aae2e91c4148b76dd5a801071bf25b71615883e483c0c",
            "0a8de2b54415bd12ab6486245b65dc4bd7e43ce244921517c0b87e1e07474c05"
        ),
        (
            "dc898232c0ce7a7d3c293e0a9cc6b2ed6c578e163685d91016b6b47078f15222",
            "08be4b7bc7b9b729d06aae2e91c4148b76dd5a801071bf25b71615883e483c0c",
            "f92f6f4ddcd3d4535cfb55bd0300832138ec1e4479b36b08c95ae8b4cf455c0e"
        ),
        (
            "9c09dd5acd8e2444cf1b6278634f757261ff264088e2108f9a868c32ad80a44b",
            "824b52fb0aafcbf2bdc1d15fda228faaac7ee457fcfdab0f9e8691508f763c00",
            "b7c5f4e3cd28f6ee1fbefe68d03b64d4fb069b1e6ba38a9840fb18d3a4296f07"
        ),
        (
            "9aa87f0205cf2645bca4fabdb5f83c2ec5289912f2182e66119fb290d68b1519",
            "824b52fb0aafcbf2bdc1d15fda228faaac7ee457fcfdab0f9e8691508f763c00",
            "7e597f2963d92f523310da8d4302924244b95314eab831c3678ce27544c98004"
        ),
        (
            "932631ce9f4202436c933e829858c3a499081572e35a24ad2de6ad8ab6d6939f",
            "b71b5660a392cd281ed31e4c55d5cf29595e3b36f49126305a3da1eaa0ba4f06",
            "e17a7c9dd7846a5354b6a1886d079dc87d676c5264c11e29182ce7a65f34d409"
        ),
        (
            "371414e9f675adecc93f40913d3024eaf2b9ed26c0286624f6bda9145b87d996",
            "b71b5660a392cd281ed31e4c55d5cf29595e3b36f49126305a3da1eaa0ba4f06",
            "324ecfa87287a82a2c71bf06dee59a2a2e9564f3897247182f246ed9fd51750a"
        ),
        (
            "0ffbcb760509861277c62125dcc6642f772f9395953450115d31a6eed70c9239",
            "ce4cee27e105495d2a6c2de55bf1d7fa80b363c3b53464ac7f7bfa2238000906",
            "0131a71fd355976bd3c5833b50dbb1beac340343049d9109b54e6477a66a9906"
        ),
        (
            "2ef1c0a460b16ec5b52e8629cca6a169f4b5a049aaf6cf5756798a0fe5a052f1",
            "ce4cee27e105495d2a6c2de55bf1d7fa80b363c3b53464ac7f7bfa2238000906",
            "82366c8d10194a85f0637a57358a02003f7e089eadb000597cabb288cd44f800"
        ),
    ]

    @Test("shares and roots are those of an independent program", arguments: 1...9)
    func agreeWithVectors(count: Int) throws {
        let shares = try #require(Shares(of: Self.nonce, count: count))
        let vector = Self.vectors[count - 1]
        #expect(shares.tree.root == bytes(vector.root))
        #expect(shares.values.first == bytes(vector.first))
        #expect(shares.values.last == bytes(vector.last))
    }

    @Test("shares are those of arithmetic done on paper", arguments: [1, 2, 5, 9])
    func agreeWithSchoolbook(count: Int) throws {
        let shares = try #require(Shares(of: Self.nonce, count: count))
        let threshold = count / 2 + 1
        let coefficients =
            [Schoolbook(littleEndian: Self.nonce.bytes)]
            + (1..<threshold).map {
                Schoolbook.reduce(Blake2b.hash512(domain: "passant/coefficient/1", Self.nonce.bytes, [UInt8($0)]))
            }
        for place in 1...count {
            #expect(shares.values[place - 1] == Schoolbook.polynomial(coefficients, at: place).bytes32)
        }
    }

    @Test("every choice of just enough shares restores the nonce", arguments: 1...9)
    func everyMajorityRestores(count: Int) throws {
        let shares = try #require(Shares(of: Self.nonce, count: count))
        let threshold = Shares.threshold(of: count)
        #expect(threshold * 2 > count && (threshold - 1) * 2 <= count)
        for choice in 0..<(1 << count) where choice.nonzeroBitCount == threshold {
            let some = Self.some(shares.values, choice)
            #expect(Shares.restore(some, count: count, root: shares.tree.root) == Self.nonce)
        }
    }

    @Test("one share too few restores nothing", arguments: 1...9)
    func minorityRestoresNothing(count: Int) throws {
        let shares = try #require(Shares(of: Self.nonce, count: count))
        for choice in 0..<(1 << count) where choice.nonzeroBitCount == Shares.threshold(of: count) - 1 {
            #expect(Shares.restore(Self.some(shares.values, choice), count: count, root: shares.tree.root) == nil)
        }
    }

    @Test("an offer over the nonce zero is not restored from too few shares either", arguments: 1...9)
    func nothingOfZero(count: Int) throws {
        let shares = try #require(Shares(of: .zero, count: count))
        #expect(Shares.restore([:], count: count, root: shares.tree.root) == nil)
        let all = Dictionary(uniqueKeysWithValues: shares.values.enumerated().map { ($0.offset, $0.element) })
        #expect(Shares.restore(all, count: count, root: shares.tree.root) == Bytes32.zero)
    }

    @Test("more shares than needed change nothing")
    func allRestore() throws {
        let shares = try #require(Shares(of: Self.nonce, count: 9))
        let all = Self.some(shares.values, 0b1_1111_1111)
        #expect(Shares.restore(all, count: 9, root: shares.tree.root) == Self.nonce)
    }

    @Test("an owner that splits dishonestly restores for nobody, whichever shares are known")
    func dishonestSplit() throws {
        var values = try #require(Shares(of: Self.nonce, count: 5)).values
        // The first three lie on the right polynomial, the others do not, and the tree is over all of them.
        values[3] = RistrettoScalar(4).bytes
        values[4] = RistrettoScalar(5).bytes
        let tree = try #require(ShareTree(values))
        for choice in 0..<32 where choice.nonzeroBitCount >= 3 {
            #expect(Shares.restore(Self.some(values, choice), count: 5, root: tree.root) == nil)
        }
    }

    @Test("a nonce or share that is no canonical scalar is refused")
    func notCanonical() throws {
        let tooLarge = Bytes32([UInt8](repeating: 0xff, count: 32)) ?? .zero
        #expect(Shares(of: tooLarge, count: 1) == nil)
        let q = Schoolbook.q.bytes32
        #expect(Shares(of: q, count: 1) == nil)
        let tree = try #require(ShareTree([q]))
        #expect(Shares.restore([0: q], count: 1, root: tree.root) == nil)
    }

    @Test("a number of keepers that cannot be is refused", arguments: [-1, 0, 10, Int.max, Int.min])
    func impossibleCounts(count: Int) throws {
        #expect(Shares(of: Self.nonce, count: count) == nil)
        #expect(Shares.restore([0: Self.nonce], count: count, root: .zero) == nil)
    }

    @Test("drawn nonces are canonical and differ")
    func drawnNonces() throws {
        var random = RandomStream(seed: .zero)
        let drawn = (0..<64).map { _ in Shares.drawNonce(using: &random) }
        #expect(Set(drawn).count == 64)
        #expect(drawn.allSatisfy { RistrettoScalar(canonical: $0) != nil })
    }

    private static func some(_ values: [Bytes32], _ choice: Int) -> [Int: Bytes32] {
        var some: [Int: Bytes32] = [:]
        for index in values.indices where choice >> index & 1 == 1 { some[index] = values[index] }
        return some
    }
}

/// Hexadecimal as 32 bytes; a test with a wrong constant fails at once.
func bytes(_ hex: String) -> Bytes32 { Hex.decode(hex).flatMap { Bytes32($0) } ?? .zero }
