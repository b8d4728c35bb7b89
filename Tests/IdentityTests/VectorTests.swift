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
        try PuzzleSolution(month: 690, nonce: [UInt8](repeating: 0, count: 15) + [2])
    }

    @Test("short forms of a key")
    func shortForms() {
        #expect(key.short == 0x2B63_9975_2C12_1198)
        #expect(key.name == "fnrzs5jm")
        #expect(Hex.encode(key.fingerprint) == "0d5afbcd592fd3efc7b5e233544945b9")
    }

    @Test("network ids")
    func networks() throws {
        #expect(try policy("main").id == 0x5455_8F45_E3DF_E7FF)
        #expect(try policy("local").id == 0x96A1_29B4_1231_83F1)
        #expect(try policy("lan").id == 0x6BEC_8F99_DA8F_ABB4)
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
        let placement = "cd5d1e4bd4c325e0cf3dbbeb37e4acd59d4d6a3d3188cd39e8e2a5e24da9a81a"
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
                0a7e080119f1833112b429a19622208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\
                2a20ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d593080c4d6c588343880fcefee88\
                3442067f00000110924807521508b2051210000000000000000000000000000000021240bb3acd9acd447167edb553\
                352bf82067e595b726a3d803dbd3fa57c677d9352ae0bfcf7552aa6cd0b91886977cfb60c28df8ac9f298c8b1ec233\
                1dbf47296602
                """)
    }

    @Test("a heartbeat")
    func heartbeat() throws {
        let heartbeat = try Heartbeat.make(identity: node(), policy: policy("local"), time: time, period: .seconds(5))
        #expect(
            Hex.encode(heartbeat.encoded()) == """
                0a1309f5707f79d3573d621080c4d6c588341888271240c3fdb5265d777de09eb3aab3040c608d7927d6a87984d5fa\
                5fe7cd00095ddc74e5fe84e60fce45aa6c8d6177fdb6b8978e1904a986157b5e2c56e85dbc1a7e06
                """)
    }

    @Test("an invite")
    func invite() throws {
        let entry = try InviteEntry(endpoint: loopback, fingerprint: node().nodeKey.fingerprint)
        let invite = try Invite(networkName: "local", expires: time + .days(1), entries: [entry])
        #expect(invite.text == "passant:afvkgswaavwg6y3bnqax6aaaaeije5xlrjcdd4oe2vphjjyo6aguhm2c2nqnq")
    }
}
