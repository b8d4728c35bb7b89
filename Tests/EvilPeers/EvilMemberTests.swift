// A member that everybody links with, and what it may do to the table, to links and to streams.

import Essentials
import Identity
import NodeEngine
@testable import Simulator
import Sodium
import Testing
import Wire

@Suite struct EvilMemberTests {
    /// What a member does over its links to honest members, once a tenth of a second.
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        /// The counter that says so.
        let counter: String
        /// Whether it costs the member its links.
        var endsLinks = false
        let act: @Sendable (EvilMember, EvilLink, Int) -> Void
        var testDescription: String { name }
    }

    static func frame(_ raw: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        EvilFrame(raw: raw, stream, payload).bytes
    }

    static let tableMisdeeds: [Misdeed] = [
        Misdeed(name: "forges records of others", counter: "membership.recordInvalid", endsLinks: true) {
            evil, link, turn in
            for (key, known) in evil.table.records where key != evil.nodeKey {
                guard
                    let body = try? RecordBody(
                        network: evil.policy.id, nodeKey: key.bytes, channelKey: evil.identity.value.channelKey.bytes,
                        seq: evil.wall.milliseconds + UInt64(turn), expires: (evil.wall + .hours(20)).milliseconds,
                        addresses: [evil.endpoint], capabilities: 7, puzzle: known.body.puzzle),
                    let forged = try? evil.identity.value.sign(
                        body.encoded(), domain: NodeRecord.domain, network: evil.policy.id),
                    let push = try? Push(records: [forged], heartbeats: [])
                else { continue }
                link.say(.push(push))
            }
        },
        Misdeed(name: "forges heartbeats of others", counter: "membership.heartbeatInvalid", endsLinks: true) {
            evil, link, turn in
            for key in evil.table.keys where key != evil.nodeKey {
                let time = (evil.wall + .seconds(60)).milliseconds + UInt64(turn)
                guard let body = try? HeartbeatBody(node: key.short, time: time, period: 5_000),
                    let forged = try? evil.identity.value.sign(
                        body.encoded(), domain: Heartbeat.domain, network: evil.policy.id),
                    let push = try? Push(records: [], heartbeats: [forged])
                else { continue }
                link.say(.push(push))
            }
        },
        Misdeed(name: "plays back all records and heartbeats it has", counter: "membership.heartbeatStale") {
            evil, link, _ in
            for push in evil.earlier { link.say(.push(push)) }
        },
        Misdeed(name: "gives every neighbour another record of its own", counter: "membership.equivocation") {
            evil, link, turn in
            let port = UInt16(truncatingIfNeeded: 20_000 + turn % 1_000 + Int(link.connection % 97))
            guard let record = evil.makeRecord(seq: evil.equivocal, addresses: [.v4(0x7F00_0001, port: port)]),
                let push = try? Push(records: [record], heartbeats: [])
            else { return }
            link.say(.push(push))
        },
        Misdeed(name: "floods pushes of new records of its own", counter: "membership.recordTooSoon") {
            evil, link, turn in
            for step in 0..<20 {
                let seq = evil.wall.milliseconds + UInt64(turn * 20 + step)
                guard let record = evil.makeRecord(seq: seq, addresses: [evil.endpoint]),
                    let push = try? Push(records: [record], heartbeats: [])
                else { return }
                link.say(.push(push))
            }
        },
        Misdeed(name: "floods pushes of heartbeats dated ahead", counter: "membership.heartbeatTooSoon") {
            evil, link, turn in
            let beats = (0..<100).compactMap { evil.makeHeartbeat(time: evil.wall + .milliseconds($0)) }
            if let push = try? Push(records: [], heartbeats: beats) { link.say(.push(push)) }
        },
        Misdeed(name: "sends heartbeats of nobody", counter: "membership.heartbeatOfUnknown") { evil, link, turn in
            let beats = (0..<100).compactMap { step -> Signed? in
                let body = try? HeartbeatBody(
                    node: UInt64(turn * 100 + step), time: evil.wall.milliseconds, period: 5_000)
                return try? evil.identity.value.sign(
                    body?.encoded() ?? [1], domain: Heartbeat.domain, network: evil.policy.id)
            }
            if let push = try? Push(records: [], heartbeats: beats) { link.say(.push(push)) }
        },
        Misdeed(name: "pulls the whole table again and again", counter: "membership.exchangeTooOften") { _, link, _ in
            guard let pull = try? Pull(have: [], from: 0, to: .max) else { return }
            for _ in 0..<400 { link.say(.pull(pull)) }
        },
        Misdeed(name: "sends pulls that are not sorted", counter: "membership.pullMalformed") { _, link, _ in
            let have = [9, 3, 3].map { Have(node: $0, seq: 1, heartbeat: 1) }
            if let pull = try? Pull(have: have, from: 0, to: .max) { link.say(.pull(pull)) }
        },
    ]

    static let frameMisdeeds: [Misdeed] = [
        Misdeed(name: "sends data for a stream that never was", counter: "relaying.linksViolated", endsLinks: true) {
            $1.send(.data, 4_001, [1])
            _ = ($0, $2)
        },
        Misdeed(name: "finishes a stream that never was", counter: "relaying.linksViolated", endsLinks: true) {
            $1.send(.finish, 4_000)
            _ = ($0, $2)
        },
        Misdeed(name: "resets a stream that never was", counter: "relaying.linksViolated", endsLinks: true) {
            $1.send(.reset, 4_000, [0, 1])
            _ = ($0, $2)
        },
        Misdeed(name: "gives credit of zero", counter: "relaying.linksViolated", endsLinks: true) {
            let stream = $1.open([2, 1])
            $1.send(.credit, stream.number, [0, 0, 0, 0])
            _ = ($0, $2)
        },
        Misdeed(name: "gives credit until it overflows", counter: "relaying.linksViolated", endsLinks: true) {
            let stream = $1.open([2, 1])
            for _ in 0..<3 { $1.send(.credit, stream.number, [0x7f, 0xff, 0xff, 0xff]) }
            _ = ($0, $2)
        },
        Misdeed(name: "sends more than its credit", counter: "relaying.arrivalsFailed") {
            let stream = $1.open([2, 1])
            for _ in 0..<5 { $1.send(.data, stream.number, [UInt8](repeating: 0, count: 16_000)) }
            _ = ($0, $2)
        },
        Misdeed(
            name: "opens a stream with a number of the other side", counter: "relaying.linksViolated", endsLinks: true
        ) {
            $1.send(.open, $1.isOutbound ? 2 : 1, [2, 1])
            _ = ($0, $2)
        },
        Misdeed(
            name: "sends frames that must be understood and are not", counter: "relaying.linksViolated", endsLinks: true
        ) {
            $1.send(raw: frame(200, 0, [1, 2, 3]))
            _ = ($0, $2)
        },
        Misdeed(name: "sends frames cut in the middle", counter: "relaying.linksViolated", endsLinks: true) {
            $1.send(raw: Array(frame(3, 1, [1, 2, 3]).dropLast(2)))
            _ = ($0, $2)
        },
        Misdeed(name: "says hello a second time", counter: "relaying.linksViolated", endsLinks: true) {
            $0.greet($1)
            _ = $2
        },
        Misdeed(name: "sends control messages that are none", counter: "relaying.controlMalformed", endsLinks: true) {
            $1.send(.control, 0, [0xff, 0xff, 0xff])
            _ = ($0, $2)
        },
        Misdeed(name: "closes with odd codes and comes again", counter: "relaying.linksUp", endsLinks: true) {
            $1.send(.close, 0, UInt16(truncatingIfNeeded: 60_000 + $2).bigEndianBytes)
            $1.close()
            _ = $0
        },
        Misdeed(name: "sends ten thousand pings and reads no pong", counter: "relaying.packetsReceived") {
            for token in 0..<1_000 { $1.send(.ping, 0, UInt64(token + $2).bigEndianBytes) }
            _ = $0
        },
        Misdeed(name: "floods control messages", counter: "relaying.controlDropped") {
            for _ in 0..<3_000 { $1.say(.attach(Attach())) }
            _ = ($0, $2)
        },
        Misdeed(name: "opens a thousand arrivals and asks nothing", counter: "relaying.arrivalsExpired") {
            for _ in 0..<100 { _ = $1.open([2, 1]) }
            _ = ($0, $2)
        },
        Misdeed(name: "opens streams with requests that are noise", counter: "relaying.arrivalsFailed") {
            for _ in 0..<20 {
                _ = $1.open(
                    [2, 1, 0x03, 0x30] + [UInt8](repeating: UInt8(truncatingIfNeeded: $2), count: 816), early: 818)
            }
            _ = $0
        },
    ]

    @Test(
        "whatever a member does, honest people meet meanwhile and afterwards", arguments: tableMisdeeds + frameMisdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        let town = try EvilTown(members: 4, evil: 1)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        let before = town.counter(misdeed.counter)
        let connections = town.members.map { town.world.connections(of: $0) }
        let links = town.members.map { town.snapshot($0).links }
        var goesOn = true
        var turn = 0
        let began = town.world.written
        town.act {
            evil.every(.milliseconds(100)) {
                turn += 1
                for link in evil.memberLinks { misdeed.act(evil, link, turn) }
                return goesOn
            }
        }
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        let during = town.meet(ann, ben)
        #expect(during != nil)
        town.pass(.seconds(10))
        #expect(town.counter(misdeed.counter) > before, "\(misdeed.counter) says so")
        for (place, member) in town.members.enumerated() {
            #expect(town.world.connections(of: member) <= connections[place] + 8, "connections stay few")
            #expect(town.snapshot(member).links <= links[place] + 1)
            let known = town.snapshot(member).known
            #expect(known <= town.members.count + 1, "nobody comes into the table who is not")
            // Nobody is made to write much more than was written to it.
            let wrote = town.world.written[member, default: 0] - began[member, default: 0]
            let fed =
                (town.world.written[town.evil[0], default: 0] - began[town.evil[0], default: 0]) / town.members.count
            #expect(wrote <= 2 * fed + 4 << 20, "\(wrote) bytes for \(fed)")
        }
        if misdeed.endsLinks { #expect(evil.links.count <= 2 * town.members.count) }
        goesOn = false
        town.pass(.seconds(5))
        let after = town.meet(ann, ben)
        #expect(after != nil)
        for member in town.members { #expect(town.snapshot(member).members >= town.members.count) }
        print("member \(misdeed.name): met after \(during?.milliseconds ?? -1) ms, \(after?.milliseconds ?? -1) ms")
    }
}
