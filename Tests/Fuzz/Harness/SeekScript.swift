// A seek and its three keepers, who may say anything: it is matched only when a majority of them listed both
// offers truthfully.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Wire

struct SeekScript {
    /// How an answer is not as it should be; bits.
    private struct Lie: OptionSet {
        let rawValue: Int
        static let listsOwn = Lie(rawValue: 1)
        static let listsOther = Lie(rawValue: 2)
        static let sendsBodies = Lie(rawValue: 4)
        static let badSignature = Lie(rawValue: 8)
        static let badShare = Lie(rawValue: 16)
        static let otherRound = Lie(rawValue: 32)
        static let twice = Lie(rawValue: 64)
        static let nonsense = Lie(rawValue: 128)
    }

    private let workshop: OfferWorkshop
    private var seeks: Seeks
    private var random = RandomStream(seed: Blake2b.hash([2]))
    private var now = Moment.origin
    private var deposits: [NodeKey: (round: UInt64, deposit: Deposit)] = [:]
    /// Keepers that have truthfully listed both, by round.
    private var truthful: [UInt64: Set<NodeKey>] = [:]

    private static let seek = SeekID(number: 1)
    private var keepers: [Cast.Player] { Array(workshop.cast.players.prefix(OfferWorkshop.keepers)) }

    init() throws {
        workshop = try OfferWorkshop()
        seeks = Seeks(policy: workshop.cast.policy)
    }

    mutating func run(_ reader: inout InputReader) throws {
        try give(.clockSet(MeshClock(wallAtOrigin: Cast.wall)))
        try give(.membersChanged(keepers.map(Self.candidate)))
        try give(.seekAsked(Self.seek, SeekWish()))
        var steps = 0
        while !reader.isEmpty, steps < 30 {
            steps += 1
            try step(&reader)
        }
        try give(.seekCancelled(Self.seek))
        try promise(seeks.seeks.isEmpty, "a cancelled seek goes on")
    }

    private static func candidate(_ player: Cast.Player) -> KeeperCandidate {
        KeeperCandidate(
            nodeKey: player.node, channelKey: player.identity.value.channelKey, placement: player.placement)
    }

    private mutating func step(_ reader: inout InputReader) throws {
        let keeper = { (reader: inout InputReader) in reader.below(OfferWorkshop.keepers) }
        switch reader.below(6) {
        case 0:
            now = now + .milliseconds(Int64(reader.number(bytes: 2) & 0x0FFF))
            try give(.timerFired)
        case 1:
            let player = keepers[keeper(&reader)]
            try say(Lie(rawValue: Int(reader.byte())), by: player, &reader)
        case 2:
            let node = keepers[keeper(&reader)].node
            let receipt = Receipt(code: UInt32(reader.below(12)))
            try give(.receiptReceived(Self.seek, round: deposits[node]?.round ?? 0, keeper: node, receipt))
        case 3:
            let player = keepers[keeper(&reader)]
            guard let round = deposits[player.node]?.round else { return }
            let isMade = reader.flag()
            let offers = isMade ? [try workshop.offer(9, round: round).encoding] : [reader.piece()]
            guard let bodies = try? Bodies(offers: offers) else { return }
            try give(.bodiesReceived(Self.seek, round: round, keeper: player.node, bodies))
        case 4:
            let node = keepers[keeper(&reader)].node
            try give(.keeperFailed(Self.seek, round: deposits[node]?.round ?? 0, keeper: node))
        default:
            let shift = Span.milliseconds(Int64(clamping: reader.anyNumber()))
            try give(.clockSet(MeshClock(wallAtOrigin: reader.flag() ? Cast.wall + shift : Cast.wall - shift)))
        }
    }

    /// One keeper's answer to the deposit it has.
    private mutating func say(_ lie: Lie, by player: Cast.Player, _ reader: inout InputReader) throws {
        guard let (round, deposit) = deposits[player.node], let own = try? Offer(decoding: deposit.offer) else {
            return
        }
        let other = try workshop.offer(9, round: round)
        var listings: [Listing] = []
        if lie.contains(.listsOwn) {
            let secret = try OfferWorkshop.secret(of: player.identity.value.channel, with: own.key)
            let share = ShareSeal.apply(
                to: deposit.share, digest: own.digest, index: deposit.index, secret: secret)
            listings.append(
                try Listing(
                    digest: own.digest, index: deposit.index, share: lie.contains(.badShare) ? .zero : share,
                    path: deposit.path, offer: lie.contains(.sendsBodies) ? deposit.offer : nil))
        }
        if lie.contains(.listsOther) {
            let index = Int(deposit.index)
            listings.append(
                try Listing(
                    digest: other.digest, index: deposit.index, share: other.shares.values[index],
                    path: other.shares.tree.paths[index], offer: lie.contains(.sendsBodies) ? other.encoding : nil))
        }
        if lie.contains(.nonsense), let listing = try? Listing(decoding: reader.piece()) { listings.append(listing) }
        if lie.contains(.twice), let first = listings.first { listings.append(first) }
        let body = try RoundAnswerBody(
            network: workshop.cast.policy.id, pool: own.pool, epoch: own.epoch, shard: own.shard, depth: own.depth,
            round: lie.contains(.otherRound) ? round &+ 1 : round, keeper: player.node.bytes,
            digests: listings.map(\.digest)
        ).encoded()
        let signer = lie.contains(.badSignature) ? workshop.cast.players[4] : player
        let answer = try RoundAnswer(
            body: body,
            signature: signer.identity.value.signature(
                over: body, domain: RoundTally.signatureDomain, network: workshop.cast.policy.id),
            listings: listings)
        if lie.isSuperset(of: [.listsOwn, .listsOther]),
            lie.isDisjoint(with: [.badSignature, .badShare, .otherRound, .twice])
        {
            truthful[round, default: []].insert(player.node)
        }
        try give(.answerReceived(Self.seek, round: round, keeper: player.node, answer))
    }

    private mutating func give(_ input: SeeksInput) throws {
        for effect in seeks.handle(input, at: now, using: &random) {
            switch effect {
            case .makeStamp(let request):
                let nonce = try StampDrawer.stamp(for: request)
                try give(.stampMade(request.number, nonce: nonce))
            case .deposit(_, let round, let keeper, let deposit):
                deposits[keeper] = (round, deposit)
            case .matched(_, let pairing):
                let witnesses = truthful[pairing.round]?.count ?? 0
                try promise(witnesses * 2 > OfferWorkshop.keepers, "matched by \(witnesses) truthful keepers")
                let other = try workshop.offer(9, round: pairing.round)
                try promise(pairing.theirKey == other.key.value.publicKey, "matched with somebody who is not there")
            case .matchedThree: try promise(false, "a talk between two was matched as three")
            case .askBodies, .closeRound, .declined, .abandonStamp, .roundEnded, .refused, .count: break
            }
        }
        _ = seeks.nextDeadline()
    }
}
