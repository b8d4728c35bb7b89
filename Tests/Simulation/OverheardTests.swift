// The stranger learns nothing that lasts, seen from inside: a stranger who writes down everything that can be decrypted
// finds nothing in it by which the other side could be known again.

import Canaries
import Essentials
import Identity
import NodeEngine
import Testing
import Wire

@Suite struct OverheardTests {
    enum Who: String, CaseIterable, Sendable { case leaf, member }

    private static let conversations = 8
    private static let planted = "I live at 127.201.33.7"

    @Test(
        "nothing that a stranger can decrypt names the other side, its home or its last conversation",
        arguments: Who.allCases)
    func overheard(_ who: Who) throws {
        let block = try Block(who, members: 12, seed: 4)
        for number in 1...Self.conversations { try block.converse(number, "conversation \(number)") }
        let heard = block.listener.overheard
        block.expectEveryKind()
        for member in block.members where member !== block.stranger {
            let sightings = block.sightings(of: member.canaries, except: member)
            #expect(sightings.isEmpty, "\(sightings.prefix(5))")
        }
        let stranger = block.sightings(of: block.stranger.canaries, except: block.stranger)
        #expect(stranger.isEmpty, "\(stranger.prefix(5))")
        let leafKeys = block.stranger.leafKeys(for: block.members)
        #expect(heard.flatMap { leafKeys.sought(in: $0.bytes, "\($0.kind)") }.isEmpty)
        if who == .leaf {
            let inTable = heard.flatMap { block.stranger.canaries.sought(in: $0.bytes, "\($0.kind)") }
            #expect(inTable.isEmpty, "a leaf is in no table: \(inTable.prefix(5))")
        }
        block.expectConversationsApart()
        try block.expectSearchSees(Self.planted)
        print(
            "overheard from a \(who.rawValue): \(heard.count) plaintexts of"
                + " \(heard.map(\.bytes.count).reduce(0, +)) bytes in \(Self.conversations) conversations,"
                + " \(block.homesUsed.count) homes of the other side")
    }
}

/// Twelve members, a stranger and the one who listens.
final class Block {
    let neighbourhood = Neighbourhood()
    let members: [HonestNode]
    let stranger: HonestNode
    let listener: ListeningLeaf
    private(set) var homesUsed: Set<NodeKey> = []
    private(set) var doors: Set<NodeKey> = []

    init(_ who: OverheardTests.Who, members count: Int, seed: UInt64) throws {
        let policy = try #require(NetworkPolicy.named("local-overheard"))
        let neighbourhood = neighbourhood
        func node(_ name: String, _ role: Role, _ number: Int, _ entries: [InviteEntry]) -> HonestNode {
            let address = (UInt8(61 + 13 * number), UInt8(203 - 11 * number), UInt8(2 + 5 * number))
            let node = HonestNode(
                name, role, address: address, policy: policy, entries: entries, seed: seed, at: neighbourhood.now)
            neighbourhood.add(node)
            return node
        }
        var members: [HonestNode] = []
        for index in 0..<count {
            members.append(node("member \(index + 1)", .member, index, members.prefix(1).compactMap(\.entry)))
        }
        self.members = members
        stranger =
            who == .leaf ? node("the stranger", .leaf, count, members.prefix(1).compactMap(\.entry)) : members[5]
        let other = stranger
        let nodes = members + [other]
        let isSettled = neighbourhood.run(for: .seconds(60)) {
            nodes.allSatisfy { $0.snapshot(at: neighbourhood.now).members == count }
                && members.allSatisfy { $0.placement != nil }
                && other.snapshot(at: neighbourhood.now).homes.contains(where: \.isLive)
        }
        #expect(isSettled)
        let listener = ListeningLeaf(members: members, policy: policy, seed: seed, at: neighbourhood.now)
        self.listener = listener
        neighbourhood.add(listener)
        #expect(neighbourhood.run(for: .seconds(10)) { listener.hasHome })
    }

    /// Both look, say something and part; now and then the stranger types, and is silent long enough for pings.
    func converse(_ number: Int, _ text: String) throws {
        let (stranger, listener, neighbourhood) = (stranger, listener, neighbourhood)
        neighbourhood.ask(stranger, number == 1 ? .meet() : .new)
        neighbourhood.ask(listener, .meet())
        func connections() -> Int { stranger.told.count { $0 == .connected } }
        try #require(neighbourhood.run(for: .seconds(30)) { connections() == number }, "conversation \(number)")
        let seat = try #require(stranger.snapshot(at: neighbourhood.now).seats.first)
        homesUsed.insert(try #require(seat.home))
        doors.insert(try #require(seat.door))
        neighbourhood.ask(stranger, .typing)
        neighbourhood.ask(stranger, .send(text))
        neighbourhood.ask(listener, .send("re: " + text))
        try #require(
            neighbourhood.run(for: .seconds(5)) {
                listener.texts.contains(text) && stranger.told.contains(.gotMessage("re: " + text))
            })
        // Time for the safety words, and in some for pings.
        _ = neighbourhood.run(for: number.isMultiple(of: 3) ? .seconds(8) : .milliseconds(200))
        neighbourhood.ask(stranger, .disconnect)
        try #require(neighbourhood.run(for: .seconds(5)) { listener.farewells == number })
    }

    /// What was found outside the public table, where the member that was asked did not name itself.
    func sightings(of canaries: [Canary], except member: HonestNode) -> [Sighting] {
        listener.overheard.filter { $0.kind != .table && $0.from != member.nodeKey }
            .flatMap { canaries.sought(in: $0.bytes, "\($0.kind) of conversation \($0.conversation)") }
    }

    /// The listener had its ears everywhere, in both parts of the handshake.
    func expectEveryKind() {
        let kinds = Set(listener.overheard.map(\.kind))
        #expect(kinds == [.table, .home, .pairing, .door, .handshake, .utterance])
        #expect(Set(listener.isInitiator) == [true, false], "both roles of the handshake")
        let said = listener.overheard.filter { $0.kind == .utterance }.compactMap { try? Utterance(decoding: $0.bytes) }
        func heard(_ isIt: (Utterance) -> Bool) -> Bool { said.contains(where: isIt) }
        #expect(heard { if case .opening = $0 { true } else { false } })
        #expect(heard { if case .typing = $0 { true } else { false } })
        #expect(heard { if case .acknowledgement = $0 { true } else { false } })
        #expect(heard { if case .ping = $0 { true } else { false } })
        #expect(heard { if case .safetyCommitment = $0 { true } else { false } })
        #expect(heard { if case .safetyNonce = $0 { true } else { false } })
        #expect(heard { if case .safetyOpening = $0 { true } else { false } })
        #expect(doors.count > 1, "different doors")
    }

    /// What named the stranger in one conversation comes in no later one.
    func expectConversationsApart() {
        let keys = listener.strangerKeys
        #expect(Set(keys).count == keys.count)
        for (index, key) in keys.enumerated() {
            let canary = Canary.bytes("the stranger's key of conversation \(index + 1)", key.bytes)
            let before = listener.overheard.filter { $0.conversation <= index + 1 }
            let after = listener.overheard.filter { $0.conversation > index + 1 }
            // The offers of a round come before the pairing that is made of them.
            #expect(!before.flatMap { [canary].sought(in: $0.bytes, "before") }.isEmpty, "the search sees it")
            #expect(after.flatMap { [canary].sought(in: $0.bytes, "after") }.isEmpty)
        }
    }

    /// The same search finds what is there: members in the table, keepers in their own answers, a planted address.
    func expectSearchSees(_ planted: String) throws {
        for member in members {
            let table = listener.overheard.filter { $0.kind == .table }
            let found = table.flatMap { member.canaries.sought(in: $0.bytes, "the table") }
            for ending in ["node key", "channel key", "address"] {
                #expect(found.contains { $0.canary.hasSuffix(ending) }, "\(member.who)'s \(ending) is in the table")
            }
        }
        let answers = listener.overheard.filter { $0.kind == .pairing }
        #expect(
            members.contains { member in
                !answers.filter { $0.from == member.nodeKey }.flatMap { member.canaries.sought(in: $0.bytes, "") }
                    .isEmpty
            }, "a keeper names itself in its answer")
        let number = listener.strangerKeys.count + 1
        try converse(number, planted)
        let canary = Canary.address("planted", planted.split(separator: " ").last.map(String.init) ?? "")
        let utterances = listener.overheard.filter { $0.kind == .utterance }
        #expect(utterances.flatMap { [canary].sought(in: $0.bytes, "") }.count == 1)
    }
}
