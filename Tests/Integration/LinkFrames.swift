// What an onlooker can read of a link: the two byte streams of each TCP connection, and the lengths of the frames in
// them, held against the pages.

/// Both directions of one captured TCP connection.
struct CapturedConnection {
    /// Who dialled, and whom.
    let caller: String
    let callee: String
    private(set) var sent = ByteStream()
    private(set) var received = ByteStream()

    /// All connections among these packets, in the order in which they were opened.
    static func all(in packets: [WirePacket]) -> [CapturedConnection] {
        var connections: [CapturedConnection] = []
        var places: [String: Int] = [:]
        for packet in packets {
            guard let segment = packet.segment, let source = packet.source, let destination = packet.destination else {
                continue
            }
            let forwards = "\(source):\(segment.sourcePort) \(destination):\(segment.destinationPort)"
            let backwards = "\(destination):\(segment.destinationPort) \(source):\(segment.sourcePort)"
            if segment.isOpening, !segment.isAnswer {
                // A repeated SYN is no new connection; one with another number is.
                if let place = places[forwards], connections[place].sent.first == segment.sequence { continue }
                places[forwards] = connections.count
                places[backwards] = nil
                connections.append(CapturedConnection(caller: source, callee: destination))
                connections[connections.count - 1].sent.begin(segment.sequence)
            } else if let place = places[forwards] {
                connections[place].sent.add(segment, of: packet)
            } else if let place = places[backwards] {
                if segment.isOpening { connections[place].received.begin(segment.sequence) }
                connections[place].received.add(segment, of: packet)
            }
        }
        return connections
    }

    private init(caller: String, callee: String) {
        self.caller = caller
        self.callee = callee
    }
}

/// The bytes of one direction in their order, however often and in whatever order the packets came.
struct ByteStream {
    private(set) var first: UInt32?
    private(set) var bytes: [UInt8] = []
    /// Pieces that came before those in front of them.
    private var early: [Int: [UInt8]] = [:]

    mutating func begin(_ sequence: UInt32) { if first == nil { first = sequence } }

    mutating func add(_ segment: WirePacket.Segment, of packet: WirePacket) {
        guard let first, !segment.payload.isEmpty, !segment.isOpening else { return }
        // The SYN itself takes a number. A connection of a test is far shorter than the numbers are.
        let offset = Int(segment.sequence &- first &- 1)
        early[offset] = packet.payload
        while let next = early.first(where: { $0.key <= bytes.count }) {
            early[next.key] = nil
            let known = bytes.count - next.key
            if known < next.value.count { bytes += next.value[known...] }
        }
    }

    /// True when a piece in the middle was never seen.
    var hasHole: Bool { !early.isEmpty }
}

/// The frames of one connection, as far as lengths tell.
struct LinkFrames {
    /// Protocol/03-channel.md, "Packets".
    static let classes: Set<Int> = [160, 544, 1_184, 4_256, 16_544]
    /// What IK and XX write without payloads (Protocol/03-channel.md, "Suite and patterns"; a key has 32 bytes, a tag
    /// 16): IK e, es, s, ss and e, ee, se; XX e, then e, ee, s, es, then s, se.
    private static let handshakes: [UInt8: (caller: [Int], callee: [Int])] = [
        1: (caller: [96], callee: [48]), 2: (caller: [32, 64], callee: [96]),
    ]

    private(set) var pattern: UInt8 = 0
    private(set) var handshakeFrames = 0
    /// How many packets of each class there were.
    private(set) var packets: [Int: Int] = [:]
    private(set) var faults: [String] = []

    init(_ connection: CapturedConnection) {
        self.init(
            sent: connection.sent.bytes, received: connection.received.bytes,
            "\(connection.caller) to \(connection.callee)")
        if connection.sent.hasHole || connection.received.hasHole { faults.append("a piece is missing") }
    }

    init(sent: [UInt8], received: [UInt8], _ name: String) {
        // Protocol/05-homes-and-doors.md, "Becoming a link".
        guard sent.count >= 3 else { return }
        pattern = sent[2]
        guard sent[0] == 0x50, sent[1] == 1, let expected = Self.handshakes[pattern] else {
            faults.append("\(name): no preface but \(sent.prefix(3))")
            return
        }
        read(Array(sent[3...]), handshake: expected.caller, "\(name), the caller")
        read(received, handshake: expected.callee, "\(name), the callee")
    }

    private mutating func read(_ bytes: [UInt8], handshake: [Int], _ name: String) {
        var offset = 0
        var number = 0
        while offset + 2 <= bytes.count {
            let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            let isHandshake = number < handshake.count
            guard isHandshake ? length == handshake[number] : Self.classes.contains(length) else {
                faults.append("\(name): frame \(number) has \(length) bytes")
                return
            }
            // The last frame may have been under way when the tap ended.
            guard offset + 2 + length <= bytes.count else { return }
            if isHandshake { handshakeFrames += 1 } else { packets[length, default: 0] += 1 }
            number += 1
            offset += 2 + length
        }
    }
}
