// The frames inside a link's packets: [kind u8][stream u32][length u16][payload], one after the other. This file
// knows their layout and nothing of what they mean. See Protocol/05-homes-and-doors.md.

enum FrameKind: UInt8 {
    case control = 1
    case open = 2
    case data = 3
    case credit = 4
    case finish = 5
    case reset = 6
    case ping = 7
    case pong = 8
    case close = 9

    /// Kinds from here on must be understood by the receiver.
    static let firstCritical: UInt8 = 128

    /// What the payload may measure.
    var lengths: ClosedRange<Int> {
        switch self {
        case .control, .data: 1...FrameCodec.payloadMaximum
        case .open: 2...FrameCodec.payloadMaximum
        case .credit: 4...4
        case .finish: 0...0
        case .reset, .close: 2...2
        case .ping: 8...8
        case .pong: 24...24
        }
    }

    /// Whether frames of this kind belong to the link as a whole, which is stream 0.
    var isOfLink: Bool {
        switch self {
        case .control, .ping, .pong, .close: true
        case .open, .data, .credit, .finish, .reset: false
        }
    }
}

/// One frame as it came. Its payload is a part of the packet, not a copy.
struct Frame {
    let kind: FrameKind
    let stream: UInt32
    let payload: ArraySlice<UInt8>
}

/// Why a packet is not a sequence of frames. Each of these ends the link.
enum FrameFault: Error {
    case truncated
    case badLength
    case badStream
    case unknownCritical
}

enum FrameCodec {
    static let headerSize = 7
    /// What the largest packet holds beside one header.
    static let payloadMaximum = PacketSizes.largest - headerSize

    static func append(_ kind: FrameKind, stream: UInt32, _ payload: some Collection<UInt8>, to packet: inout [UInt8]) {
        appendHeader(kind, stream: stream, length: payload.count, to: &packet)
        packet.append(contentsOf: payload)
    }

    static func appendHeader(_ kind: FrameKind, stream: UInt32, length: Int, to packet: inout [UInt8]) {
        packet.append(kind.rawValue)
        packet.append(UInt8(truncatingIfNeeded: stream >> 24))
        packet.append(UInt8(truncatingIfNeeded: stream >> 16))
        packet.append(UInt8(truncatingIfNeeded: stream >> 8))
        packet.append(UInt8(truncatingIfNeeded: stream))
        packet.append(UInt8(truncatingIfNeeded: length >> 8))
        packet.append(UInt8(truncatingIfNeeded: length))
    }

    static func frame(_ kind: FrameKind, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + payload.count)
        append(kind, stream: stream, payload, to: &bytes)
        return bytes
    }
}

/// Reads the frames of one packet in order.
struct FrameReader {
    private let packet: ArraySlice<UInt8>
    private var position: Int

    init(_ packet: ArraySlice<UInt8>) {
        self.packet = packet
        position = packet.startIndex
    }

    init(_ packet: [UInt8]) { self.init(packet[...]) }

    /// Nil at the end of the packet. Kinds of later versions that may be ignored are.
    mutating func next() throws(FrameFault) -> Frame? {
        while position < packet.endIndex {
            guard packet.endIndex - position >= FrameCodec.headerSize else { throw .truncated }
            let number = packet[position]
            let stream =
                UInt32(packet[position + 1]) << 24 | UInt32(packet[position + 2]) << 16
                | UInt32(packet[position + 3]) << 8 | UInt32(packet[position + 4])
            let length = Int(packet[position + 5]) << 8 | Int(packet[position + 6])
            let start = position + FrameCodec.headerSize
            guard packet.endIndex - start >= length else { throw .truncated }
            position = start + length
            guard let kind = FrameKind(rawValue: number) else {
                guard number < FrameKind.firstCritical else { throw .unknownCritical }
                continue
            }
            guard kind.lengths.contains(length) else { throw .badLength }
            guard kind.isOfLink == (stream == 0) else { throw .badStream }
            return Frame(kind: kind, stream: stream, payload: packet[start..<start + length])
        }
        return nil
    }
}
