// A pipe that arrives at an evil member, from its request on.

internal import Essentials
internal import Identity
internal import Noise
internal import Sodium
internal import Wire

/// Somebody's pipe to an evil member.
final class EvilArrival {
    let stream: EvilStream
    let number: UInt64
    private unowned let member: EvilMember
    private let channel: Owned<Channel>
    private var buffer: [UInt8] = []
    private var isAsked = false
    private var isServing = false
    /// What came after the request and nobody has taken.
    private(set) var held: [UInt8] = []
    /// Where the bytes of a joined half go.
    var raw: (([UInt8]) -> Void)?

    init(_ stream: EvilStream, of member: EvilMember, number: UInt64) {
        self.stream = stream
        self.member = member
        self.number = number
        channel = Owned(
            Channel(
                role: .responder, pattern: .nk,
                prologue: Array("passant/pipe/1".utf8) + member.policy.id.bigEndianBytes + member.nodeKey.bytes.bytes,
                localStatic: member.identity.value.channel.copy(), classes: .conversation))
    }

    func receive(_ bytes: [UInt8]) {
        if let raw { return raw(bytes) }
        if isServing { return packets(bytes) }
        if isAsked {
            held += bytes
            return
        }
        buffer += bytes
        guard buffer.count >= 2 else { return }
        let length = 2 + Int(UInt16(bigEndianBytes: buffer.prefix(2)))
        guard buffer.count >= length else { return }
        isAsked = true
        held = Array(buffer.dropFirst(length))
        guard let events = try? channel.value.receive(Array(buffer.prefix(length)), at: member.now),
            case .handshakePayload(let block, _)? = events.first, let request = try? Request(block: block)
        else { return stream.reset(8) }
        member.asked(request, by: self)
    }

    func answer(_ answer: Answer) {
        guard let reply = try? channel.value.reply(payload: answer.block(), using: &member.random) else { return }
        stream.write(reply)
        if case .receipt = answer {
            isServing = true
            let bytes = held
            held = []
            if !bytes.isEmpty { packets(bytes) }
        }
    }

    func say(_ message: KeeperMessage) { say(raw: message.encoded()) }

    func say(raw content: [UInt8]) {
        if let packet = try? channel.value.seal(content, at: member.now) { stream.write(packet) }
    }

    func passHeld() {
        let bytes = held
        held = []
        if !bytes.isEmpty { raw?(bytes) }
    }

    private func packets(_ bytes: [UInt8]) {
        for case .packet(let content) in (try? channel.value.receive(bytes, at: member.now)) ?? [] {
            if case .bodiesWanted(let wanted)? = try? KeeperMessage(decoding: content) {
                member.wanted(wanted, by: self)
            }
        }
    }
}
