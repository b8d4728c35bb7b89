// The relay: whom it hands on, whereto and how many; between a home and a door that are played by hand.

import Essentials
import Identity
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Relays")
struct RelayDutyTests {
    /// Asks the bench for a pipe to `node` and puts `behind` behind it.
    @discardableResult
    private func extend(
        _ peer: RawPeer, _ number: UInt32, to node: NodeKey, seed: UInt8, behind: [UInt8] = [1, 2, 3],
        kind: [UInt8] = StreamOpening.arrival(.voice)
    ) throws -> RawPipe {
        let pipe = RawPipe(to: peer.bench, seed: seed)
        let request = try pipe.request(.extend(Extend(node: node.bytes)))
        try peer.send(.open, number, kind + request + behind)
        return pipe
    }

    private func code(_ pipe: RawPipe, _ frames: [Frame], _ number: UInt32) throws -> ExtendAnswer.Code? {
        let bytes = Array(frames.data(of: number).prefix(114))
        guard case .extend(let answer)? = try pipe.answer(bytes) else { return nil }
        return answer.code
    }

    @Test("what follows the request goes on as an extended arrival, with the same priority, and back comes what comes")
    func handsOn() throws {
        let bench = try Bench()
        let home = try RawPeer(bench, seed: 30).becomeMember()
        let door = try RawPeer(bench, seed: 31).becomeMember()
        _ = try door.takeFrames()
        let pipe = try extend(home, 1, to: door.identity.value.nodeKey, seed: 1)
        #expect(try code(pipe, try home.takeFrames(), 1) == .extended)
        let opened = try #require(try door.takeFrames().first { $0.kind == .open })
        #expect(Array(opened.payload) == [3, 2, 1, 2, 3])
        #expect(bench.engine.value.arrivals.isEmpty)
        try home.send(.data, 1, Fixtures.pattern(9_000))
        #expect(try door.takeFrames().data(of: opened.stream) == Fixtures.pattern(9_000))
        try door.send(.data, opened.stream, [4, 5])
        #expect(try home.takeFrames().data(of: 1) == [4, 5])
        try door.send(.finish, opened.stream)
        #expect(try home.takeFrames().has(.finish, of: 1))
        try home.send(.reset, 1, [0, 1])
        #expect(try door.takeFrames().reset(of: opened.stream) == .cancelled)
        #expect(bench.count(.extensionsOpened) == 1 && bench.count(.joinedEnded) == 0)
    }

    @Test("without a link it waits for three seconds with what came, and longer for nobody")
    func waits() throws {
        let bench = try Bench()
        let home = try RawPeer(bench, seed: 30).becomeMember()
        let late = RawPeer(bench, seed: 31)
        try extend(home, 1, to: late.identity.value.nodeKey, seed: 1)
        try extend(home, 3, to: NodeKey(Blake2b.hash([7])), seed: 2)
        let wanted = bench.effects.compactMap { if case .linkWanted(let node) = $0 { node } else { nil } }
        #expect(wanted == [late.identity.value.nodeKey, NodeKey(Blake2b.hash([7]))])
        try home.send(.data, 1, [4])
        bench.pass(.seconds(2))
        try late.becomeMember()
        let opened = try #require(try late.takeFrames().first { $0.kind == .open })
        #expect(Array(opened.payload) == [3, 2, 1, 2, 3, 4])
        bench.pass(.milliseconds(1_100))
        let frames = try home.takeFrames()
        #expect(frames.reset(of: 3) == .unreachable && frames.reset(of: 1) == nil)
        // Nobody makes it dial who is known to be absent.
        try extend(home, 5, to: bench.knowMember(isPresent: false), seed: 3)
        #expect(try home.takeFrames().reset(of: 5) == .unreachable)
    }

    @Test("what waits for a link at a relay is bounded, as at a home")
    func waiting() throws {
        var limits = Bench.limits
        limits.carriagesWaiting = 2
        let bench = try Bench(limits: limits)
        let home = try RawPeer(bench, seed: 30).becomeMember()
        let elsewhere = bench.knowMember()
        for number in [1, 3, 5] as [UInt32] { try extend(home, number, to: elsewhere, seed: UInt8(number)) }
        let frames = try home.takeFrames()
        #expect(frames.filter { $0.kind == .reset }.map(\.stream) == [5])
        #expect(frames.reset(of: 5) == .overloaded)
    }

    @Test("more than a relay holds while it waits resets the stream")
    func overrun() throws {
        let bench = try Bench()
        let home = try RawPeer(bench, seed: 30).becomeMember()
        try extend(home, 1, to: bench.knowMember(), seed: 1, behind: Fixtures.pattern(4_096))
        try home.send(.data, 1, Fixtures.pattern(12_288))
        #expect(try home.takeFrames().reset(of: 1) == nil)
        try home.send(.data, 1, [1])
        #expect(try home.takeFrames().reset(of: 1) == .overloaded)
        try extend(home, 3, to: bench.knowMember(), seed: 2, behind: Fixtures.pattern(4_097))
        #expect(try home.takeFrames().reset(of: 3) == .overloaded)
    }

    @Test("an extended arrival goes no further, and brings no deposit; a half it may be")
    func noChains() throws {
        let bench = try Bench()
        let relay = try RawPeer(bench, seed: 30).becomeMember()
        let door = try RawPeer(bench, seed: 31).becomeMember()
        let kind = StreamOpening.extended(.text)
        let pipe = try extend(relay, 1, to: door.identity.value.nodeKey, seed: 1, kind: kind)
        let frames = try relay.takeFrames()
        #expect(try code(pipe, frames, 1) == .refused)
        #expect(frames.has(.finish, of: 1))
        try relay.send(.open, 3, kind + (try RawPipe(to: bench, seed: 2).request(try Fixtures.deposit())))
        #expect(try relay.takeFrames().reset(of: 3) == .notAllowed)
        #expect(bench.arrivals.isEmpty)
        let half = RawPipe(to: bench, seed: 3)
        try relay.send(.open, 5, kind + (try half.request(Fixtures.join(1))))
        let answer = try half.answer(try relay.takeFrames().data(of: 5))
        #expect(answer == .join(JoinAnswer(code: .waiting)))
        #expect(try !door.takeFrames().contains { $0.kind == .open })
    }

    @Test("a leaf's own home is no relay for it, nor is a member to itself, nor one that is no home")
    func whoNot() throws {
        let bench = try Bench()
        let own = bench.identity.value.nodeKey
        let member = try RawPeer(bench, seed: 30).becomeMember()
        let leaf = try RawPeer(bench, seed: 31, asLeaf: true).becomeLeaf()
        let other = member.identity.value.nodeKey
        let carry = StreamOpening.carry(to: own.bytes, .text)
        let byLeaf = try extend(leaf, 1, to: other, seed: 1, kind: carry)
        #expect(try code(byLeaf, try leaf.takeFrames(), 1) == .refused)
        let toItself = try extend(member, 1, to: own, seed: 2)
        #expect(try code(toItself, try member.takeFrames(), 1) == .refused)
        bench.give(
            .membersChanged([
                KnownMember(
                    node: own, channel: bench.identity.value.channelKey, addresses: [Fixtures.endpoint(0)],
                    isPresent: true, servesAsHome: false)
            ]))
        let atNoHome = try extend(member, 3, to: NodeKey(Blake2b.hash([7])), seed: 3)
        #expect(try code(atNoHome, try member.takeFrames(), 3) == .refused)
        #expect(bench.count(.extensionsRefused) == 3)
    }

    @Test("only so many go on at once, over one link and over all; what has ended makes room")
    func limits() throws {
        var limits = Bench.limits
        limits.extensionsAtOnce = 3
        limits.extensionsPerLink = 2
        let bench = try Bench(limits: limits)
        let one = try RawPeer(bench, seed: 30).becomeMember()
        let two = try RawPeer(bench, seed: 31).becomeMember()
        let door = try RawPeer(bench, seed: 32).becomeMember()
        let node = door.identity.value.nodeKey
        var seed: UInt8 = 0
        func ask(_ peer: RawPeer, _ number: UInt32) throws -> ExtendAnswer.Code? {
            seed += 1
            let pipe = try extend(peer, number, to: node, seed: seed)
            return try code(pipe, try peer.takeFrames(), number)
        }
        #expect(try ask(one, 1) == .extended)
        #expect(try ask(one, 3) == .extended)
        #expect(try ask(one, 5) == .refused)
        #expect(try ask(two, 1) == .extended)
        #expect(try ask(two, 3) == .refused)
        try one.send(.reset, 1, [0, 1])
        #expect(try ask(two, 5) == .extended)
        bench.give(.connectionClosed(two.connection))
        #expect(try ask(one, 7) == .extended)
        #expect(try ask(one, 9) == .refused)
        #expect(bench.engine.value.extensions.count == 2)
    }
}
