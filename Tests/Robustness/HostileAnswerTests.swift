// A seek in each of its states, and everything that keepers can tell it there.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Hostile answers")
struct HostileAnswerTests {
    enum State: CaseIterable, CustomTestStringConvertible {
        case timeless, keeperless, waiting, deposited, fetching, matched, cancelled
        var testDescription: String { "\(self)" }
    }

    /// A seek before its round's answers, and what five honest keepers would answer, with and without offers.
    struct Moments {
        var seeks: Seeks
        let keepers: [TestMember]
        let bare: [RoundAnswer]
        let full: [RoundAnswer]
        /// Of the round before.
        let stale: [RoundAnswer]
        let now: Moment
        var round: UInt64 { World.firstRound + 2 }
    }

    static func moments() throws -> Moments {
        let world = World(members: 5, seekers: 6)
        var heard: [UInt64: [Int: [RoundAnswer]]] = [:]
        for (place, member) in world.members.enumerated() {
            member.tamper = { effect in
                guard case .answer(_, let answer) = effect, let body = try? RoundAnswerBody(decoding: answer.body)
                else { return [effect] }
                heard[body.round, default: [:]][place, default: []].append(answer)
                return []
            }
        }
        for seeker in 0..<6 { world.at(300) { $0.seek(seeker) } }
        world.run(until: 3_400)
        func pick(_ round: UInt64, full: Bool) throws -> [RoundAnswer] {
            try world.members.indices.map { place in
                try #require(
                    heard[round]?[place]?.first { $0.listings.contains { $0.offer != nil } == full })
            }
        }
        let round = World.firstRound + 2
        return Moments(
            seeks: world.seekers[0].seeks, keepers: world.members, bare: try pick(round, full: false),
            full: try pick(round, full: true), stale: try pick(World.firstRound, full: true), now: world.now)
    }

    private static func matched(_ effects: [SeeksEffect]) -> Pairing? {
        effects.lazy.compactMap { if case .matched(_, let pairing) = $0 { pairing } else { nil } }.first
    }

    /// The answers of three of the five.
    private static func honest(_ moments: Moments) -> [(Int, RoundAnswer)] { [0, 1, 3].map { ($0, moments.full[$0]) } }

    private static func counters(_ effects: [SeeksEffect]) -> [PairingCounter] {
        effects.compactMap { if case .count(let counter) = $0 { counter } else { nil } }
    }

    /// What a seek does that hears these from keepers, and then its timer.
    private static func hear(
        _ moments: Moments, _ answers: [(Int, RoundAnswer)], round: UInt64? = nil
    ) -> [SeeksEffect] {
        var seeks = moments.seeks
        var random = RandomStream(seed: .zero)
        var effects: [SeeksEffect] = []
        for (keeper, answer) in answers {
            effects += seeks.handle(
                .answerReceived(
                    SeekID(number: 1), round: round ?? moments.round, keeper: moments.keepers[keeper].nodeKey, answer),
                at: moments.now, using: &random)
        }
        for wait in [Span.milliseconds(600), .milliseconds(1_000)] {
            effects += seeks.handle(.timerFired, at: moments.now + wait, using: &random)
        }
        return effects
    }

    @Test("one keeper's answer with any bit flipped leads nobody to another stranger")
    func flipped() throws {
        let moments = try Self.moments()
        let honest = try #require(Self.matched(Self.hear(moments, Self.honest(moments))))
        for (answers, step) in [(moments.bare, 23), (moments.full, 101)] {
            let encoded = KeeperMessage.answer(answers[2]).encoded()
            var heardWhole = 0
            for bit in stride(from: 0, to: encoded.count * 8, by: step) {
                var bytes = encoded
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                guard case .answer(let answer)? = try? KeeperMessage(decoding: bytes) else { continue }
                // Offers may be left out, and a field that is missing may mean the same.
                let isSame =
                    answer.body == answers[2].body && answer.signature == answers[2].signature
                    && answer.listings.map(\.digest) == answers[2].listings.map(\.digest)
                    && answer.listings.map(\.index) == answers[2].listings.map(\.index)
                    && answer.listings.map(\.share) == answers[2].listings.map(\.share)
                    && answer.listings.map(\.path) == answers[2].listings.map(\.path)
                    && zip(answer.listings, answers[2].listings).allSatisfy { $0.offer == nil || $0.offer == $1.offer }
                let effects = Self.hear(moments, [(2, answer)] + Self.honest(moments))
                #expect(Self.matched(effects)?.prologue == honest.prologue, "bit \(bit)")
                let isClean = Self.counters(effects).allSatisfy { !"\($0)".hasPrefix("answer") && $0 != .bodyUnfit }
                if isClean, !isSame { heardWhole += 1 }
            }
            // Whatever is signed is guarded by the signature, and shares and paths by the offers' roots.
            #expect(heardWhole == 0)
        }
    }

    @Test("answers of another round, keeper, mesh, epoch or shard count for nothing")
    func mixed() throws {
        let moments = try Self.moments()
        let member = moments.keepers[2]
        let honest = moments.full[2]
        let others: [(String, RoundAnswer)] = [
            ("another round's", moments.stale[2]), ("another keeper's", moments.full[1]),
            ("another mesh", try member.change(honest, network: testPolicy.id &+ 1)),
            ("another epoch", try member.change(honest, epoch: 1)),
            ("another shard", try member.change(honest, shard: 1)),
            ("another depth", try member.change(honest, depth: 1)), ("round 0", try member.change(honest, round: 0)),
            ("the last round", try member.change(honest, round: .max)),
            ("another's name", try member.change(honest, keeper: moments.keepers[1].nodeKey.bytes)),
        ]
        let pairing = try #require(Self.matched(Self.hear(moments, Self.honest(moments))))
        for (name, answer) in others {
            let effects = Self.hear(moments, [(2, answer)] + Self.honest(moments))
            #expect(Self.matched(effects)?.prologue == pairing.prologue, "\(name)")
            // With two honest keepers there is no majority, and a false answer does not make one.
            #expect(Self.matched(Self.hear(moments, [(2, answer)] + Self.honest(moments).dropLast())) == nil, "\(name)")
        }
        // The same answers, said to belong to another round of ours, are not heard at all.
        for round in [0, moments.round - 1, moments.round + 1, .max] {
            #expect(Self.matched(Self.hear(moments, Self.honest(moments), round: round)) == nil)
        }
    }

    /// A bench in the state.
    private func bench(_ state: State, _ moments: Moments) throws -> (Seeks, Moment) {
        var random = RandomStream(seed: .zero)
        let bench = SeekBench(keepers: state == .keeperless ? 0 : 3, clock: state != .timeless)
        switch state {
        case .timeless, .keeperless:
            bench.ask(at: 100)
            return (bench.seeks, bench.now)
        case .waiting:
            bench.ask(at: 990)
            return (bench.seeks, bench.now)
        case .deposited: return (moments.seeks, moments.now)
        case .fetching:
            var seeks = moments.seeks
            for keeper in 0..<5 {
                _ = seeks.handle(
                    .answerReceived(
                        SeekID(number: 1), round: moments.round, keeper: moments.keepers[keeper].nodeKey,
                        moments.bare[keeper]), at: moments.now, using: &random)
            }
            return (seeks, moments.now)
        case .matched, .cancelled:
            var seeks = moments.seeks
            for keeper in 0..<5 {
                _ = seeks.handle(
                    .answerReceived(
                        SeekID(number: 1), round: moments.round, keeper: moments.keepers[keeper].nodeKey,
                        moments.full[keeper]), at: moments.now, using: &random)
            }
            if state == .cancelled {
                _ = seeks.handle(.seekCancelled(SeekID(number: 1)), at: moments.now, using: &random)
            }
            return (seeks, moments.now)
        }
    }

    /// Everything that can be said to a seek, right and wrong.
    private func inputs(_ moments: Moments) throws -> [SeeksInput] {
        let seeks = [SeekID(number: 1), SeekID(number: 2), SeekID(number: .max)]
        let keepers = [moments.keepers[0].nodeKey, NodeKey(.zero)]
        var inputs: [SeeksInput] = []
        for seek in seeks {
            for keeper in keepers {
                for round in [0, moments.round, moments.round + 1, .max] {
                    for code in [0, 1, 2, 8, 10, 11, .max] as [UInt32] {
                        inputs.append(.receiptReceived(seek, round: round, keeper: keeper, Receipt(code: code)))
                    }
                    for answer in [moments.bare[0], moments.full[1], moments.stale[0]] {
                        inputs.append(.answerReceived(seek, round: round, keeper: keeper, answer))
                    }
                    for offers in [[], [[UInt8(1)]], moments.full[0].listings.compactMap(\.offer)] {
                        inputs.append(.bodiesReceived(seek, round: round, keeper: keeper, try Bodies(offers: offers)))
                    }
                    inputs.append(.keeperFailed(seek, round: round, keeper: keeper))
                }
            }
            inputs.append(.pairingFailed(seek))
        }
        for number in [0, 1, 2, .max] as [UInt64] {
            for count in [0, 15, 16, 17] {
                inputs.append(.stampMade(number, nonce: [UInt8](repeating: 3, count: count)))
            }
        }
        for milliseconds in [0, 1, World.start.milliseconds, .max - 1, .max] as [UInt64] {
            inputs.append(.clockSet(MeshClock(wallAtOrigin: WallTime(milliseconds: milliseconds))))
        }
        return inputs + [.membersChanged([]), .timerFired]
    }

    @Test("every input in every state: no trap, no timer that spins, nothing that grows", arguments: State.allCases)
    func table(state: State) throws {
        let moments = try Self.moments()
        let (first, now) = try bench(state, moments)
        let phase = first.seeks[SeekID(number: 1)].map { "\("\($0.phase)".prefix { $0 != "(" })" }
        let isAbsent = state == .timeless || state == .keeperless
        let name = isAbsent ? "lacking" : state == .matched ? "resting" : "\(state)"
        #expect(phase == (state == .cancelled ? nil : name))
        var random = RandomStream(seed: .zero)
        let inputs = try inputs(moments)
        for input in inputs {
            var seeks = first
            for _ in 0..<2 { _ = seeks.handle(input, at: now, using: &random) }
            var time = now
            for _ in 0..<40 {
                guard let due = seeks.nextDeadline(), due <= now + .seconds(3) else { break }
                #expect(due > time || seeks.nextDeadline() == due)
                time = max(time, due)
                _ = seeks.handle(.timerFired, at: time, using: &random)
                #expect((seeks.nextDeadline() ?? .distantFuture) > time, "\(input)")
            }
        }
        // All of them, over and over: what the seek holds after ten times is what it held after two.
        var seeks = first
        func all() { for input in inputs { _ = seeks.handle(input, at: now, using: &random) } }
        all()
        all()
        let growth = Allocations.measure { for _ in 0..<8 { all() } }.heap.held
        print("| a seek, \(state), \(inputs.count * 8) inputs | - | \(growth) | - |")
        #expect(growth < 16_384)
    }

    @Test("what keepers' answers make a seek hold is close to their bytes")
    func memory() throws {
        let moments = try Self.moments()
        var random = RandomStream(seed: .zero)
        let encoded = moments.full[0].encoded()
        var held = 0
        // Once for what the runtime takes at the first use, and once to count.
        for _ in 0..<2 {
            var seeks = moments.seeks
            // Its own copy of what is shared with the scene.
            _ = seeks.handle(.timerFired, at: moments.now, using: &random)
            held =
                Allocations.measure {
                    guard let answer = try? RoundAnswer(decoding: encoded) else { return }
                    _ = seeks.handle(
                        .answerReceived(
                            SeekID(number: 1), round: moments.round, keeper: moments.keepers[0].nodeKey, answer),
                        at: moments.now, using: &random)
                }.heap.held
            withExtendedLifetime(seeks) {}
        }
        let size = encoded.count
        print("| an answer with its offers, at a seek | \(size) | \(held) | \(Double(held * 10 / size) / 10) |")
        #expect(held <= 4 * encoded.count + 2_048)
    }
}
