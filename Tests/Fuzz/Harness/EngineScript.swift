// The input as a script: each step is a byte with its arguments behind it.

import Essentials
import Identity
@testable import NodeEngine
import Pairing
@testable import Relaying
import Sodium
import Wire

struct EngineScript {
    /// New ones go to the end, so that kept inputs keep their meaning.
    enum Step: UInt8, CaseIterable {
        case connects, refuse, visit, raw, frame, control, news, pipe, pipeBytes, answers, utterance, pass, fire
        case clock, person, close, writable, join, work, oddWork, packet, question, third
    }

    static let stepsMaximum = 120

    private let stage: EngineStage
    private let troupe: Troupe
    private var peers: [UInt64: ScriptedPeer] = [:]

    /// What came of a whole play.
    struct Outcome: Equatable {
        let trace: UInt64
        /// How often the person met somebody.
        let meetings: Int
        /// How often it was over a question.
        let questions: Int
    }

    static func play(_ input: [UInt8]) throws -> Outcome {
        var reader = InputReader(input)
        var script = try EngineScript(role: reader.flag() ? .member : .leaf)
        try script.begin()
        var steps = 0
        while !reader.isEmpty, steps < stepsMaximum {
            steps += 1
            let step = Step.allCases[reader.below(Step.allCases.count)]
            try script.perform(step, &reader)
            try script.exchange()
            try script.stage.settleClosings()
        }
        try script.stage.finish()
        return Outcome(
            trace: script.stage.trace, meetings: script.stage.meetings, questions: script.stage.questions)
    }

    private init(role: Role) throws {
        stage = try EngineStage(role: role)
        troupe = try Troupe(stage)
    }

    private func begin() throws {
        try stage.give(.started)
        try stage.give(.clockRead(Cast.wall + (stage.now - .origin)))
    }

    /// Lets the peers read and answer until nobody has anything to say.
    private func exchange() throws {
        for _ in 0..<60 {
            for (connection, bytes) in stage.takeWritten() { try peers[connection]?.receive(bytes, at: stage.now) }
            let speakers = peers.keys.sorted().filter { !(peers[$0]?.output.isEmpty ?? true) }
            guard !speakers.isEmpty else { return }
            for connection in speakers {
                let bytes = peers[connection]?.takeOutput() ?? []
                guard stage.lines[connection] == .open else { continue }
                try stage.give(.received(connection, bytes))
            }
        }
    }

    private func peer(_ reader: inout InputReader) -> ScriptedPeer? {
        let open = stage.openConnections
        guard !open.isEmpty else { return nil }
        return peers[open[reader.below(open.count)]]
    }

    private mutating func perform(_ step: Step, _ reader: inout InputReader) throws {
        switch step {
        case .connects, .refuse, .visit, .raw, .close, .writable: try performOnConnections(step, &reader)
        case .frame, .control, .news, .pipe, .pipeBytes, .answers, .utterance, .packet, .third:
            try performOnLinks(step, &reader)
        case .pass: try stage.pass(.milliseconds(Int64(reader.number(bytes: 2))))
        case .fire: try stage.fire()
        case .clock:
            let shift = Span.milliseconds(Int64(clamping: reader.anyNumber()))
            try stage.give(.clockRead(reader.flag() ? stage.mesh + shift : stage.mesh - shift))
        case .person: try stage.give(.personAsked(SeatID(number: UInt64(reader.below(4))), request(&reader)))
        case .question:
            let seat = SeatID(number: UInt64(reader.below(4)))
            try stage.give(.personAsked(seat, .meet(ThreeScript.wish(asks: reader.flag()))))
        case .join: try stage.give(.joinAsked([troupe.cast.players[reader.below(Cast.count)].entry]))
        case .work:
            guard let (id, waiting) = stage.takeWork() else { return }
            var work = waiting
            for _ in 0..<200 {
                guard let outcome = work.step() else { continue }
                try stage.give(.workFinished(id, outcome))
                return
            }
        case .oddWork:
            let id = WorkID(number: reader.anyNumber())
            let solution = try? PuzzleSolution(month: UInt32(reader.byte()), nonce: reader.take(16))
            try stage.give(.workFinished(id, solution.map { .puzzle($0) } ?? .stamp(reader.piece())))
        }
    }

    private func request(_ reader: inout InputReader) -> PersonRequest {
        let byte = Int(reader.byte())
        let more = byte / 7
        switch byte % 7 {
        case 0:
            return .meet(
                Wish(
                    interests: (0..<more & 7).map { "\($0)" }, languages: (0..<more >> 3 & 3).map { "l\($0)" }))
        case 1: return .send(String(decoding: reader.piece(), as: UTF8.self))
        case 2: return .typing
        case 3: return .stoppedTyping
        case 4: return .disconnect
        case 5: return [1: .stopLookingForCommon, 2: .goOnLookingForCommon][more] ?? .new
        default: return .leave
        }
    }

    private mutating func performOnConnections(_ step: Step, _ reader: inout InputReader) throws {
        switch step {
        case .connects:
            for (connection, endpoint) in stage.dials {
                let player = troupe.cast.player(at: endpoint)
                if let player {
                    peers[connection] = ScriptedPeer(connection, player, .memberIK, isDialler: false, troupe: troupe)
                }
                try stage.answer(connection, succeeds: player != nil)
            }
        case .refuse:
            if let dial = stage.dials.first { try stage.answer(dial.connection, succeeds: false) }
        case .visit:
            let player = troupe.cast.players[reader.below(Cast.count)]
            let manner = ScriptedPeer.Manner(rawValue: reader.byte() & 3) ?? .memberIK
            guard stage.lines.count < 40 else { return }
            let connection = try stage.accept(from: player.endpoint)
            peers[connection] = ScriptedPeer(connection, player, manner, isDialler: true, troupe: troupe)
        case .raw:
            let choice = reader.below(8)
            let open = stage.openConnections
            guard stage.lines.count < 40 else { return }
            let connection = choice < open.count ? open[choice] : try stage.accept(from: nil)
            try stage.give(.received(connection, reader.piece()))
        case .close:
            let open = stage.openConnections
            if !open.isEmpty { try stage.close(open[reader.below(open.count)]) }
        case .writable:
            let open = stage.openConnections
            let (choice, isWritable) = (reader.byte(), reader.flag())
            if !open.isEmpty {
                try stage.give(.writabilityChanged(open[Int(choice) % open.count], isWritable: isWritable))
            }
        default: break
        }
    }

    private func performOnLinks(_ step: Step, _ reader: inout InputReader) throws {
        guard let peer = peer(&reader) else { return }
        let now = stage.now
        switch step {
        case .frame:
            let kind = FrameKind(rawValue: reader.byte() % 10)
            let stream = UInt32(truncatingIfNeeded: reader.anyNumber())
            if let kind { peer.send(kind, stream, reader.piece(), at: now) } else { peer.seal(reader.piece(), at: now) }
        case .control: try control(&reader, on: peer)
        case .news:
            let shift = Span.milliseconds(Int64(reader.byte()) * 100)
            peer.say(.push(try troupe.news(at: now, shift: shift)), at: now)
        case .pipe: try pipe(&reader, on: peer)
        case .pipeBytes:
            let stream = UInt32(reader.below(16))
            peer.answer(reader.piece(), on: stream, at: now)
        case .answers:
            let lies = reader.byte()
            for number in peer.streams.keys.sorted() { try answer(number, of: peer, lies: lies) }
        case .utterance:
            let content = try utterance(&reader)
            for number in peer.streams.keys.sorted() {
                guard let pipe = peer.streams[number], pipe.isConversation else { continue }
                peer.answer(pipe.utterance(content(pipe.binding), at: now), on: number, at: now)
            }
        case .third:
            let (speaker, content) = ThreeScript.line(&reader)
            for number in peer.streams.keys.sorted() {
                guard let pipe = peer.streams[number], pipe.isConversation, speaker.isPlayed(at: pipe.place) else {
                    continue
                }
                peer.answer(pipe.utterance(content, at: now), on: number, at: now)
            }
        case .packet:
            let content = reader.piece()
            for number in peer.streams.keys.sorted() {
                guard let pipe = peer.streams[number] else { continue }
                peer.answer(pipe.packetToEngine(content, at: now), on: number, at: now)
            }
        default: break
        }
    }

    private func answer(_ number: UInt32, of peer: ScriptedPeer, lies: UInt8) throws {
        guard let pipe = peer.streams[number], let deposit = pipe.deposit else { return }
        let answer = try troupe.answer(to: deposit, by: pipe.member, lies: lies)
        let packet = pipe.packetToEngine(KeeperMessage.answer(answer).encoded(), at: stage.now)
        peer.answer(packet, on: number, at: stage.now)
    }

    /// A control message: well made, or any bytes.
    private func control(_ reader: inout InputReader, on peer: ScriptedPeer) throws {
        let now = stage.now
        switch reader.below(9) {
        case 0: peer.say(.attach(Attach()), at: now)
        case 1:
            let have = Have(node: reader.number(bytes: 8), seq: reader.anyNumber(), heartbeat: reader.anyNumber())
            let (from, to) = (reader.anyNumber(), reader.anyNumber())
            if let pull = try? Pull(have: [have], from: from, to: to) { peer.say(.pull(pull), at: now) }
        case 2:
            let seconds = UInt32(clamping: reader.anyNumber())
            if let refused = try? Refused(code: UInt32(reader.byte()), retryAfterSeconds: seconds, reason: "no") {
                peer.say(.refused(refused), at: now)
            }
        case 3: peer.say(.goodbye(Goodbye(code: UInt32(reader.byte()))), at: now)
        case 4:
            let player = troupe.cast.players[reader.below(Cast.count)]
            if let hello = try? Hello(role: reader.flag() ? .member : .leaf, record: player.record) {
                peer.say(.hello(hello), at: now)
            }
        case 5: try ownRecord(&reader, on: peer)
        case 6:
            let terms = try? HomeTerms(
                streams: UInt32(clamping: reader.anyNumber()), bytesPerSecond: reader.anyNumber(),
                bytesPerDay: reader.anyNumber())
            if let terms { peer.say(.attached(Attached(terms: terms)), at: now) }
        case 7: peer.send(.control, 0, reader.piece(), at: now)
        default: challenge(&reader, on: peer)
        }
    }

    /// Somebody is asked about, challenged, or said to live.
    private func challenge(_ reader: inout InputReader, on peer: ScriptedPeer) {
        let nonce = Blake2b.hash([reader.byte()])
        switch reader.below(3) {
        case 0:
            let player = troupe.cast.players[reader.below(Cast.count)]
            let addresses = reader.flag() ? [Cast.endpoint(reader.below(Cast.count))] : []
            if let ask = try? Ask(node: player.node.bytes, nonce: nonce, addresses: addresses) {
                peer.say(.ask(ask), at: stage.now)
            }
        case 1: peer.say(.challenge(Challenge(nonce: nonce)), at: stage.now)
        default:
            let policy = troupe.cast.policy
            let alive = try? LifeSign.make(identity: peer.player.identity.value, policy: policy, nonce: nonce)
            if let alive { peer.say(.alive(alive), at: stage.now) }
        }
    }

    /// A record and a heartbeat of the peer's own with any numbers, properly signed.
    private func ownRecord(_ reader: inout InputReader, on peer: ScriptedPeer) throws {
        let policy = troupe.cast.policy
        let (seq, life) = (Span.milliseconds(Int64(clamping: reader.anyNumber())), Int64(reader.byte()))
        let endpoint = Endpoint.v4(0x7F00_0001, port: UInt16(truncatingIfNeeded: reader.number(bytes: 2)))
        let period = Span.milliseconds(Int64(clamping: reader.anyNumber()))
        let identity = peer.player.identity
        let time = reader.flag() ? stage.mesh + seq : stage.mesh - seq
        guard
            let record = try? NodeRecord.make(
                identity: identity.value, policy: policy, seq: time.milliseconds, expires: stage.mesh + .hours(life),
                addresses: [endpoint], capabilities: UInt32(reader.byte()), puzzle: peer.player.puzzle),
            let heartbeat = try? Heartbeat.make(identity: identity.value, policy: policy, time: time, period: period),
            let push = try? Push(records: [record], heartbeats: [heartbeat])
        else { return }
        peer.say(.push(push), at: stage.now)
    }

    /// A pipe to the engine as a keeper or a door, properly encrypted, or a leaf's wish to be carried.
    private func pipe(_ reader: inout InputReader, on peer: ScriptedPeer) throws {
        let choice = reader.below(5)
        let now = stage.now
        if choice == 4 {
            let target = troupe.cast.players[reader.below(Cast.count)].node.bytes
            _ = peer.open(StreamOpening.carry(to: target, .text) + reader.piece(), at: now)
            return
        }
        let request: Request
        switch choice {
        case 0: request = .join(Join(token: Blake2b.hash([reader.byte() & 1])))
        case 1, 2:
            let round = troupe.workshop.schedule.round(at: stage.mesh) &+ UInt64(choice) &- 1
            let offer = try troupe.workshop.offer(UInt8(reader.below(4)), round: round)
            request = .deposit(try offer.deposit(index: reader.below(3), to: troupe.own))
        default:
            guard let decoded = try? Request(decoding: reader.piece()) else { return }
            request = decoded
        }
        var random = RandomStream(seed: Blake2b.hash(now.microseconds.bigEndianBytes, [reader.byte()]))
        let opening = try PipeInitiator.opening(request, to: troupe.own, in: troupe.cast.policy.id, using: &random)
        _ = peer.open(StreamOpening.arrival(.text) + opening + reader.piece(), at: now)
    }

    /// What the stranger says, given the handshake hash of the conversation's channel.
    private func utterance(_ reader: inout InputReader) throws -> ([UInt8]) -> [UInt8] {
        let choice = reader.below(10)
        if choice == 0 {
            let nonce = Blake2b.hash([reader.byte()])
            return { binding in
                // Protocol/07-conversation.md, "Safety words".
                let digest = Blake2b.hash(domain: "passant/words-commitment/1", binding, nonce.bytes)
                return Utterance.safetyCommitment(SafetyCommitment(digest: digest)).encoded()
            }
        }
        let content = try plainUtterance(choice, &reader)
        return { _ in content }
    }

    private func plainUtterance(_ choice: Int, _ reader: inout InputReader) throws -> [UInt8] {
        switch choice {
        case 1: return Utterance.safetyNonce(SafetyNonce(nonce: Blake2b.hash([reader.byte()]))).encoded()
        case 2: return Utterance.safetyOpening(SafetyOpening(nonce: Blake2b.hash([reader.byte()]))).encoded()
        case 3: return Utterance.acknowledgement(Acknowledgement(through: reader.anyNumber())).encoded()
        case 4:
            let sequence = reader.anyNumber()
            let text = String(decoding: reader.piece(), as: UTF8.self)
            return (try? Text(sequence: sequence, text: text)).map { Utterance.text($0).encoded() } ?? []
        case 5: return Utterance.typing(Typing(on: reader.flag())).encoded()
        case 6: return Utterance.ping(Ping(token: reader.anyNumber())).encoded()
        case 7: return Utterance.pong(Pong(token: reader.anyNumber())).encoded()
        case 8: return Utterance.farewell(Farewell(code: UInt32(reader.byte()))).encoded()
        default: return reader.piece()
        }
    }
}
