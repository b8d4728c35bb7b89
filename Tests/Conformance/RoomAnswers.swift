// Protocol/04-membership.md, "The table" and "Applicants": who makes place for whom, and what waits for its puzzle.

import Essentials
import Identity
import Wire

@testable import Membership

enum RoomAnswers {
    static let all: [String: Answerer] = [
        "reached": room, "rooms": room, "trials": room, "applicants": applicants, "bringers": applicants,
    ]

    private static func room(_ input: Value) throws -> Value {
        var node = try Contested(input, isTold: false)
        let steps = try input.list("steps").map { step in
            try node.take(step)
            return [
                "verdicts": .list(node.seen.verdicts), "tried": .list(node.seen.tried),
                "asked": .number(node.seen.asked), "lines": node.lines,
            ] as Value
        }
        return ["steps": .list(steps)]
    }

    private static func applicants(_ input: Value) throws -> Value {
        var node = try Contested(input, isTold: true)
        let steps = try input.list("steps").map { step in
            try node.take(step)
            return [
                "verdicts": .list(node.seen.verdicts), "computes": .list(node.seen.computes),
                "tried": .list(node.seen.tried), "lines": node.lines, "waiting": node.waiting,
                "present": node.present, "violations": node.violations,
            ] as Value
        }
        let shown = try node.shown()
        node.wait(.seconds(1))
        return [
            "steps": .list(steps), "have": Watched.list(shown.have), "given": try texts(shown.given),
            "pushed": .object(try node.pushed.mapValues(texts)),
        ]
    }

    /// Records and heartbeats in words, sorted.
    private static func texts(_ pushes: [Push]) throws -> Value {
        let records = try pushes.flatMap(\.records).map { signed in
            let body = try RecordBody(decoding: signed.body)
            return "record \(Hex.encode(NodeKey(body.nodeKey).short.bigEndianBytes)) \(body.seq)"
        }
        let heartbeats = try pushes.flatMap(\.heartbeats).map { signed in
            let body = try HeartbeatBody(decoding: signed.body)
            return "heartbeat \(Hex.encode(body.node.bigEndianBytes)) \(body.time)"
        }
        return .list((records + heartbeats).sorted().map { .text($0) })
    }
}
