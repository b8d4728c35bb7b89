// The table of members in each of its states, and everything that a link can bring: statements with flipped bits,
// clocks at the ends of their numbers, links that are not there.

import Essentials
import Identity
@testable import Membership
import Sodium
import Testing
import Wire

@Suite("Hostile statements")
struct HostileTableTests {
    private func passedOn(_ effects: [MembershipEffect]) -> Bool {
        effects.contains { if case .sendPush = $0 { true } else { false } }
    }

    @Test(
        "a record or heartbeat with any bit flipped changes no table and is not passed on",
        arguments: [TableBench.State.leafAtHome, .member])
    func flipped(state: TableBench.State) throws {
        let bench = try TableBench(state)
        let newcomer = try Neighbour(2)
        let statements: [(Push, Bool)] = [
            (try Push(records: [newcomer.record()], heartbeats: []), true),
            (try Push(records: [bench.known.record(seq: Neighbour.wall.milliseconds + 30)], heartbeats: []), true),
            (try Push(records: [], heartbeats: [bench.known.heartbeat(at: Neighbour.wall + .seconds(3))]), false),
        ]
        for (push, isRecord) in statements {
            let encoded = push.encoded()
            for bit in 0..<encoded.count * 8 {
                var bytes = encoded
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                guard let flipped = try? Push(decoding: bytes) else { continue }
                var other = bench
                // Not over the link that the statement's owner would be believed on sooner.
                _ = other.say(.linkUp(Membership.LinkID(number: 2), peer: newcomer.key, isLeaf: false, outbound: false))
                _ = other.wait(.milliseconds(200))
                let before = (other.engine.allKnownCount, other.engine.signedRecord(bench.known.key))
                let effects = other.say(.pushReceived(TableBench.link, flipped)) + other.wait(.milliseconds(100))
                #expect(other.engine.allKnownCount == before.0, "bit \(bit)")
                #expect(other.engine.signedRecord(bench.known.key) == before.1, "bit \(bit)")
                #expect(!isRecord || other.engine.isPresent(bench.known.key), "bit \(bit)")
                let isQuiet = !effects.contains { if case .store = $0 { true } else { false } }
                #expect(isQuiet && !passedOn(effects.filter { !Self.isPull($0) }), "bit \(bit)")
            }
        }
    }

    private static func isPull(_ effect: MembershipEffect) -> Bool {
        if case .sendPull = effect { true } else { false }
    }

    /// Everything that can be said to the engine, right and wrong.
    private func inputs(_ bench: TableBench) throws -> [MembershipInput] {
        let links = [TableBench.link, Membership.LinkID(number: 2), Membership.LinkID(number: .max)]
        let forged = try Signed(body: [0xFF, 1], signature: [UInt8](repeating: 1, count: 64))
        let spans: [Span] = [
            .zero, .seconds(5), .seconds(-5), .microseconds(.max), .microseconds(.min), .microseconds(.max - 1),
            .hours(1),
        ]
        let have = { (node: UInt64) in Have(node: node, seq: .max, heartbeat: .max) }
        let pulls = [
            try Pull(have: [], from: 0, to: .max), try Pull(have: [], from: .max, to: .max),
            try Pull(have: [have(5), have(4)], from: 0, to: .max), try Pull(have: [have(5), have(5)], from: 0, to: 9),
            try Pull(have: [have(0), have(.max)], from: 0, to: .max), try Pull(have: [have(7)], from: 8, to: 9),
            try Pull(have: [have(bench.known.key.short)], from: 0, to: .max),
        ]
        let times: [WallTime] = [
            WallTime(milliseconds: 0), Neighbour.wall, WallTime(milliseconds: .max), WallTime(milliseconds: .max - 1),
        ]
        var statements = [forged, try bench.own.record(), try bench.own.heartbeat(), try Neighbour(9).heartbeat()]
        for seq in [0, 1, Neighbour.wall.milliseconds + 299_000, .max] as [UInt64] {
            statements += [try bench.own.record(seq: seq), try bench.known.record(seq: seq)]
        }
        for time in times { statements += [try bench.own.heartbeat(at: time), try bench.known.heartbeat(at: time)] }
        var inputs: [MembershipInput] = []
        for link in links {
            for peer in [nil, bench.own.key, bench.known.key, try Neighbour(3).key] as [NodeKey?] {
                for (isLeaf, outbound) in [(true, true), (true, false), (false, true), (false, false)] {
                    inputs.append(.linkUp(link, peer: peer, isLeaf: isLeaf, outbound: outbound))
                }
            }
            inputs += pulls.map { .pullReceived(link, $0) } + [.linkDown(link)]
            for signed in statements {
                inputs.append(.pushReceived(link, try Push(records: [signed, signed], heartbeats: [])))
                inputs.append(.pushReceived(link, try Push(records: [], heartbeats: [signed, signed])))
            }
            for offset in spans {
                for mesh in spans + [nil] as [Span?] {
                    inputs.append(.offsetMeasured(link, offset: offset, meshOffset: mesh, uncertainty: offset))
                    inputs.append(.offsetMeasured(link, offset: offset, meshOffset: mesh, uncertainty: .zero))
                }
            }
        }
        inputs += times.map { .wallClockRead($0) }
        inputs += [.dialFailed(bench.known.key), .dialFailed(bench.own.key), .dialFailed(NodeKey(.zero))]
        inputs += [.recordSigned(forged), .heartbeatSigned(forged), .becameMember, .descriptionChanged, .timerFired]
        return inputs
    }

    @Test(
        "every input in every state: no trap, no timer that spins, nothing that grows",
        arguments: TableBench.State.allCases)
    func table(state: TableBench.State) throws {
        let bench = try TableBench(state)
        let inputs = try inputs(bench)
        for input in inputs {
            var other = bench
            _ = other.say(input)
            _ = other.say(input)
            _ = other.wait(.seconds(40))
        }
        // The same in a row, over and over, as one engine's life.
        var long = bench
        func all() {
            for input in inputs { _ = long.say(input) }
            _ = long.wait(.seconds(61))
        }
        for _ in 0..<3 { all() }
        let growth = Allocations.measure { for _ in 0..<4 { all() } }.heap.held
        print("| a table, \(state), \(inputs.count * 4) inputs | - | \(growth) | - |")
        #expect(growth < 32_768)
    }

    @Test(
        "an honest neighbour is heard whatever another link brings", arguments: [TableBench.State.member, .leafAtHome])
    func honest(state: TableBench.State) throws {
        var bench = try TableBench(state)
        let hostile = Membership.LinkID(number: 2)
        _ = bench.say(.linkUp(hostile, peer: try Neighbour(3).key, isLeaf: false, outbound: false))
        for input in try inputs(bench) {
            switch input {
            case .pushReceived(let link, _) where link == hostile, .pullReceived(let link, _) where link == hostile:
                _ = bench.say(input)
            default: break
            }
        }
        let newcomer = try Neighbour(4)
        _ = bench.say(
            .pushReceived(TableBench.link, try Push(records: [newcomer.record()], heartbeats: [newcomer.heartbeat()])))
        #expect(bench.engine.isPresent(newcomer.key))
    }

    @Test("what statements make a table hold")
    func memory() throws {
        var bench = try TableBench(.member)
        func row(_ name: String, _ pushes: [[UInt8]], each count: Int, beside constant: Int) {
            let bytes = pushes.reduce(0) { $0 + $1.count }
            let held = Allocations.measure {
                for encoded in pushes {
                    guard let push = try? Push(decoding: encoded) else { continue }
                    _ = bench.say(.pushReceived(TableBench.link, push))
                }
                _ = bench.wait(.seconds(2))
            }.heap.held
            print("| \(name) | \(bytes / count) | \(held / count) | \(Double(held * 10 / bytes) / 10) |")
            #expect(held <= 4 * bytes + constant * count, "\(name)")
        }
        let neighbours = try (10..<110).map { try Neighbour($0) }
        row(
            "a member's record and heartbeat",
            try neighbours.map { try Push(records: [$0.record()], heartbeats: [$0.heartbeat()]).encoded() }, each: 100,
            beside: 1_024)
        #expect(bench.engine.allKnownCount == 102)
        row(
            "the proof that a member said two things",
            try neighbours.map { try Push(records: [$0.record(capabilities: 1)], heartbeats: []).encoded() }, each: 100,
            beside: 1_024)
        let strangers = try (200..<300).map { try Neighbour($0) }
        row(
            "a heartbeat without a record",
            try strangers.map { try Push(records: [], heartbeats: [$0.heartbeat()]).encoded() }, each: 100, beside: 16)
        let month = Puzzle.month(at: Neighbour.wall, policy: testPolicy)
        let unsolved = try strangers.map { stranger in
            let nonce = try #require(
                (0..<UInt8.max).lazy.map { [UInt8](repeating: $0, count: 16) }.first { nonce in
                    guard let puzzle = try? PuzzleSolution(month: month, nonce: nonce) else { return false }
                    return Puzzle.check(puzzle, nodeKey: stranger.key, policy: testPolicy) == nil
                })
            return try Push(
                records: [stranger.record(puzzle: PuzzleSolution(month: month, nonce: nonce))], heartbeats: []
            ).encoded()
        }
        bench.engine.linkTable = try TableBench(.member).engine.linkTable
        row("a record whose puzzle is not solved", unsolved, each: 100, beside: 256)
    }
}
