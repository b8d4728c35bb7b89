// One packet as it was on the wire: an Ethernet frame, and what of IPv4 and TCP can be read in it.

/// A captured Ethernet frame.
struct WirePacket: Sendable {
    struct Segment: Sendable {
        let sourcePort: UInt16
        let destinationPort: UInt16
        let sequence: UInt32
        let isOpening: Bool
        let isAnswer: Bool
        let payload: Range<Int>
    }

    let bytes: [UInt8]
    /// The dotted ends of an IPv4 packet.
    let source: String?
    let destination: String?
    let segment: Segment?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let network = 14
        guard bytes.count >= network + 20, bytes[12] == 0x08, bytes[13] == 0x00, bytes[network] >> 4 == 4 else {
            source = nil
            destination = nil
            segment = nil
            return
        }
        source = Self.dotted(bytes[26..<30])
        destination = Self.dotted(bytes[30..<34])
        segment = Self.segment(of: bytes, network: network)
    }

    private static func segment(of bytes: [UInt8], network: Int) -> Segment? {
        let transport = network + Int(bytes[network] & 15) * 4
        let isFragment = bytes[network + 6] & 0x3F != 0 || bytes[network + 7] != 0
        guard bytes[network + 9] == 6, !isFragment, bytes.count >= transport + 20 else { return nil }
        func number(_ place: Int) -> UInt16 { UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]) }
        // The frame may be padded; a very large packet of the kernel's own says 0.
        let total = Int(number(network + 2))
        let end = total == 0 ? bytes.count : min(bytes.count, network + total)
        let start = transport + Int(bytes[transport + 12] >> 4) * 4
        guard start <= end else { return nil }
        let flags = bytes[transport + 13]
        return Segment(
            sourcePort: number(transport), destinationPort: number(transport + 2),
            sequence: UInt32(number(transport + 4)) << 16 | UInt32(number(transport + 6)),
            isOpening: flags & 0x02 != 0, isAnswer: flags & 0x10 != 0, payload: start..<end)
    }

    private static func dotted(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map(String.init).joined(separator: ".")
    }

    /// Everything that says where the packet comes from and goes to: the whole of it, but of TCP over IPv4 only the
    /// Ethernet and IPv4 headers. What TCP carries is ciphertext, in which chance writes any four bytes now and then.
    var outside: [UInt8] { segment == nil ? bytes : Array(bytes[..<(14 + Int(bytes[14] & 15) * 4)]) }

    var payload: [UInt8] { segment.map { Array(bytes[$0.payload]) } ?? [] }

    func isBetween(_ first: String, _ second: String) -> Bool {
        (source == first && destination == second) || (source == second && destination == first)
    }
}
