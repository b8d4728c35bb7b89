import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("A keeper takes deposits")
struct KeeperDepositTests {
    private let round = KeeperBench.round

    @Test("a good deposit is accepted and answered 200 ms after the round's end, signed, with everybody's")
    func accepted() throws {
        let bench = KeeperBench()
        let offers = try (0..<3).map { _ in try bench.maker.offer(round: round) }
        for (place, offer) in offers.enumerated() {
            #expect(bench.deposit(try bench.made(offer, bodies: place == 0), at: 300).0 == .accepted)
        }
        #expect(bench.member.keeper.nextDeadline() == .origin + .milliseconds(1_200))
        #expect(bench.answers(bench.handle(.timerFired, at: 1_199)).isEmpty)
        let answers = bench.answers(bench.handle(.timerFired, at: 1_200))
        #expect(answers.map(\.0.number) == [1, 2, 3])
        for (arrival, answer) in answers {
            let message = Signed.message(domain: "passant/round-answer/1", network: testPolicy.id, body: answer.body)
            #expect(Ed25519.verify(signature: answer.signature, of: message, by: bench.member.nodeKey.bytes))
            let body = try RoundAnswerBody(decoding: answer.body)
            #expect(body.round == round && body.epoch == round / 60 && body.network == testPolicy.id)
            #expect(body.keeper == bench.member.nodeKey.bytes)
            #expect(Set(body.digests) == Set(offers.map(\.digest)))
            #expect(body.digests == answer.listings.map(\.digest))
            for listing in answer.listings {
                let offer = try #require(offers.first { $0.digest == listing.digest })
                #expect(listing.share == offer.shares.values[0] && listing.path == offer.shares.tree.paths[0])
                #expect(listing.offer == (arrival.number == 1 ? offer.encoding : nil))
            }
        }
    }

    @Test("the list is in the order of the stamps' outputs, at most 24, and who is not on it is told too")
    func sample() throws {
        let bench = KeeperBench()
        var expected: [(Bytes32, Bytes32)] = []
        for _ in 0..<30 {
            let made = try bench.maker.offer(round: round)
            let offer = try Offer(decoding: made.encoding)
            let output = try #require(
                Argon2id.derive(
                    Blake2b.hash(
                        domain: "passant/stamp/1", testPolicy.id.bigEndianBytes, offer.key.bytes,
                        offer.stampEpoch.bigEndianBytes
                    ).bytes,
                    salt: offer.stamp, kibibytes: testPolicy.stamp.kibibytes, passes: 1, count: 32))
            let order = Blake2b.hash(
                domain: "passant/sample/1", [UInt8](repeating: 0, count: 32), testPolicy.id.bigEndianBytes,
                offer.pool.bigEndianBytes + offer.epoch.bigEndianBytes + offer.depth.bigEndianBytes
                    + offer.shard.bigEndianBytes, offer.round.bigEndianBytes, output)
            expected.append((order, made.digest))
            #expect(bench.deposit(try bench.made(made), at: 300).0 == .accepted)
        }
        let answers = bench.answers(bench.handle(.timerFired, at: 1_200))
        #expect(answers.count == 30)
        let digests = expected.sorted { $0.0 < $1.0 }.map(\.1).prefix(24)
        #expect(answers.allSatisfy { $0.1.listings.map(\.digest) == Array(digests) })
    }

    @Test("a round takes deposits from one second before it begins until 100 ms after its end")
    func lateAndEarly() throws {
        for (moment, code) in [
            (Int64(1_999), ReceiptCode.wrongRound), (2_000, .accepted), (4_099, .accepted), (4_100, .wrongRound),
        ] {
            let bench = KeeperBench()
            let offer = try bench.maker.offer(round: round + 3)
            #expect(bench.deposit(try bench.made(offer), at: moment).0 == code)
        }
    }

    @Test("an offer of any other round is refused, however far", arguments: [0, 1, UInt64.max / 1_000, .max])
    func farRounds(number: UInt64) throws {
        let bench = KeeperBench()
        let offer = try bench.maker.offer(round: number)
        #expect(bench.deposit(try bench.made(offer), at: 300).0 == .wrongRound)
    }

    @Test("an offer of another epoch than its round's, or of a shard that cannot be, is refused")
    func wrongShard() throws {
        let bench = KeeperBench()
        let wrong = [
            try bench.maker.offer(round: round, epoch: round / 60 + 1),
            try bench.maker.offer(round: round, epoch: .max),
            try bench.maker.offer(round: round, depth: 21),
            try bench.maker.offer(round: round, depth: 3, shard: 8),
            try bench.maker.offer(round: round, shard: 1),
            try bench.maker.offer(round: round, depth: .max, shard: .max),
        ]
        for offer in wrong { #expect(bench.deposit(try bench.made(offer), at: 300).0 == .wrongShard) }
    }

    @Test("an offer of a later version is taken, no offer at all is refused")
    func malformed() throws {
        let bench = KeeperBench()
        let offer = try bench.maker.offer(round: round, version: 2)
        #expect(bench.deposit(try bench.made(offer), at: 300).0 == .accepted)
        let noise = try Deposit(offer: [1, 2, 3], index: 0, share: .zero, path: [], bodies: true)
        #expect(bench.deposit(noise, at: 300).0 == .malformed)
    }

    @Test("a share that does not fit, another index, another path are refused")
    func badShares() throws {
        let bench = KeeperBench()
        let offer = try bench.maker.offer(round: round, keepers: 9)
        let channel = bench.member.candidate.channelKey
        let wrong = [
            try offer.deposit(index: 0, to: channel, share: offer.shares.values[1]),
            try offer.deposit(index: 0, to: channel, path: offer.shares.tree.paths[1]),
            try offer.deposit(index: 0, to: channel, path: []),
            try offer.deposit(index: 0, to: channel, path: Array(offer.shares.tree.paths[0].dropLast())),
        ]
        for deposit in wrong { #expect(bench.deposit(deposit, at: 300).0 == .badShare) }
        let few = try bench.maker.offer(round: round, keepers: 2)
        let beyond = try Deposit(
            offer: few.encoding, index: 8, share: few.shares.values[0], path: few.shares.tree.paths[0], bodies: true)
        #expect(bench.deposit(beyond, at: 300).0 == .badShare)
        #expect(bench.deposit(try bench.made(offer), at: 300).0 == .accepted)
    }

    @Test("a share that is no scalar is refused, though it is under the root")
    func noScalar() throws {
        let bench = KeeperBench()
        let honest = try bench.maker.offer(round: round)
        let share = try #require(Bytes32([UInt8](repeating: 0xff, count: 32)))
        let tree = try #require(ShareTree([share] + honest.shares.values.dropFirst()))
        let terms = try Offer(decoding: honest.encoding)
        let offer = try Offer(
            kind: 0, pool: 0, epoch: terms.epoch, depth: terms.depth, shard: terms.shard, round: round, key: terms.key,
            root: tree.root,
            shares: terms.shares, stampEpoch: terms.stampEpoch, stamp: terms.stamp)
        let made = MadeOffer(key: honest.key, encoding: offer.encoded(), shares: honest.shares, digest: offer.digest)
        let channel = bench.member.candidate.channelKey
        let wrong = try made.deposit(index: 0, to: channel, share: share, path: tree.paths[0])
        #expect(bench.deposit(wrong, at: 300).0 == .badShare)
        #expect(bench.deposit(try bench.made(honest), at: 300).0 == .accepted)
    }

    @Test("nobody can deposit under a key that is not theirs, and so nobody can take the owner's place")
    func stolenKey() throws {
        let bench = KeeperBench()
        let honest = try bench.maker.offer(round: round)
        let stamp = try Offer(decoding: honest.encoding).stamp
        // In the next round everybody knows the key and its stamp.
        let thief = try bench.maker.offer(round: round + 1, stamp: stamp, keyBytes: honest.key.key.publicKey)
        let stolen = try thief.deposit(index: 0, to: bench.member.candidate.channelKey)
        #expect(bench.deposit(stolen, via: 9, at: 1_300).0 == .badShare)
        let unsealed = try Deposit(
            offer: thief.encoding, index: 0, share: thief.shares.values[0], path: thief.shares.tree.paths[0],
            bodies: true)
        #expect(bench.deposit(unsealed, via: 9, at: 1_300).0 == .badShare)
        let owner = try bench.maker.offer(round: round + 1, key: honest.key, stamp: stamp)
        #expect(bench.deposit(try bench.made(owner), at: 1_400).0 == .accepted)
    }

    @Test("a deposit sealed to another keeper is refused")
    func sealedToAnother() throws {
        let bench = KeeperBench()
        let offer = try bench.maker.offer(round: round)
        let deposit = try offer.deposit(index: 0, to: bench.others[0].channelKey)
        #expect(bench.deposit(deposit, at: 300).0 == .badShare)
    }

    @Test("a key of low order is refused")
    func lowOrder() throws {
        let bench = KeeperBench()
        let offer = try bench.maker.offer(round: round, keyBytes: .zero)
        let deposit = try Deposit(
            offer: offer.encoding, index: 0, share: offer.shares.values[0], path: offer.shares.tree.paths[0],
            bodies: true)
        #expect(bench.deposit(deposit, at: 300).0 == .badShare)
    }

    @Test("one key is in a round once: the first stays, whatever offer or stamp comes second")
    func reused() throws {
        let bench = KeeperBench()
        let first = try bench.maker.offer(round: round)
        let key = first.key.key.publicKey
        #expect(bench.deposit(try bench.made(first), at: 300).0 == .accepted)
        #expect(bench.deposit(try bench.made(first), at: 310).0 == .reused)
        let second = try bench.maker.offer(round: round, key: first.key)
        #expect(bench.deposit(try bench.made(second), at: 320).0 == .reused)
        let third = try bench.maker.offer(
            round: round, key: first.key, stamp: try bench.maker.stamp(for: key, epoch: round / 60, from: 500))
        #expect(bench.deposit(try bench.made(third), at: 330).0 == .reused)
        let answers = bench.answers(bench.handle(.timerFired, at: 1_200))
        #expect(answers.count == 1 && answers.first?.1.listings.map(\.digest) == [first.digest])
    }

    @Test("a deposit that is refused does not take its key's place")
    func refusedTakesNoPlace() throws {
        let bench = KeeperBench()
        let key = bench.maker.key()
        let bad = try bench.maker.offer(
            round: round, key: key, stamp: try bench.maker.badStamp(for: key.key.publicKey, epoch: round / 60))
        #expect(bench.deposit(try bench.made(bad), at: 300).0 == .badStamp)
        let good = try bench.maker.offer(round: round, key: key)
        #expect(bench.deposit(try bench.made(good), at: 310).0 == .accepted)
    }

    @Test("a stamp that is not worth its price, or of another epoch or network, is refused")
    func badStamps() throws {
        let bench = KeeperBench()
        let key = bench.maker.key()
        let cheap = try bench.maker.offer(
            round: round, key: key, stamp: try bench.maker.badStamp(for: key.key.publicKey, epoch: round / 60))
        #expect(bench.deposit(try bench.made(cheap), at: 300).0 == .badStamp)
        for epoch in [round / 60 + 1, round / 60 - 2, 0, .max] {
            let offer = try bench.maker.offer(round: round, stampEpoch: epoch)
            #expect(bench.deposit(try bench.made(offer), via: epoch, at: 300).0 == .badStamp)
        }
        // With the cheap price of a local mesh, one stamp in four of another network would do by chance.
        let codes = try (0..<12).map {
            let offer = try bench.maker.offer(round: round, network: 5)
            return bench.deposit(try bench.made(offer), via: UInt64(100 + $0), at: 300).0
        }
        #expect(codes.contains(.badStamp))
    }

    @Test("a stamp of the last epoch is good for the first six seconds of the next, and no longer")
    func overlap() throws {
        for (offset, code) in [(UInt64(5), ReceiptCode.accepted), (6, .badStamp)] {
            let bench = KeeperBench()
            let offer = try bench.maker.offer(round: round + offset, stampEpoch: round / 60 - 1)
            #expect(bench.deposit(try bench.made(offer), at: Int64(offset) * 1_000 + 300).0 == code)
        }
    }

    @Test("a key and its stamp serve 30 rounds, and no more, also when the keeper computed them before")
    func spent() throws {
        let bench = KeeperBench()
        let key = bench.maker.key()
        for (offset, code) in [(UInt64(10), ReceiptCode.accepted), (39, .accepted), (40, .spentStamp)] {
            let offer = try bench.maker.offer(round: round + offset, key: key)
            #expect(bench.deposit(try bench.made(offer), at: Int64(offset) * 1_000 + 300).0 == code)
        }
    }
}
