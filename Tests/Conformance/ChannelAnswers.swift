// Protocol/03-channel.md: whole channels, and what one side makes of bytes from outside.

import Essentials
import Sodium
import Testing

@testable import Noise

enum ChannelAnswers {
    static let all: [String: Answerer] = ["channels": channel, "channel-input": inputs]

    /// Both ends of one channel, brought through so many messages of the handshake.
    private final class Ends {
        var initiator: Channel
        var responder: Channel
        private var random = RandomStream(seed: .zero)
        var handshake: [[UInt8]] = []

        init(_ input: Value) throws {
            let name = try input.text("pattern")
            let pattern = try #require([HandshakePattern.nn, .nk, .kk, .ik, .xx].first { $0.name == name })
            let classes: PaddingClasses = try input.text("classes") == "link" ? .link : .conversation
            func key(_ name: String) throws -> AgreementKey? {
                guard input.has(name) else { return nil }
                return AgreementKey(secret: SecretBytes(copying: try input.bytes(name)))
            }
            func publicKey(_ name: String) throws -> Bytes32? { try key(name)?.publicKey }
            let knowsResponder = ["NK", "KK", "IK"].contains(name)
            initiator = Channel(
                role: .initiator, pattern: pattern, prologue: try input.bytes("prologue"),
                localStatic: try key("initiatorStatic"),
                remoteStatic: knowsResponder ? try publicKey("responderStatic") : nil, classes: classes,
                limits: .standard, fixedEphemeral: try key("initiatorEphemeral"))
            responder = Channel(
                role: .responder, pattern: pattern, prologue: try input.bytes("prologue"),
                localStatic: try key("responderStatic"),
                remoteStatic: name == "KK" ? try publicKey("initiatorStatic") : nil, classes: classes,
                limits: .standard, fixedEphemeral: try key("responderEphemeral"))
            for (index, payload) in try input.list("payloads").enumerated() {
                let payload = try payload.asBytes()
                let message: [UInt8]
                let events: [Channel.Event]
                if index.isMultiple(of: 2) {
                    message =
                        try index == 0
                        ? initiator.start(payload: payload, using: &random)
                        : initiator.reply(payload: payload, using: &random)
                    events = try responder.receive(message, at: .origin)
                } else {
                    message = try responder.reply(payload: payload, using: &random)
                    events = try initiator.receive(message, at: .origin)
                }
                #expect(events.first == .handshakePayload(payload, index: index))
                handshake.append(message)
            }
        }

        /// Seals on one side and opens on the other; `last` as if the key were spent.
        func send(_ content: [UInt8], fromInitiator: Bool, last: Bool) throws -> [UInt8] {
            var use = KeyUse()
            for _ in 0..<KeyLimits.standard.packets - 1 { use.count(0, at: .origin) }
            let frame: [UInt8]
            let events: [Channel.Event]
            if fromInitiator {
                if last { initiator.sent = use }
                frame = try initiator.seal(content, at: .origin)
                events = try responder.receive(frame, at: .origin)
            } else {
                if last { responder.sent = use }
                frame = try responder.seal(content, at: .origin)
                events = try initiator.receive(frame, at: .origin)
            }
            #expect(events == [.packet(content)])
            return frame
        }
    }

    private static func channel(_ input: Value) throws -> Value {
        let ends = try Ends(input)
        #expect(ends.initiator.handshakeHash == ends.responder.handshakeHash)
        var exported: [String: Value] = [:]
        for label in try input.list("labels") {
            let label = try label.asText()
            let secret = ends.initiator.exporter(label: label)
            let other = ends.responder.exporter(label: label)
            let first = try #require(secret.look { $0.withBytes { [UInt8]($0) } })
            #expect(other.look { $0.withBytes { [UInt8]($0) } } == first)
            exported[label] = .bytes(first)
        }
        let binding = ends.initiator.handshakeHash
        let packets = try input.list("packets").map { packet -> Value in
            let content =
                packet.has("content")
                ? try packet.bytes("content")
                : [UInt8](repeating: try packet.number("fill"), count: try packet.number("length"))
            let frame = try ends.send(
                content, fromInitiator: packet.text("from") == "initiator", last: packet.bool("last"))
            var answer: [String: Value] = ["hash": .bytes(Blake2b.hash(frame))]
            if frame.count <= 200 { answer["frame"] = .bytes(frame) }
            return .object(answer)
        }
        return [
            "handshake": .list(ends.handshake.map { .bytes($0) }), "binding": .bytes(binding),
            "exported": .object(exported), "packets": .list(packets),
        ]
    }

    private static func inputs(_ input: Value) throws -> Value {
        let ends = try Ends(input)
        var events: [Value] = []
        for piece in try input.list("pieces") {
            let piece = try piece.asBytes()
            let fresh =
                try input.text("to") == "initiator"
                ? ends.initiator.receive(piece, at: .origin) : ends.responder.receive(piece, at: .origin)
            for event in fresh {
                switch event {
                case .handshakePayload(let payload, _):
                    events.append(["kind": .text("handshake"), "content": .bytes(payload)])
                case .packet(let content): events.append(["kind": .text("packet"), "content": .bytes(content)])
                case .awaitingReply, .established: continue
                }
            }
        }
        return ["events": .list(events)]
    }
}
