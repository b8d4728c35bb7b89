// What is held against all wires of the street at once, those between members too, and against the members' disks.

import Canaries
import Testing

extension TappedStreet {
    /// On every link of the mesh each frame is of a class; nothing that names a leaf, was said or is `hidden` passes in
    /// the clear; and no two links carry the same bytes: not the token that two halves show at a door, not a packet
    /// that was handed on as it came.
    func expectWiresClosed(to hidden: [Canary]) throws {
        let connections = CapturedConnection.all(in: middle.packets)
        let faults = connections.map(LinkFrames.init).flatMap(\.faults)
        #expect(faults.isEmpty, "\(faults)")
        var packets = NodeTraces()
        for packet in middle.packets { packets.add("a packet at the router", packet.bytes) }
        var links = NodeTraces()
        for connection in connections {
            links.add("\(connection.caller) to \(connection.callee)", connection.sent.bytes + connection.received.bytes)
        }
        // Of ciphertext chance writes any few bytes now and then.
        let secret = secrets(and: hidden)
        let found = packets.sought(secret) + links.sought(secret)
        #expect(found.isEmpty, "\(found)")
        #expect(links.repetitions.isEmpty, "\(links.repetitions)")
        expectSearchesSee(packets, links)
        note("\(connections.count) connections at the router")
    }

    /// The same searches find what is there: addresses in headers, and what is planted.
    private func expectSearchesSee(_ packets: NodeTraces, _ links: NodeTraces) {
        for side in sides {
            let found = packets.sought([.address(side.who, side.address)])
            #expect(found.contains { $0.form == "bytes" }, "\(side.who)'s packets are searched")
        }
        let longest = links.places.map { $0.bytes }.max { $0.count < $1.count } ?? []
        #expect(longest.count > 1_000)
        var planted = links
        planted.add("planted", Array(word.utf8) + Array(longest.suffix(31)))
        #expect(planted.sought(spoken).contains { $0.place == "planted" })
        #expect(planted.repetitions.count == 1)
    }

    /// Once it is in the mesh a leaf dials its homes only, also when one of them has died: doors and keepers see those.
    func expectDoorsApart() {
        for side in sides {
            let homes = Set(members.indices.filter { side.homes.contains(members[$0].name) }.map(spaces.address))
            let dialled = side.tap.packets.dropFirst(side.settledAt).filter {
                $0.source == side.address && $0.segment?.isOpening == true && $0.segment?.isAnswer == false
            }
            let strange = Set(dialled.compactMap(\.destination)).subtracting(homes)
            #expect(strange.isEmpty, "\(side.who) dialled \(strange)")
        }
    }

    /// On the members' disks and in their logs there is nothing that names a leaf, nothing that was said, and nothing
    /// `hidden`.
    func expectMembersKnowNothing(of hidden: [Canary]) {
        let secret = secrets(and: hidden)
        for (node, own) in zip(mesh.members, members) {
            var traces = NodeTraces()
            traces.addFiles(of: node)
            #expect(traces.sought(own.canaries).count { $0.canary.contains("secret") } >= 3, "files are searched")
            traces.add("output of \(own.name)", node.subject.lines.map(\.text).joined(separator: "\n"))
            traces.add("log of \(own.name)", node.subject.errors)
            let found = traces.sought(secret)
            #expect(found.isEmpty, "\(own.name): \(found)")
        }
    }

    /// All that is nobody's business, in the forms that chance does not write.
    private func secrets(and hidden: [Canary]) -> [Canary] {
        (sides.flatMap(\.secrets.canaries) + spoken + hidden).map(\.longOnly)
    }
}
