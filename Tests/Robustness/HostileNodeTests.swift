// Whole nodes with people who talk, and peers that put everything on their links that does not belong there.

import Essentials
import Identity
import NodeEngine
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Hostile peers of whole nodes")
struct HostileNodeTests {
    /// Frames, messages on streams, and requests to the node as a keeper and as a door.
    static func contents(to net: NodeNet, _ node: Int) throws -> [[UInt8]] {
        var contents = try HostileLinkTests.frames(1).map(HostileLinkTests.content)
        for (index, sample) in Sample.small.enumerated() {
            let number = UInt32(2 * index + 101)
            contents.append(FrameCodec.frame(.control, sample.bytes.isEmpty ? [0] : sample.bytes))
            contents.append(
                FrameCodec.frame(.open, stream: number, RawPeer.arrival(sample.bytes))
                    + FrameCodec.frame(.finish, stream: number))
        }
        let identity = net.identities[node]
        let requests = Sample.small.filter { $0.testDescription.hasPrefix("Request") }
        for (index, sample) in requests.enumerated() {
            var random = RandomStream(seed: Blake2b.hash([UInt8(index), UInt8(node)]))
            var channel = Channel(
                role: .initiator, pattern: .nk,
                prologue: PipePrologue.bytes(network: net.policy.id, member: identity.value.nodeKey),
                remoteStatic: identity.value.channelKey.bytes, classes: .conversation)
            let block = try Request(decoding: sample.bytes).block()
            let message = try channel.start(payload: block, using: &random)
            let number = UInt32(1_001 + 2 * index)
            contents.append(
                FrameCodec.frame(.open, stream: number, RawPeer.arrival(message))
                    + FrameCodec.frame(.data, stream: number, Fixtures.pattern(200)))
        }
        return contents
    }

    /// Puts each of the contents on a link of its own identity; a new link whenever the last was ended.
    private func attack(
        _ net: NodeNet, _ nodes: [Int], _ contents: [[UInt8]], as neighbours: [Neighbour?], from first: Int
    ) throws {
        var peers: [Int: NetPeer] = [:]
        for (index, content) in contents.enumerated() {
            let node = nodes[index % nodes.count]
            if peers[node]?.isGone ?? true {
                peers[node] = try NetPeer(
                    net, to: node, as: neighbours[index % neighbours.count], number: first + index)
            }
            guard let peer = peers[node], !peer.isGone else { continue }
            try peer.send(content)
            net.run(.milliseconds(20))
            try? peer.read()
        }
        for peer in peers.values where !peer.isGone { net.give(peer.node, .connectionClosed(peer.connection)) }
    }

    /// Three members, two leaves who talk.
    private func town() throws -> (NodeNet, members: [Int], leaves: [Int]) {
        let net = NodeNet()
        let first = try net.add(.member)
        let members = try [first] + (0..<2).map { _ in try net.add(.member, through: [first]) }
        let leaves = try (0..<2).map { try net.add(.leaf, through: [members[$0]]) }
        net.run(.seconds(60)) {
            leaves.allSatisfy { net.snapshot($0).members == 3 && net.snapshot($0).homes.contains(where: \.isLive) }
        }
        for leaf in leaves { net.give(leaf, .personAsked(SeatID(number: 1), .meet())) }
        net.run(.seconds(20)) { leaves.allSatisfy { net.told[$0]?.contains(.connected) ?? false } }
        #expect(leaves.allSatisfy { net.told[$0]?.contains(.connected) ?? false })
        return (net, members, leaves)
    }

    @Test("two people go on talking while every member between them is sent everything that does not belong there")
    func talking() throws {
        let (net, members, leaves) = try town()
        // Their puzzles are solved: they are taken for members, and come and go.
        let neighbours: [Neighbour?] = try (50..<58).map { try Neighbour($0) } + [nil, nil]
        let contents = try Self.contents(to: net, members[0])
        var growth: [Int] = []
        for round in 0..<3 {
            let order = members[round...] + members[..<round]
            let heap = try Allocations.measure {
                try attack(net, Array(order), contents, as: neighbours, from: 1_000 + 2_000 * round)
                net.run(.seconds(20))
            }.heap
            growth.append(heap.held)
            for leaf in leaves { net.give(leaf, .personAsked(SeatID(number: 1), .send("round \(round)"))) }
            net.run(.seconds(2))
            for leaf in leaves {
                let events = net.told[leaf] ?? []
                #expect(events.contains(.gotMessage("round \(round)")))
                #expect(!events.contains(.interrupted) && !events.contains(.strangerDisconnected))
            }
        }
        let figures = growth.map(String.init).joined(separator: ", ")
        print("| a mesh of five nodes, \(contents.count) pieces, three times | - | \(figures) | - |")
        #expect((net.counters["relaying.linksViolated"] ?? 0) > 300, "the attack is one")
        #expect(growth[2] < 1_048_576, "what is remembered has caps; nothing else stays")
        #expect(members.allSatisfy { net.snapshot($0).isMember })
    }

    @Test("two people meet and talk while the keepers of their round are attacked")
    func meeting() throws {
        let (net, members, leaves) = try town()
        let contents = try Self.contents(to: net, members[1])
        let neighbours: [Neighbour?] = try [Neighbour(60), nil, Neighbour(61)]
        for leaf in leaves { net.give(leaf, .personAsked(SeatID(number: 1), .disconnect)) }
        for leaf in leaves { net.give(leaf, .personAsked(SeatID(number: 1), .new)) }
        try attack(net, members, contents, as: neighbours, from: 9_000)
        net.run(.seconds(10))
        for leaf in leaves {
            #expect((net.told[leaf] ?? []).filter { $0 == .connected }.count >= 2)
        }
    }

    @Test("a member that still solves its puzzle, and one that is alone, survive the same")
    func beginnings() throws {
        for works in [false, true] {
            let net = NodeNet()
            net.works = works
            let member = try net.add(.member)
            net.run(.seconds(5))
            #expect(net.snapshot(member).isMember == works)
            let contents = try Self.contents(to: net, member)
            try attack(net, [member], contents, as: [try Neighbour(70), nil], from: 1_000)
            net.give(member, .personAsked(SeatID(number: 1), .meet()))
            try attack(net, [member], contents, as: [try Neighbour(71), nil], from: 4_000)
            net.works = true
            let leaf = try net.add(.leaf, through: works ? [member] : [])
            net.run(.seconds(10))
            let isServed = net.snapshot(leaf).homes.contains { $0.isLive }
            if works { #expect(isServed, "an honest leaf is served") }
        }
    }

    @Test("connections numbered wrongly, work that nobody asked for, and people who ask at the wrong time")
    func shell() throws {
        let (net, members, leaves) = try town()
        let puzzle = try PuzzleSolution(month: .max, nonce: [UInt8](repeating: 1, count: 16))
        for node in members + leaves {
            for number in [0, 1, 2, 3, 77, .max - 1, .max] as [UInt64] {
                // None of these is a connection that the net has given out.
                let connection = number ^ (1 << 62)
                net.give(node, .connectionFailed(connection))
                net.give(node, .received(connection, [0x50, 1, 1]))
                net.give(node, .writabilityChanged(connection, isWritable: false))
                net.give(node, .connectionClosed(connection))
                net.give(node, .connectionOpened(connection, remote: nil, isOutbound: true))
                net.give(node, .workFinished(WorkID(number: connection), .stamp([UInt8](repeating: 1, count: 3))))
                net.give(node, .workFinished(WorkID(number: connection), .puzzle(puzzle)))
                for request in [PersonRequest.send("x"), .typing, .stoppedTyping, .disconnect, .new, .leave] {
                    net.give(node, .personAsked(SeatID(number: connection), request))
                }
            }
            for wall in [0, Neighbour.wall.milliseconds] as [UInt64] {
                net.give(node, .clockRead(WallTime(milliseconds: wall) + (net.now - .origin)))
            }
        }
        net.run(.seconds(5))
        for leaf in leaves { net.give(leaf, .personAsked(SeatID(number: 1), .send("still here"))) }
        net.run(.seconds(2))
        #expect(leaves.allSatisfy { net.told[$0]?.contains(.gotMessage("still here")) ?? false })
    }
}
