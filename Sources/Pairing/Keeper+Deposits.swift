// The checks of a deposit, in the order of their price. See Protocol/06-pairing.md, "At a keeper".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

extension Keeper {
    mutating func accept(
        _ deposit: Deposit, from arrival: DepositID, via link: UInt64, at now: Moment
    ) -> [KeeperEffect] {
        // A second deposit on the same pipe: the first stands, the pipe is of no use any more.
        guard arrivals[arrival] == nil else { return refusal(.busy, of: arrival, counting: .depositBusy) }
        do throws(Refusal) {
            try take(deposit, from: arrival, via: link, at: now)
            return [.receipt(arrival, ReceiptCode.accepted.receipt), .count(.depositAccepted)]
        } catch {
            return refusal(error.code, of: arrival, counting: error.counter)
        }
    }

    private func refusal(
        _ code: ReceiptCode, of arrival: DepositID, counting counter: PairingCounter
    ) -> [KeeperEffect] {
        let isHeld = arrivals[arrival] != nil
        return [.receipt(arrival, code.receipt), .count(counter)] + (isHeld ? [] : [.close(arrival)])
    }

    /// Why a deposit is not taken.
    private enum Refusal: Error {
        case notServing, wrongRound, wrongShard, busy, malformed, badShare, reused, spentStamp, badStamp

        var code: ReceiptCode {
            switch self {
            case .notServing: .notServing
            case .wrongRound: .wrongRound
            case .wrongShard: .wrongShard
            case .busy: .busy
            case .malformed: .malformed
            case .badShare: .badShare
            case .reused: .reused
            case .spentStamp: .spentStamp
            case .badStamp: .badStamp
            }
        }

        var counter: PairingCounter {
            switch self {
            case .notServing: .depositNotServing
            case .wrongRound: .depositWrongRound
            case .wrongShard: .depositWrongShard
            case .busy: .depositBusy
            case .malformed: .depositMalformed
            case .badShare: .depositBadShare
            case .reused: .depositReused
            case .spentStamp: .depositSpentStamp
            case .badStamp: .depositBadStamp
            }
        }
    }

    private mutating func take(
        _ deposit: Deposit, from arrival: DepositID, via link: UInt64, at now: Moment
    ) throws(Refusal) {
        let time = try servingTime(at: now)
        try charge(link, round: schedule.round(at: time), at: now)
        guard let offer = try? Offer(decoding: deposit.offer) else { throw .malformed }
        guard schedule.isOpen(offer.round, at: time, early: parameters.early) else { throw .wrongRound }
        guard schedule.epoch(ofRound: offer.round) == offer.epoch,
            Sharding.isPossible(offer.address, depth: Sharding.depth(offersPerRound: 0))
        else { throw .wrongShard }
        guard schedule.acceptsStamp(of: offer.stampEpoch, inRound: offer.round) else { throw .badStamp }
        let place = try place(of: offer.address, round: offer.round)
        let digest = Offer.digest(of: deposit.offer)
        let share = try openShare(of: deposit, offer: offer, digest: digest)
        guard !rounds[place].has(key: offer.key) else { throw .reused }
        let value = try stampValue(of: offer, via: link, round: schedule.round(at: time), at: now)
        let held = KeeperRound.Held(
            digest: digest, encoding: deposit.offer,
            order: Sampling.order(of: value, network: policy.id, address: offer.address, round: offer.round),
            index: deposit.index, share: share, path: deposit.path)
        rounds[place].hold(held, key: offer.key, from: .init(arrival: arrival, wantsBodies: deposit.bodies))
        arrivals[arrival] = Arrival(address: offer.address, round: offer.round)
    }

    /// Mesh time, if it is known well enough to keep rounds.
    private func servingTime(at now: Moment) throws(Refusal) -> WallTime {
        guard let clock, clock.uncertainty <= policy.keeperClockTolerance, own != nil else { throw .notServing }
        return clock.mesh(at: now)
    }

    /// Counts a deposit against its link and against what this node looks at in a second.
    private mutating func charge(_ link: UInt64, round: UInt64, at now: Moment) throws(Refusal) {
        let name = LinkRound(link: link, round: round)
        if links[name] == nil { links = links.filter { $0.key.round == round } }
        var tally = links[name] ?? LinkTally()
        guard tally.deposits < parameters.depositsPerLink, tally.badStamps < parameters.badStampsPerLink,
            depositChecks.take(at: now)
        else { throw .busy }
        tally.deposits += 1
        links[name] = tally
    }

    /// The index of the round in `rounds`, begun if need be.
    private mutating func place(of address: ShardAddress, round: UInt64) throws(Refusal) -> Int {
        let place: Int
        if let known = rounds.firstIndex(where: { $0.address == address && $0.round == round }) {
            place = known
        } else {
            // Ranked once a round, so that a table in motion costs nothing and cannot change a round halfway.
            let isServed =
                own.map {
                    KeeperRanking.isAmongLowest(
                        policy.keepersServing, own: $0, node: nodeKey, others: others, network: policy.id,
                        address: address)
                } ?? false
            rounds.append(KeeperRound(address: address, round: round, isServed: isServed))
            place = rounds.endIndex - 1
        }
        guard rounds[place].isServed else { throw .notServing }
        guard !rounds[place].isAnswered else { throw .wrongRound }
        guard rounds[place].offers < parameters.depositsPerRound else { throw .busy }
        return place
    }

    /// The share without its seal. Only the owner of the offer's key can have sealed it so that it fits.
    private func openShare(of deposit: Deposit, offer: Offer, digest: Bytes32) throws(Refusal) -> Bytes32 {
        guard let secret = identity.value.channel.agree(with: offer.key) else { throw .badShare }
        let share = ShareSeal.apply(to: deposit.share, digest: digest, index: deposit.index, secret: secret)
        // Shares of an offer with one that is no scalar restore nothing.
        guard RistrettoScalar(canonical: share) != nil,
            ShareTree.holds(
                share, index: Int(deposit.index), count: Int(offer.shares), path: deposit.path, root: offer.root)
        else { throw .badShare }
        return share
    }

    /// What the stamp is worth, computed unless it was before. Last, since it costs the most.
    private mutating func stampValue(
        of offer: Offer, via link: UInt64, round: UInt64, at now: Moment
    ) throws(Refusal) -> Bytes32 {
        let name = StampMemory.Name(key: offer.key, epoch: offer.stampEpoch, nonce: offer.stamp)
        if let known = stamps.entry(of: name) {
            guard offer.round < known.firstRound.saturatingAdd(Int64(clamping: schedule.credentialRounds)) else {
                throw .spentStamp
            }
            return known.value
        }
        guard stampChecks.take(at: now) else { throw .busy }
        guard
            let value = Stamp.value(
                of: offer.stamp, network: policy.id, key: offer.key, epoch: offer.stampEpoch, price: policy.stamp)
        else {
            links[LinkRound(link: link, round: round), default: LinkTally()].badStamps += 1
            throw .badStamp
        }
        stamps.remember(name, value: value, round: offer.round)
        return value
    }
}
