// A home that is not one. Each leaf here has it for one of its two homes, and takes one of them at random for each
// search: see Protocol/05-homes-and-doors.md, "Homes".

import Essentials
import Identity
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct EvilHomeTests {
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        /// One of these counters says so.
        let counters: [String]
        /// How long one meeting may take: the worst that it can do.
        var within = Span.seconds(30)
        let install: @Sendable (EvilMember) -> Void
        var testDescription: String { name }
    }

    static let misdeeds: [Misdeed] = [
        Misdeed(name: "takes every stream and carries none", counters: ["pairing.homeShunned"]) {
            $0.onCarry = { _, _, _, _ in true }
        },
        Misdeed(name: "resets every stream with an odd code", counters: ["pairing.keeperFailed"]) { evil in
            evil.onCarry = { stream, _, _, _ in
                stream.reset(40_000)
                return true
            }
        },
        Misdeed(name: "answers every request itself, with noise", counters: ["relaying.pipesFailed"]) { evil in
            evil.onCarry = { stream, _, _, _ in
                stream.write([0, 112] + [UInt8](repeating: 3, count: 112))
                return true
            }
        },
        Misdeed(name: "carries everything two seconds late", counters: ["pairing.keeperSilent"]) { evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                evil.after(.seconds(2)) { evil.carryOn(stream, node, priority, early) }
                return true
            }
        },
        Misdeed(
            name: "carries deposits and never a join", counters: ["pairing.noShow", "pairing.anotherDoor"],
            within: .seconds(60)
        ) { evil in
            var seen: [NodeKey: Moment] = [:]
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                // What it can tell: a deposit comes to several members at one moment, a join to one.
                let isJoin = early.count > 818 || !seen.values.contains { evil.now - $0 < .milliseconds(5) }
                seen[node] = evil.now
                if !isJoin || node == evil.nodeKey { evil.carryOn(stream, node, priority, early) }
                return true
            }
        },
        Misdeed(
            name: "resets the stream to the door as soon as it is answered",
            counters: ["conversation.ended.interrupted", "conversation.ended.neverStarted", "pairing.noShow"],
            within: .seconds(120)
        ) { evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                guard let onward = evil.carryOn(stream, node, priority, early) else { return true }
                onward.received = { bytes in
                    stream.write(bytes)
                    // Behind a receipt come 130 bytes or more; less is the beginning of a conversation.
                    if onward.taken > 114, onward.taken < 244 { stream.reset(9) }
                }
                return true
            }
        },
        Misdeed(name: "carries streams to another member than was asked", counters: ["relaying.arrivalsFailed"]) {
            evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                let other = evil.memberLinks.compactMap(\.peer).first { $0 != node } ?? node
                evil.carryOn(stream, other, priority, early)
                return true
            }
        },
        Misdeed(name: "swaps the streams of two leaves", counters: ["relaying.pipesFailed", "relaying.arrivalsFailed"])
        { evil in
            var waiting: EvilStream?
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                guard let onward = evil.carryOn(stream, node, priority, early) else { return true }
                guard let other = waiting, other.link !== stream.link else {
                    waiting = stream
                    return true
                }
                // What comes for one goes to the other.
                onward.received = { other.write($0) }
                waiting = nil
                return true
            }
        },
        Misdeed(name: "plays every first message again at the same member", counters: ["relaying.arrivalsReplayed"]) {
            evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                evil.carryOn(stream, node, priority, early)
                if let link = evil.link(to: node) { _ = link.open([2, priority] + early, early: early.count) }
                return true
            }
        },
        Misdeed(name: "lets a copy of each first message go ahead of it", counters: ["relaying.arrivalsReplayed"]) {
            evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                if let link = evil.link(to: node) { _ = link.open([2, priority] + early, early: early.count) }
                evil.carryOn(stream, node, priority, early)
                return true
            }
        },
        Misdeed(name: "opens streams to its leaves", counters: ["relaying.streamsRefused"]) { evil in
            evil.every(.milliseconds(200)) { [unowned evil] in
                for leaf in evil.leaves { for _ in 0..<20 { _ = leaf.open([2, 1, 0, 1]) } }
                return true
            }
        },
        Misdeed(name: "carries, and gives no credit back", counters: ["relaying.carriagesOpened"]) { evil in
            evil.onCarry = { [unowned evil] stream, node, priority, early in
                stream.grantsCredit = false
                evil.carryOn(stream, node, priority, early)?.grantsCredit = false
                return true
            }
        },
        Misdeed(name: "sends its leaves data nobody granted credit for", counters: ["relaying.pipesFailed"]) { evil in
            evil.onCarry = { stream, _, _, _ in
                for _ in 0..<20 { stream.link.send(.data, stream.number, [UInt8](repeating: 0, count: 16_000)) }
                return true
            }
        },
        Misdeed(name: "refuses leaves with odd codes, attached ones and others", counters: ["relaying.homesRefused"]) {
            evil in
            @Sendable func refuse(_ leaf: EvilLink) {
                let code: UInt32 = leaf.connection % 4 == 1 ? .max : 1
                if let refused = try? Refused(code: code, retryAfterSeconds: .max, reason: "\u{1b}[2J no") {
                    leaf.say(.refused(refused))
                }
            }
            evil.leaves.first?.close()
            evil.onAttach = {
                refuse($0)
                return true
            }
            evil.every(.milliseconds(300)) { [unowned evil] in
                for leaf in evil.leaves { refuse(leaf) }
                return true
            }
        },
        Misdeed(name: "lies about its terms", counters: ["relaying.linksUp"]) { evil in
            evil.every(.milliseconds(300)) { [unowned evil] in
                for (place, leaf) in evil.leaves.enumerated() {
                    let most: UInt64 = place % 2 == 0 ? .max : 0
                    if let terms = try? HomeTerms(
                        streams: UInt32(clamping: most), bytesPerSecond: most, bytesPerDay: most,
                        enforces: (0..<16).map { _ in String(repeating: "x", count: 100) })
                    {
                        leaf.say(.attached(Attached(terms: terms)))
                    }
                }
                return true
            }
        },
        Misdeed(name: "says nothing any more, pings included", counters: ["relaying.linksSilent"]) { evil in
            evil.onFrame = { _, _ in true }
            evil.heartbeats = false
        },
        Misdeed(name: "says hello, and nothing when asked to be a home", counters: ["relaying.homesReplaced"]) { evil in
            for leaf in evil.leaves { leaf.close() }
            evil.onAttach = { _ in true }
        },
        Misdeed(name: "claims that the time is an hour later", counters: ["relaying.packetsReceived"]) { evil in
            evil.clockLie = .hours(1)
            for leaf in evil.leaves { leaf.close() }
        },
        Misdeed(name: "closes the links of its leaves as soon as they stand", counters: ["relaying.linksUp"]) { evil in
            evil.onAttach = { link in
                link.send(.close, 0, [0xff, 0xff])
                link.close()
                return true
            }
            for leaf in evil.leaves { leaf.close() }
        },
    ]

    @Test("whatever one home does, its leaves meet, through it or the other", arguments: misdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        // Which homes leaves take is left to chance, too.
        var found: (town: EvilTown, victims: [Int])?
        for seed in 2...9 as ClosedRange<UInt64> where found == nil {
            let town = try EvilTown(members: 4, evil: 1, leaves: 6, seed: seed)
            #expect(town.settle())
            town.pass(.seconds(5))
            let victims = town.leaves(of: town.evilMembers[0])
            if victims.count >= 2 { found = (town, victims) }
        }
        let (town, victims) = try #require(found, "some seed gives it leaves")
        let (evil, ann, ben) = (town.evilMembers[0], victims[0], victims[1])
        misdeed.install(evil)
        town.world.wake(town.evil[0])
        var times: [Int64] = []
        var said: [UInt64] = []
        // Which home a seek takes is left to chance: eight meetings, and more until the misdeed has shown itself.
        for turn in 0..<24 where turn < 8 || !said.contains(where: { $0 > 0 }) {
            let taken = town.meet(ann, ben, within: misdeed.within)
            #expect(taken != nil)
            times.append(taken?.milliseconds ?? -1)
            town.pass(.seconds(3))
            said = misdeed.counters.map { town.counter($0) }
        }
        #expect(said.contains { $0 > 0 }, "one of \(misdeed.counters) says so")
        for member in town.members { #expect(town.world.connections(of: member) < 60) }
        print("home \(misdeed.name): met after \(times) ms; \(said)")
    }
}
