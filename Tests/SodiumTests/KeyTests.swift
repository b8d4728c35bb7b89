import Essentials
import Sodium
import Testing

@Suite("Signatures and key agreement")
struct KeyTests {
    private func bytes(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }
    private func bytes32(_ text: String) throws -> Bytes32 { try #require(Bytes32(try bytes(text))) }

    @Test(
        "Ed25519 agrees with RFC 8032 §7.1",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                    + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ])
    func signatures(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = SigningKey(seed: SecretBytes(copying: try bytes(seed)))
        let message = try bytes(message)
        #expect(key.publicKey.description == publicKey)
        #expect(Hex.encode(key.sign(message)) == signature)
        #expect(Ed25519.verify(signature: try bytes(signature), of: message, by: key.publicKey))
        #expect(key.withSeed { Hex.encode($0) } == seed)
    }

    @Test("a signature is refused when any byte of it, of the message or of the key is another")
    func tamperedSignatures() throws {
        var random = RandomStream(seed: .zero)
        let key = SigningKey.generate(using: &random)
        let message = Array("passing by".utf8)
        let signature = key.sign(message)
        let publicKey = key.publicKey
        for position in signature.indices {
            var changed = signature
            changed[position] ^= 0x10
            #expect(!Ed25519.verify(signature: changed, of: message, by: publicKey))
        }
        for position in message.indices {
            var changed = message
            changed[position] ^= 1
            #expect(!Ed25519.verify(signature: signature, of: changed, by: publicKey))
        }
        var other = publicKey.bytes
        other[3] ^= 1
        #expect(!Ed25519.verify(signature: signature, of: message, by: try #require(Bytes32(other))))
        #expect(!Ed25519.verify(signature: signature.dropLast(), of: message, by: publicKey))
        #expect(!Ed25519.verify(signature: signature + [0], of: message, by: publicKey))
        #expect(!Ed25519.verify(signature: [], of: message, by: publicKey))
    }

    @Test("the second form of a signature, with the group's order added, is refused")
    func malleability() throws {
        var random = RandomStream(seed: .zero)
        let key = SigningKey.generate(using: &random)
        let order = try bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var signature = key.sign([1])
        var carry: UInt16 = 0
        for position in 0..<32 {
            carry += UInt16(signature[32 + position]) + UInt16(order[position])
            signature[32 + position] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
        #expect(!Ed25519.verify(signature: signature, of: [1], by: key.publicKey))
    }

    @Test("a public key of low order, under which anything would verify, is refused")
    func lowOrderSigner() throws {
        let identity = try bytes32("0100000000000000000000000000000000000000000000000000000000000000")
        // With the identity as key and as R, and S = 0, the equation holds for every message.
        let signature = identity.bytes + [UInt8](repeating: 0, count: 32)
        #expect(!Ed25519.verify(signature: signature, of: [1, 2, 3], by: identity))
    }

    @Test("X25519 agrees with RFC 7748 §5.2 after 1 and after 1,000 rounds")
    func agreement() throws {
        var scalar = try bytes32("0900000000000000000000000000000000000000000000000000000000000000")
        var point = scalar
        for round in 1...1_000 {
            let key = AgreementKey(secret: SecretBytes(copying: scalar.bytes))
            let shared = try #require(Bytes32(key.agree(with: point)?.withBytes { [UInt8]($0) } ?? []))
            (scalar, point) = (shared, scalar)
            if round == 1 {
                #expect(
                    scalar.description == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
            }
        }
        #expect(scalar.description == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")
    }

    @Test("both sides agree on the same secret, also through a copy of the key")
    func bothSides() throws {
        var random = RandomStream(seed: .zero)
        let left = AgreementKey.generate(using: &random)
        let right = AgreementKey.generate(using: &random)
        let first = left.agree(with: right.publicKey)?.withBytes { [UInt8]($0) }
        let second = right.copy().agree(with: left.publicKey)?.withBytes { [UInt8]($0) }
        #expect(first != nil)
        #expect(first == second)
        let secret = left.withSecret { SecretBytes(copying: $0) }
        #expect(AgreementKey(secret: secret).publicKey == left.publicKey)
    }

    @Test(
        "a point of low order, in any of its encodings, gives no secret",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ])
    func lowOrder(point: String) throws {
        var random = RandomStream(seed: .zero)
        let key = AgreementKey.generate(using: &random)
        var encoding = try bytes(point)
        for _ in 0..<2 {
            let isRefused = key.agree(with: try #require(Bytes32(encoding))) == nil
            #expect(isRefused)
            encoding[31] ^= 0x80  // X25519 ignores this bit, so each point has a second encoding.
        }
    }
}
