// A keeper among deposits of all kinds: it accepts only what an honest owner could have made for it, and signs
// only what it accepted.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Wire

struct KeeperScript {
    private let workshop: OfferWorkshop
    private var keeper: Keeper
    private var random = RandomStream(seed: Blake2b.hash([1]))
    private var now = Moment.origin
    private var arrivals: UInt64 = 0
    private var accepted: Set<Bytes32> = []
    /// What no honest owner made.
    private var refusable: Set<UInt64> = []
    private var digestOf: [UInt64: Bytes32] = [:]

    private var member: Cast.Player { workshop.cast.players[0] }

    init() throws {
        workshop = try OfferWorkshop()
        keeper = Keeper(policy: workshop.cast.policy, identity: workshop.cast.players[0].identity)
    }

    mutating func run(_ reader: inout InputReader) throws {
        try give(.clockSet(MeshClock(wallAtOrigin: Cast.wall, uncertainty: .milliseconds(10))))
        try give(.membersChanged(own: member.placement, others))
        var steps = 0
        while !reader.isEmpty, steps < 40 {
            steps += 1
            try step(&reader)
        }
        try promise(keeper.rounds.count <= 8, "a keeper holds \(keeper.rounds.count) rounds")
        now = now + .hours(2)
        try give(.timerFired)
        try promise(keeper.rounds.isEmpty && keeper.arrivals.isEmpty, "a keeper keeps a round that is over")
    }

    private var others: [KeeperCandidate] {
        workshop.cast.players[1...2].map {
            KeeperCandidate(nodeKey: $0.node, channelKey: $0.identity.value.channelKey, placement: $0.placement)
        }
    }

    private mutating func step(_ reader: inout InputReader) throws {
        switch reader.below(7) {
        case 0:
            let link = UInt64(reader.below(3))
            guard let deposit = try? Deposit(decoding: reader.piece()) else { return }
            // Bytes may be an honest deposit's; its offer is one of the workshop's then.
            let isKnown = try (0..<4).contains {
                try workshop.offer($0, round: OfferWorkshop.firstRound).encoding == deposit.offer
            }
            try take(deposit, via: link, isHonest: isKnown)
        case 1:
            let round = OfferWorkshop.firstRound + UInt64(reader.below(3))
            let number = UInt8(reader.below(4))
            let kind = Alteration(rawValue: reader.below(Alteration.allCases.count)) ?? .none
            let sealed = workshop.cast.players[reader.below(2)]
            let offer = try workshop.offer(number, round: round, alteration: kind)
            let deposit = try offer.deposit(index: reader.below(3), to: member, sealedTo: sealed)
            let isHonest = (kind == .none || kind == .harmless) && sealed.node == member.node
            try take(deposit, via: UInt64(number), isHonest: isHonest)
        case 2:
            let arrival = DepositID(number: UInt64(reader.below(8)))
            guard let wanted = try? BodiesWanted(decoding: reader.piece()) else { return }
            try give(.bodiesWanted(arrival, wanted))
        case 3:
            now = now + .milliseconds(Int64(reader.number(bytes: 2)))
            try give(.timerFired)
        case 4: try give(.arrivalClosed(DepositID(number: UInt64(reader.below(8)))))
        case 5:
            let shift = Span.milliseconds(Int64(clamping: reader.anyNumber()))
            let uncertainty = Span.milliseconds(Int64(reader.byte()))
            let wall = reader.flag() ? Cast.wall + shift : Cast.wall - shift
            try give(.clockSet(MeshClock(wallAtOrigin: wall, uncertainty: uncertainty)))
        default:
            try give(.membersChanged(own: reader.flag() ? nil : member.placement, others))
        }
    }

    private mutating func take(_ deposit: Deposit, via link: UInt64, isHonest: Bool) throws {
        arrivals += 1
        if !isHonest { refusable.insert(arrivals) }
        digestOf[arrivals] = Offer.digest(of: deposit.offer)
        try give(.depositReceived(DepositID(number: arrivals), via: link, from: nil, deposit))
    }

    private mutating func give(_ input: KeeperInput) throws {
        for effect in keeper.handle(input, at: now, using: &random) {
            switch effect {
            case .receipt(let arrival, let receipt) where receipt.code == ReceiptCode.accepted.rawValue:
                try promise(!refusable.contains(arrival.number), "a deposit that no honest owner made is accepted")
                if let digest = digestOf[arrival.number] { accepted.insert(digest) }
            case .answer(_, let answer): try judge(answer)
            case .bodies(_, let bodies):
                try promise(
                    bodies.offers.allSatisfy { accepted.contains(Offer.digest(of: $0)) }, "a body that nobody deposited"
                )
            case .receipt, .close, .count: break
            }
        }
        // Read after every input, since nothing may make it trap.
        _ = keeper.nextDeadline()
    }

    private func judge(_ answer: RoundAnswer) throws {
        let message = Signed.message(
            domain: RoundTally.signatureDomain, network: workshop.cast.policy.id, body: answer.body)
        try promise(
            Ed25519.verify(signature: answer.signature, of: message, by: member.node.bytes), "an unsigned answer")
        let body = try RoundAnswerBody(decoding: answer.body)
        try promise(body.digests.allSatisfy(accepted.contains), "an answer lists what was not accepted")
        try promise(body.digests == answer.listings.map(\.digest), "an answer of two minds")
    }
}
