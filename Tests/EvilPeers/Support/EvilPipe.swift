// The far end of Protocol/05-homes-and-doors.md, "Pipes": an evil leaf's request to a keeper or a door.

import Essentials
import Identity
import Noise
@testable import Simulator
import Sodium
import Wire

/// A pipe of an evil leaf through its home.
final class EvilPipe {
    private unowned let leaf: EvilNode
    let stream: EvilStream
    private let channel: Owned<Channel>
    private var buffer: [UInt8] = []
    private var isAnswered = false
    private let isJoin: Bool

    var answered: (Answer) -> Void = { _ in }
    /// The content of a keeper's packet.
    var packet: ([UInt8]) -> Void = { _ in }
    /// What comes through a door.
    var raw: ([UInt8]) -> Void = { _ in }

    init?(of leaf: EvilLeaf, to node: NodeKey, channel key: Bytes32, request: Request, early: [UInt8]) {
        self.leaf = leaf
        if case .join = request { isJoin = true } else { isJoin = false }
        channel = Owned(
            Channel(
                role: .initiator, pattern: .nk,
                prologue: Array("passant/pipe/1".utf8) + leaf.policy.id.bigEndianBytes + node.bytes.bytes,
                remoteStatic: key, classes: .conversation))
        guard let first = try? channel.value.start(payload: request.block(), using: &leaf.random),
            let stream = leaf.carry(to: node, first + early)
        else { return nil }
        self.stream = stream
        stream.received = { self.receive($0) }
    }

    func say(_ content: [UInt8]) {
        if let packet = try? channel.value.seal(content, at: leaf.now) { stream.write(packet) }
    }

    private func receive(_ bytes: [UInt8]) {
        if isAnswered, isJoin { return raw(bytes) }
        buffer += bytes
        if !isAnswered {
            guard buffer.count >= 2 else { return }
            let length = 2 + Int(UInt16(bigEndianBytes: buffer.prefix(2)))
            guard buffer.count >= length else { return }
            let first = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            isAnswered = true
            for case .handshakePayload(let block, _) in (try? channel.value.receive(first, at: leaf.now)) ?? [] {
                if let answer = try? Answer(block: block) { answered(answer) }
            }
        }
        let rest = buffer
        buffer = []
        guard !rest.isEmpty else { return }
        if isJoin { return raw(rest) }
        for case .packet(let content) in (try? channel.value.receive(rest, at: leaf.now)) ?? [] { packet(content) }
    }
}
