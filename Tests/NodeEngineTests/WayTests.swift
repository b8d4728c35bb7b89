// Which way a search and its conversation take through the mesh.

import Essentials
import Identity
@testable import NodeEngine
import OrderedCollections
import Relaying
import Testing
import Wire

@Suite("The way of a search")
struct WayTests {
    private let street = Neighbourhood()
    private let seat = SeatID(number: 1)

    /// Five members and leaves that have found two homes each.
    private func settled(leaves count: UInt8) throws -> [LoneNode] {
        let policy = try #require(NetworkPolicy.named("local-test"))
        var entries: [InviteEntry] = []
        for number in 1...5 as ClosedRange<UInt8> {
            let member = HonestNode(
                "member \(number)", .member, address: (9, number, 1), policy: policy, entries: entries, seed: 1,
                at: street.now)
            street.add(member)
            if entries.isEmpty { entries = [try #require(member.entry)] }
        }
        let leaves = try (1...count).map { try LoneNode(.leaf, number: $0, entries: entries) }
        for leaf in leaves { street.add(leaf) }
        let areSettled = street.run(for: .seconds(60)) {
            leaves.allSatisfy { $0.engine.value.relaying.homeStatus.count { $0.isLive } == 2 }
        }
        #expect(areSettled)
        _ = street.run(for: .seconds(10))
        return leaves
    }

    private func home(of leaf: LoneNode) -> LinkID? { leaf.engine.value.seats[seat]?.home }

    private func isPairing(_ leaf: LoneNode) -> Bool {
        if case .pairing? = leaf.engine.value.seats[seat]?.phase { true } else { false }
    }

    private func isTalking(_ leaf: LoneNode) -> Bool { leaf.seats.first?.phase == .talking }

    @Test("a search goes through one of the two homes, and stays with it from round to round")
    func oneHome() throws {
        let leaf = try settled(leaves: 1)[0]
        street.ask(leaf, .meet())
        _ = street.run(for: .seconds(2))
        let first = try #require(home(of: leaf))
        for _ in 0..<50 {
            _ = street.run(for: .milliseconds(100))
            #expect(home(of: leaf) == first)
        }
    }

    @Test("the conversation goes through the home that the search went through, unless that is the door")
    func sameHome() throws {
        let leaves = try settled(leaves: 2)
        for leaf in leaves { street.ask(leaf, .meet()) }
        for _ in 0..<8 {
            let haveMet = street.run(for: .seconds(30)) { leaves.allSatisfy(isTalking) }
            #expect(haveMet)
            for leaf in leaves {
                let own = leaf.engine.value.relaying.homeStatus.first { $0.link == home(of: leaf) }
                let talk = try #require(leaf.seats.first)
                if talk.door == own?.node {
                    #expect(talk.home != talk.door)
                } else {
                    #expect(talk.home == own?.node)
                }
            }
            for leaf in leaves { street.ask(leaf, .new) }
            _ = street.run(for: .milliseconds(50))
        }
    }

    @Test("who waits at every door in vain looks for somebody else")
    func nobodyCame() throws {
        let leaves = try settled(leaves: 2)
        for leaf in leaves { street.ask(leaf, .meet()) }
        let havePaired = street.run(for: .seconds(30)) { leaves.contains(where: isPairing) }
        #expect(havePaired)
        let waiting = try #require(leaves.first(where: isPairing))
        for leaf in leaves where leaf !== waiting { leaf.isAsleep = true }
        _ = street.run(for: .milliseconds(4_500))
        #expect(waiting.seats.map(\.phase) == [.pairing])
        _ = street.run(for: .seconds(2))
        #expect(waiting.seats.map(\.phase) == [.seeking])
    }
}
