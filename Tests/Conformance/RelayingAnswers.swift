// Protocol/05-homes-and-doors.md: how links begin, frames, streams, pipes and doors.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Noise
@testable import Relaying

enum RelayingAnswers {
    static let all: [String: Answerer] = [
        "prefaces": preface, "link-frames": frames, "openings": opening, "pipes": pipe, "doors": doors,
    ]

    private static func network(_ input: Value) throws -> UInt64 {
        try #require(NetworkPolicy.named(input.text("network"))).id
    }

    private static func key(_ input: Value, _ name: String) throws -> AgreementKey {
        AgreementKey(secret: SecretBytes(copying: try input.bytes(name)))
    }

    private static func preface(_ input: Value) throws -> Value {
        let pattern: LinkHandshake.Pattern = try input.text("pattern") == "IK" ? .ik : .xx
        let prologue = LinkHandshake.prologue(try network(input), pattern)
        var channel = Channel(
            role: .initiator, pattern: pattern.noise, prologue: prologue,
            localStatic: try key(input, "initiatorStatic"),
            remoteStatic: pattern == .ik ? try key(input, "responderStatic").publicKey : nil, classes: .link,
            limits: .standard, fixedEphemeral: try key(input, "initiatorEphemeral"))
        var random = RandomStream(seed: .zero)
        let message = try channel.start(payload: [], using: &random)
        return ["prologue": .bytes(prologue), "sent": .bytes(LinkHandshake.preface(pattern) + message)]
    }

    private static func frames(_ input: Value) throws -> Value {
        var reader = FrameReader(try input.bytes("content"))
        var frames: [Value] = []
        while let frame = try reader.next() {
            // A link judges the amount where it judges the stream.
            if frame.kind == .credit, UInt32(bigEndianBytes: frame.payload) == 0 { throw Refusal("credit of 0") }
            frames.append([
                "kind": .number(frame.kind.rawValue), "stream": .number(frame.stream),
                "payload": .bytes(frame.payload),
            ])
        }
        return ["frames": .list(frames)]
    }

    private static func opening(_ input: Value) throws -> Value {
        let opening = try refuse(unless: StreamOpening(input.bytes("payload")[...]), "malformed")
        let kind =
            switch opening.kind {
            case .carry: StreamOpening.carryKind
            case .arrival: StreamOpening.arrivalKind
            case .extended: StreamOpening.extendedKind
            }
        let node: Value = if case .carry(let node) = opening.kind { .bytes(node) } else { .null }
        return [
            "kind": .number(kind), "nodeKey": node, "priority": .number(opening.priority.rawValue),
            "data": .bytes(opening.early),
        ]
    }

    private static func pipe(_ input: Value) throws -> Value {
        let member = NodeKey(try input.bytes32("nodeKey"))
        let prologue = PipePrologue.bytes(network: try network(input), member: member)
        var random = RandomStream(seed: .zero)
        var leaf = Channel(
            role: .initiator, pattern: .nk, prologue: prologue,
            remoteStatic: try key(input, "channelSecret").publicKey, classes: .conversation, limits: .standard,
            fixedEphemeral: try key(input, "initiatorEphemeral"))
        var other = Channel(
            role: .responder, pattern: .nk, prologue: prologue, localStatic: try key(input, "channelSecret"),
            classes: .conversation, limits: .standard, fixedEphemeral: try key(input, "responderEphemeral"))
        let request = try Request(decoding: input.bytes("request")).block()
        let first = try leaf.start(payload: request, using: &random)
        #expect(try other.receive(first, at: .origin).first == .handshakePayload(request, index: 0))
        let answer = try Answer(decoding: input.bytes("answer")).block()
        let second = try other.reply(payload: answer, using: &random)
        #expect(try leaf.receive(second, at: .origin).first == .handshakePayload(answer, index: 1))
        return [
            "prologue": .bytes(prologue), "carry": .bytes(StreamOpening.carry(to: member.bytes, .text) + first),
            "answer": .bytes(second),
        ]
    }

    private static func doors(_ input: Value) throws -> Value {
        let network = try network(input)
        let nonces = try input.list("nonces").map { try $0.asBytes32() }
        let placements = try input.list("placementKeys").map { PlacementKey(try $0.asBytes32()) }
        let members = placements.enumerated().map { index, placement in
            (NodeKey(Bytes32(words: (0, 0, 0, UInt64(index)))), placement)
        }
        let order = DoorChoice.candidates(
            network: network, nonces: (nonces[0], nonces[1]), members: members, count: members.count)
        return [
            "ranks": .list(
                placements.map { .bytes(DoorChoice.rank(of: $0, network: network, nonces: (nonces[0], nonces[1]))) }),
            "order": .list(order.map { .number($0.bytes.words.3) }),
        ]
    }
}
