// Leaves that ask more of their home than is theirs, and connections that never become links. See
// Protocol/05-homes-and-doors.md, "Homes" and "Becoming a link".

import Essentials
import Identity
import NodeEngine
import Pairing
@testable import Simulator
import Sodium
import Testing
import Wire

@Suite struct EvilLeafTests {
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        /// One of these counters says so.
        let counters: [String]
        var testDescription: String { name }
        /// Done ten times a second.
        let act: @Sendable (EvilLeaf, Int) -> Void
    }

    /// A first message to a member that holds, with a request of the caller's.
    static func deposit(_ evil: EvilLeaf, _ turn: Int) -> Request? {
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: turn), count: 200)
        return (try? Deposit(offer: bytes, index: 0, share: Blake2b.hash(bytes), path: [], bodies: true))
            .map(Request.deposit)
    }

    static let misdeeds: [Misdeed] = [
        Misdeed(name: "floods streams that say nothing", counters: ["relaying.quotaStreams"]) { evil, _ in
            for _ in 0..<300 { _ = evil.table.keys.last.flatMap { evil.carry(to: $0) } }
        },
        Misdeed(name: "opens streams to members that nobody knows", counters: ["relaying.carriagesUnreachable"]) {
            evil, turn in
            for step in 0..<40 {
                _ = evil.carry(to: NodeKey(Blake2b.hash((turn * 40 + step).description.utf8.map { $0 })))
            }
        },
        Misdeed(name: "opens streams to its own home", counters: ["relaying.arrivalsFailed"]) { evil, _ in
            guard let home = evil.home?.peer else { return }
            for _ in 0..<40 { _ = evil.carry(to: home, [UInt8](repeating: 0, count: 818)) }
        },
        Misdeed(name: "asks to be carried to itself", counters: ["relaying.carriagesUnreachable"]) { evil, _ in
            for _ in 0..<10 { _ = evil.carry(to: evil.nodeKey, [1, 2, 3]) }
        },
        Misdeed(name: "opens arrivals as if it were a member", counters: ["relaying.streamsRefused"]) { evil, _ in
            for _ in 0..<40 { _ = evil.home?.open([2, 1, 0, 0]) }
        },
        Misdeed(name: "opens streams of a kind that is not", counters: ["relaying.streamsRefused"]) { evil, _ in
            for kind in 3..<43 as Range<UInt8> { _ = evil.home?.open([kind, 1, 0, 0]) }
        },
        Misdeed(name: "deposits what is no offer", counters: ["pairing.depositMalformed"]) { evil, turn in
            for key in evil.table.keys { if let request = deposit(evil, turn) { _ = evil.pipe(to: key, request) } }
        },
        Misdeed(
            name: "lets thousands of halves wait at doors",
            counters: ["relaying.joinsExpired", "relaying.joinsRefused"]
        ) { evil, turn in
            for step in 0..<6 {
                for key in evil.table.keys {
                    _ = evil.pipe(to: key, .join(Join(token: Blake2b.hash([UInt8(step), UInt8(turn & 255)]))))
                }
            }
        },
        Misdeed(name: "never takes what comes for it", counters: ["relaying.depositsArrived"]) { evil, turn in
            for key in evil.table.keys {
                guard let request = deposit(evil, turn) else { continue }
                evil.pipe(to: key, request)?.stream.grantsCredit = false
            }
        },
        Misdeed(name: "sends as fast as it can", counters: ["relaying.quotaRate", "relaying.arrivalsFailed"]) {
            evil, _ in
            for _ in 0..<60 {
                let stream = evil.table.keys.last.flatMap { evil.carry(to: $0, [4, 0]) }
                stream?.write([UInt8](repeating: 9, count: 60_000))
            }
        },
        Misdeed(name: "attaches again and again", counters: ["relaying.controlDropped"]) { evil, _ in
            for _ in 0..<200 { evil.home?.say(.attach(Attach())) }
        },
        Misdeed(name: "pushes records as if it were a member", counters: ["membership.leafPush"]) { evil, _ in
            for push in evil.table.pushes { evil.home?.say(.push(push)) }
        },
        Misdeed(name: "pulls the table without end", counters: ["membership.pullTooOften", "relaying.controlDropped"]) {
            evil, _ in
            guard let pull = try? Pull(have: [], from: 0, to: .max) else { return }
            for _ in 0..<50 { evil.home?.say(.pull(pull)) }
        },
        Misdeed(name: "opens streams and resets them at once", counters: ["relaying.quotaStreams"]) { evil, _ in
            for _ in 0..<100 { evil.table.keys.last.flatMap { evil.carry(to: $0) }?.reset() }
        },
    ]

    @Test("whatever a leaf asks for, the other leaves of its home meet", arguments: misdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        let town = try EvilTown(members: 3)
        let evil = town.addEvilLeaf()
        #expect(town.settle())
        town.pass(.seconds(5))
        #expect(evil.isAttached)
        let connections = town.members.map { town.world.connections(of: $0) }
        let began = town.world.written
        var turn = 0
        var goesOn = true
        town.act {
            evil.every(.milliseconds(100)) {
                turn += 1
                if evil.home?.isUp == true { misdeed.act(evil, turn) }
                return goesOn
            }
        }
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        let during = town.meet(ann, ben)
        #expect(during != nil)
        town.pass(.seconds(12))
        let said = misdeed.counters.map { town.counter($0) }
        #expect(said.contains { $0 > 0 }, "one of \(misdeed.counters) says so")
        let fed = town.world.written[town.evil[0], default: 0]
        for (place, member) in town.members.enumerated() {
            #expect(town.world.connections(of: member) <= connections[place] + 4)
            let wrote = town.world.written[member, default: 0] - began[member, default: 0]
            #expect(wrote <= 2 * fed + 4 << 20, "\(wrote) bytes for \(fed)")
        }
        goesOn = false
        town.pass(.seconds(3))
        let after = town.meet(ann, ben)
        #expect(after != nil)
        print("leaf \(misdeed.name): met after \(during?.milliseconds ?? -1), \(after?.milliseconds ?? -1) ms; \(said)")
    }

    @Test("a leaf with forty seeks at once is refused by its home's share and keeps nobody from meeting")
    func manySeeks() throws {
        let town = try EvilTown(members: 3)
        let evil = town.addEvilLeaf()
        #expect(town.settle())
        town.pass(.seconds(3))
        town.act { for _ in 0..<40 { evil.seek() } }
        evil.onMatched = { _ in true }
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        // Among so many that do not come, it takes some tries.
        let taken = town.meet(ann, ben, within: .seconds(240))
        #expect(taken != nil)
        print("many seeks: met after \(taken?.milliseconds ?? -1) ms, no-shows \(town.counter("pairing.noShow"))")
    }

    // MARK: connections

    struct Knock: Sendable, CustomTestStringConvertible {
        let name: String
        let counter: String
        let say: @Sendable (EvilLeaf, EvilLink, Int) -> Void
        var testDescription: String { name }
    }

    static let knocks: [Knock] = [
        Knock(name: "say nothing", counter: "relaying.handshakesExpired") { _, _, _ in },
        Knock(name: "say one byte", counter: "relaying.handshakesExpired") { _, link, _ in link.write([0x50]) },
        Knock(name: "stop after the first message", counter: "relaying.handshakesExpired") { evil, link, _ in
            evil.onHandshake = { _ in true }
            link.write(link.opening(.xx, key: AgreementKey.generate(using: &evil.random)))
        },
        Knock(name: "send noise", counter: "relaying.handshakesFailed") { _, link, turn in
            link.write([0x50, 1, 1, 0, 64] + [UInt8](repeating: UInt8(truncatingIfNeeded: turn), count: 4_000))
        },
        Knock(name: "speak another protocol", counter: "relaying.handshakesFailed") { _, link, _ in
            link.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        },
        Knock(name: "are members without a record", counter: "relaying.hellosRefused") { evil, link, _ in
            evil.onGreet = { link in
                if let hello = try? Hello(role: .member) { link.say(.hello(hello)) }
                return true
            }
            link.write(link.opening(.xx, key: AgreementKey.generate(using: &evil.random)))
        },
        Knock(name: "show somebody else's record", counter: "relaying.recordsStolen") { evil, link, _ in
            evil.onGreet = { [unowned evil] link in
                let record = evil.table.keys.first.flatMap { evil.table.records[$0]?.signed }
                if let hello = try? Hello(role: .member, record: record) { link.say(.hello(hello)) }
                return true
            }
            link.write(link.opening(.xx, key: AgreementKey.generate(using: &evil.random)))
        },
        Knock(name: "are leaves that do not attach", counter: "relaying.linksIdle") { evil, link, _ in
            evil.attaches = false
            link.write(link.opening(.xx, key: AgreementKey.generate(using: &evil.random)))
        },
    ]

    @Test("three hundred connections that come to nothing keep nobody from meeting", arguments: knocks)
    func knock(_ knock: Knock) throws {
        let town = try EvilTown(members: 3)
        let evil = town.addEvilLeaf()
        #expect(town.settle())
        town.pass(.seconds(3))
        let before = town.counter(knock.counter)
        var turn = 0
        let target = Simulator.World.endpoint(of: town.members[0])
        town.act {
            evil.every(.milliseconds(10)) {
                turn += 1
                let number = turn
                evil.connect(target) { knock.say(evil, $0, number) }
                return turn < 300
            }
        }
        town.pass(.seconds(1))
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        let during = town.meet(ann, ben)
        #expect(during != nil)
        // Who comes now for the first time gets in as well.
        let late = town.world.addNode(.leaf, through: [town.members[0]])
        let isIn = town.run(for: .seconds(20)) { $0.snapshot(late).homes.contains(where: \.isLive) }
        #expect(isIn)
        town.pass(knock.counter == "relaying.linksIdle" ? .seconds(125) : .seconds(8))
        #expect(town.counter(knock.counter) > before, "\(knock.counter) says so")
        #expect(town.world.connections(of: town.members[0]) <= 40, "nothing of them stays")
        #expect(town.meet(ann, ben) != nil)
        print("300 connections that \(knock.name): met after \(during?.milliseconds ?? -1) ms")
    }
}
