// What waits to be sent on a link, most urgent first: signals (answers, resets, credit), control messages, then
// streams by priority, a frame of each in turn.

internal import DequeModule

struct Outbox {
    /// Whole frames: pings, pongs, resets, the close. A few of them lie in one array, so that what they cost stays in
    /// proportion to their bytes.
    private var signals = Deque<[UInt8]>()
    private(set) var signalBytes = 0
    private static let signalsTogether = 256
    /// Streams that owe credit.
    private var credits = Deque<UInt32>()
    /// Encoded control messages.
    private var controls = Deque<[UInt8]>()
    private(set) var controlBytes = 0
    /// Streams with something to send.
    private var text = Deque<UInt32>()
    private var voice = Deque<UInt32>()
    private var video = Deque<UInt32>()

    var isEmpty: Bool {
        signals.isEmpty && credits.isEmpty && controls.isEmpty && text.isEmpty && voice.isEmpty && video.isEmpty
    }

    mutating func signal(_ frame: [UInt8]) {
        if let last = signals.indices.last, signals[last].count + frame.count <= Self.signalsTogether {
            signals[last] += frame
        } else {
            signals.append(frame)
        }
        signalBytes += frame.count
    }

    mutating func control(_ message: [UInt8]) {
        controls.append(message)
        controlBytes += message.count
    }

    mutating func owe(_ stream: UInt32) { credits.append(stream) }

    mutating func ready(_ stream: UInt32, _ priority: StreamPriority) {
        switch priority {
        case .text: text.append(stream)
        case .voice: voice.append(stream)
        case .video: video.append(stream)
        }
    }

    var nextSignalSize: Int? { signals.first?.count }
    var nextControlSize: Int? { controls.first?.count }
    var nextStream: UInt32? { text.first ?? voice.first ?? video.first }

    mutating func takeSignal() -> [UInt8]? {
        guard let frame = signals.popFirst() else { return nil }
        signalBytes -= frame.count
        return frame
    }

    mutating func takeControl() -> [UInt8]? {
        guard let message = controls.popFirst() else { return nil }
        controlBytes -= message.count
        return message
    }

    mutating func takeCredit() -> UInt32? { credits.popFirst() }

    mutating func takeStream() -> UInt32? { text.popFirst() ?? voice.popFirst() ?? video.popFirst() }
}
