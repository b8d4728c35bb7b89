// One pipe that somebody opened to this node: the responder's side of NK, before it is known to be a keeper's, a
// door's or a relay's. See Protocol/05-homes-and-doors.md, "Pipes".

internal import Essentials
internal import Identity
internal import Noise
internal import Sodium

struct Arrival: ~Copyable {
    enum Stage {
        /// The first message is not complete.
        case opening
        /// The owner has been shown the deposit and has to answer.
        case deciding
        /// Packets with a depositor.
        case serving
        /// One half, waiting at the door for the other.
        case waiting(token: Bytes32)
        /// Told no; only its end is awaited.
        case refused
    }

    let ref: StreamRef
    /// Whether a relay brought it: then it goes no further.
    let isExtended: Bool
    var stage = Stage.opening
    var channel: Channel
    /// What came and could not be dealt with yet.
    var buffer: [UInt8] = []

    init(ref: StreamRef, isExtended: Bool, channel: consuming Channel) {
        self.ref = ref
        self.isExtended = isExtended
        self.channel = channel
    }
}

/// The first bytes of a pipe: one framed handshake message, and what follows it.
enum PipeOpeningBytes {
    case incomplete
    /// No handshake message has this length.
    case wrong
    /// `message` with its frame; `rest` came behind it.
    case complete(message: [UInt8], ephemeral: Bytes32, rest: [UInt8])

    private static let shortest = Bytes32.count

    init(_ buffer: [UInt8]) {
        guard buffer.count >= 2 else {
            self = .incomplete
            return
        }
        let length = Int(buffer[0]) << 8 | Int(buffer[1])
        guard (Self.shortest...Channel.maximumHandshakeMessage).contains(length) else {
            self = .wrong
            return
        }
        guard buffer.count >= 2 + length, let ephemeral = Bytes32(buffer[2..<2 + Bytes32.count]) else {
            self = .incomplete
            return
        }
        self = .complete(
            message: Array(buffer[..<(2 + length)]), ephemeral: ephemeral, rest: Array(buffer[(2 + length)...]))
    }
}

enum PipePrologue {
    /// "passant/pipe/1" ‖ network id ‖ the node key of the keeper, door or relay.
    static func bytes(network: UInt64, member: NodeKey) -> [UInt8] {
        Array("passant/pipe/1".utf8) + network.bigEndianBytes + member.bytes.bytes
    }
}
