// Offers on their way: as bytes, as shares, at a keeper, and in the answers that a seek hears.

import Essentials
@testable import Pairing
import Sodium
import Wire

enum OffersTarget {
    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        switch reader.below(4) {
        case 0: try offer(reader.remainder())
        case 1: try shares(&reader)
        case 2:
            var script = try KeeperScript()
            try script.run(&reader)
        default:
            var script = try SeekScript()
            try script.run(&reader)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        let workshop = try OfferWorkshop()
        let made = try workshop.offer(0, round: OfferWorkshop.firstRound)
        let honest = try made.deposit(index: 0, to: Cast.get().players[0])
        return [
            [0] + made.encoding,
            [1, 3, 1, 0] + made.shares.nonce.bytes, [1, 9, 0, 5] + made.shares.nonce.bytes, [1, 1, 2, 0, 1],
            // An honest deposit as bytes, then time until the answer, then a request for bodies.
            [2, 0, 1] + honest.encoded().withLength + [3, 1, 44, 3, 1, 44, 3, 4, 76, 2, 0]
                + (try BodiesWanted(digests: [made.digest])).encoded().withLength,
            // Honest deposits made by the harness, and some that are not.
            [2, 1, 0, 0, 0, 1, 1, 0, 0, 1, 2, 5, 1, 1, 1, 1, 6, 3, 5, 220, 3, 10, 0],
            [2, 1, 0, 1, 0, 4, 0, 3, 5, 220, 5, 1, 100, 6, 1, 6, 0],
            // A whole round of a seek: three honest answers with bodies.
            [3, 0, 3, 232, 1, 0, 7, 1, 1, 7, 1, 2, 7, 0, 3, 232, 0, 3, 232, 0, 3, 232],
            [3, 0, 3, 232, 1, 0, 3, 1, 1, 3, 1, 2, 3, 0, 4, 176, 3, 0, 3, 1, 0, 1, 0, 0, 4, 0, 0, 2, 244],
            // The same under a wrong signature, and with one keeper only that lists both.
            [3, 0, 3, 232, 1, 0, 15, 1, 1, 15, 1, 2, 15, 0, 3, 232, 0, 3, 232],
            [3, 0, 3, 232, 1, 0, 7, 1, 1, 5, 1, 2, 5, 0, 3, 232, 0, 3, 232],
            [3, 0, 3, 232, 1, 0, 35, 1, 1, 19, 1, 2, 67, 2, 0, 2, 5, 1, 0, 4, 176],
        ]
    }

    private static func offer(_ bytes: [UInt8]) throws {
        guard let offer = try? Offer(decoding: bytes) else { return }
        try promise(offer.encoded() == bytes, "an offer that does not keep its bytes")
        try promise(offer.digest == Offer.digest(of: bytes), "an offer with another digest than its bytes")
        let schedule = RoundSchedule(policy: try Cast.get().policy)
        let address = ShardAddress(pool: offer.pool, epoch: offer.epoch, depth: offer.depth, shard: offer.shard)
        let fits = Offer(encoding: bytes, address: address, round: offer.round, schedule: schedule)
        try promise(
            fits == nil || schedule.acceptsStamp(of: offer.stampEpoch, inRound: offer.round),
            "an offer with another epoch's stamp counts")
        _ = schedule.isOpen(offer.round, at: Cast.wall, early: .seconds(1))
        _ = Sharding.isPossible(address)
        _ = Sharding.depth(after: offer.depth, offers: Int(clamping: offer.round))
        _ = schedule.stampExpiry(ofEpoch: offer.stampEpoch)
    }

    /// Any majority restores the nonce, no other value comes out, and a share that was changed restores nothing.
    private static func shares(_ reader: inout InputReader) throws {
        let count = reader.below(11)
        let (first, changed) = (reader.below(9), reader.below(12))
        let nonce = try made(Bytes32((reader.take(32) + [UInt8](repeating: 0, count: 32)).prefix(32)))
        let other = reader.take(32)
        guard let shares = Shares(of: nonce, count: count) else { return }
        let root = shares.tree.root
        for (index, share) in shares.values.enumerated() {
            try promise(
                ShareTree.holds(share, index: index, count: count, path: shares.tree.paths[index], root: root),
                "a share that is not under its root")
            try promise(
                !ShareTree.holds(share, index: index + 1, count: count, path: shares.tree.paths[index], root: root),
                "a share with two places")
        }
        var known: [Int: Bytes32] = [:]
        for step in 0..<Shares.threshold(of: count) {
            let index = (first + step) % count
            known[index] = shares.values[index]
        }
        try promise(Shares.restore(known, count: count, root: root) == nonce, "a majority does not restore the nonce")
        if let value = Bytes32(other), known[changed] != nil, known[changed] != value {
            known[changed] = value
            try promise(Shares.restore(known, count: count, root: root) == nil, "a false share restores something")
        }
        known[first % count] = nil
        try promise(Shares.restore(known, count: count, root: root) == nil, "a minority restores the nonce")
    }
}

extension [UInt8] {
    /// As `InputReader.piece` reads it.
    fileprivate var withLength: [UInt8] { [255] + UInt16(clamping: count).bigEndianBytes + self }
}
