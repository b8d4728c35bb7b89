// What is held against the wires of strangers who have talked.

import Canaries
import Foundation
import Testing

extension TappedStreet {
    // MARK: wires

    /// No packet of any protocol between any two, and none that shows one's address or card to another.
    func expectWiresApart() throws {
        let atRouter = middle.packets
        for side in sides {
            let packets = side.tap.packets
            for other in others(of: side) {
                #expect(Self.strays(in: packets, of: other).isEmpty, "\(other.who) at \(side.who)'s")
            }
            let peers = Set(packets.flatMap { [$0.source, $0.destination] }.compactMap { $0 })
            let strange = peers.filter { !memberAddresses.contains($0) && $0 != side.address && !Self.isGroup($0) }
            #expect(strange.isEmpty, "\(side.who)'s host exchanged packets with \(strange)")
            #expect(
                !packets.contains {
                    $0.destination == side.address && $0.segment?.isOpening == true && $0.segment?.isAnswer == false
                }, "somebody dialled \(side.who)")
            // The tap lives, and has missed nothing.
            let homeAddresses = Set(
                members.indices.filter { side.homes.contains(members[$0].name) }.map(spaces.address))
            let withHomes = packets.count { packet in
                homeAddresses.contains { packet.isBetween(side.address, $0) } && !packet.payload.isEmpty
            }
            #expect(!homeAddresses.isEmpty && withHomes > 10 * conversations, "\(side.who) with homes: \(withHomes)")
            let count = side.tap.count()
            #expect(count.lost == 0, "\(side.who)'s tap lost \(count.lost) of \(count.taken)")
            note("\(count.taken) packets at \(side.who)'s")
        }
        #expect(between(in: atRouter).isEmpty, "\(between(in: atRouter).count) packets at the router")
        for side in sides {
            #expect(
                atRouter.contains { $0.source == side.address } && atRouter.contains { $0.destination == side.address })
        }
        let count = middle.count()
        #expect(count.lost == 0, "the router's tap lost \(count.lost) of \(count.taken)")
        note("\(count.taken) at the router")
    }

    /// Packets that show, outside of what TCP carries, the address of this side.
    static func strays(in packets: [WirePacket], of side: Side) -> [Sighting] {
        let canary = Canary.address("\(side.who)'s address", side.address)
        return packets.indices.flatMap { [canary].sought(in: packets[$0].outside, "packet \($0)") }
    }

    /// Packets of any protocol that name two leaves: as their ends, or anywhere in what is not TCP's.
    func between(in packets: [WirePacket]) -> [WirePacket] {
        let addresses = Set(sides.map(\.address))
        let canaries = sides.map { Canary.address($0.who, $0.address) }
        return packets.filter { packet in
            addresses.contains(packet.source ?? "") && addresses.contains(packet.destination ?? "")
                || packet.segment == nil && canaries.count { ![$0].sought(in: packet.bytes, "a packet").isEmpty } > 1
        }
    }

    /// Multicast and broadcast, which the kernel says by itself.
    private static func isGroup(_ address: String) -> Bool {
        guard let first = address.split(separator: ".").first.flatMap({ Int($0) }) else { return false }
        return first >= 224
    }

    // MARK: frames

    /// On every link of the leaves the handshakes are IK's and XX's, and every packet is of a class.
    func expectFrameSizes() throws {
        var total: [Int: Int] = [:]
        var handshakes = 0
        for side in sides {
            let connections = CapturedConnection.all(in: side.tap.packets)
            let frames = connections.map(LinkFrames.init)
            let faults = frames.flatMap(\.faults)
            #expect(faults.isEmpty, "\(faults)")
            #expect(connections.allSatisfy { $0.caller == side.address && memberAddresses.contains($0.callee) })
            #expect(frames.contains { $0.pattern == 1 } && frames.contains { $0.pattern == 2 }, "IK and XX were seen")
            handshakes += frames.map(\.handshakeFrames).reduce(0, +)
            for link in frames { total.merge(link.packets, uniquingKeysWith: +) }
            try expectNoticed(connections)
        }
        #expect(total.values.reduce(0, +) > 40 * conversations, "\(total)")
        let classes = total.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        note("\(handshakes) handshake and \(total.values.reduce(0, +)) packet frames (\(classes))")
    }

    /// The planted fault: one more byte in the length of a frame of the longest captured link is found.
    private func expectNoticed(_ connections: [CapturedConnection]) throws {
        let link = try #require(connections.max { $0.received.bytes.count < $1.received.bytes.count })
        var bytes = link.received.bytes
        var offset = 0
        for _ in 0..<20 {
            let next = offset + 2 + Int(bytes[offset]) << 8 + Int(bytes[offset + 1])
            // A short capture may have fewer.
            guard next + 1 < bytes.count else { break }
            offset = next
        }
        bytes[offset + 1] += 1
        #expect(LinkFrames(sent: link.sent.bytes, received: bytes, "planted").faults.count == 1)
    }
}
