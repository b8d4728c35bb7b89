// Protocol/04-membership.md: what a member makes of pushes and of time, what it answers to a pull, what time it is.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

enum MembershipAnswers {
    static let all: [String: Answerer] = [
        "tables": table, "pulls": pull, "mesh-times": meshTime, "measurements": measurement, "clock-steps": clockSteps,
    ]

    private static func table(_ input: Value) throws -> Value {
        var member = try Watched(input)
        let steps = try input.list("steps").map { step in
            let verdicts = try member.take(step)
            let present = member.engine.presentMembers().map { Value.bytes($0.nodeKey.bytes) }
            return ["verdicts": .list(verdicts.map { .text($0) }), "present": .list(present)] as Value
        }
        let pulled = member.pullFromNewcomer()
        let have = try #require(pulled)
        member.wait(.seconds(1))
        return [
            "steps": .list(steps),
            "have": .list(
                have.map {
                    ["node": .digits($0.node), "seq": .number($0.seq), "heartbeat": .number($0.heartbeat)]
                }),
            "ended": .bool(member.hasEnded(Watched.source)),
            "asked": .list(member.asked.map { .digits($0) }),
            "passedOn": member.pushed(to: Watched.other),
            "passedBack": member.pushed(to: Watched.source),
        ]
    }

    private static func pull(_ input: Value) throws -> Value {
        let pull = try Pull(decoding: input.bytes("pull"))
        var member = try Watched(input)
        for step in try input.list("steps") { _ = try member.take(step) }
        member.wait(.seconds(1))
        let effects = member.say(.pullReceived(Watched.other, pull))
        guard !effects.contains(.count(.pullMalformed)) else { throw Refusal("not answered") }
        let pushes = effects.compactMap { if case .sendPush(_, let push) = $0 { push } else { nil } }
        return [
            "records": Watched.sorted(pushes.flatMap(\.records)),
            "heartbeats": Watched.sorted(pushes.flatMap(\.heartbeats)),
        ]
    }

    private static func meshTime(_ input: Value) throws -> Value {
        let wall = try input.time("wall")
        let offset: Span
        if input.has("neighbours") {
            let samples = try input.list("neighbours").map { neighbour in
                let offset = try neighbour.time("wall") - wall
                let ahead = try neighbour.isNull("mesh") ? nil : neighbour.time("mesh") - wall - offset
                return OffsetSample(offset: offset, peerOffset: ahead, uncertainty: .zero, measured: .origin)
            }
            let clock = MeshClock(wallAtOrigin: wall, offset: try input.time("mesh") - wall)
            offset = try #require(MeshTime(clock: clock).memberEstimate(samples)).offset
        } else {
            let samples = try input.list("homes").map {
                OffsetSample(
                    offset: WallTime(milliseconds: try $0.asNumber()) - wall, uncertainty: .zero, measured: .origin)
            }
            let heartbeats = try input.list("heartbeats").map {
                HeartbeatSample(
                    offset: try $0.time("time") - $0.time("received"), period: .milliseconds(try $0.number("period")),
                    isFollowing: try $0.bool("follows"))
            }
            let clock = MeshClock(wallAtOrigin: wall)
            offset = try #require(MeshTime(clock: clock).leafEstimate(samples, heartbeats: heartbeats)).offset
        }
        return ["microseconds": .number(Int64(wall.milliseconds) * 1_000 + offset.microseconds)]
    }
}

extension MembershipAnswers {
    /// The way in which a link keeps its best measurement.
    private static func measurement(_ input: Value) throws -> Value {
        var best: (index: Int, sample: OffsetSample)?
        for (index, one) in try input.list("measured").enumerated() {
            let sample = OffsetSample(
                offset: .milliseconds(try one.number("ahead")),
                uncertainty: .milliseconds(try one.number("uncertainty")),
                measured: .origin + .seconds(try one.number("at")))
            if best?.sample.yields(to: sample) ?? true { best = (index, sample) }
        }
        return ["counts": .number(try #require(best).index)]
    }

    private static func clockSteps(_ input: Value) throws -> Value {
        var time = MeshTime(clock: MeshClock(wallAtOrigin: WallTime(milliseconds: 0)))
        let steps = try input.list("ahead").enumerated().map { second, ahead in
            let estimate = MeshTime.Estimate(offset: .milliseconds(try ahead.asNumber()), uncertainty: .zero)
            _ = time.approach(estimate, at: .origin + .seconds(Int64(second)))
            return Value.number(time.clock.offset.microseconds / 1_000)
        }
        return ["ahead": .list(steps)]
    }
}

/// A member with a neighbour from which everything comes, another neighbour, and a leaf.
private struct Watched {
    static let source = Membership.LinkID(number: 1)
    static let other = Membership.LinkID(number: 2)
    static let leaf = Membership.LinkID(number: 3)
    static let newcomer = Membership.LinkID(number: 4)

    var engine: Membership
    private var random = RandomStream(seed: .zero)
    private var now = Moment.origin
    private var effects: [MembershipEffect] = []

    init(_ input: Value) throws {
        let policy = try #require(NetworkPolicy.named(input.text("network")))
        let own = SigningKey(seed: SecretBytes(copying: try input.bytes("seed")))
        engine = Membership(
            policy: policy, own: NodeKey(own.publicKey), isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: try input.time("now")), at: now)
        for link in [Self.source, Self.other] { up(link) }
        say(.linkUp(Self.leaf, peer: nil, isLeaf: true, outbound: false))
    }

    private mutating func up(_ link: Membership.LinkID) {
        let peer = NodeKey(Bytes32(words: (0, 0, 0, link.number)))
        say(.linkUp(link, peer: peer, isLeaf: false, outbound: false))
    }

    @discardableResult
    mutating func say(_ input: MembershipInput) -> [MembershipEffect] {
        let new = engine.handle(input, at: now, using: &random)
        effects += new
        return new
    }

    mutating func wait(_ span: Span) {
        let end = now + span
        while let due = engine.nextDeadline(), due <= end {
            now = max(now, due)
            say(.timerFired)
        }
        now = end
    }

    /// The verdicts on what a step pushes, one statement at a time.
    mutating func take(_ step: Value) throws -> [String] {
        wait(Moment.origin + .milliseconds(try step.number("at")) - now)
        let link = try step.text("from") == "leaf" ? Self.leaf : Self.source
        let records = try step.list("records").map {
            try Push(records: [Signed(decoding: $0.asBytes())], heartbeats: [])
        }
        let heartbeats = try step.list("heartbeats").map {
            try Push(records: [], heartbeats: [Signed(decoding: $0.asBytes())])
        }
        return (records + heartbeats).compactMap { push in
            let counters = say(.pushReceived(link, push)).compactMap {
                if case .count(let counter) = $0 { counter } else { nil }
            }
            return Self.verdict(counters)
        }
    }

    /// Nil where nobody looked at the statement.
    private static func verdict(_ counters: [MembershipCounter]) -> String? {
        for counter in counters {
            switch counter {
            case .leafPush, .pushFromUnknownLink: return nil
            case .recordAccepted, .heartbeatAccepted: return "taken"
            case .equivocation: return "equivocation"
            case .recordStale, .heartbeatStale: return "nothing new"
            case .recordMalformed, .recordOfOtherNetwork, .recordInvalid, .puzzleFailed, .heartbeatMalformed,
                .heartbeatInvalid, .heartbeatPeriodForbidden:
                return "violation"
            case .recordUntimely, .recordTooSoon, .ownerIgnored, .heartbeatTooSoon, .heartbeatUntimely,
                .heartbeatOfUnknown:
                return "refused"
            default: continue
            }
        }
        return "nothing new"
    }

    func hasEnded(_ link: Membership.LinkID) -> Bool { effects.contains(.hangUp(link, .violation)) }

    /// The members whose records were asked for, one by one.
    var asked: [UInt64] {
        effects.compactMap { effect in
            guard case .sendPull(_, let pull) = effect, pull.from == pull.to else { return nil }
            return pull.from
        }
    }

    func pushed(to link: Membership.LinkID) -> Value {
        let pushes = effects.compactMap { if case .sendPush(link, let push) = $0 { push } else { nil } }
        return Self.sorted(pushes.flatMap { $0.records + $0.heartbeats })
    }

    static func sorted(_ statements: [Signed]) -> Value {
        .list(statements.map { $0.encoded() }.map { Hex.encode($0) }.sorted().map { .text($0) })
    }

    /// What this member names in its pull to somebody who links up.
    mutating func pullFromNewcomer() -> [Have]? {
        up(Self.newcomer)
        return effects.compactMap { effect in
            if case .sendPull(Self.newcomer, let pull) = effect, pull.from != pull.to { pull.have } else { nil }
        }.first
    }
}
