// What single messages promise beyond what all of them do.

import Essentials
import Sodium
import Testing

@testable import Wire

@Suite("signed bytes")
struct SignedTests {
    @Test("what is signed is domain, zero, network and body")
    func message() {
        let message = Signed.message(domain: "ab", network: 0x0102_0304_0506_0708, body: [9, 10])
        #expect(message == [0x61, 0x62, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }

    @Test("the body is kept byte for byte, another encoding of the same values included")
    func exact() throws {
        let body = try HeartbeatBody(node: 1, time: 2, period: 3)
        let other = body.encoded() + [0x78, 0]
        #expect(try HeartbeatBody(decoding: other) == body)
        let signed = try Signed(body: other, signature: [UInt8](repeating: 1, count: 64))
        #expect(try Signed(decoding: signed.encoded()).body == other)
    }
}

@Suite("records and heartbeats")
struct RecordTests {
    @Test("a whole record has at most 300 bytes, with three IPv6 addresses and the longest numbers")
    func size() throws {
        let greatest = try RecordBody.greatest()
        let whole = try Signed(body: greatest.encoded(), signature: [UInt8](repeating: 1, count: 64)).encoded()
        #expect(whole.count <= 300)
        let limit = try signed(body: RecordBody.limits.bytes).encoded()
        #expect(limit.count == 300)
        let usual = try Signed(
            body: record(addresses: [v6, v6, v6]).encoded(), signature: [UInt8](repeating: 1, count: 64))
        #expect(usual.encoded().count == 249)
    }

    @Test("a whole heartbeat has 80 to 90 bytes")
    func heartbeatSize() throws {
        let body = try HeartbeatBody(node: .max, time: 1_700_000_000_000, period: 20_000)
        let whole = try Signed(body: body.encoded(), signature: [UInt8](repeating: 1, count: 64)).encoded()
        #expect((80...90).contains(whole.count))
    }

    @Test("the encoding of a heartbeat is the one in the protocol's page")
    func vector() throws {
        let body = try HeartbeatBody(node: 0x0102_0304_0506_0708, time: 1_700_000_000_000, period: 20_000)
        #expect(Hex.encode(body.encoded()) == "0908070605040302011080d095ffbc3118a09c01")
    }
}

@Suite("pushes")
struct PushTests {
    @Test("have at most 48 records, 128 heartbeats and 16,000 bytes")
    func bounds() throws {
        let small = try signed(body: 1)
        #expect(throws: WireFault.fieldOutOfRange("Push.records")) {
            try Push(records: [Signed](repeating: small, count: 49), heartbeats: [])
        }
        #expect(throws: WireFault.fieldOutOfRange("Push.heartbeats")) {
            try Push(records: [], heartbeats: [Signed](repeating: small, count: 129))
        }
        let large = try signed(body: 1_024)
        #expect(throws: WireFault.tooLarge) {
            try Push(records: [Signed](repeating: large, count: 15), heartbeats: [])
        }
    }

    @Test("the cost of what is pushed is what it takes", arguments: [1, 50, 61, 62, 127, 128, 200, 1_024])
    func cost(count: Int) throws {
        let one = try signed(body: count)
        #expect(try Push(records: [one, one], heartbeats: []).encoded().count == 2 * Push.cost(of: one))
    }

    @Test("are split into as many as needed, and nothing is lost")
    func split() throws {
        let records = try (0..<100).map { try signed(UInt8($0), body: 231) }
        let heartbeats = try (0..<300).map { try signed(UInt8($0 % 256), body: 20) }
        let pushes = Push.split(records: records, heartbeats: heartbeats)
        #expect(pushes.flatMap(\.records) == records)
        #expect(pushes.flatMap(\.heartbeats) == heartbeats)
        #expect(pushes.allSatisfy { $0.encoded().count <= Push.maximumBytes })
        #expect(pushes.count == 5)
        #expect(Push.split(records: [], heartbeats: []).isEmpty)
        let crowd = try [Signed](repeating: signed(body: 1), count: 129)
        #expect(Push.split(records: crowd, heartbeats: []).map(\.records.count) == [48, 48, 33])
        #expect(Push.split(records: [], heartbeats: crowd).map(\.heartbeats.count) == [128, 1])
    }
}

@Suite("offers")
struct OfferTests {
    @Test("have at most 256 bytes")
    func size() throws {
        #expect(try offer(number: .max, features: .max).encoded().count <= 256)
    }

    @Test("the digest is H over the exact bytes, fields of later versions included")
    func digest() throws {
        let made = try offer()
        #expect(made.digest == Blake2b.hash(domain: "passant/offer/1", made.encoded()))
        let later = made.encoded() + [0x78, 1]
        let decoded = try Offer(decoding: later)
        #expect(decoded.encoded() == later)
        #expect(decoded.digest == Offer.digest(of: later))
        #expect(decoded.digest != made.digest)
        #expect(decoded != made)
        #expect(try Offer(decoding: made.encoded()) == made)
    }
}

@Suite("invites as bytes")
struct InviteBodyTests {
    @Test("have the layout in the protocol's page")
    func layout() throws {
        let entries = [
            try InviteEntry(endpoint: v4, fingerprint: [UInt8](repeating: 7, count: 16)),
            try InviteEntry(endpoint: v6, fingerprint: [UInt8](repeating: 8, count: 16)),
        ]
        let body = try InviteBody(networkName: "main", expires: 0x0102_0304, entries: entries)
        let head: [UInt8] = [1, 1, 2, 3, 4, 4] + Array("main".utf8) + [0b1010]
        let expected = head + v4.bytes + [UInt8](repeating: 7, count: 16) + v6.bytes + [UInt8](repeating: 8, count: 16)
        #expect(body.encoded() == expected)
        #expect(InviteBody.announcedCount(of: expected) == expected.count)
        #expect(InviteBody.announcedCount(of: Array(expected.prefix(11))) == expected.count)
        for count in 0...10 { #expect(InviteBody.announcedCount(of: Array(expected.prefix(count))) == nil) }
    }

    @Test("refuse names, times and entries out of range")
    func ranges() throws {
        for name in ["", "Main", "a b", "é", String(repeating: "a", count: 33)] {
            #expect(throws: WireFault.fieldOutOfRange("InviteBody.networkName")) { try invite(name: name, entry: v4) }
        }
        for count in [0, 4] {
            #expect(throws: WireFault.fieldOutOfRange("InviteBody.entries")) {
                try invite(name: "main", entry: v4, count: count)
            }
        }
        #expect(throws: WireFault.fieldOutOfRange("InviteBody.expires")) {
            try InviteBody(networkName: "main", expires: 1 << 32, entries: [])
        }
        #expect(throws: WireFault.fieldOutOfRange("InviteBody.version")) {
            try InviteBody(version: 2, networkName: "main", expires: 1, entries: [])
        }
        #expect(throws: WireFault.fieldOutOfRange("InviteEntry.endpoint")) {
            try InviteEntry(endpoint: .v4(1, port: 0), fingerprint: [UInt8](repeating: 7, count: 16))
        }
        #expect(throws: WireFault.fieldOutOfRange("InviteEntry.fingerprint")) {
            try InviteEntry(endpoint: v4, fingerprint: [1])
        }
    }

    @Test("refuse another version, bits without a meaning, bytes left over, and no entries")
    func malformed() throws {
        let bytes = try invite(name: "main", entry: v4, count: 1).encoded()
        func changed(_ index: Int, to byte: UInt8) -> [UInt8] {
            var changed = bytes
            changed[index] = byte
            return changed
        }
        #expect(throws: WireFault.fieldOutOfRange("InviteBody.version")) { try InviteBody(decoding: changed(0, to: 2)) }
        for kinds in [0b1001, 0b10001, 0b100001, 0b1000_0001] as [UInt8] {
            #expect(throws: WireFault.malformed) { try InviteBody(decoding: changed(10, to: kinds)) }
        }
        #expect(throws: WireFault.malformed) { try InviteBody(decoding: bytes + [0]) }
        #expect(throws: WireFault.malformed) { try InviteBody(decoding: changed(6, to: 0xFF)) }
        #expect(throws: WireFault.fieldOutOfRange("InviteBody.entries")) {
            try InviteBody(decoding: Array(changed(10, to: 0).prefix(11)))
        }
    }
}
