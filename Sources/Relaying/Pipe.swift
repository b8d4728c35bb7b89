// One pipe of the own person to a keeper or a door: the initiator's side of NK over a stream that a home carries.

internal import Essentials
internal import Noise
internal import Wire

struct Pipe: ~Copyable {
    enum Stage: Hashable {
        /// The relay's answer is awaited.
        case relaying
        /// The answer of the pipe's end is awaited.
        case asking
        /// Answered by a keeper: packets.
        case keeper
        /// Answered by a door: raw bytes.
        case door
    }

    let ref: StreamRef
    let isDoor: Bool
    let hasManualCredit: Bool
    var stage: Stage
    /// To the relay, until it has answered.
    var relay: Owned<Channel>?
    /// To the keeper or the door.
    var channel: Channel
    /// The second handshake message while it is not complete.
    var buffer: [UInt8] = []
    /// Whether the owner has filled the queue and waits to hear that there is room.
    var isFull = false

    init(
        ref: StreamRef, isDoor: Bool, hasManualCredit: Bool, relay: Owned<Channel>?, channel: consuming Channel
    ) {
        self.ref = ref
        self.isDoor = isDoor
        self.hasManualCredit = hasManualCredit
        stage = relay == nil ? .asking : .relaying
        self.relay = relay
        self.channel = channel
    }

    var isUnanswered: Bool { stage == .relaying || stage == .asking }
}
