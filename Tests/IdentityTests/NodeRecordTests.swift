// Each check of a record, one at a time.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("records")
struct NodeRecordTests {
    private func make(
        network: String = "main", seq: UInt64 = now.milliseconds, expires: WallTime = now + .hours(24),
        addresses: [Endpoint] = [address], puzzle: PuzzleSolution? = nil
    ) throws -> Signed {
        try NodeRecord.make(
            identity: identity(), policy: policy(network), seq: seq, expires: expires, addresses: addresses,
            capabilities: Capability.all, puzzle: puzzle ?? solution())
    }

    /// What checking throws; nil when the record holds.
    private func fault(_ signed: Signed, network: String = "main", at time: WallTime = now) throws -> RecordFault? {
        let record = try Unverified<NodeRecord>(decoding: signed)
        let context = NodeRecord.Context(policy: try policy(network), now: time)
        do throws(RecordFault) {
            _ = try record.verify(in: context)
            return nil
        } catch {
            return error
        }
    }

    @Test("a node's own record holds and says what it was made of")
    func holds() throws {
        let signed = try make()
        let record = try Unverified<NodeRecord>(decoding: signed).verify(
            in: NodeRecord.Context(policy: policy(), now: now))
        #expect(record.nodeKey == identity().nodeKey)
        #expect(record.channelKey == identity().channelKey)
        #expect(record.seq == now.milliseconds)
        #expect(record.expires == now + .hours(24))
        #expect(record.addresses == [address])
        #expect(record.capabilities == 7)
        #expect(record.puzzle == (try solution()))
        #expect(record.signed == signed)
        #expect(record.body.version == 1)
    }

    @Test("every flipped bit is noticed")
    func flips() throws {
        let signed = try make()
        for bit in 0..<(signed.body.count + 64) * 8 {
            guard let record = try? Unverified<NodeRecord>(decoding: signed.flipped(bit: bit)) else { continue }
            let context = NodeRecord.Context(policy: try policy(), now: now)
            #expect(throws: RecordFault.self) { try record.verify(in: context) }
        }
    }

    @Test("a record signed by another key is refused")
    func foreignSignature() throws {
        let honest = try make()
        let forged = try identity(2).sign(honest.body, domain: NodeRecord.domain, network: policy().id)
        #expect(try fault(forged) == .badSignature)
    }

    @Test("a signature made for another purpose is refused")
    func foreignDomain() throws {
        let honest = try make()
        let other = try identity().sign(honest.body, domain: Heartbeat.domain, network: policy().id)
        #expect(try fault(other) == .badSignature)
        let elsewhere = try identity().sign(honest.body, domain: NodeRecord.domain, network: policy().id &+ 1)
        #expect(try fault(elsewhere) == .badSignature)
    }

    @Test("a record of another mesh is refused")
    func foreignNetwork() throws {
        #expect(try fault(make(network: "other")) == .wrongNetwork)
        #expect(try fault(make(), network: "other") == .wrongNetwork)
    }

    @Test("a record more than five minutes ahead is refused")
    func future() throws {
        #expect(try fault(make(seq: now.milliseconds + 300_000)) == nil)
        #expect(try fault(make(seq: now.milliseconds + 300_001)) == .fromTheFuture)
        #expect(try fault(make(seq: .max)) == .fromTheFuture)
    }

    @Test("an expired record is refused")
    func expired() throws {
        #expect(try fault(make(expires: now + .milliseconds(1))) == nil)
        #expect(try fault(make(expires: now)) == .expired)
        #expect(try fault(make(expires: WallTime(milliseconds: 0))) == .expired)
    }

    @Test("a record that would live for more than a day is refused")
    func immortal() throws {
        #expect(try fault(make(expires: now + .hours(24) + .minutes(5))) == nil)
        #expect(try fault(make(expires: now + .hours(24) + .minutes(5) + .milliseconds(1))) == .livesTooLong)
        #expect(try fault(make(expires: WallTime(milliseconds: .max))) == .livesTooLong)
    }

    @Test("an address that means nothing in the mesh is refused, even beside a good one")
    func addresses() throws {
        let loopback = Endpoint.v4(0x7F00_0001, port: 1)
        #expect(try fault(make(addresses: [address, loopback])) == .addressNotAllowed)
        #expect(try fault(make(network: "local", addresses: [loopback]), network: "local") == nil)
        #expect(try fault(make(network: "local"), network: "local") == .addressNotAllowed)
    }

    @Test("a puzzle of another month is refused")
    func month() throws {
        #expect(try fault(make(puzzle: solution(month: 689))) == .wrongMonth)
        #expect(try fault(make(puzzle: solution(month: 691))) == .wrongMonth)
        #expect(try fault(make(puzzle: solution(month: .max))) == .wrongMonth)
    }

    @Test("signed bytes that are no record are refused")
    func noRecord() throws {
        let signed = try identity().sign([1, 2, 3], domain: NodeRecord.domain, network: policy().id)
        #expect(throws: WireFault.malformed) { try Unverified<NodeRecord>(decoding: signed) }
    }

    @Test("a record is not made without addresses")
    func noAddress() {
        #expect(throws: WireFault.fieldOutOfRange("RecordBody.addresses")) { try make(addresses: []) }
    }

    @Test("a record with three IPv6 addresses has less than 300 bytes")
    func size() throws {
        let v6 = Endpoint.v6(Address6(high: 0x2A00_0001_0002_0003, low: 4), port: 4_242)
        let signed = try make(addresses: [v6, v6, v6])
        #expect(signed.encoded().count <= 300)
        #expect(try fault(signed) == nil)
    }
}

@Suite("equivocation")
struct EquivocationTests {
    private func record(
        _ seed: UInt8 = 1, seq: UInt64 = now.milliseconds, port: UInt16 = 1
    ) throws -> Verified<NodeRecord> {
        let signed = try NodeRecord.make(
            identity: identity(seed), policy: policy(), seq: seq, expires: now + .hours(1),
            addresses: [.v4(0x0102_0304, port: port)], capabilities: 0, puzzle: solution())
        return try Unverified<NodeRecord>(decoding: signed).verify(
            in: NodeRecord.Context(policy: policy(), now: now))
    }

    @Test("two bodies for one seq are proof")
    func proof() throws {
        let proof = try #require(try Equivocation(record(port: 1), record(port: 2)))
        #expect(proof.first.addresses != proof.second.addresses)
    }

    @Test("one body, another seq or another node are no proof")
    func noProof() throws {
        #expect(try Equivocation(record(port: 1), record(port: 1)) == nil)
        #expect(try Equivocation(record(port: 1), record(seq: now.milliseconds - 1, port: 2)) == nil)
        #expect(try Equivocation(record(port: 1), record(2, port: 2)) == nil)
    }
}
