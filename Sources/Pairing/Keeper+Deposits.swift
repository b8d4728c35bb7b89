// The checks of a deposit, in the order of their price. See Protocol/06-pairing.md, "At a keeper".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

extension Keeper {
    mutating func accept(
        _ deposit: Deposit, from arrival: DepositID, via carrier: Carrier, at now: Moment
    ) -> [KeeperEffect] {
        // A second deposit on the same pipe: the first stands, the pipe is of no use any more.
        guard arrivals[arrival] == nil else { return refuse(arrival, with: .busy) }
        do throws(Refusal) {
            try take(deposit, from: arrival, via: carrier, at: now)
            return [.receipt(arrival, ReceiptCode.accepted.receipt), .count(.depositAccepted)]
        } catch {
            return refuse(arrival, with: error)
        }
    }

    private func refuse(_ arrival: DepositID, with refusal: Refusal) -> [KeeperEffect] {
        let isHeld = arrivals[arrival] != nil
        return [.receipt(arrival, refusal.receipt), .count(refusal.counter)] + (isHeld ? [] : [.close(arrival)])
    }

    /// Why a deposit is not taken.
    private enum Refusal: Error {
        case notServing, wrongRound, wrongShard, busy, full, malformed, badShare, reused, spentStamp, badStamp
        /// Worth the lowest price, and this round costs more.
        case cheapStamp(bits: Int)

        var receipt: Receipt {
            if case .cheapStamp(let bits) = self { return Receipt(code: code.rawValue, price: UInt32(clamping: bits)) }
            return code.receipt
        }

        private var code: ReceiptCode {
            switch self {
            case .notServing: .notServing
            case .wrongRound: .wrongRound
            case .wrongShard: .wrongShard
            case .busy: .busy
            case .full: .full
            case .malformed: .malformed
            case .badShare: .badShare
            case .reused: .reused
            case .spentStamp: .spentStamp
            case .badStamp, .cheapStamp: .badStamp
            }
        }

        var counter: PairingCounter {
            switch self {
            case .notServing: .depositNotServing
            case .wrongRound: .depositWrongRound
            case .wrongShard: .depositWrongShard
            case .busy: .depositBusy
            case .full: .depositFull
            case .malformed: .depositMalformed
            case .badShare: .depositBadShare
            case .reused: .depositReused
            case .spentStamp: .depositSpentStamp
            case .badStamp: .depositBadStamp
            case .cheapStamp: .depositCheapStamp
            }
        }
    }

    private mutating func take(
        _ deposit: Deposit, from arrival: DepositID, via carrier: Carrier, at now: Moment
    ) throws(Refusal) {
        let time = try servingTime(at: now)
        try charge(carrier, round: schedule.round(at: time), at: now)
        guard let offer = try? Offer(decoding: deposit.offer) else { throw .malformed }
        guard schedule.isOpen(offer.round, at: time, early: parameters.early) else { throw .wrongRound }
        guard schedule.epoch(ofRound: offer.round) == offer.epoch, Sharding.isPossible(offer.address) else {
            throw .wrongShard
        }
        guard schedule.acceptsStamp(of: offer.stampEpoch, inRound: offer.round) else { throw .badStamp }
        let place = try place(of: offer.address, round: offer.round)
        let digest = Offer.digest(of: deposit.offer)
        let share = try openShare(of: deposit, offer: offer, digest: digest)
        guard !rounds[place].has(key: offer.key) else { throw .reused }
        let value = try stampValue(of: offer, via: carrier.link, round: schedule.round(at: time), at: now)
        let bits = price(of: offer.address, round: offer.round)
        guard Stamp.leadingZeroBits(of: value) >= bits else { throw .cheapStamp(bits: bits) }
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

    /// Counts a deposit against its link, the link's subnet and what this node looks at in a second.
    private mutating func charge(_ carrier: Carrier, round: UInt64, at now: Moment) throws(Refusal) {
        let link = LinkRound(link: carrier.link, round: round)
        let subnet = carrier.subnet.map { SubnetRound(subnet: $0, round: round) }
        if links[link] == nil {
            links = links.filter { $0.key.round == round }
            subnets = subnets.filter { $0.key.round == round }
        }
        var tally = links[link] ?? LinkTally()
        let beside = subnet.flatMap { subnets[$0] } ?? 0
        guard tally.deposits < parameters.depositsPerLink, tally.badStamps < parameters.badStampsPerLink,
            beside < parameters.depositsPerSubnet, depositChecks.take(at: now)
        else { throw .busy }
        tally.deposits += 1
        links[link] = tally
        if let subnet { subnets[subnet] = beside + 1 }
    }

    /// How many zero bits a stamp needs: one more than the lowest price each time that the shard's last round held
    /// twice as much as is listed.
    private func price(of address: ShardAddress, round: UInt64) -> Int {
        let last = rounds.first { $0.address == address && round > 0 && $0.round == round - 1 }?.accepted ?? 0
        return Self.price(after: last, policy: policy)
    }

    static func price(after held: Int, policy: NetworkPolicy) -> Int {
        var (extra, room) = (0, policy.sampleMaximum)
        while room < held, extra < PairingParameters.dearest {
            extra += 1
            room *= 2
        }
        return policy.stamp.bits + extra
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
        guard rounds[place].accepted < parameters.depositsPerRound else { throw .full }
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
