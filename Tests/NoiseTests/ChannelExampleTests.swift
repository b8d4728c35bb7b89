import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("The example of Protocol/03-channel.md")
struct ChannelExampleTests {
    private func key(_ byte: UInt8) -> AgreementKey {
        AgreementKey(secret: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }

    @Test("frames, hash, packets on both sides of a change of key, and the exported secret come out as printed")
    func example() throws {
        var random = RandomStream(seed: .zero)
        let prologue = Array("passant/example/1".utf8)
        let limits = KeyLimits(packets: 2, bytes: 1 << 30, age: .hours(1))
        let responderKey = key(1).publicKey
        #expect(responderKey.description == "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209")
        var left = Channel(
            role: .initiator, pattern: .nk, prologue: prologue, remoteStatic: responderKey, classes: .conversation,
            limits: limits, fixedEphemeral: key(2))
        var right = Channel(
            role: .responder, pattern: .nk, prologue: prologue, localStatic: key(1), classes: .conversation,
            limits: limits, fixedEphemeral: key(3))

        let first = try left.start(payload: Array("join".utf8), using: &random)
        #expect(
            Hex.encode(first) == "0034ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59d558d1e404818b07"
                + "dae000447305c19b77081d5d")
        _ = try right.receive(first, at: .origin)
        let second = try right.reply(payload: [], using: &random)
        #expect(
            Hex.encode(second) == "00305dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef221190dfb3fb1c875a"
                + "8f217ed9c8cc96fe")
        _ = try left.receive(second, at: .origin)
        let hash = left.handshakeHash
        #expect(
            Hex.encode(hash) == "a1765ffb281dc58dca64bae2755d85cd8b8f818aefbcb6ce8b6a91f64c08e211"
                + "ecc499175fbd761c11ab8f3284ea1ff24f1e01f2c732ae3c7c756283ce16b42a")

        let packets = try ["hi", "bye", ""].map { try left.seal(Array($0.utf8), at: .origin) }
        let answer = try right.seal(Array("yes".utf8), at: .origin)
        #expect(Hex.encode(packets[0].prefix(18)) == "0080e91ce38770a5232e075f3f2057c005b9")
        #expect(Hex.encode(packets[0].suffix(16)) == "f30163b13f03318d45d66ae2cce0fc3b")
        #expect(
            (packets + [answer]).map { Blake2b.hash($0).description } == [
                "de28862ea5887143e97745d773ea3399716455443f3eb440b0dfabd8491ae866",
                "1d0699f634bc07127562f2edaab4ce8274a87acc151d72506819a66f87a2c73a",
                "53955eaba57365e157d68f20baf194301634e34b95ce15eedca115c09516736f",
                "cde4272f303afaac8893f85f49e199ec655544cc494795db3f37271f8292cf5f",
            ])
        let exported = left.exporter(label: "passant/example/1")?.withBytes { Hex.encode($0) }
        #expect(exported == "12a8f904457a68182c2f3e333fbb65d47401bc58e6f28fee0bc280d4506f486a")
    }
}
