// The side that opens links: addresses in turn, fingerprints, who shows what to whom.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Dialling")
struct DiallingTests {
    @Test("an invite's address and fingerprint lead to a link, as a leaf and as a member")
    func entry() throws {
        let world = try RelayWorld()
        let member = try world.addMember()
        let leaf = try world.addLeaf()
        let other = try world.addMember()
        let entry = try InviteEntry(endpoint: member.endpoints[0], fingerprint: member.nodeKey.fingerprint)
        world.give(leaf, .dialAsked(.entry(entry), as: .leaf))
        world.give(other, .dialAsked(.entry(entry), as: .member))
        world.run(for: .seconds(1))
        #expect(leaf.linksUp.values.map(\.peer) == [member.nodeKey])
        #expect(leaf.linksUp.values.first?.asLeaf == true)
        #expect(other.linksUp.values.map(\.peer) == [member.nodeKey])
        let seen = member.linksUp.values.sorted { $0.id < $1.id }
        #expect(seen.count == 2)
        #expect(seen.contains { $0.peer == nil && $0.isLeaf })
        #expect(seen.contains { $0.peer == other.nodeKey && $0.record == other.record })
    }

    @Test("whoever answers without the invite's fingerprint is not believed")
    func wrongFingerprint() throws {
        let world = try RelayWorld()
        let member = try world.addMember()
        let leaf = try world.addLeaf()
        let entry = try InviteEntry(endpoint: member.endpoints[0], fingerprint: [UInt8](repeating: 1, count: 16))
        world.give(leaf, .dialAsked(.entry(entry), as: .leaf))
        world.run(for: .seconds(1))
        #expect(leaf.linksUp.isEmpty)
        #expect(leaf.failedDials == [.entry(entry)])
        #expect(
            member.linksUp.isEmpty || member.linkEndings.count == member.linksUp.count
                || member.linksUp.values.allSatisfy(\.isLeaf))
    }

    @Test("a member that answers with another node's key than was dialled is not believed")
    func wrongNode() throws {
        let world = try RelayWorld()
        let member = try world.addMember()
        let leaf = try world.addLeaf()
        let other = try world.addMember()
        world.give(leaf, .dialAsked(.member(other.nodeKey, member.channelKey, member.endpoints), as: .leaf))
        world.run(for: .seconds(1))
        #expect(leaf.linksUp.isEmpty)
        #expect(leaf.failedDials.count == 1)
    }

    @Test("a member's addresses are tried in turn, and one without answer is given up")
    func addressesInTurn() throws {
        let world = try RelayWorld()
        let member = try world.addMember(at: [Fixtures.endpoint(50)])
        let leaf = try world.addLeaf()
        let addresses = [Fixtures.endpoint(70), Fixtures.endpoint(71), Fixtures.endpoint(50)]
        world.give(leaf, .dialAsked(.member(member.nodeKey, member.channelKey, addresses), as: .leaf))
        world.run(for: .seconds(1))
        #expect(leaf.linksUp.count == 1)
        #expect(leaf.failedDials.isEmpty)
    }

    @Test("a connection that never opens is given up after its deadline")
    func connectDeadline() throws {
        let bench = try Bench(isMember: false)
        let target = DialTarget.member(
            bench.identity.value.nodeKey, bench.identity.value.channelKey, [Fixtures.endpoint(1)])
        let other = try Bench(seed: 9)
        let elsewhere = DialTarget.member(
            other.identity.value.nodeKey, other.identity.value.channelKey,
            [Fixtures.endpoint(1), .v4(0x0808_0808, port: 1), Fixtures.endpoint(2)])
        bench.give(.dialAsked(elsewhere, as: .leaf))
        bench.pass(.seconds(10))
        let dialled = bench.effects.compactMap { effect -> Endpoint? in
            if case .connect(let connection, let endpoint) = effect {
                #expect(connection.number.isMultiple(of: 2))
                return endpoint
            }
            return nil
        }
        // The public address means nothing in a local mesh.
        #expect(dialled == [Fixtures.endpoint(1), Fixtures.endpoint(2)])
        #expect(bench.closed.count == 2)
        #expect(bench.effects.contains { if case .dialFailed(elsewhere, as: .leaf) = $0 { true } else { false } })
        _ = target
    }

    @Test("a connection that opens after it was given up is closed")
    func lateConnection() throws {
        let bench = try Bench(isMember: false)
        let other = try Bench(seed: 9)
        bench.give(
            .dialAsked(
                .member(other.identity.value.nodeKey, other.identity.value.channelKey, [Fixtures.endpoint(1)]),
                as: .leaf))
        bench.pass(.seconds(4))
        bench.closed = []
        bench.give(.connectionOpened(ConnectionID(number: 2), from: nil, outbound: true))
        #expect(bench.closed == [ConnectionID(number: 2)])
    }

    @Test("a leaf cannot dial as a member, and nobody dials twice for the same")
    func refusedDials() throws {
        let world = try RelayWorld()
        let member = try world.addMember()
        let leaf = try world.addLeaf()
        let target = DialTarget.member(member.nodeKey, member.channelKey, member.endpoints)
        world.give(leaf, .dialAsked(target, as: .member))
        #expect(leaf.failedDials == [target])
        for _ in 0..<3 { world.give(leaf, .dialAsked(target, as: .leaf)) }
        world.run(for: .seconds(1))
        world.give(leaf, .dialAsked(target, as: .leaf))
        world.run(for: .seconds(1))
        #expect(leaf.linksUp.count == 1)
        #expect(member.linksUp.count == 1)
    }

    @Test("a leaf shows another key to each home, and the same one again")
    func leafKeys() throws {
        var random = Fixtures.random(3)
        let identity = NodeIdentity.generate(using: &random)
        let one = NodeKey(random.bytes32())
        let two = NodeKey(random.bytes32())
        #expect(identity.leafKey(for: one).publicKey != identity.leafKey(for: two).publicKey)
        #expect(identity.leafKey(for: one).publicKey == identity.leafKey(for: one).publicKey)
        #expect(identity.leafKey(for: one).publicKey != identity.channelKey.bytes)
    }

    @Test("the own wall clock is compared with the other end's")
    func offsets() throws {
        let world = try RelayWorld()
        world.latency = .milliseconds(40)
        world.jitter = .zero
        let member = try world.addMember()
        let leaf = try world.addLeaf()
        world.give(leaf, .clockSet(MeshClock(wallAtOrigin: Fixtures.wall + .milliseconds(700))))
        world.give(leaf, .dialAsked(.member(member.nodeKey, member.channelKey, member.endpoints), as: .leaf))
        world.run(for: .seconds(2))
        let measured = try #require(leaf.offsets.first)
        #expect((measured.offset + .milliseconds(700)).magnitude <= measured.uncertainty)
        #expect(measured.uncertainty <= .milliseconds(50))
        let theirs = try #require(member.offsets.first)
        #expect((theirs.offset - .milliseconds(700)).magnitude <= theirs.uncertainty)
    }
}
