// Pipes over a relay: whole paths, and the leaf's side with a home that is played by hand.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

@Suite("Pipes over a relay")
struct ExtendingTests {
    private static let extended = Answer.extend(ExtendAnswer(code: .extended))

    /// Two leaves with homes, a relay and a door that are home to neither.
    private func mesh() throws -> (
        world: RelayWorld, one: WorldNode, two: WorldNode, relay: WorldNode, door: WorldNode
    ) {
        let world = try RelayWorld()
        var quiet = RelayingLimits.standard
        quiet.wantsHomes = false
        for _ in 0..<8 { try world.addMember(limits: quiet) }
        let one = try world.addLeaf()
        let two = try world.addLeaf()
        world.introduce()
        #expect(world.run(for: .seconds(5)) { one.liveHomes.count == 2 && two.liveHomes.count == 2 })
        let homes = Set((one.liveHomes + two.liveHomes).map(\.node))
        let others = world.nodes.filter { $0.record != nil && !homes.contains($0.nodeKey) }
        try #require(others.count >= 2)
        return (world, one, two, others[0], others[1])
    }

    @Test("two leaves talk over a relay on either side, and the door sees relays only")
    func endToEnd() throws {
        let (world, one, two, relay, door) = try mesh()
        let first = world.open(1, from: one, to: door, Fixtures.join(3), early: Array("hello".utf8), via: relay)
        world.run(for: .milliseconds(500))
        #expect(one.answers[first] == [Self.extended, .join(JoinAnswer(code: .waiting))])
        let second = world.open(1, from: two, to: door, Fixtures.join(3), via: relay)
        world.run(for: .milliseconds(500))
        #expect(two.answers[second] == [Self.extended, .join(JoinAnswer(code: .joined))])
        #expect(two.received[second] == Array("hello".utf8))
        #expect(world.pour(Fixtures.pattern(200_000), into: second, of: two, within: .seconds(30)))
        world.give(one, .pipeAsked(first, .write([4, 5])))
        world.run(for: .seconds(5))
        #expect(one.received[first] == Fixtures.pattern(200_000))
        #expect(two.received[second] == Array("hello".utf8) + [4, 5])
        #expect(relay.count(.extensionsOpened) == 2 && door.count(.joinsJoined) == 1)
        #expect(!door.linksUp.isEmpty && door.linksUp.values.allSatisfy { $0.peer == relay.nodeKey })
        // Its end comes through, and the relay takes it for nothing of its own.
        world.give(one, .pipeAsked(first, .finish))
        world.give(two, .pipeAsked(second, .finish))
        world.run(for: .seconds(1))
        #expect(one.endings[first] == .finished && two.endings[second] == .finished)
        #expect(relay.count(.joinedEnded) == 0 && door.count(.joinedEnded) == 1)
    }

    @Test("one side with a relay meets one without")
    func oneSide() throws {
        let (world, one, two, relay, door) = try mesh()
        let first = world.open(1, from: one, to: door, Fixtures.join(3))
        world.run(for: .milliseconds(500))
        let second = world.open(1, from: two, to: door, Fixtures.join(3), early: [7], via: relay)
        world.run(for: .milliseconds(500))
        world.give(one, .pipeAsked(first, .write([1])))
        world.run(for: .milliseconds(500))
        #expect(one.received[first] == [7] && two.received[second] == [1])
    }

    @Test("when the relay dies, both leaves hear of it")
    func relayDies() throws {
        let (world, one, two, relay, door) = try mesh()
        let first = world.open(1, from: one, to: door, Fixtures.join(3), via: relay)
        world.run(for: .milliseconds(500))
        let second = world.open(1, from: two, to: door, Fixtures.join(3))
        world.run(for: .milliseconds(500))
        world.kill(relay)
        world.run(for: .seconds(1))
        #expect(one.endings[first] == .reset(.broken) && two.endings[second] == .reset(.broken))
    }

    @Test("a door that the relay cannot reach is reported as unreachable in time")
    func unreachable() throws {
        let (world, one, _, relay, door) = try mesh()
        world.kill(door)
        let pipe = world.open(1, from: one, to: door, Fixtures.join(3), via: relay)
        world.run(for: .seconds(5))
        #expect(one.answers[pipe] == [Self.extended] && one.endings[pipe] == .reset(.unreachable))
    }
}

@Suite("A leaf's pipes over a relay")
struct ExtendedPipeTests {
    private let home: RawHome
    private let relay = ExtendedPipeTests.identity(66)
    private let door = ExtendedPipeTests.identity(67)
    private let pipe = PipeID(number: 1)

    init() throws { home = try RawHome() }

    private static func identity(_ seed: UInt8) -> Owned<NodeIdentity> {
        var random = Fixtures.random(seed)
        return Owned(NodeIdentity.generate(using: &random))
    }

    private func opening(_ request: Request, early: Int = 0) -> PipeOpening {
        PipeOpening(
            through: home.link, to: door.value.nodeKey, channel: door.value.channelKey, request: request,
            early: [UInt8](repeating: 7, count: early),
            via: PipeRelay(node: relay.value.nodeKey, channel: relay.value.channelKey))
    }

    /// Opens it and gives its stream, the payload of the frame, and the two members' ends.
    private func open(early: Int = 0) throws -> (
        stream: UInt32, payload: [UInt8], relay: Owned<Channel>, door: Owned<Channel>
    ) {
        _ = try home.takeFrames()
        home.bench.give(.pipeAsked(pipe, .open(opening(Fixtures.join(5), early: early))))
        let frame = try #require(try home.takeFrames().first { $0.kind == .open })
        return (frame.stream, Array(frame.payload), home.answerer(relay.value), home.answerer(door.value))
    }

    private func extended(_ relay: Owned<Channel>, _ payload: [UInt8], _ code: ExtendAnswer.Code) throws -> [UInt8] {
        _ = try relay.value.receive(Array(payload[34..<852]), at: .origin)
        return try relay.value.reply(
            payload: Answer.extend(ExtendAnswer(code: code)).block(), using: &home.random)
    }

    private func joined(_ door: Owned<Channel>, _ payload: [UInt8]) throws -> [UInt8] {
        _ = try door.value.receive(Array(payload[852..<1_670]), at: .origin)
        return try door.value.reply(payload: Answer.join(JoinAnswer(code: .joined)).block(), using: &home.random)
    }

    private var answers: [Answer] {
        home.bench.effects.compactMap { if case .pipeAnswered(_, let answer) = $0 { answer } else { nil } }
    }

    @Test("the home sees the relay's name and two requests of one size, and nothing of the door")
    func whatTheHomeSees() throws {
        let (_, payload, relayEnd, doorEnd) = try open(early: 3)
        #expect(payload.count == 34 + 818 + 818 + 3)
        #expect(Array(payload[1..<33]) == relay.value.nodeKey.bytes.bytes)
        #expect(payload.firstRange(of: door.value.nodeKey.bytes.bytes) == nil)
        let asked = try relayEnd.value.receive(Array(payload[34..<852]), at: .origin)
        let extend = Request.extend(Extend(node: door.value.nodeKey.bytes))
        #expect(asked.first == .handshakePayload(extend.block(), index: 0))
        let behind = try doorEnd.value.receive(Array(payload[852..<1_670]), at: .origin)
        #expect(behind.first == .handshakePayload(Fixtures.join(5).block(), index: 0))
        #expect(Array(payload[1_670...]) == [7, 7, 7])
    }

    @Test("both answers in any pieces are read, and the stranger's bytes behind them", arguments: [1, 100, 300])
    func pieces(size: Int) throws {
        let (stream, payload, relayEnd, doorEnd) = try open()
        let all = try extended(relayEnd, payload, .extended) + joined(doorEnd, payload) + [7, 8, 9]
        for start in stride(from: 0, to: all.count, by: size) {
            try home.send(.data, stream, Array(all[start..<min(start + size, all.count)]))
        }
        var received: [UInt8] = []
        for case .pipeReceived(_, let bytes) in home.bench.effects { received += bytes }
        #expect(received == [7, 8, 9] && home.ending == nil)
        #expect(answers == [.extend(ExtendAnswer(code: .extended)), .join(JoinAnswer(code: .joined))])
    }

    @Test("a relay that never answers ends the pipe after three seconds, and a door behind it after three more")
    func unanswered() throws {
        let (stream, payload, relayEnd, _) = try open()
        home.bench.pass(.milliseconds(2_900))
        try home.send(.data, stream, try extended(relayEnd, payload, .extended))
        home.bench.pass(.milliseconds(2_900))
        #expect(home.ending == nil)
        home.bench.pass(.milliseconds(200))
        #expect(home.ending == .unanswered)
        let other = try ExtendedPipeTests()
        _ = try other.open()
        other.home.bench.pass(.milliseconds(3_100))
        #expect(other.home.ending == .unanswered)
    }

    @Test("a relay that refuses ends the pipe, and what it sends then is not taken for the door's")
    func refused() throws {
        let (stream, payload, relayEnd, doorEnd) = try open()
        try home.send(.data, stream, try extended(relayEnd, payload, .refused) + joined(doorEnd, payload))
        #expect(home.ending == .refused)
        #expect(answers == [.extend(ExtendAnswer(code: .refused))])
        #expect(try home.takeFrames().reset(of: stream) == .cancelled)
    }

    @Test("another answer than the one that is due is a fault, and so is a finish", arguments: 0..<4)
    func wrongAnswers(kind: Int) throws {
        let (stream, payload, relayEnd, doorEnd) = try open()
        switch kind {
        case 0:
            // A relay that says what only the door may say.
            _ = try relayEnd.value.receive(Array(payload[34..<852]), at: .origin)
            let join = Answer.join(JoinAnswer(code: .joined)).block()
            try home.send(.data, stream, try relayEnd.value.reply(payload: join, using: &home.random))
        case 1:
            try home.send(.data, stream, try extended(relayEnd, payload, .extended))
            _ = try doorEnd.value.receive(Array(payload[852..<1_670]), at: .origin)
            let extend = Answer.extend(ExtendAnswer(code: .extended)).block()
            try home.send(.data, stream, try doorEnd.value.reply(payload: extend, using: &home.random))
        case 2: try home.send(.data, stream, try joined(doorEnd, payload))
        default: try home.send(.finish, stream)
        }
        #expect(home.ending == .fault)
    }

    @Test("over a relay there are only joins, and as many early bytes as a relay holds")
    func impossible() throws {
        func ending(_ opening: PipeOpening) -> PipeEnding? {
            for case .pipeClosed(_, let ending) in home.bench.give(.pipeAsked(pipe, .open(opening))) { return ending }
            return nil
        }
        #expect(ending(opening(try Fixtures.deposit())) == .impossible)
        #expect(ending(opening(Fixtures.join(5), early: 4_096 - 817)) == .impossible)
        #expect(ending(opening(Fixtures.join(5), early: 4_096 - 818)) == nil)
    }
}
