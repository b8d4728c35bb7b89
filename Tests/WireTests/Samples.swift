// One small and one greatest value of every message, for tests that hold for all of them.

import Essentials
import Testing

@testable import Wire

/// A message with its type forgotten.
struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let limits: WireLimits
    /// Decodes and encodes again.
    let recode: @Sendable ([UInt8]) throws -> [UInt8]

    init<Message: WireMessage>(_ message: Message, _ note: String = "") {
        testDescription = "\(Message.self)\(note)"
        bytes = message.encoded()
        limits = Message.limits
        recode = { try Message(decoding: $0).encoded() }
    }

    /// Every message, small enough for each of its bits to be flipped.
    static let small: [Sample] = (try? makeSmall()) ?? []
    /// Every message that has bounds, as large as it can be.
    static let greatest: [Sample] = (try? makeGreatest()) ?? []
}

/// 32 bytes that are all the same.
func bytes32(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero }

func signed(_ byte: UInt8 = 7, body: Int = 20) throws -> Signed {
    try Signed(body: [UInt8](repeating: byte, count: body), signature: [UInt8](repeating: byte, count: 64))
}

func record(addresses: [Endpoint], number: UInt64 = 1_700_000_000_000) throws -> RecordBody {
    try RecordBody(
        features: 3, network: 0x0102_0304_0506_0708, nodeKey: bytes32(1), channelKey: bytes32(2), seq: number,
        expires: number, addresses: addresses, capabilities: Capability.all,
        puzzle: PuzzleSolution(month: 690, nonce: [UInt8](repeating: 9, count: 16)))
}

func offer(number: UInt64 = 12, features: UInt64 = 0) throws -> Offer {
    try Offer(
        features: features, kind: 1, pool: number, epoch: number, depth: 2, shard: number, round: number,
        key: bytes32(1), root: bytes32(2), shares: 9, stampEpoch: number, stamp: [UInt8](repeating: 3, count: 16))
}

let v4 = Endpoint.v4(0x0102_0304, port: 4_242)
let v6 = Endpoint.v6(Address6(high: 0x2A00_0001_0002_0003, low: 4), port: 4_242)

/// Twelve, as they are shown.
private let points = (0..<12).map { bytes32(UInt8($0)) }

private func makeMore() throws -> [Sample] {
    [
        Sample(try CommonAnswer(points: points)), Sample(Resume(received: 1, sent: 2, words: true)),
        Sample(Extend(node: bytes32(9))), Sample(ExtendAnswer(code: .extended)),
    ]
}

private let marks = (0..<UInt64(Opening.marks)).map { $0 << 32 | 7 }

private func makeUtterances(_ opening: Opening, _ text: Text) throws -> [Utterance] {
    [
        .opening(opening), .text(text), .acknowledgement(Acknowledgement(through: 1)), .typing(Typing(on: false)),
        .farewell(Farewell(code: 1)), .safetyCommitment(SafetyCommitment(digest: bytes32(1))),
        .safetyNonce(SafetyNonce(nonce: bytes32(1))), .safetyOpening(SafetyOpening(nonce: bytes32(1))),
        .ping(Ping(token: 1)), .pong(Pong(token: 1)), .commonAnswer(try CommonAnswer(points: points)),
        .resume(Resume(received: 3, sent: 4, words: false)), .saved(Saved()), .keepInTouch(KeepInTouch()),
        .question(try Question(text: "Tea or coffee?")), .witness(Witness(through: 3, chain: bytes32(1))),
    ]
}

private func makeSmall() throws -> [Sample] {
    let terms = try HomeTerms(streams: 8, bytesPerSecond: 65_536, bytesPerDay: 1 << 30, enforces: ["a list"])
    let hello = try Hello(versionMin: 1, versionMax: 2, features: 5, role: .member, record: signed(), terms: terms)
    let pull = try Pull(
        have: [Have(node: 1, seq: 2, heartbeat: 3), Have(node: 4, seq: 5, heartbeat: 0)], from: 1, to: 9)
    let push = try Push(records: [signed(1)], heartbeats: [signed(2), signed(3)])
    let refused = try Refused(code: 3, retryAfterSeconds: 60, reason: "full")
    let deposit = try Deposit(
        offer: offer().encoded(), index: 2, share: bytes32(4), path: [bytes32(5), bytes32(6)], bodies: true)
    let listing = try Listing(
        digest: bytes32(1), index: 1, share: bytes32(2), path: [bytes32(3)], offer: offer().encoded())
    let answer = try RoundAnswer(body: [1, 2, 3], signature: [UInt8](repeating: 1, count: 64), listings: [listing])
    let opening = try Opening(
        versionMin: 1, versionMax: 3, features: 1, ticket: [1, 2], needs: 3, common: points, met: marks)
    let text = try Text(sequence: 4, text: "bonjour 👋")
    let wanted = try BodiesWanted(digests: [bytes32(1), bytes32(2)])
    let bodies = try Bodies(offers: [offer().encoded(), [1]])
    let plain: [Sample] = [
        Sample(try signed()), Sample(try PuzzleSolution(month: 690, nonce: [UInt8](repeating: 1, count: 16))),
        Sample(try record(addresses: [v4, v6])), Sample(try HeartbeatBody(node: 1, time: 2, period: 5_000)),
        Sample(hello), Sample(terms), Sample(pull), Sample(push), Sample(Have(node: 1, seq: 2, heartbeat: 3)),
        Sample(Attach()), Sample(Attached(terms: terms)), Sample(refused), Sample(Goodbye(code: 2)),
        Sample(deposit), Sample(Join(token: bytes32(9))), Sample(Receipt(code: 10, price: 3)),
        Sample(JoinAnswer(code: .joined)), Sample(answer), Sample(listing), Sample(wanted), Sample(bodies),
        Sample(try offer()),
        Sample(
            try RoundAnswerBody(
                network: 1, pool: 9, epoch: 2, shard: 3, depth: 4, round: 5, keeper: bytes32(6), digests: [bytes32(7)],
                offers: 8)),
        Sample(opening), Sample(text), Sample(Acknowledgement(through: 4)), Sample(Typing(on: true)),
        Sample(Farewell(code: 1)), Sample(SafetyCommitment(digest: bytes32(1))),
        Sample(SafetyNonce(nonce: bytes32(2))), Sample(SafetyOpening(nonce: bytes32(3))), Sample(Ping(token: 1)),
        Sample(Pong(token: 2)), Sample(try invite(name: "main", entry: v4)),
    ]
    let part = try Part(from: 1, to: 9, count: 2, sum: 3)
    let compare = try Compare(salt: [UInt8](repeating: 1, count: 16), parts: [part])
    let ask = try Ask(node: bytes32(1), nonce: bytes32(2), addresses: [v4, v6])
    let challenge = Challenge(nonce: bytes32(3))
    let alive = try Alive(nonce: bytes32(4), signature: [UInt8](repeating: 5, count: 64))
    let between: [Sample] = [
        Sample(part), Sample(compare), Sample(Prune()), Sample(Graft()), Sample(ask), Sample(challenge), Sample(alive),
    ]
    let controls: [Control] = [
        .hello(hello), .pull(pull), .push(push), .attach(Attach()), .attached(Attached(terms: terms)),
        .refused(refused), .goodbye(Goodbye(code: 1)), .compare(compare), .prune(Prune()), .graft(Graft()), .ask(ask),
        .challenge(challenge), .alive(alive),
    ]
    let requests: [Request] = [.deposit(deposit), .join(Join(token: bytes32(1))), .extend(Extend(node: bytes32(2)))]
    let answers: [Answer] = [
        .receipt(Receipt(code: 1)), .join(JoinAnswer(code: .refused)), .extend(ExtendAnswer(code: .refused)),
    ]
    let keeping: [KeeperMessage] = [.answer(answer), .bodiesWanted(wanted), .bodies(bodies)]
    return plain + between + (try makeMore()) + controls.enumerated().map { Sample($1, " \($0)") }
        + (try makeUtterances(opening, text)).enumerated().map { Sample($1, " \($0)") }
        + requests.enumerated().map { Sample($1, " \($0)") }
        + answers.enumerated().map { Sample($1, " \($0)") } + keeping.enumerated().map { Sample($1, " \($0)") }
}

func invite(name: String, entry: Endpoint, count: Int = 3) throws -> InviteBody {
    try InviteBody(
        networkName: name, expires: 1_800_000_000,
        entries: (0..<count).map {
            try InviteEntry(endpoint: entry, fingerprint: [UInt8](repeating: UInt8($0), count: 16))
        })
}

private func makeGreatest() throws -> [Sample] {
    let name = String(repeating: "x", count: HomeTerms.maximumName)
    let terms = try HomeTerms(
        streams: .max, bytesPerSecond: .max, bytesPerDay: .max,
        enforces: [String](repeating: name, count: HomeTerms.maximumEnforced))
    let hello = try Hello(
        versionMin: .max, versionMax: .max, features: .max, role: .leaf, record: signed(body: 1_024), terms: terms)
    let have = Have(node: .max, seq: 1 << 42 - 1, heartbeat: 1 << 42 - 1)
    let pull = try Pull(have: [Have](repeating: have, count: Pull.maximumHave), from: 1, to: .max)
    let record = try signed(body: 198)
    let heartbeat = try signed(body: 20)
    let push = try Push(
        records: [Signed](repeating: record, count: 12), heartbeats: [Signed](repeating: heartbeat, count: 128))
    let refused = try Refused(code: .max, retryAfterSeconds: .max, reason: String(repeating: "x", count: 200))
    let body = [UInt8](repeating: 1, count: Offer.maximumBytes)
    let path = [Bytes32](repeating: bytes32(1), count: 4)
    let deposit = try Deposit(offer: body, index: 8, share: bytes32(1), path: path, bodies: true)
    let listing = try Listing(digest: bytes32(1), index: 8, share: bytes32(1), path: path, offer: body)
    let answer = try RoundAnswer(
        body: [UInt8](repeating: 1, count: 2_048), signature: [UInt8](repeating: 1, count: 64),
        listings: [Listing](repeating: listing, count: 24))
    let digests = [Bytes32](repeating: bytes32(1), count: 24)
    let opening = try Opening(
        versionMin: .max, versionMax: .max, features: .max, ticket: [UInt8](repeating: 1, count: 8_192), needs: .max,
        common: [Bytes32](repeating: bytes32(1), count: 12), met: [UInt64](repeating: .max, count: Opening.marks))
    let common = try CommonAnswer(points: [Bytes32](repeating: bytes32(1), count: 12))
    let text = try Text(sequence: .max, text: String(repeating: "x", count: 16_000))
    let bodies = try Bodies(offers: [[UInt8]](repeating: body, count: 24))
    let ask = try Ask(node: bytes32(1), nonce: bytes32(2), addresses: [v6, v6, v6])
    let alive = try Alive(nonce: bytes32(1), signature: [UInt8](repeating: 255, count: 64))
    let joins = Request.join(Join(token: bytes32(1)))
    return [
        Sample(try signed(body: 1_024)), Sample(try HeartbeatBody(node: .max, time: .max, period: .max)),
        Sample(try Wire.RecordBody.greatest()), Sample(hello), Sample(terms), Sample(pull), Sample(push),
        Sample(Have(node: .max, seq: .max, heartbeat: .max)), Sample(Attached(terms: terms)), Sample(refused),
        Sample(Goodbye(code: .max)), Sample(Control.hello(hello)), Sample(Control.pull(pull)),
        Sample(Control.push(push)), Sample(Control.attached(Attached(terms: terms))), Sample(Control.refused(refused)),
        Sample(ask), Sample(Control.ask(ask)), Sample(alive), Sample(Control.alive(alive)),
        Sample(deposit), Sample(Request.deposit(deposit)), Sample(joins), Sample(Receipt(code: .max)),
        Sample(Answer.receipt(Receipt(code: .max))), Sample(listing), Sample(answer),
        Sample(KeeperMessage.answer(answer)), Sample(try BodiesWanted(digests: digests)), Sample(bodies),
        Sample(KeeperMessage.bodies(bodies)), Sample(try offer(number: .max, features: .max)),
        Sample(
            try RoundAnswerBody(
                network: .max, pool: .max, epoch: .max, shard: .max, depth: .max, round: .max, keeper: bytes32(1),
                digests: digests, offers: .max)), Sample(common), Sample(Utterance.commonAnswer(common)),
        Sample(Receipt(code: .max, price: .max)), Sample(Resume(received: .max, sent: .max, words: true)),
        Sample(opening), Sample(Utterance.opening(opening)), Sample(text),
        Sample(Utterance.text(text)), Sample(try invite(name: String(repeating: "n", count: 32), entry: v6)),
    ]
}

extension RecordBody {
    /// All numbers as long as they get, three IPv6 addresses.
    static func greatest() throws -> RecordBody {
        try RecordBody(
            version: .max, features: .max, network: .max, nodeKey: bytes32(255), channelKey: bytes32(255),
            seq: .max, expires: .max, addresses: [v6, v6, v6], capabilities: .max,
            puzzle: PuzzleSolution(month: .max, nonce: [UInt8](repeating: 255, count: 16)))
    }
}
