// A door that does not join, or joins and meddles. Both sides try three doors in turn, and what goes through one is
// sealed: it can lose a conversation and change nothing in it. See Protocol/05-homes-and-doors.md, "Doors".

import Essentials
import Identity
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct EvilDoorTests {
    struct Misdeed: Sendable, CustomTestStringConvertible {
        let name: String
        /// One of these counters says so.
        let counters: [String]
        let install: @Sendable (EvilMember) -> Void
        var testDescription: String { name }

        /// Does something else with the bytes between two joined halves, counted per pair from the first.
        static func passing(
            _ name: String, _ counters: [String],
            _ act: @escaping @Sendable (EvilMember, EvilArrival, EvilArrival, [UInt8], Int) -> Void
        ) -> Misdeed {
            Misdeed(name: name, counters: counters) { evil in
                var pieces: [UInt64: Int] = [:]
                evil.onPassing = { [unowned evil] from, to, bytes in
                    pieces[from.number, default: 0] += 1
                    act(evil, from, to, bytes, pieces[from.number, default: 0])
                    return true
                }
            }
        }
    }

    private static let broken = [
        "conversation.interrupted", "conversation.ended.interrupted", "conversation.ended.neverStarted",
    ]
    private static let violated = ["conversation.violation.channel"]
    private static let nextDoor = ["pairing.anotherDoor"]

    static let misdeeds: [Misdeed] = [
        Misdeed(name: "never answers a half", counters: nextDoor) { $0.onJoin = { _, _ in true } },
        Misdeed(name: "refuses every half", counters: broken) { evil in
            evil.onJoin = { arrival, _ in
                arrival.answer(.join(JoinAnswer(code: .refused)))
                return true
            }
        },
        Misdeed(name: "resets every half with an odd code", counters: broken) { evil in
            evil.onJoin = { arrival, _ in
                arrival.stream.reset(4_711)
                return true
            }
        },
        Misdeed(name: "lets both halves wait for ever", counters: nextDoor) { evil in
            evil.onJoin = { arrival, _ in
                arrival.answer(.join(JoinAnswer(code: .waiting)))
                return true
            }
        },
        Misdeed(name: "tells both halves that they are joined, and joins nobody", counters: nextDoor) { evil in
            evil.onJoin = { arrival, _ in
                arrival.answer(.join(JoinAnswer(code: .joined)))
                return true
            }
        },
        Misdeed(name: "answers a half as if it had deposited", counters: ["relaying.pipesFailed"]) { evil in
            evil.onJoin = { arrival, _ in
                arrival.answer(.receipt(Receipt(code: 1)))
                return true
            }
        },
        Misdeed(name: "joins each half to itself", counters: violated + broken) { evil in
            evil.onJoin = { arrival, _ in
                arrival.answer(.join(JoinAnswer(code: .joined)))
                arrival.raw = { [unowned arrival] in arrival.stream.write($0) }
                arrival.passHeld()
                return true
            }
        },
        Misdeed(name: "joins whoever comes with whoever came before", counters: violated + nextDoor) { evil in
            var last: EvilArrival?
            evil.onJoin = { [unowned evil] arrival, _ in
                guard let first = last else {
                    last = arrival
                    arrival.answer(.join(JoinAnswer(code: .waiting)))
                    return true
                }
                last = arrival
                arrival.answer(.join(JoinAnswer(code: .joined)))
                evil.bridge(first, arrival)
                return true
            }
        },
        Misdeed(name: "sends noise to a half before anybody came", counters: violated + broken) { evil in
            evil.onJoin = { [unowned evil] arrival, token in
                evil.join(arrival, token)
                arrival.stream.write([UInt8](repeating: 0x55, count: 500))
                return true
            }
        },
        .passing("passes one direction only", broken) { _, from, to, bytes, _ in
            if from.number < to.number { to.stream.write(bytes) }
        },
        .passing("drops the conversation in the middle", broken) { _, from, to, bytes, piece in
            to.stream.write(bytes)
            guard piece >= 4 else { return }
            to.stream.reset(9)
            from.stream.reset(9)
        },
        .passing("ends the conversation cleanly in the middle", broken) { _, from, to, bytes, piece in
            to.stream.write(bytes)
            guard piece >= 4 else { return }
            to.stream.finish()
            from.stream.finish()
        },
        .passing("injects bytes of its own", violated) { _, _, to, bytes, piece in
            to.stream.write(bytes)
            if piece == 3 { to.stream.write([0, 128] + [UInt8](repeating: 9, count: 128)) }
        },
        .passing("flips a bit", violated) { _, _, to, bytes, piece in
            var bytes = bytes
            if piece == 3, !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 }
            to.stream.write(bytes)
        },
        .passing("says everything twice", violated) { _, _, to, bytes, _ in to.stream.write(bytes + bytes) },
        .passing("repeats one packet later", violated) { evil, _, to, bytes, piece in
            to.stream.write(bytes)
            if piece == 3 { evil.after(.milliseconds(50)) { to.stream.write(bytes) } }
        },
        .passing("leaves a piece out", violated + broken) { _, _, to, bytes, piece in
            if piece != 3 { to.stream.write(bytes) }
        },
        .passing("cuts a piece short", violated + broken) { _, _, to, bytes, piece in
            to.stream.write(piece == 3 ? Array(bytes.dropLast(40)) : bytes)
        },
        .passing("lets a later piece overtake", violated + broken) { evil, _, to, bytes, piece in
            guard piece == 3 else { return to.stream.write(bytes) }
            evil.after(.milliseconds(400)) { to.stream.write(bytes) }
        },
        .passing("holds everything back from the third piece on", broken) { _, _, to, bytes, piece in
            if piece < 3 { to.stream.write(bytes) }
        },
        .passing("sends everything back to who said it", violated + broken) { _, from, to, bytes, piece in
            if piece < 3 { to.stream.write(bytes) } else { from.stream.write(bytes) }
        },
    ]

    @Test("whatever one door does, the two meet through it or another, and no text comes changed", arguments: misdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        let town = try EvilTown(members: 2, evil: 1, seed: 3)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        town.pass(.seconds(5))
        misdeed.install(evil)
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        var times: [Int64] = []
        func hasShown() -> Bool { misdeed.counters.contains { town.counter($0) > 0 } }
        // A third of the pairings have it for their first door; some misdeeds show in a few of those only.
        while evil.played["join", default: 0] < 6 || !hasShown(), times.count < 40 {
            let taken = town.meet(ann, ben, within: .seconds(90))
            #expect(taken != nil)
            times.append(taken?.milliseconds ?? -1)
            // Long enough that what is held back is noticed.
            town.pass(.seconds(1))
        }
        #expect(evil.played["join", default: 0] >= 6)
        town.pass(.seconds(15))
        let said = misdeed.counters.map { town.counter($0) }
        #expect(said.contains { $0 > 0 }, "one of \(misdeed.counters) says so")
        let texts = [ann, ben].flatMap { town.told($0) }.compactMap {
            if case .gotMessage(let text) = $0 { text } else { nil }
        }
        #expect(Set(texts).count == texts.count && texts.allSatisfy { $0.hasPrefix("hi ") || $0.hasPrefix("hello ") })
        evil.onJoin = nil
        evil.onPassing = nil
        #expect(town.meet(ann, ben) != nil)
        print("door \(misdeed.name): met after \(times) ms; \(said)")
    }

    /// What the responder says first: the second message of KK and its Opening, each with its length.
    private static let answer = 2 + 48
    private static let answerAndOpening = answer + 2 + 128

    @Test("a door that is slow with one side's Opening does not make the two settle on different doors")
    func oneWay() throws {
        let town = try EvilTown(members: 2, evil: 1, seed: 3)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        town.pass(.seconds(5))
        var slowed = 0
        var late: [UInt64: [UInt8]] = [:]
        evil.onPassing = { [unowned evil] from, to, bytes in
            let number = from.number
            if let waiting = late[number] {
                late[number] = waiting + bytes
                return true
            }
            guard bytes.count == Self.answerAndOpening else { return false }
            // About when the next door has been tried and stands as well, in steps that are shorter than the way.
            let pause = Span.milliseconds(1_000 + 40 * Int64(slowed))
            slowed += 1
            late[number] = Array(bytes.dropFirst(Self.answer))
            evil.after(pause) { to.stream.write(Array(bytes.prefix(Self.answer))) }
            evil.after(pause + .milliseconds(800)) { to.stream.write(late.removeValue(forKey: number) ?? []) }
            return true
        }
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        for _ in 0..<60 where slowed < 15 {
            #expect(town.meet(ann, ben, within: .seconds(90)) != nil)
            town.pass(.seconds(3))
        }
        #expect(slowed >= 15)
        for leaf in [ann, ben] { #expect(!town.told(leaf).contains(.interrupted)) }
        #expect(town.counter("conversation.ended.interrupted") == 0)
        #expect(town.counter("pairing.anotherDoor") >= 5, "the next door was tried meanwhile")
    }
}
