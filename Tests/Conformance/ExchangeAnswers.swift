// Protocol/04-membership.md: how two tables are compared and made alike, and over which links heartbeats travel.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

enum ExchangeAnswers {
    static let all: [String: Answerer] = [
        "sums": sum, "comparisons": comparison, "pulls": pull, "overdue": overdue, "prunings": pruning, "trees": tree,
    ]

    private static func sum(_ input: Value) throws -> Value {
        let hash = try #require(SipHash(key: input.bytes("salt")))
        var sum: UInt64 = 0
        for line in try input.list("lines") {
            sum &+= try hash.hash(line.digits("node"), line.number("seq"), line.number("state"))
        }
        return ["sum": .digits(sum)]
    }

    private static func comparison(_ input: Value) throws -> Value {
        let compare = try Compare(decoding: input.bytes("compare"))
        let effects = try answer(input) { .compareReceived($0, compare) }
        let lists = Watched.pulls(in: effects).sorted { $0.from < $1.from }.map {
            ["from": .digits($0.from), "to": .digits($0.to), "have": Watched.list($0.have)] as Value
        }
        let smaller = effects.compactMap { if case .sendCompare(_, let compare) = $0 { compare } else { nil } }
        return [
            "records": Watched.sorted(Watched.pushes(in: effects).flatMap(\.records)),
            "heartbeats": Watched.sorted(Watched.pushes(in: effects).flatMap(\.heartbeats)),
            "lists": .list(lists),
            "compare": smaller.first.map { .bytes($0.encoded()) } ?? .null,
        ]
    }

    private static func pull(_ input: Value) throws -> Value {
        let pull = try Pull(decoding: input.bytes("pull"))
        let effects = try answer(input) { .pullReceived($0, pull) }
        guard !effects.contains(.count(.pullMalformed)) else { throw Refusal("not answered") }
        let asked = Watched.pulls(in: effects)
        let areNamed = asked.allSatisfy { $0.isNamed }
        #expect(areNamed)
        return [
            "records": Watched.sorted(Watched.pushes(in: effects).flatMap(\.records)),
            "heartbeats": Watched.sorted(Watched.pushes(in: effects).flatMap(\.heartbeats)),
            "asks": Watched.list(asked.flatMap(\.have)),
        ]
    }

    /// What a member does at once about a message that comes 1 s after the last step.
    private static func answer(
        _ input: Value, _ message: (Membership.LinkID) -> MembershipInput
    ) throws -> [MembershipEffect] {
        var member = try Watched(input)
        for step in try input.list("steps") { _ = try member.take(step) }
        member.wait(.seconds(1))
        return member.say(message(try input.text("from") == "leaf" ? Watched.leaf : Watched.other))
    }

    private static func overdue(_ input: Value) throws -> Value {
        let period = Span.milliseconds(try input.number("period"))
        let asked = MembershipLimits.asked(after: period, age: .milliseconds(try input.number("age")))
        return [
            "overdue": .number(MembershipLimits.overdue(after: period).microseconds),
            "asked": .number(asked.microseconds),
            "certain": .number((asked + MembershipLimits.patience(for: period)).microseconds),
        ]
    }

    private static func pruning(_ input: Value) throws -> Value {
        let policy = try #require(NetworkPolicy.named(input.text("network")))
        let members: Int = try input.number("present")
        return [
            "links": .number(MembershipLimits.eagerLinks(members: members)),
            "counts": .bool(
                Membership.counts(Membership.pruningRank(try input.bytes("body")), members: members, policy)),
        ]
    }
}

extension ExchangeAnswers {
    private static let links: [(name: String, id: Membership.LinkID)] = [
        ("first", Watched.source), ("second", Watched.other), ("third", Watched.third), ("leaf", Watched.leaf),
    ]

    private static func tree(_ input: Value) throws -> Value {
        var member = try Watched(input)
        member.up(Watched.third)
        var steps: [Value] = []
        for step in try input.list("steps") {
            member.wait(until: .milliseconds(try step.number("at")))
            let from = try step.text("from")
            let link = try #require(links.first { $0.name == from }?.id)
            var said: [Value] = []
            for happening in try happenings(step, link) { said += member.say(happening).compactMap(sent) }
            var eager: [Value] = []
            for link in links where member.engine.linkTable[link.id]?.isEager == true { eager.append(.text(link.name)) }
            steps.append(["sent": .list(said), "eager": .list(eager)])
        }
        member.wait(.seconds(1))
        var pushed: [String: Value] = [:]
        for link in links { pushed[link.name] = try heartbeats(in: member.pushes(to: link.id)) }
        return ["steps": .list(steps), "pushed": .object(pushed)]
    }

    private static func heartbeats(in pushes: [Push]) throws -> Value {
        let texts = try pushes.flatMap(\.heartbeats).map { signed in
            let body = try HeartbeatBody(decoding: signed.body)
            return "\(Hex.encode(body.node.bigEndianBytes)) \(body.time)"
        }
        return .list(texts.sorted().map { .text($0) })
    }

    private static func happenings(_ step: Value, _ link: Membership.LinkID) throws -> [MembershipInput] {
        switch try step.text("says") {
        case "graft": return [.graftReceived(link)]
        case "prune": return [.pruneReceived(link)]
        case "gone": return [.linkDown(link)]
        default:
            let records = try step.list("records").map { try Signed(decoding: $0.asBytes()) }
            let heartbeats = try step.list("heartbeats").map { try Signed(decoding: $0.asBytes()) }
            return try records.map { .pushReceived(link, try Push(records: [$0], heartbeats: [])) }
                + heartbeats.map { .pushReceived(link, try Push(records: [], heartbeats: [$0])) }
        }
    }

    private static func sent(_ effect: MembershipEffect) -> Value? {
        let (link, what): (Membership.LinkID, String)
        switch effect {
        case .sendGraft(let to): (link, what) = (to, "graft")
        case .sendPrune(let to): (link, what) = (to, "prune")
        default: return nil
        }
        return links.first { $0.id == link }.map { ["to": .text($0.name), "what": .text(what)] }
    }
}
