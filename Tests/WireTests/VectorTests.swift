// The examples of Protocol/02-wire.md. When one of these changes, the format has changed.

import Essentials
import Testing

@testable import Wire

@Suite("the examples of the protocol's page")
struct VectorTests {
    @Test("an offer and its digest")
    func offer() throws {
        let offer = try Offer(
            kind: 1, pool: 0, epoch: 3, depth: 2, shard: 1, round: 1_789_000_000, key: bytes32(4), root: bytes32(5),
            shares: 9, stampEpoch: 3, stamp: [UInt8](repeating: 6, count: 16))
        let key = String(repeating: "04", count: 32)
        let root = String(repeating: "05", count: 32)
        let stamp = String(repeating: "06", count: 16)
        let expected = "0801180128033002380140c0f287d5064a20\(key)5220\(root)580960036a10\(stamp)"
        #expect(Hex.encode(offer.encoded()) == expected)
        let digest = "e8897d05293b4f7f5bcd167c87786b49cc8f7b8acab7ed0ad454f4967492f813"
        #expect(offer.digest.description == digest)
    }

    @Test("a request to a door in its block")
    func join() {
        let block = Request.join(Join(token: bytes32(7))).block()
        let token = String(repeating: "07", count: 32)
        #expect(Hex.encode(block) == "002412220a20\(token)" + String(repeating: "00", count: 730))
    }

    @Test("messages of a conversation")
    func conversation() throws {
        #expect(Hex.encode(Utterance.text(try Text(sequence: 1, text: "hi")).encoded()) == "120608011202" + "6869")
        #expect(Hex.encode(Utterance.typing(Typing(on: false)).encoded()) == "2200")
        #expect(Hex.encode(Utterance.acknowledgement(Acknowledgement(through: 300)).encoded()) == "1a0308ac02")
    }

    @Test("link control")
    func control() throws {
        #expect(Hex.encode(Control.attach(Attach()).encoded()) == "2200")
        let pull = try Pull(have: [Have(node: 1, seq: 2, heartbeat: 3)], from: 0, to: .max)
        #expect(Hex.encode(Control.pull(pull).encoded()) == "12180a0d" + "0901000000000000001002180319ffffffffffffffff")
        let named = try Pull(have: pull.have, from: 0, to: .max, isNamed: true)
        #expect(
            Hex.encode(Control.pull(named).encoded())
                == "121a0a0d" + "0901000000000000001002180319ffffffffffffffff" + "2001")
    }

    @Test("a comparison, and the tree's two words")
    func comparison() throws {
        let part = try Part(from: 0, to: .max, count: 3, sum: 0x0102_0304_0506_0708)
        let compare = try Compare(salt: [UInt8](repeating: 1, count: 16), parts: [part])
        let salt = String(repeating: "01", count: 16)
        #expect(
            Hex.encode(Control.compare(compare).encoded())
                == "42280a10\(salt)1214" + "11ffffffffffffffff1803210807060504030201")
        #expect(Hex.encode(Control.prune(Prune()).encoded()) == "4a00")
        #expect(Hex.encode(Control.graft(Graft()).encoded()) == "5200")
        let challenge = Control.challenge(Challenge(nonce: bytes32(2)))
        #expect(Hex.encode(challenge.encoded()) == "62220a20" + String(repeating: "02", count: 32))
    }
}
