// What is held against everything that the leaves' nodes and their faces wrote, answered and kept.

import Canaries
import Essentials
import Foundation
import Identity
import Testing

extension TappedStreet {
    /// Nothing on either side knows the other one, and only where it must does it know who its own homes are.
    func expectNoTraces() async throws {
        var searched = 0
        for side in sides {
            let theirs = others(of: side).flatMap(\.secrets.canaries)
            let said = Self.said(by: side)
            #expect(
                said.places.allSatisfy { $0.name.hasPrefix("errors") || !$0.bytes.isEmpty }, "events and log were kept")
            #expect(said.sought(theirs).isEmpty, "\(said.sought(theirs))")
            // Members are public, but nothing that a person is told or a log keeps says which of them took part.
            let membersToo = members.flatMap(\.canaries)
            #expect(said.sought(membersToo).isEmpty, "\(said.sought(membersToo))")
            #expect(side.replies.sought(theirs).isEmpty, "\(side.replies.sought(theirs))")
            expectOwnHalfOnly(side)
            var files = NodeTraces()
            files.addFiles(of: side.node)
            #expect(files.sought(theirs).isEmpty, "\(files.sought(theirs))")
            expectUnsaid(side, said, files)
            searched += try searchMemory(of: side, theirs)
            expectSearchSees(side, files)
        }
        for side in sides {
            side.noteHomes(in: try await side.node.status())
            side.person.subject.closeInput()
            side.node.subject.signal(SIGTERM)
            #expect(try await side.node.subject.status() == 0)
            try expectQuietFiles(side)
        }
        note("\(searched >> 20) MiB of memory searched")
    }

    static func said(by side: Side) -> NodeTraces {
        let persons = side.earlier + [side.person]
        var said = NodeTraces()
        said.add("\(side.who)'s events", persons.flatMap(\.events).joined(separator: "\n"))
        said.add("errors of \(side.who)'s face", persons.map(\.subject.errors).joined(separator: "\n"))
        said.add("output of \(side.who)'s node", side.node.subject.lines.map(\.text).joined(separator: "\n"))
        said.add("log of \(side.who)'s node", side.node.subject.errors)
        return said
    }

    /// All that lies on the disk of a leaf whose node has ended.
    static func kept(by side: Side) throws -> NodeTraces {
        var kept = NodeTraces()
        kept.addFiles(of: side.node)
        try kept.addRows(of: side.node)
        return kept
    }

    /// What was said is on the persons' screens, and in no log, no file and on no wire.
    private func expectUnsaid(_ side: Side, _ said: NodeTraces, _ files: NodeTraces) {
        let found = said.sought(spoken)
        for canary in spoken {
            #expect(found.contains { $0.canary == canary.name }, "the search sees the events: \(canary.name)")
        }
        #expect(found.allSatisfy { $0.place == "\(side.who)'s events" }, "\(found)")
        #expect(files.sought(spoken).isEmpty, "\(files.sought(spoken))")
        var wires = NodeTraces()
        for packet in side.tap.packets { wires.add("a packet at \(side.who)'s", packet.bytes) }
        #expect(wires.places.count > conversations && wires.sought(spoken).isEmpty)
    }

    /// The files that a node may have. Others may hold anything.
    private static let knownFiles: Set<String> = [
        "identity.key", "node.sqlite", "node.sqlite-wal", "node.sqlite-shm", "node.lock", "control.sock",
    ]

    /// What status says of a conversation is the own home and the door (Protocol/08-control.md, "Schemas").
    private func expectOwnHalfOnly(_ side: Side) {
        let known = Set(members.map(\.name))
        #expect(side.seats.count >= conversations / 10)
        for seat in side.seats {
            #expect(Set(seat.keys) == ["state", "home", "door", "cover"], "\(seat)")
            #expect(side.homes.contains(seat["home"] as? String ?? ""), "\(seat["home"] ?? "") is \(side.who)'s home")
            #expect(known.contains(seat["door"] as? String ?? ""))
            #expect(hasLostMember || seat["home"] as? String != seat["door"] as? String)
        }
    }

    /// The live process holds nothing of the other side either, but for what is so short that chance makes it.
    private func searchMemory(of side: Side, _ theirs: [Canary]) throws -> Int {
        let pid = side.node.subject.pid
        let (sightings, searched) = try ProcessMemory.search(pid, for: theirs.map(\.longOnly))
        #expect(sightings.isEmpty, "\(sightings)")
        let home = try #require(members.first { side.homes.contains($0.name) })
        let own = try ProcessMemory.search(pid, for: home.canaries.map(\.longOnly)).sightings
        #expect(own.contains { $0.canary.hasSuffix("node key") && $0.form == "raw" }, "a home's key is in memory")
        return searched
    }

    /// The same search finds what is there: in the files the homes' keys and addresses, in the answers the own names.
    private func expectSearchSees(_ side: Side, _ files: NodeTraces) {
        for member in members {
            let found = files.sought(member.canaries)
            for ending in ["node key", "channel key"] {
                #expect(found.contains { $0.canary.hasSuffix(ending) && $0.form == "raw" }, "\(member.name) \(ending)")
            }
            #expect(found.contains { $0.canary.hasSuffix("address") && $0.form == "bytes" })
            #expect(side.replies.sought(member.canaries).contains { $0.canary.hasSuffix("name") })
            #expect(side.replies.sought(member.canaries).contains { $0.canary.hasSuffix("address") })
        }
        #expect(side.replies.sought(side.secrets.canaries).contains { $0.canary.hasSuffix("name") })
        #expect(files.sought(side.secrets.canaries).count { $0.canary.contains("secret") } >= 3)
        for other in others(of: side) {
            var planted = NodeTraces()
            planted.add("a log line", "path to \(other.address):7000 is up")
            #expect(planted.sought(other.secrets.canaries).count == 1)
        }
    }

    /// On the disk of a node that has ended: the public table, its own homes, and nothing of anybody's conversation.
    private func expectQuietFiles(_ side: Side) throws {
        let theirs = others(of: side).flatMap(\.secrets.canaries)
        let traces = try Self.kept(by: side)
        #expect(traces.sought(theirs).isEmpty, "\(traces.sought(theirs))")
        #expect(traces.sought(spoken).isEmpty, "\(traces.sought(spoken))")
        let names = Set(FileManager.default.subpaths(atPath: side.node.data) ?? [])
        #expect(names.isSubset(of: Self.knownFiles), "\(names.subtracting(Self.knownFiles))")
        let tables = try DatabaseRows.tables(of: side.node)
        for table in tables { try expectKnown(table, side) }
        // Which members are the other side's homes stands nowhere: only the own ones are marked at all.
        let own = members.filter { side.homes.contains($0.name) }
        for table in ["home", "anchor"] {
            for row in try DatabaseRows.all(of: side.node, in: table) {
                let key = row.first { $0.0 == "node_key" }?.1 ?? []
                #expect(own.contains { $0.nodeKey.bytes.bytes == key }, "\(table) names somebody else")
            }
        }
        #expect(try DatabaseRows.all(of: side.node, in: "record").count == members.count)
    }

    /// A table or a column that nobody has thought about here may hold anything.
    private func expectKnown(_ table: String, _ side: Side) throws {
        let known: [String: Set<String>] = [
            "record": ["node_key", "body", "signature", "seq", "seen_at"], "home": ["node_key", "since", "place"],
            "anchor": ["node_key", "place"], "setting": ["key", "value"],
        ]
        let columns = try #require(known[table], "the table \(table) is new: what may it hold?")
        for row in try DatabaseRows.all(of: side.node, in: table) { #expect(Set(row.map(\.0)) == columns) }
    }

    /// The taps see what they must not have seen before: one datagram from leaf to leaf.
    func expectTapsSee() throws {
        let (first, second) = (sides[0], sides[1])
        try spaces.run("bash -c 'echo leak > /dev/udp/\(second.address)/9'", on: Self.memberCount)
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline, Self.strays(in: second.tap.packets, of: first).isEmpty {
            Thread.sleep(forTimeInterval: 0.05)
        }
        for (side, other) in [(first, second), (second, first)] {
            #expect(!Self.strays(in: side.tap.packets, of: other).isEmpty, "\(side.who)'s tap")
        }
        #expect(!between(in: middle.packets).isEmpty, "the router's tap")
    }
}
