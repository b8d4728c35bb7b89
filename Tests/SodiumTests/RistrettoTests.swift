import Essentials
import Sodium
import Testing

@Suite("ristretto255")
struct RistrettoTests {
    private static let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

    private func bytes32(_ text: String) throws -> Bytes32 { try #require(Bytes32(Hex.decode(text) ?? [])) }

    @Test("small multiples of the generator are those of RFC 9496 §A.1")
    func multiples() {
        let expected = [
            "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
            "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
            "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
            "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
        ]
        var sum = RistrettoPoint.identity
        for (index, encoding) in expected.enumerated() {
            sum = sum + .base
            #expect(sum.bytes.description == encoding)
            #expect(RistrettoPoint.base(times: RistrettoScalar(UInt64(index) + 1)) == sum)
            #expect(RistrettoPoint(decoding: sum.bytes) == sum)
        }
    }

    @Test(
        "bytes that RFC 9496 §A.2 calls invalid are no point",
        arguments: [
            "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
            "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
            "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
            "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
            "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
            "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
        ])
    func invalid(encoding: String) throws {
        #expect(RistrettoPoint(decoding: try bytes32(encoding)) == nil)
    }

    @Test("a point with bit 255 set, which the library takes for the same point, is refused")
    func bit255() {
        var random = RandomStream(seed: .zero)
        for _ in 0..<20 {
            let point = RistrettoPoint.base(times: .random(using: &random))
            var alias = point.bytes.bytes
            alias[31] |= 0x80
            #expect(RistrettoPoint(decoding: point.bytes) == point)
            #expect(Bytes32(alias).flatMap { RistrettoPoint(decoding: $0) } == nil)
        }
    }

    @Test("the identity is refused, and so is its alias 00…80, with which a proof could be forged")
    func identity() throws {
        #expect(RistrettoPoint(decoding: .zero) == nil)
        let alias = try bytes32("0000000000000000000000000000000000000000000000000000000000000080")
        #expect(RistrettoPoint(decoding: alias) == nil)
    }

    @Test("scalars from q on are refused")
    func scalars() throws {
        var number = try bytes32(Self.order).bytes
        #expect(scalar(number) == nil)
        number[0] += 1
        #expect(scalar(number) == nil)
        number[0] -= 2
        let largest = try #require(scalar(number))
        #expect(largest + .one == .zero)
        let high = "0000000000000000000000000000000000000000000000000000000000000080"
        for text in [String(repeating: "ff", count: 32), high] {
            #expect(RistrettoScalar(canonical: try bytes32(text)) == nil)
        }
        #expect(RistrettoScalar(canonical: .zero) == .zero)
    }

    private func scalar(_ bytes: [UInt8]) -> RistrettoScalar? {
        Bytes32(bytes).flatMap { RistrettoScalar(canonical: $0) }
    }

    @Test("scalar arithmetic is that of a field")
    func field() throws {
        var random = RandomStream(seed: .zero)
        let (a, b, c) = (
            RistrettoScalar.random(using: &random), RistrettoScalar.random(using: &random),
            RistrettoScalar.random(using: &random)
        )
        #expect(a * (b + c) == a * b + a * c)
        #expect(a - a == .zero)
        #expect(-a + a == .zero)
        #expect(a * (try #require(a.inverse)) == .one)
        #expect(RistrettoScalar.zero.inverse == nil)
        #expect(RistrettoScalar(7) * RistrettoScalar(6) == RistrettoScalar(42))
        #expect(RistrettoScalar(reducing: [UInt8](repeating: 0, count: 63)) == nil)
        #expect(RistrettoScalar(reducing: try bytes32(Self.order).bytes + [UInt8](repeating: 0, count: 32)) == .zero)
    }

    @Test("points add as their scalars do, and the identity is a result like any other")
    func group() {
        var random = RandomStream(seed: .zero)
        let (a, b) = (RistrettoScalar.random(using: &random), RistrettoScalar.random(using: &random))
        let (left, right) = (RistrettoPoint.base(times: a), RistrettoPoint.base(times: b))
        #expect(left + right == .base(times: a + b))
        #expect(left - right == .base(times: a - b))
        #expect(a * right == b * left)
        #expect(a * right == .base(times: a * b) && a * .base == left && left != .identity)
        #expect(left - left == .identity)
        #expect(-left + left == .identity)
        #expect(left + .identity == left)
        #expect(RistrettoScalar.zero * left == .identity)
        #expect(a * RistrettoPoint.identity == .identity)
        #expect(RistrettoPoint.base(times: .zero) == .identity)
    }

    @Test("64 uniform bytes map to the point of RFC 9496 §A.3")
    func mapping() throws {
        let wide = try #require(
            Hex.decode(
                "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
                    + "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"))
        let point = try #require(RistrettoPoint(uniform: wide))
        #expect(point.bytes.description == "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46")
        #expect(RistrettoPoint(uniform: []) == nil)
        let domain = "passant/test/1"
        #expect(
            RistrettoPoint.hash(domain: domain, [1]) == RistrettoPoint(uniform: Blake2b.hash512(domain: domain, [1])))
        #expect(
            RistrettoScalar.hash(domain: domain, [1]) == RistrettoScalar(reducing: Blake2b.hash512(domain: domain, [1]))
        )
    }
}
