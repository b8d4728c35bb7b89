// Frames, written from Protocol/05-homes-and-doors.md, "Frames", and from nothing else, so that what honest nodes
// never write can be written.

internal import Essentials

struct EvilFrame {
    enum Kind: UInt8 {
        case control = 1
        case open, data, credit, finish, reset, ping, pong, close
    }

    let kind: UInt8
    let stream: UInt32
    let payload: [UInt8]

    init(_ kind: Kind, _ stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.init(raw: kind.rawValue, stream, payload)
    }

    init(raw kind: UInt8, _ stream: UInt32, _ payload: [UInt8]) {
        self.kind = kind
        self.stream = stream
        self.payload = payload
    }

    var bytes: [UInt8] {
        [kind] + stream.bigEndianBytes + UInt16(truncatingIfNeeded: payload.count).bigEndianBytes + payload
    }

    /// The frames of one packet, as many as are whole.
    static func all(in packet: [UInt8]) -> [EvilFrame] {
        var frames: [EvilFrame] = []
        var rest = packet[...]
        while rest.count >= 7 {
            let head = Array(rest.prefix(7))
            let length = Int(UInt16(bigEndianBytes: head[5..<7]))
            guard rest.count >= 7 + length else { break }
            let payload = Array(rest.dropFirst(7).prefix(length))
            frames.append(EvilFrame(raw: head[0], UInt32(bigEndianBytes: head[1..<5]), payload))
            rest = rest.dropFirst(7 + length)
        }
        return frames
    }
}
