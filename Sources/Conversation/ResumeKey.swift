// Where two strangers find each other again when their path broke: nobody else can compute it, and nothing in it is
// the same twice. Protocol/07-conversation.md, "Resuming".

public import Essentials
internal import Noise
internal import Sodium

/// What both sides of one conversation know, and nobody else.
public struct ResumeKey: Sendable {
    /// Both sides try the same doors for so long, and then others.
    public static let slotLength = Span.seconds(5)

    private let doors: Owned<SecretBytes>
    private let handshake: Owned<SecretBytes>
    private let binding: [UInt8]

    /// Nil unless the channel is established.
    init?(_ channel: borrowing Channel) {
        guard let doors = channel.exporter(label: "passant/resume-doors/1"),
            let handshake = channel.exporter(label: "passant/resume-key/1")
        else { return nil }
        self.init(doors: doors, handshake: handshake, binding: channel.handshakeHash)
    }

    init(doors: consuming SecretBytes, handshake: consuming SecretBytes, binding: [UInt8]) {
        self.doors = Owned(doors)
        self.handshake = Owned(handshake)
        self.binding = binding
    }

    /// The slot at a mesh time.
    public static func slot(at time: WallTime) -> UInt64 {
        time.milliseconds / UInt64(clamping: slotLength.milliseconds)
    }

    /// When a slot begins, in mesh time.
    public static func start(ofSlot slot: UInt64) -> WallTime {
        let (start, overflow) = slot.multipliedReportingOverflow(by: UInt64(clamping: slotLength.milliseconds))
        return WallTime(milliseconds: overflow ? .max : start)
    }

    /// What chooses the doors of a slot, as the nonces of a pairing choose those of the first path.
    public func nonces(slot: UInt64) -> (lower: Bytes32, higher: Bytes32) {
        let both = [UInt8(0), 1].map { number in
            doors.value.withBytes {
                Blake2b.hash(domain: "passant/resume-nonce/1", Array($0), slot.bigEndianBytes, [number])
            }
        }.sorted()
        return (both[0], both[1])
    }

    /// What only the two can show at this door in this slot.
    public func token(slot: UInt64, at door: Bytes32) -> Bytes32 {
        let token = doors.value.withBytes {
            Blake2b.hash(domain: "passant/resume-token/1", Array($0), slot.bigEndianBytes)
        }
        return Blake2b.hash(domain: "passant/door-token/1", token.bytes, door.bytes)
    }

    func prologue(slot: UInt64, at door: Bytes32) -> [UInt8] {
        Blake2b.hash(domain: "passant/resume/1", binding, slot.bigEndianBytes, door.bytes).bytes
    }

    /// The pre-shared key of each new channel.
    var psk: Owned<SecretBytes> { handshake }
}
