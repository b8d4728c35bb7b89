// Doors: two halves with one token are joined, once.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Doors")
struct DoorTests {
    private func half(_ peer: RawPeer, _ number: UInt32, _ token: UInt8, seed: UInt8, early: [UInt8] = []) throws
        -> RawPipe
    {
        let pipe = RawPipe(to: peer.bench, seed: seed)
        try peer.send(.open, number, RawPeer.arrival(try pipe.request(Fixtures.join(token)) + early))
        return pipe
    }

    private func answer(_ pipe: RawPipe, _ frames: [Frame], _ number: UInt32) throws -> JoinAnswer.Code? {
        // The second message has 112 bytes: a key, a block and a tag.
        guard case .join(let join)? = try pipe.answer(Array(frames.data(of: number).prefix(114))) else { return nil }
        return join.code
    }

    @Test("two halves are joined; a third, and any later one with the token, is refused")
    func third() throws {
        let bench = try Bench()
        let one = try RawPeer(bench, seed: 30).becomeMember()
        let two = try RawPeer(bench, seed: 31).becomeMember()
        let first = try half(one, 1, 7, seed: 1)
        let second = try half(two, 1, 7, seed: 2)
        let third = try half(two, 3, 7, seed: 3)
        let (left, right) = (try one.takeFrames(), try two.takeFrames())
        #expect(try answer(first, left, 1) == .waiting)
        #expect(try answer(second, right, 1) == .joined)
        #expect(try answer(third, right, 3) == .refused)
        #expect(right.has(.finish, of: 3))
        try one.send(.data, 1, [1, 2, 3])
        #expect(try two.takeFrames().data(of: 1) == [1, 2, 3])
        try one.send(.reset, 1, [0, 1])
        #expect(try two.takeFrames().reset(of: 1) == .cancelled)
        let late = try half(one, 3, 7, seed: 4)
        #expect(try answer(late, try one.takeFrames(), 3) == .refused)
        #expect(bench.count(.joinsRefused) == 2)
        #expect(bench.count(.joinedEnded) == 1)
    }

    @Test("a home that replays its leaf's half does not become the other half")
    func replay() throws {
        let bench = try Bench()
        let home = try RawPeer(bench, seed: 30).becomeMember()
        let other = try RawPeer(bench, seed: 31).becomeMember()
        let request = try RawPipe(to: bench, seed: 1).request(Fixtures.join(7))
        try home.send(.open, 1, RawPeer.arrival(request))
        try home.send(.open, 3, RawPeer.arrival(request))
        #expect(try home.takeFrames().reset(of: 3) == .malformed)
        #expect(bench.count(.arrivalsReplayed) == 1)
        let honest = try half(other, 1, 7, seed: 2)
        #expect(try answer(honest, try other.takeFrames(), 1) == .joined)
    }

    @Test("bytes that come before the other half are held, up to a limit")
    func held() throws {
        let bench = try Bench()
        let one = try RawPeer(bench, seed: 30).becomeMember()
        let two = try RawPeer(bench, seed: 31).becomeMember()
        _ = try half(one, 1, 7, seed: 1, early: Fixtures.pattern(3_000))
        try one.send(.data, 1, Fixtures.pattern(1_096, salt: 1))
        _ = try half(two, 1, 7, seed: 2)
        #expect(
            try two.takeFrames().data(of: 1).dropFirst(114)
                == (Fixtures.pattern(3_000) + Fixtures.pattern(1_096, salt: 1))[...])
        _ = try half(one, 3, 8, seed: 3, early: Fixtures.pattern(4_000))
        #expect(try one.takeFrames().reset(of: 3) == nil)
        try one.send(.data, 3, [UInt8](repeating: 0, count: 97))
        #expect(try one.takeFrames().reset(of: 3) == .overloaded)
        _ = try half(one, 5, 9, seed: 4, early: Fixtures.pattern(4_097))
        #expect(try one.takeFrames().reset(of: 5) == .overloaded)
        #expect(bench.count(.doorsOverrun) == 2)
    }

    @Test("a half waits ten seconds, and its token may come again")
    func expiry() throws {
        let bench = try Bench()
        let one = try RawPeer(bench, seed: 30).becomeMember()
        _ = try half(one, 1, 7, seed: 1)
        for _ in 0..<11 {
            bench.pass(.seconds(1))
            try one.send(.ping, 0, [UInt8](repeating: 0, count: 8))
        }
        #expect(try one.takeFrames().reset(of: 1) == .expired)
        #expect(bench.count(.joinsExpired) == 1)
        let again = try half(one, 3, 7, seed: 2)
        #expect(try answer(again, try one.takeFrames(), 3) == .waiting)
    }

    @Test("a half that goes before the other comes leaves nothing behind")
    func leaves() throws {
        let bench = try Bench()
        let one = try RawPeer(bench, seed: 30).becomeMember()
        _ = try half(one, 1, 7, seed: 1)
        try one.send(.finish, 1)
        _ = try half(one, 3, 8, seed: 2)
        try one.send(.reset, 3, [0, 1])
        let two = try RawPeer(bench, seed: 31).becomeMember()
        _ = try half(one, 5, 9, seed: 3)
        bench.give(.connectionClosed(one.connection))
        for (number, token) in [(UInt32(1), UInt8(7)), (3, 8), (5, 9)] {
            let pipe = try half(two, number, token, seed: 10 + token)
            #expect(try answer(pipe, try two.takeFrames(), number) == .waiting)
        }
    }

    @Test("waiting halves are bounded for each link and in total")
    func caps() {
        var limits = RelayingLimits()
        limits.doorWaiting = 3
        limits.doorWaitingPerLink = 2
        var doors = Doors(limits: limits)
        func token(_ byte: UInt8) -> Bytes32 { Blake2b.hash([byte]) }
        func arrive(_ byte: UInt8, _ link: UInt64) -> Doors.Verdict {
            doors.arrive(ArrivalID(number: UInt64(byte)), token: token(byte), over: LinkID(number: link))
        }
        #expect(arrive(1, 1) == .waits && arrive(2, 1) == .waits)
        #expect(arrive(3, 1) == .refused)
        #expect(arrive(4, 2) == .waits)
        #expect(arrive(5, 3) == .refused)
        // The other half of one that waits always finds it.
        #expect(
            doors.arrive(ArrivalID(number: 9), token: token(1), over: LinkID(number: 1)) == .joins(ArrivalID(number: 1))
        )
        #expect(arrive(6, 1) == .waits)
        doors.leave(token(6))
        doors.leave(token(6))
        #expect(doors.count == 2)
    }

    @Test("candidates follow from both nonces and the placement keys, in the same order for both sides")
    func candidates() throws {
        var random = Fixtures.random(1)
        let members = (0..<20).map { _ in (NodeKey(random.bytes32()), PlacementKey(random.bytes32())) }
        let (one, two) = (random.bytes32(), random.bytes32())
        let chosen = DoorChoice.candidates(network: 5, nonces: (one, two), members: members)
        #expect(chosen.count == 3)
        #expect(DoorChoice.candidates(network: 5, nonces: (two, one), members: members.reversed()) == chosen)
        #expect(DoorChoice.candidates(network: 6, nonces: (one, two), members: members) != chosen)
        #expect(DoorChoice.candidates(network: 5, nonces: (one, random.bytes32()), members: members) != chosen)
        let all = DoorChoice.candidates(network: 5, nonces: (one, two), members: members, count: 100)
        #expect(Set(all).count == 20 && Array(all.prefix(3)) == chosen)
        // The rule itself, spelled out.
        let (lower, higher) = (min(one, two), max(one, two))
        let ranks = members.map {
            (
                Blake2b.hash(
                    domain: "passant/door/1", [0, 0, 0, 0, 0, 0, 0, 5], lower.bytes, higher.bytes, $0.1.bytes.bytes),
                $0.0
            )
        }
        #expect(ranks.min { $0.0 < $1.0 }?.1 == chosen[0])
    }
}
