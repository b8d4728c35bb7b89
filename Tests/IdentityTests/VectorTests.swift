// The examples of Protocol/01-identity.md. When one of these changes, the format has changed.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("the examples of the protocol's page")
struct VectorTests {
    private let key = NodeKey(bytes32(1))
    private let time = WallTime(milliseconds: 1_789_000_000_000)
    private let loopback = Endpoint.v4(0x7F00_0001, port: 4_242)

    /// Signing seed, channel secret and leaf secret of 32 bytes 1, 2 and 3.
    private func node() throws -> NodeIdentity {
        let file = [1] + bytes32(1).bytes + bytes32(2).bytes + bytes32(3).bytes
        return try NodeIdentity(decodingSecret: SecretBytes(copying: file))
    }

    private func solution() throws -> PuzzleSolution {
        try PuzzleSolution(month: 690, nonce: [UInt8](repeating: 0, count: 15) + [5])
    }

    @Test("short forms of a key")
    func shortForms() {
        #expect(key.short == 0x2B63_9975_2C12_1198)
        #expect(key.name == "fnrzs5jm")
        #expect(Hex.encode(key.fingerprint) == "0d5afbcd592fd3efc7b5e233544945b9")
    }

    @Test("network ids")
    func networks() throws {
        #expect(try policy("main").id == 0x70CE_D41D_651B_A0C7)
        #expect(try policy("local").id == 0x13FD_8079_4B63_6D79)
        #expect(try policy("lan").id == 0xBA75_8930_ADF5_06F3)
    }

    @Test("keys of a node")
    func keys() throws {
        let node = try node()
        let nodeKey = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
        let channelKey = "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59"
        let leafKey = "b3201eb7eb81c2735a57b7e0c76021981124de38e276412e6975764e98ff1c33"
        #expect(node.nodeKey.bytes.description == nodeKey)
        #expect(node.channelKey.bytes.description == channelKey)
        #expect(node.leafKey(for: key).publicKey.description == leafKey)
    }

    @Test("a puzzle and its placement key")
    func puzzle() throws {
        let placement = "a45d838d00470343460db87b27bfb3f1edc42c9e49002c76bf75eaeedb4f6250"
        let local = try policy("local")
        #expect(try Puzzle.check(solution(), nodeKey: node().nodeKey, policy: local)?.bytes.description == placement)
    }

    @Test("a record")
    func record() throws {
        let record = try NodeRecord.make(
            identity: node(), policy: policy("local"), seq: time.milliseconds, expires: time + .days(1),
            addresses: [loopback], capabilities: 7, puzzle: solution())
        #expect(
            Hex.encode(record.encoded()) == """
                0a7e080119796d634b7980fd1322208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\
                2a20ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d593080c4d6c588343880fcefee88\
                3442067f00000110924807521508b2051210000000000000000000000000000000051240b3aa139e9e18cd060234bc\
                9876733722eec2ab1036df1809de89f51ee48ae4e87a589ee6176471fb22642c5a314d65dabc82b7817d0b79e063a0\
                3466b0488b0c
                """)
    }

    @Test("a heartbeat")
    func heartbeat() throws {
        let heartbeat = try Heartbeat.make(identity: node(), policy: policy("local"), time: time, period: .seconds(5))
        #expect(
            Hex.encode(heartbeat.encoded()) == """
                0a1309f5707f79d3573d621080c4d6c588341888271240a6c9e0b11fcf1bb463df2b8286ed689ee28215bd86a9f18f\
                bc973668ba5bcb6ed8fd1144366d025fd5bcf9ae72abae5f84476cb944e452b43cb8a2babf958805
                """)
    }

    @Test("an invite")
    func invite() throws {
        let entry = try InviteEntry(endpoint: loopback, fingerprint: node().nodeKey.fingerprint)
        let invite = try Invite(networkName: "local", expires: time + .days(1), entries: [entry])
        #expect(invite.text == "passant:afvkgswaavwg6y3bnqax6aaaaeije5xlrjcdd4oe2vphjjyo6aguhm2c2nqnq")
    }
}
