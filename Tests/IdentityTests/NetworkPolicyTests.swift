// What a mesh's name stands for.

import Essentials
import Sodium
import Testing
import Wire

@testable import Identity

@Suite("network policies")
struct NetworkPolicyTests {
    @Test("the name decides for whom a mesh is")
    func kinds() throws {
        for name in ["main", "a", "loca", "la", "x-local", "0"] { #expect(try policy(name).kind == .open) }
        for name in ["local", "local1", "locals"] { #expect(try policy(name).kind == .local) }
        for name in ["lan", "lan-party", "lan2"] { #expect(try policy(name).kind == .lan) }
    }

    @Test("a name that is none has no policy", arguments: ["", "Main", "a b", "a_b", "é", "a.b"])
    func badNames(name: String) {
        #expect(NetworkPolicy.named(name) == nil)
    }

    @Test("a name has at most 32 characters")
    func longName() {
        #expect(NetworkPolicy.named(String(repeating: "a", count: 32)) != nil)
        #expect(NetworkPolicy.named(String(repeating: "a", count: 33)) == nil)
    }

    @Test("the constants are those of the protocol's page")
    func constants() throws {
        let open = try policy("main")
        #expect(open.heartbeatBase == .seconds(20) && open.epoch == .minutes(10) && open.epochOverlap == .seconds(60))
        #expect(open.puzzle == PuzzleParameters(kibibytes: 4_096, bits: 14))
        #expect(open.stamp == StampParameters(kibibytes: 1_024, bits: 10))
        #expect(open.round == .seconds(1) && open.roundGrace == .milliseconds(100))
        #expect(open.answerDelay == .milliseconds(100) && open.keeperClockTolerance == .milliseconds(50))
        #expect(open.keepers == 9 && open.keepersServing == 12 && open.sampleMaximum == 24)
        #expect(open.presencePeriods == 3 && open.heartbeatTolerance == .seconds(120))
        #expect(open.recordLifetime == .hours(24) && open.futureTolerance == .minutes(5))
        for name in ["local", "lan"] {
            let near = try policy(name)
            #expect(near.heartbeatBase == .seconds(5) && near.epoch == .seconds(60))
            #expect(near.epochOverlap == .seconds(6))
            #expect(near.puzzle == PuzzleParameters(kibibytes: 64, bits: 2))
            #expect(near.stamp == StampParameters(kibibytes: 64, bits: 2))
        }
    }

    @Test("the id is the hash of the encoding, and differs from name to name")
    func id() throws {
        let main = try policy("main")
        #expect(main.id == Blake2b.short(domain: "passant/network/1", main.encoding))
        let names = ["main", "mainz", "mai", "local", "lan", "local2"]
        #expect(Set(try names.map { try policy($0).id }).count == names.count)
    }

    @Test("every constant is part of the id")
    func everyConstant() throws {
        let changes: [String: @Sendable (inout NetworkPolicy) -> Void] = [
            "name": { $0.name = "other" }, "kind": { $0.kind = .lan },
            "heartbeatBase": { $0.heartbeatBase = .seconds(1) },
            "heartbeatLongest": { $0.heartbeatLongest = .seconds(1) },
            "heartbeatBytes": { $0.heartbeatBytes = 1 },
            "heartbeatBytesPerSecond": { $0.heartbeatBytesPerSecond = 1 },
            "presencePeriods": { $0.presencePeriods = 1 },
            "heartbeatTolerancePeriods": { $0.heartbeatTolerancePeriods = 1 },
            "heartbeatTolerance": { $0.heartbeatTolerance = .seconds(1) },
            "epoch": { $0.epoch = .seconds(1) }, "epochOverlap": { $0.epochOverlap = .seconds(1) },
            "round": { $0.round = .seconds(3) }, "roundGrace": { $0.roundGrace = .seconds(1) },
            "answerDelay": { $0.answerDelay = .seconds(1) }, "keepers": { $0.keepers = 1 },
            "keepersServing": { $0.keepersServing = 1 },
            "keeperClockTolerance": { $0.keeperClockTolerance = .seconds(1) },
            "sampleMaximum": { $0.sampleMaximum = 1 }, "puzzle": { $0.puzzle.bits = 1 },
            "stamp": { $0.stamp.bits = 1 }, "recordLifetime": { $0.recordLifetime = .seconds(1) },
            "futureTolerance": { $0.futureTolerance = .seconds(1) },
            "puzzleMonth": { $0.puzzleMonth = .seconds(1) },
            "puzzleMonthOverlap": { $0.puzzleMonthOverlap = .seconds(1) },
        ]
        let original = try policy("main")
        let properties = Mirror(reflecting: original).children.compactMap(\.label).filter { $0 != "id" }
        #expect(properties.sorted() == changes.keys.sorted())
        for (name, change) in changes {
            var changed = original
            change(&changed)
            #expect(changed.encoding != original.encoding, "\(name)")
        }
        var changed = original
        changed.puzzle.kibibytes = 1
        #expect(changed.encoding != original.encoding)
        changed = original
        changed.stamp.kibibytes = 1
        #expect(changed.encoding != original.encoding)
    }

    @Test("heartbeats get rarer as the table grows, and cost no more than 4 kB/s")
    func heartbeatPeriod() throws {
        let open = try policy("main")
        #expect(open.heartbeatPeriod(members: 0) == .seconds(20))
        #expect(open.heartbeatPeriod(members: -5) == .seconds(20))
        #expect(open.heartbeatPeriod(members: 500) == .seconds(20))
        #expect(open.heartbeatPeriod(members: 1_000) == .seconds(40))
        #expect(open.heartbeatPeriod(members: 10_000) == .seconds(400))
        #expect(open.heartbeatPeriod(members: 131_072) == .minutes(30))
        #expect(open.heartbeatPeriod(members: .max) == .minutes(30))
        #expect(try policy("local").heartbeatPeriod(members: 2) == .seconds(5))
        #expect(try policy("local").heartbeatPeriod(members: 50) == .seconds(40))
    }
}
