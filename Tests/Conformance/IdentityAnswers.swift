// Protocol/01-identity.md: keys, networks, records, heartbeats, puzzles, invites.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

enum IdentityAnswers {
    static let all: [String: Answerer] = [
        "node-keys": nodeKeys, "networks": network, "addresses": address, "periods": period, "records": record,
        "heartbeats": heartbeat, "puzzles": puzzle, "months": month, "invites": invite, "challenges": challenge,
    ]

    private static func policy(_ input: Value) throws -> NetworkPolicy {
        try #require(NetworkPolicy.named(input.text("network")))
    }

    private static func identity(_ input: Value) throws -> NodeIdentity {
        let leaf = input.has("leafSecret") ? try input.bytes("leafSecret") : [UInt8](repeating: 0, count: 32)
        let channel = input.has("channelSecret") ? try input.bytes("channelSecret") : leaf
        return try NodeIdentity(
            decodingSecret: SecretBytes(copying: [1] + input.bytes("seed") + channel + leaf))
    }

    private static func nodeKeys(_ input: Value) throws -> Value {
        let identity = try identity(input)
        let key = identity.nodeKey
        let leafKey = identity.leafKey(for: NodeKey(try input.bytes32("home")))
        return [
            "nodeKey": .bytes(key.bytes), "shortId": .digits(key.short), "name": .text(key.name),
            "fingerprint": .bytes(key.fingerprint), "channelKey": .bytes(identity.channelKey.bytes),
            "leafSecretForHome": .bytes(leafKey.withSecret { [UInt8]($0) }),
            "leafKeyForHome": .bytes(leafKey.publicKey),
        ]
    }

    private static func network(_ input: Value) throws -> Value {
        let policy = try refuse(unless: NetworkPolicy.named(input.text("name")), "name")
        let constants = policy.encoding.dropFirst().dropLast(policy.name.utf8.count)
        let numbers = stride(from: constants.startIndex, to: constants.endIndex, by: 8).map {
            Value.number(UInt64(bigEndianBytes: constants[$0..<$0 + 8]))
        }
        return ["id": .digits(policy.id), "kind": .number(policy.kind.rawValue), "constants": .list(numbers)]
    }

    private static func address(_ input: Value) throws -> Value {
        let endpoint = try refuse(unless: Endpoint(bytes: input.bytes("endpoint")), "out of range")
        guard try policy(input).allows(endpoint) else { throw Refusal("address not allowed") }
        return ["text": .text(endpoint.description)]
    }

    private static func period(_ input: Value) throws -> Value {
        [
            "microseconds": .number(
                UInt64(try policy(input).heartbeatPeriod(members: input.number("members")).microseconds))
        ]
    }

    private static func solution(_ input: Value) throws -> PuzzleSolution {
        try PuzzleSolution(month: input.number("month"), nonce: input.bytes("nonce"))
    }

    private static func record(_ input: Value) throws -> Value {
        let policy = try policy(input)
        guard input.has("signed") else {
            let addresses = try input.list("addresses").map { try #require(Endpoint(bytes: $0.asBytes())) }
            let made = try NodeRecord.make(
                identity: identity(input), policy: policy, seq: input.number("seq"), expires: input.time("expires"),
                addresses: addresses, capabilities: input.number("capabilities"), puzzle: solution(input))
            return ["signed": .bytes(made.encoded())]
        }
        let record = try Unverified<NodeRecord>(decoding: Signed(decoding: input.bytes("signed")))
            .verify(in: NodeRecord.Context(policy: policy, now: input.time("now")))
        return [
            "nodeKey": .bytes(record.nodeKey.bytes), "channelKey": .bytes(record.channelKey.bytes),
            "seq": .number(record.seq), "expires": .number(record.expires.milliseconds),
            "addresses": .list(record.addresses.map { .bytes($0.bytes) }),
            "capabilities": .number(record.capabilities), "month": .number(record.puzzle.month),
            "nonce": .bytes(record.puzzle.nonce),
        ]
    }

    private static func heartbeat(_ input: Value) throws -> Value {
        let policy = try policy(input)
        guard input.has("signed") else {
            let made = try Heartbeat.make(
                identity: identity(input), policy: policy, time: input.time("time"),
                period: .milliseconds(input.number("period")))
            return ["signed": .bytes(made.encoded())]
        }
        let heartbeat = try Unverified<Heartbeat>(decoding: Signed(decoding: input.bytes("signed")))
            .verify(
                in: Heartbeat.Context(
                    owner: NodeKey(input.bytes32("nodeKey")), policy: policy, now: input.time("now"),
                    previous: input.isNull("lastTime") ? nil : input.time("lastTime")))
        return [
            "node": .digits(heartbeat.node), "time": .number(heartbeat.time.milliseconds),
            "period": .number(heartbeat.period.milliseconds),
        ]
    }

    private static func challenge(_ input: Value) throws -> Value {
        let (policy, nonce) = (try policy(input), try input.bytes32("nonce"))
        guard input.has("alive") else {
            let made = try LifeSign.make(identity: identity(input), policy: policy, nonce: nonce)
            return ["alive": .bytes(made.encoded())]
        }
        let alive = try Alive(decoding: input.bytes("alive"))
        let context = LifeSign.Context(owner: NodeKey(try input.bytes32("nodeKey")), policy: policy, nonce: nonce)
        _ = try Unverified(LifeSign(alive)).verify(in: context)
        return ["holds": .bool(true)]
    }

    private static func puzzle(_ input: Value) throws -> Value {
        let (policy, solution) = (try policy(input), try solution(input))
        let key = NodeKey(try input.bytes32("nodeKey"))
        let placement = try refuse(unless: Puzzle.check(solution, nodeKey: key, policy: policy), "not solved")
        let password = policy.id.bigEndianBytes + key.bytes.bytes + solution.month.bigEndianBytes
        let output = try #require(
            Argon2id.derive(
                password, salt: solution.nonce, kibibytes: policy.puzzle.kibibytes, passes: 1, count: 32))
        return ["output": .bytes(output), "placementKey": .bytes(placement.bytes)]
    }

    private static func month(_ input: Value) throws -> Value {
        let (policy, now) = (try policy(input), try input.time("now"))
        guard try Puzzle.counts(month: input.number("month"), at: now, policy: policy) else {
            throw Refusal("wrong month")
        }
        return ["monthNow": .number(Puzzle.month(at: now, policy: policy))]
    }

    private static func invite(_ input: Value) throws -> Value {
        let invite = try Invite(parsing: input.text("text"))
        try invite.check(at: WallTime(milliseconds: 1_000 * input.number("now")))
        return [
            "expires": .number(invite.expires.milliseconds / 1_000), "network": .text(invite.networkName),
            "canonical": .text(invite.text),
            "entries": .list(
                invite.entries.map {
                    ["endpoint": .bytes($0.endpoint.bytes), "fingerprint": .bytes($0.fingerprint)]
                }),
        ]
    }
}
