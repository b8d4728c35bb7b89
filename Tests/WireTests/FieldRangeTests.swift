// Values outside their ranges: an initialiser refuses them, and so does decoding.

import Essentials
import Testing

@testable import Wire

/// Fails unless `make` throws `fieldOutOfRange` with this name.
private func expectOutOfRange(
    _ field: StaticString, sourceLocation: SourceLocation = #_sourceLocation, _ make: () throws -> Void
) {
    #expect(throws: WireFault.fieldOutOfRange(field), sourceLocation: sourceLocation) { try make() }
}

@Suite("fields out of range")
struct FieldRangeTests {
    private let long = [UInt8](repeating: 1, count: 17)

    @Test("a signature has 64 bytes, a signed body 1 to 1,024")
    func signature() {
        expectOutOfRange("Signed.signature") {
            _ = try Signed(body: [1], signature: [UInt8](repeating: 1, count: 63))
        }
        expectOutOfRange("Signed.signature") {
            _ = try Signed(body: [1], signature: [UInt8](repeating: 1, count: 65))
        }
        expectOutOfRange("Signed.body") { _ = try signed(body: 0) }
        expectOutOfRange("Signed.body") { _ = try signed(body: 1_025) }
        expectOutOfRange("Signed.body") { _ = try Signed(decoding: []) }
    }

    @Test("a record has a version, one to three addresses with ports, keys of 32 bytes and a nonce of 16")
    func recordBody() throws {
        expectOutOfRange("RecordBody.addresses") { _ = try record(addresses: []) }
        expectOutOfRange("RecordBody.addresses") { _ = try record(addresses: [v4, v4, v4, v4]) }
        expectOutOfRange("RecordBody.addresses") { _ = try record(addresses: [.v4(1, port: 0)]) }
        expectOutOfRange("PuzzleSolution.nonce") { _ = try PuzzleSolution(month: 1, nonce: long) }
        var raw = try record(addresses: [v4]).raw
        raw.version = 0
        expectOutOfRange("RecordBody.version") { _ = try RecordBody(raw: raw) }
        raw = try record(addresses: [v4]).raw
        raw.nodeKey = pack(long)
        expectOutOfRange("RecordBody.nodeKey") { _ = try RecordBody(raw: raw) }
        raw = try record(addresses: [v4]).raw
        raw.channelKey = pack(long)
        expectOutOfRange("RecordBody.channelKey") { _ = try RecordBody(raw: raw) }
        raw = try record(addresses: [v4]).raw
        raw.addresses = [pack(long)]
        expectOutOfRange("RecordBody.addresses") { _ = try RecordBody(raw: raw) }
        raw = try record(addresses: [v4]).raw
        raw.clearPuzzle()
        expectOutOfRange("PuzzleSolution.nonce") { _ = try RecordBody(raw: raw) }
    }

    @Test("a heartbeat has a period")
    func heartbeat() {
        expectOutOfRange("HeartbeatBody.period") { _ = try HeartbeatBody(node: 1, time: 1, period: 0) }
    }

    @Test("version ranges are not empty and begin at 1")
    func versions() {
        expectOutOfRange("Hello.version") { _ = try Hello(versionMin: 0, role: .leaf) }
        expectOutOfRange("Hello.version") { _ = try Hello(versionMin: 2, versionMax: 1, role: .leaf) }
        expectOutOfRange("Opening.version") { _ = try Opening(versionMin: 0) }
        expectOutOfRange("Opening.version") { _ = try Opening(versionMin: 2, versionMax: 1) }
    }

    @Test("a role that is none is refused")
    func role() throws {
        var raw = try Hello(role: .leaf).raw
        for role in [UInt32(0), 3, .max] {
            raw.role = role
            let bytes = Hello.encode(raw)
            expectOutOfRange("Hello.role") { _ = try Hello(decoding: bytes) }
        }
    }

    @Test("terms have at most 16 names of 1 to 100 bytes, and an attached leaf is always told them")
    func terms() {
        func terms(_ names: [String]) throws -> HomeTerms {
            try HomeTerms(streams: 1, bytesPerSecond: 1, bytesPerDay: 1, enforces: names)
        }
        expectOutOfRange("HomeTerms.enforces") { _ = try terms([String](repeating: "x", count: 17)) }
        expectOutOfRange("HomeTerms.enforces") { _ = try terms([""]) }
        expectOutOfRange("HomeTerms.enforces") { _ = try terms([String(repeating: "é", count: 51)]) }
        expectOutOfRange("Attached.terms") { _ = try Attached(decoding: []) }
    }

    @Test("an ask names a key, a nonce and at most three addresses; an answer has a nonce and a signature")
    func challenges() throws {
        let endpoints = [Endpoint](repeating: v4, count: 4)
        expectOutOfRange("Ask.addresses") { _ = try Ask(node: bytes32(1), nonce: bytes32(2), addresses: endpoints) }
        expectOutOfRange("Ask.addresses") {
            _ = try Ask(node: bytes32(1), nonce: bytes32(2), addresses: [.v4(1, port: 0)])
        }
        var ask = try Ask(node: bytes32(1), nonce: bytes32(2), addresses: Array(endpoints.prefix(3))).raw
        ask.addresses = [pack(long)]
        expectOutOfRange("Ask.addresses") { _ = try Ask(raw: ask) }
        ask.node = pack(long)
        ask.addresses = []
        expectOutOfRange("Ask.node") { _ = try Ask(raw: ask) }
        ask.node = pack(bytes32(1))
        ask.nonce = pack(long)
        expectOutOfRange("Ask.nonce") { _ = try Ask(raw: ask) }
        expectOutOfRange("Challenge.nonce") { _ = try Challenge(decoding: []) }
        for count in [63, 65] {
            let signature = [UInt8](repeating: 1, count: count)
            expectOutOfRange("Alive.signature") { _ = try Alive(nonce: bytes32(1), signature: signature) }
        }
        expectOutOfRange("Alive.nonce") { _ = try Alive(decoding: []) }
    }

    @Test("a reason has at most 200 bytes")
    func reason() {
        expectOutOfRange("Refused.reason") {
            _ = try Refused(code: 1, retryAfterSeconds: 1, reason: String(repeating: "é", count: 101))
        }
    }

    @Test("a pull has at most 600 entries and a range that is one")
    func pull() {
        let have = Have(node: 1, seq: 1, heartbeat: 1)
        expectOutOfRange("Pull.have") { _ = try Pull(have: [Have](repeating: have, count: 601), from: 0, to: 1) }
        expectOutOfRange("Pull.from") { _ = try Pull(have: [], from: 2, to: 1) }
        let long = Have(node: .max, seq: .max, heartbeat: .max)
        #expect(throws: WireFault.tooLarge) {
            try Pull(have: [Have](repeating: long, count: 600), from: 0, to: .max)
        }
    }

    @Test("a deposit's offer, index and path are bounded")
    func deposit() {
        func deposit(offer: Int = 9, index: UInt32 = 0, path: Int = 0) throws -> Deposit {
            try Deposit(
                offer: [UInt8](repeating: 1, count: offer), index: index, share: bytes32(1),
                path: [Bytes32](repeating: bytes32(1), count: path), bodies: false)
        }
        expectOutOfRange("Deposit.offer") { _ = try deposit(offer: 0) }
        expectOutOfRange("Deposit.offer") { _ = try deposit(offer: 257) }
        expectOutOfRange("Deposit.index") { _ = try deposit(index: 9) }
        expectOutOfRange("Deposit.path") { _ = try deposit(path: 5) }
    }

    @Test("a listing's offer, index and path are bounded")
    func listing() {
        func listing(offer: Int = 9, index: UInt32 = 0, path: Int = 0) throws -> Listing {
            try Listing(
                digest: bytes32(1), index: index, share: bytes32(1),
                path: [Bytes32](repeating: bytes32(1), count: path), offer: [UInt8](repeating: 1, count: offer))
        }
        expectOutOfRange("Listing.offer") { _ = try listing(offer: 0) }
        expectOutOfRange("Listing.offer") { _ = try listing(offer: 257) }
        expectOutOfRange("Listing.index") { _ = try listing(index: 9) }
        expectOutOfRange("Listing.path") { _ = try listing(path: 5) }
    }

    @Test("a keeper's answer, its digests and bodies are at most 24")
    func answers() throws {
        let listing = try Listing(digest: bytes32(1), index: 0, share: bytes32(1), path: [])
        func answer(body: Int = 1, signature: Int = 64, listings: Int = 0) throws -> RoundAnswer {
            try RoundAnswer(
                body: [UInt8](repeating: 1, count: body), signature: [UInt8](repeating: 1, count: signature),
                listings: [Listing](repeating: listing, count: listings))
        }
        expectOutOfRange("RoundAnswer.body") { _ = try answer(body: 0) }
        expectOutOfRange("RoundAnswer.body") { _ = try answer(body: 2_049) }
        expectOutOfRange("RoundAnswer.signature") { _ = try answer(signature: 63) }
        expectOutOfRange("RoundAnswer.listings") { _ = try answer(listings: 25) }
        let digests = [Bytes32](repeating: bytes32(1), count: 25)
        expectOutOfRange("RoundAnswerBody.digests") {
            _ = try RoundAnswerBody(
                network: 1, epoch: 1, shard: 1, depth: 1, round: 1, keeper: bytes32(1), digests: digests)
        }
        expectOutOfRange("RoundAnswerBody.offers") {
            _ = try RoundAnswerBody(
                network: 1, epoch: 1, shard: 1, depth: 1, round: 1, keeper: bytes32(1),
                digests: Array(digests.prefix(2)), offers: 1)
        }
        expectOutOfRange("BodiesWanted.digests") { _ = try BodiesWanted(digests: digests) }
        expectOutOfRange("Bodies.offers") { _ = try Bodies(offers: [[UInt8]](repeating: [1], count: 25)) }
        expectOutOfRange("Bodies.offers") { _ = try Bodies(offers: [[]]) }
        expectOutOfRange("Bodies.offers") { _ = try Bodies(offers: [[UInt8](repeating: 1, count: 257)]) }
    }

    @Test("values of 32 bytes have 32 bytes, wherever they are")
    func fixedSizes() {
        let short: [UInt8] = [10, 31] + [UInt8](repeating: 1, count: 31)
        let long: [UInt8] = [10, 33] + [UInt8](repeating: 1, count: 33)
        for bytes in [short, long, []] {
            expectOutOfRange("Join.token") { _ = try Join(decoding: bytes) }
            expectOutOfRange("Extend.node") { _ = try Extend(decoding: bytes) }
            expectOutOfRange("SafetyNonce.nonce") { _ = try SafetyNonce(decoding: bytes) }
            expectOutOfRange("SafetyOpening.nonce") { _ = try SafetyOpening(decoding: bytes) }
            expectOutOfRange("SafetyCommitment.digest") { _ = try SafetyCommitment(decoding: bytes) }
        }
        expectOutOfRange("BodiesWanted.digests") { _ = try BodiesWanted(decoding: short) }
    }

    @Test("a join's outcome is one of three, an extend's one of two")
    func joinAnswer() {
        expectOutOfRange("ExtendAnswer.code") { _ = try ExtendAnswer(decoding: []) }
        expectOutOfRange("ExtendAnswer.code") { _ = try ExtendAnswer(decoding: [8, 3]) }
        expectOutOfRange("JoinAnswer.code") { _ = try JoinAnswer(decoding: []) }
        expectOutOfRange("JoinAnswer.code") { _ = try JoinAnswer(decoding: [8, 4]) }
    }

    @Test("an offer has a version, 1 to 9 shares and a stamp of 16 bytes")
    func offers() throws {
        var raw = try offer().raw
        raw.version = 0
        expectOutOfRange("Offer.version") { _ = try Offer(decoding: Offer.encode(raw)) }
        for shares in [UInt32(0), 10, .max] {
            raw = try offer().raw
            raw.shares = shares
            expectOutOfRange("Offer.shares") { _ = try Offer(decoding: Offer.encode(raw)) }
        }
        raw = try offer().raw
        raw.stamp = pack(long)
        expectOutOfRange("Offer.stamp") { _ = try Offer(decoding: Offer.encode(raw)) }
        raw = try offer().raw
        raw.key = pack(long)
        expectOutOfRange("Offer.key") { _ = try Offer(decoding: Offer.encode(raw)) }
        raw = try offer().raw
        raw.root = pack(long)
        expectOutOfRange("Offer.root") { _ = try Offer(decoding: Offer.encode(raw)) }
    }

    @Test("a text has at most 16,000 bytes, a ticket 8,192")
    func conversation() {
        expectOutOfRange("Text.text") { _ = try Text(sequence: 1, text: String(repeating: "é", count: 8_001)) }
        expectOutOfRange("Question.text") { _ = try Question(text: String(repeating: "é", count: 401)) }
        for count in [1, 11, 13] {
            let points = [Bytes32](repeating: bytes32(1), count: count)
            expectOutOfRange("Opening.common") { _ = try Opening(common: points) }
            expectOutOfRange("CommonAnswer.points") { _ = try CommonAnswer(points: points) }
        }
        for count in [1, Opening.marks - 1, Opening.marks + 1] {
            expectOutOfRange("Opening.met") { _ = try Opening(met: [UInt64](repeating: 1, count: count)) }
        }
        expectOutOfRange("Opening.met") {
            var raw = try Opening(met: [UInt64](repeating: 1, count: Opening.marks)).raw
            raw.met.append(1)
            _ = try Opening(raw: raw)
        }
        expectOutOfRange("Opening.ticket") { _ = try Opening(ticket: [UInt8](repeating: 1, count: 8_193)) }
    }

    @Test("two faults are equal when they name the same field")
    func faults() {
        #expect(WireFault.fieldOutOfRange("a") == .fieldOutOfRange("a"))
        #expect(WireFault.fieldOutOfRange("a") != .fieldOutOfRange("b"))
        #expect(WireFault.malformed != .tooLarge)
    }
}
