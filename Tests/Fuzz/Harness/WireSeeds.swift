// One encoding of every message, for the fuzzer to begin with.

import Essentials
import Sodium
import Wire

struct WireSeeds {
    let place: Int
    let bytes: [UInt8]

    private init(_ place: WireTarget.Place, _ message: some WireMessage) {
        self.place = place.rawValue
        bytes = message.encoded()
    }

    private init(block place: WireTarget.Place, _ message: some BlockMessage) {
        self.place = place.rawValue
        // Without the zeros, which the target adds.
        bytes = Array(message.encoded().count.bigEndianLow + message.encoded())
    }

    static func all() throws -> [WireSeeds] { try link() + pairing() + conversation() + greatest() }

    /// Numbers at the ends of their ranges.
    private static func greatest() throws -> [WireSeeds] {
        let terms = try HomeTerms(streams: .max, bytesPerSecond: .max, bytesPerDay: .max)
        return [
            WireSeeds(.goodbye, Goodbye(code: .max)), WireSeeds(.terms, terms),
            WireSeeds(.refused, try Refused(code: .max, retryAfterSeconds: .max, reason: "")),
            WireSeeds(.have, Have(node: .max, seq: .max, heartbeat: .max)),
            WireSeeds(.heartbeat, try HeartbeatBody(node: .max, time: .max, period: .max)),
            WireSeeds(.receipt, Receipt(code: .max)), WireSeeds(.acknowledgement, Acknowledgement(through: .max)),
            WireSeeds(.text, try Text(sequence: .max, text: "")), WireSeeds(.ping, Ping(token: .max)),
            WireSeeds(.witness, Witness(through: .max, chain: hash(1))),
        ]
    }

    private static func hash(_ byte: UInt8) -> Bytes32 { Blake2b.hash([byte]) }

    private static func link() throws -> [WireSeeds] {
        let cast = try Cast.get()
        let record = cast.players[0].record
        let terms = try HomeTerms(streams: 8, bytesPerSecond: 65_536, bytesPerDay: 1 << 30, enforces: ["a list"])
        let hello = try Hello(versionMax: 2, features: 5, role: .member, record: record, terms: terms)
        let pull = try Pull(
            have: [Have(node: 1, seq: 2, heartbeat: 3), Have(node: 4, seq: 5, heartbeat: 0)], from: 1, to: 9)
        let push = try Push(records: [record], heartbeats: [record])
        let refused = try Refused(code: 3, retryAfterSeconds: 60, reason: "full")
        let ask = try Ask(node: hash(1), nonce: hash(2), addresses: [.v4(0x7F00_0001, port: 1)])
        let alive = try Alive(nonce: hash(2), signature: [UInt8](repeating: 1, count: 64))
        let entries = cast.players.prefix(3).map(\.entry)
        return [
            WireSeeds(.control, Control.hello(hello)), WireSeeds(.control, Control.pull(pull)),
            WireSeeds(.control, Control.push(push)), WireSeeds(.control, Control.attach(Attach())),
            WireSeeds(.control, Control.attached(Attached(terms: terms))),
            WireSeeds(.control, Control.refused(refused)), WireSeeds(.control, Control.goodbye(Goodbye(code: 1))),
            WireSeeds(.control, Control.ask(ask)), WireSeeds(.control, Control.challenge(Challenge(nonce: hash(2)))),
            WireSeeds(.control, Control.alive(alive)), WireSeeds(.ask, ask),
            WireSeeds(.challenge, Challenge(nonce: hash(3))), WireSeeds(.alive, alive),
            WireSeeds(.hello, hello), WireSeeds(.terms, terms), WireSeeds(.pull, pull), WireSeeds(.push, push),
            WireSeeds(.attached, Attached(terms: terms)), WireSeeds(.refused, refused),
            WireSeeds(.goodbye, Goodbye(code: 2)), WireSeeds(.have, Have(node: 1, seq: 2, heartbeat: 3)),
            WireSeeds(.signed, record), WireSeeds(.puzzle, cast.players[0].puzzle),
            WireSeeds(.record, try RecordBody(decoding: record.body)),
            WireSeeds(.heartbeat, try HeartbeatBody(node: 1, time: 2, period: 5_000)),
            WireSeeds(
                .invite, try InviteBody(networkName: "main", expires: 1_800_000_000, entries: Array(entries))),
        ]
    }

    private static func pairing() throws -> [WireSeeds] {
        let offer = try Offer(
            features: 1, kind: 1, pool: 0, epoch: 29_833_333, depth: 0, shard: 0, round: 1_790_000_000, key: hash(1),
            root: hash(2), shares: 3, stampEpoch: 29_833_333, stamp: [UInt8](repeating: 3, count: 16))
        let deposit = try Deposit(
            offer: offer.encoded(), index: 2, share: hash(4), path: [hash(5), hash(6)], bodies: true)
        let listing = try Listing(digest: hash(1), index: 1, share: hash(2), path: [hash(3)], offer: offer.encoded())
        let body = try RoundAnswerBody(
            network: 1, epoch: 2, shard: 3, depth: 4, round: 5, keeper: hash(6), digests: [hash(7)])
        let answer = try RoundAnswer(
            body: body.encoded(), signature: [UInt8](repeating: 1, count: 64), listings: [listing])
        let wanted = try BodiesWanted(digests: [hash(1), hash(2)])
        let bodies = try Bodies(offers: [offer.encoded(), [1]])
        return [
            WireSeeds(.request, Request.deposit(deposit)), WireSeeds(.request, Request.join(Join(token: hash(1)))),
            WireSeeds(.answer, Answer.receipt(Receipt(code: 1))),
            WireSeeds(.answer, Answer.join(JoinAnswer(code: .joined))), WireSeeds(.deposit, deposit),
            WireSeeds(.join, Join(token: hash(9))), WireSeeds(.receipt, Receipt(code: 1)),
            WireSeeds(.joinAnswer, JoinAnswer(code: .waiting)), WireSeeds(.keeper, KeeperMessage.answer(answer)),
            WireSeeds(.keeper, KeeperMessage.bodiesWanted(wanted)), WireSeeds(.keeper, KeeperMessage.bodies(bodies)),
            WireSeeds(.roundAnswer, answer), WireSeeds(.roundAnswerBody, body), WireSeeds(.listing, listing),
            WireSeeds(.bodiesWanted, wanted), WireSeeds(.bodies, bodies), WireSeeds(.offer, offer),
            WireSeeds(block: .requestBlock, Request.deposit(deposit)),
            WireSeeds(block: .answerBlock, Answer.receipt(Receipt(code: 1))),
        ]
    }

    private static func conversation() throws -> [WireSeeds] {
        let opening = try Opening(versionMin: 1, versionMax: 3, features: 1, ticket: [1, 2, 3])
        let text = try Text(sequence: 4, text: "bonjour 👋")
        let question = try Question(text: "thé ou café ?")
        let witness = Witness(through: 7, chain: hash(1))
        return [
            WireSeeds(.utterance, Utterance.opening(opening)), WireSeeds(.utterance, Utterance.text(text)),
            WireSeeds(.utterance, Utterance.typing(Typing(on: false))),
            WireSeeds(.utterance, Utterance.acknowledgement(Acknowledgement(through: 1))),
            WireSeeds(.utterance, Utterance.farewell(Farewell(code: 1))),
            WireSeeds(.utterance, Utterance.safetyCommitment(SafetyCommitment(digest: hash(1)))),
            WireSeeds(.utterance, Utterance.safetyNonce(SafetyNonce(nonce: hash(1)))),
            WireSeeds(.utterance, Utterance.safetyOpening(SafetyOpening(nonce: hash(1)))),
            WireSeeds(.utterance, Utterance.ping(Ping(token: 1))),
            WireSeeds(.utterance, Utterance.pong(Pong(token: 1))),
            WireSeeds(.opening, opening), WireSeeds(.text, text), WireSeeds(.typing, Typing(on: true)),
            WireSeeds(.acknowledgement, Acknowledgement(through: 4)), WireSeeds(.farewell, Farewell(code: 1)),
            WireSeeds(.commitment, SafetyCommitment(digest: hash(1))), WireSeeds(.nonce, SafetyNonce(nonce: hash(2))),
            WireSeeds(.safetyOpening, SafetyOpening(nonce: hash(3))), WireSeeds(.ping, Ping(token: 1)),
            WireSeeds(.pong, Pong(token: 2)), WireSeeds(.utterance, Utterance.question(question)),
            WireSeeds(.utterance, Utterance.witness(witness)), WireSeeds(.question, question),
            WireSeeds(.witness, witness),
        ]
    }
}

extension Int {
    /// The two low bytes, big-endian.
    fileprivate var bigEndianLow: [UInt8] { UInt16(clamping: self).bigEndianBytes }
}
