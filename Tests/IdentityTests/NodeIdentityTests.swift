// Keys: their short forms, their file, and what is derived from them.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("node identities")
struct NodeIdentityTests {
    @Test("short id, name and fingerprint are the hashes in the protocol's page")
    func shortForms() {
        let key = NodeKey(bytes32(1))
        let digest = Blake2b.hash(domain: "passant/short/1", bytes32(1).bytes)
        #expect(key.short == digest.prefix)
        #expect(key.name == Base32.encode(digest.bytes.prefix(5)))
        #expect(key.name.count == 8)
        #expect(key.description == key.name)
        let fingerprint = Blake2b.hash(domain: "passant/fingerprint/1", bytes32(1).bytes)
        #expect(key.fingerprint == Array(fingerprint.bytes.prefix(16)))
        #expect(NodeKey(bytes32(1)) < NodeKey(bytes32(2)))
        #expect(ChannelKey(bytes32(1)) < ChannelKey(bytes32(2)))
        #expect(PlacementKey(bytes32(1)) < PlacementKey(bytes32(2)))
    }

    @Test("the same randomness makes the same identity, other randomness another")
    func generation() {
        let first = identity(1)
        let same = identity(1)
        let other = identity(2)
        #expect(first.nodeKey == same.nodeKey && first.channelKey == same.channelKey)
        #expect(first.nodeKey != other.nodeKey && first.channelKey != other.channelKey)
        #expect(first.nodeKey.bytes != first.channelKey.bytes)
    }

    @Test("a key file gives back the same identity")
    func keyFile() throws {
        let original = identity()
        let secret = original.encodedSecret()
        #expect(secret.count == 97)
        let copy = try NodeIdentity(decodingSecret: secret)
        #expect(copy.nodeKey == original.nodeKey)
        #expect(copy.channelKey == original.channelKey)
        let home = NodeKey(bytes32(9))
        #expect(copy.leafKey(for: home).publicKey == original.leafKey(for: home).publicKey)
    }

    /// What reading these bytes as a key file throws.
    private func fault(_ bytes: [UInt8]) -> KeyFileFault? {
        do throws(KeyFileFault) {
            _ = try NodeIdentity(decodingSecret: SecretBytes(copying: bytes))
            return nil
        } catch {
            return error
        }
    }

    @Test("a key file of another size or version is refused")
    func badKeyFile() {
        let bytes = identity().encodedSecret().withBytes { Array($0) }
        #expect(fault(bytes) == nil)
        for count in bytes.indices { #expect(fault(Array(bytes.prefix(count))) == .damaged) }
        #expect(fault(bytes + [0]) == .damaged)
        #expect(fault([2] + bytes.dropFirst()) == .unknownVersion)
    }

    @Test("every home sees another leaf, and always the same one")
    func leafKeys() {
        let node = identity()
        let one = node.leafKey(for: NodeKey(bytes32(1))).publicKey
        #expect(node.leafKey(for: NodeKey(bytes32(1))).publicKey == one)
        #expect(node.leafKey(for: NodeKey(bytes32(2))).publicKey != one)
        #expect(identity(2).leafKey(for: NodeKey(bytes32(1))).publicKey != one)
        #expect(one != node.channelKey.bytes)
    }

    @Test("a leaf key is the derivation in the protocol's page")
    func leafDerivation() {
        let node = identity()
        let bytes = node.encodedSecret().withBytes { Array($0) }
        let home = NodeKey(bytes32(5))
        let material = Array("passant/leaf/1".utf8) + [0] + home.bytes.bytes
        let intermediate = Hmac.authenticate(material, key: Array(bytes[65...]))
        let output = Hmac.authenticate([1], key: intermediate)
        let key = AgreementKey(secret: SecretBytes(copying: output.prefix(32)))
        #expect(node.leafKey(for: home).publicKey == key.publicKey)
    }

    @Test("a signature is over domain, network and body")
    func signing() throws {
        let node = identity()
        let signed = try node.sign([1, 2, 3], domain: "passant/test/1", network: 7)
        let message = Signed.message(domain: "passant/test/1", network: 7, body: [1, 2, 3])
        #expect(Ed25519.verify(signature: signed.signature, of: message, by: node.nodeKey.bytes))
        #expect(throws: WireFault.fieldOutOfRange("Signed.body")) {
            _ = try identity().sign([], domain: "passant/test/1", network: 7)
        }
    }
}
