// Protocol/04-membership.md: what a member makes of pushes and of time, and what time it is.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

enum MembershipAnswers {
    static let all: [String: Answerer] = [
        "tables": table, "mesh-times": meshTime, "measurements": measurement, "clock-steps": clockSteps,
    ]

    private static func table(_ input: Value) throws -> Value {
        var member = try Watched(input)
        let steps = try input.list("steps").map { step in
            let verdicts = try member.take(step)
            let present = member.engine.presentMembers().map { Value.bytes($0.nodeKey.bytes) }
            return ["verdicts": .list(verdicts.map { .text($0) }), "present": .list(present)] as Value
        }
        let listed = try member.listed()
        member.wait(.seconds(1))
        return [
            "steps": .list(steps),
            "have": Watched.list(listed.have),
            "ended": .bool(member.hasEnded(Watched.source)),
            "asked": .list(member.asked.map { .digits($0) }),
            "passedOn": member.pushed(to: Watched.other),
            "passedBack": member.pushed(to: Watched.source),
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
                    isInTime: try $0.bool("inTime"))
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
