// Each check of a heartbeat, one at a time.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("heartbeats")
struct HeartbeatTests {
    private func make(time: WallTime = now, period: Span = .seconds(20), network: String = "main") throws -> Signed {
        try Heartbeat.make(identity: identity(), policy: policy(network), time: time, period: period)
    }

    private func fault(
        _ signed: Signed, owner: NodeKey? = nil, previous: WallTime? = nil, network: String = "main"
    ) throws -> HeartbeatFault? {
        let heartbeat = try Unverified<Heartbeat>(decoding: signed)
        let context = Heartbeat.Context(
            owner: owner ?? identity().nodeKey, policy: try policy(network), now: now, previous: previous)
        do throws(HeartbeatFault) {
            _ = try heartbeat.verify(in: context)
            return nil
        } catch {
            return error
        }
    }

    @Test("a node's own heartbeat holds and says what it was made of")
    func holds() throws {
        let signed = try make()
        let context = Heartbeat.Context(owner: identity().nodeKey, policy: try policy(), now: now, previous: nil)
        let heartbeat = try Unverified<Heartbeat>(decoding: signed).verify(in: context)
        #expect(heartbeat.node == identity().nodeKey.short)
        #expect(heartbeat.time == now)
        #expect(heartbeat.period == .seconds(20))
        #expect(heartbeat.signed == signed)
        #expect((80...90).contains(signed.encoded().count))
    }

    @Test("every flipped bit is noticed")
    func flips() throws {
        let signed = try make()
        let context = Heartbeat.Context(owner: identity().nodeKey, policy: try policy(), now: now, previous: nil)
        for bit in 0..<(signed.body.count + 64) * 8 {
            guard let heartbeat = try? Unverified<Heartbeat>(decoding: signed.flipped(bit: bit)) else { continue }
            #expect(throws: HeartbeatFault.self) { try heartbeat.verify(in: context) }
        }
    }

    @Test("nobody speaks for another node")
    func foreign() throws {
        #expect(try fault(make(), owner: identity(2).nodeKey) == .wrongOwner)
        let body = try make().body
        let forged = try identity(2).sign(body, domain: Heartbeat.domain, network: policy().id)
        #expect(try fault(forged) == .badSignature)
    }

    @Test("a heartbeat of another mesh, or a signature made for another purpose, is refused")
    func foreignMesh() throws {
        #expect(try fault(make(network: "other")) == .badSignature)
        let other = try identity().sign(make().body, domain: NodeRecord.domain, network: policy().id)
        #expect(try fault(other) == .badSignature)
    }

    @Test("a heartbeat that is not newer than the last is refused")
    func replayed() throws {
        #expect(try fault(make(), previous: now - .milliseconds(1)) == nil)
        #expect(try fault(make(), previous: now) == .notNewer)
        #expect(try fault(make(), previous: now + .milliseconds(1)) == .notNewer)
    }

    @Test("a heartbeat more than two of its periods and two minutes from mesh time is refused")
    func outOfTime() throws {
        let tolerance = Span.seconds(20 * 2 + 120)
        #expect(try fault(make(time: now + tolerance)) == nil)
        #expect(try fault(make(time: now - tolerance)) == nil)
        #expect(try fault(make(time: now + tolerance + .milliseconds(1))) == .outOfTime)
        #expect(try fault(make(time: now - tolerance - .milliseconds(1))) == .outOfTime)
        #expect(try fault(make(time: now - .seconds(200), period: .seconds(40))) == nil)
        #expect(try fault(make(time: WallTime(milliseconds: .max))) == .outOfTime)
        #expect(try fault(make(time: WallTime(milliseconds: 0))) == .outOfTime)
    }

    @Test("a period shorter than the mesh's shortest or longer than its longest is refused")
    func period() throws {
        #expect(try fault(make(period: .milliseconds(19_999))) == .periodOutOfRange)
        #expect(try fault(make(period: .minutes(30))) == nil)
        #expect(try fault(make(period: .minutes(30) + .milliseconds(1))) == .periodOutOfRange)
        #expect(try fault(make(period: .days(40))) == .periodOutOfRange)
        #expect(try fault(make(period: .seconds(5), network: "local"), network: "local") == nil)
    }

    @Test("signed bytes that are no heartbeat are refused")
    func noHeartbeat() throws {
        let signed = try identity().sign([1, 2, 3], domain: Heartbeat.domain, network: policy().id)
        #expect(throws: WireFault.malformed) { try Unverified<Heartbeat>(decoding: signed) }
        #expect(throws: WireFault.fieldOutOfRange("HeartbeatBody.period")) { try make(period: .zero) }
        #expect(throws: WireFault.fieldOutOfRange("HeartbeatBody.period")) { try make(period: .seconds(-1)) }
    }
}
