import Essentials
import Sodium
import Testing

@Suite("BLAKE2b, HMAC and HKDF")
struct HashTests {
    @Test("BLAKE2b agrees with RFC 7693 and with Python's, in both lengths")
    func blake2b() {
        let abc = Array("abc".utf8)
        #expect(
            Hex.encode(Blake2b.hash512(abc))
                == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
        #expect(
            Blake2b.hash(abc).description == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
        #expect(Blake2b.hash([97], [], [98, 99]) == Blake2b.hash(abc), "parts without framing are put together")
    }

    @Test("the protocol's hash frames domain and parts, so that no two lists of parts are the same input")
    func framed() {
        let abc = Array("abc".utf8)
        let first = Blake2b.hash(domain: "passant/test/1", abc, [])
        #expect(first.description == "5e1ffb331b85ebc0945bfb89688d438647be97a59b83e158bea22864bc137e46")
        #expect(
            Blake2b.hash(domain: "passant/test/1", [], abc).description
                == "de34d9fd13e855a2251f41386fdd807bb8b4f30b6c97da13a677b5e579b526b6")
        #expect(Blake2b.hash(domain: "passant/test/1", parts: [abc, []]) == first)
        #expect(Blake2b.short(domain: "passant/test/1", abc, []) == 0x5e1f_fb33_1b85_ebc0)
        #expect(
            Hex.encode(Blake2b.hash512(domain: "passant/test/1", abc))
                == "fb0f6ac859970332fe08e26bdded7c359d18ce0f557e84199a58a252a7bcfe91"
                + "afd1da021785d5b50fa4f4c4a383ad675fa1b4b6d95f0e0aa2e483d391aa4f79")
    }

    @Test("HMAC is RFC 2104 over BLAKE2b-512, with short keys and with keys longer than a block")
    func hmac() {
        let text = Array("The quick brown fox jumps over the lazy dog".utf8)
        #expect(
            Hex.encode(Hmac.authenticate(text, key: Array("key".utf8)))
                == "92294f92c0dfb9b00ec9ae8bd94d7e7d8a036b885a499f149dfe2fd2199394aa"
                + "af6b8894a1730cccb2cd050f9bcf5062a38b51b0dab33207f8ef35ae2c9df51b")
        #expect(
            Hex.encode(Hmac.authenticate(Array("abc".utf8), key: Array(0..<200)))
                == "feb09eb5b1c557085c0a53bdf39ef7bc9af291f21d7c917cd1cf09542aab9536"
                + "2de79b3925fe55d92997423b5a68be1bda2f6518df34fa1053bb3ef559b08200")
    }

    @Test("HKDF gives Noise's outputs, and the first two are the same whether two or three are asked for")
    func hkdf() {
        let chainingKey = SecretBytes(copying: Array(0..<64))
        let material = SecretBytes(copying: Array("material".utf8))
        let three = Hkdf.three(chainingKey: chainingKey, material: material)
        let two = Hkdf.two(chainingKey: chainingKey, material: material)
        let first = three.first.withBytes { Hex.encode($0) }
        let second = three.second.withBytes { Hex.encode($0) }
        let third = three.third?.withBytes { Hex.encode($0) }
        #expect(
            first == "8599cef5fa69ed573adfefdfa0b592f00459916431f91e66b8fb7bddf2b3ad85"
                + "763a3d16734e26451fb1ed84b4bb2e6c986b3dc87e21cab743e2a141f5247364")
        #expect(
            second == "b2421973920e3f852147dec66513c6c0b6d47bb72ec540ea9c1bced24bcb4c2d"
                + "1598d8d777adbb9d288af44ed6ce9025051140fdb7f20b99143c1345c121cc80")
        #expect(
            third == "3e2b5396aad9454cdb86f5f7ddd085f4f2c7ab08118da7b01368d54c6165afd3"
                + "078e8cddb499d1cfdb1ee29ba658718595c2e04c7e9f4d390e5c696c498b0ce7")
        #expect(two.first.withBytes { Hex.encode($0) } == first)
        #expect(two.second.withBytes { Hex.encode($0) } == second)
    }
}
