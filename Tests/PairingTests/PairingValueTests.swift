import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("What a pairing is")
struct PairingTests {
    @Test("prologue and token are as the page says, and change with everything they bind")
    func derivation() throws {
        var random = RandomStream(seed: .zero)
        var maker = DepositMaker()
        // One side speaks a later version: both bind the lower.
        let made = [try maker.offer(round: World.firstRound), try maker.offer(round: World.firstRound, version: 2)]
        let keys = made.map { Owned($0.key.key.copy()) }
        let counted = try made.map {
            CountedOffer(
                offer: try Offer(decoding: $0.encoding), encoding: $0.encoding, digest: $0.digest,
                nonce: $0.shares.nonce)
        }
        let one = try #require(Pairing(network: 7, own: counted[0], theirs: counted[1], key: keys[0]))
        let other = try #require(Pairing(network: 7, own: counted[1], theirs: counted[0], key: keys[1]))
        let sorted = counted.sorted { $0.digest < $1.digest }
        let nonces = counted.map(\.nonce).sorted()
        let prologue = Blake2b.hash(
            domain: "passant/conversation/1", [0, 0, 0, 1], UInt64(7).bigEndianBytes,
            UInt64(0).bigEndianBytes + (World.firstRound / 60).bigEndianBytes + [0, 0, 0, 0] + UInt64(0).bigEndianBytes,
            World.firstRound.bigEndianBytes, sorted[0].encoding, sorted[1].encoding, nonces[0].bytes, nonces[1].bytes
        ).bytes
        #expect(one.prologue == prologue && other.prologue == prologue)
        let secret = try #require(made[0].key.secret(with: ChannelKey(made[1].key.key.publicKey)))
        #expect(one.token == Blake2b.hash(domain: "passant/token/1", secret, prologue))
        #expect(one.token == other.token && one.isInitiator != other.isInitiator)
        #expect(one.isInitiator == (counted[0].digest < counted[1].digest))
        #expect(one.lowerNonce == nonces[0] && one.higherNonce == nonces[1])
        let door = NodeKey(made[0].key.key.publicKey)
        let otherDoor = NodeKey(made[1].key.key.publicKey)
        #expect(one.token(at: door) == other.token(at: door) && one.prologue(at: door) == other.prologue(at: door))
        #expect(one.token(at: door) != one.token(at: otherDoor), "what one door was shown opens no other")
        #expect(one.token(at: door) != one.token && one.prologue(at: door) != one.prologue(at: otherDoor))
        #expect(
            one.token(at: door) == Blake2b.hash(domain: "passant/door-token/1", one.token.bytes, door.bytes.bytes))
        let elsewhere = try #require(Pairing(network: 8, own: counted[0], theirs: counted[1], key: keys[0]))
        #expect(elsewhere.prologue != prologue && elsewhere.token != one.token)
        let stranger = Owned(AgreementKey.generate(using: &random))
        let wrongKey = try #require(Pairing(network: 7, own: counted[0], theirs: counted[1], key: stranger))
        #expect(wrongKey.token != one.token)
    }
}
