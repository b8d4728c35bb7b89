// Between the seeks and the keepers: deposits ride on pipes through a home, answers come back the same way.

internal import Conversation
internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

extension NodeEngine {
    // MARK: as a keeper

    mutating func take(_ effect: KeeperEffect) {
        switch effect {
        case .receipt(let arrival, let receipt): answer(arrival, .answer(.receipt(receipt)))
        case .answer(let arrival, let round): answer(arrival, .sendPacket(KeeperMessage.answer(round).encoded()))
        case .bodies(let arrival, let bodies): answer(arrival, .sendPacket(KeeperMessage.bodies(bodies).encoded()))
        case .close(let arrival): answer(arrival, .finish)
        case .count(let counter): count(.pairing(counter))
        }
    }

    private mutating func answer(_ arrival: DepositID, _ request: ArrivalRequest) {
        push(.relaying(.arrivalAsked(ArrivalID(number: arrival.number), request)))
    }

    // MARK: as a seeker

    mutating func take(_ effect: SeeksEffect, at now: Moment, using random: inout RandomStream) {
        switch effect {
        case .deposit(let seek, let round, let keeper, let deposit):
            send(deposit, of: seek, round, to: keeper, at: now, using: &random)
        case .askBodies(let seek, let round, let keeper, let wanted):
            guard let pipe = depositPipe(seek, round, keeper) else { return }
            push(.relaying(.pipeAsked(pipe, .sendPacket(KeeperMessage.bodiesWanted(wanted).encoded()))))
        case .closeRound(let seek, let round):
            for (pipe, use) in pipes {
                guard case .deposit(seek, round, _) = use else { continue }
                pipes[pipe] = nil
                push(.relaying(.pipeAsked(pipe, .reset)))
            }
        case .makeStamp(let request):
            let work = WorkID(number: numbers.next())
            works[work] = .stamp(request.number)
            emit(.work(work, .stamp(StampWork(request))))
        case .abandonStamp(let stamp):
            for (work, use) in works.sorted(by: { $0.key < $1.key }) {
                guard case .stamp(stamp) = use else { continue }
                works[work] = nil
                emit(.abandon(work))
            }
        case .matched(let seek, let pairing):
            guard let id = seatOfSeek[seek] else { return }
            beginTrial(id, pairing, at: now)
        case .matchedThree(let seek, let trio):
            guard let id = seatOfSeek[seek] else { return }
            beginThree(id, trio, at: now)
        case .declined(let seek, let pairing):
            // The person may have left the search already.
            push(.refusal(seatOfSeek[seek], pairing))
        case .roundEnded(let seek, let outcome):
            guard let id = seatOfSeek[seek] else { return }
            // Keepers do not fall silent together; a home can make it look so.
            if outcome.answered * 2 <= outcome.addressed { shunHome(of: id) }
            if outcome.offers > 1 { seats[id]?.metAnyone = true }
            guard let seat = seats[id] else { return }
            if seat.wish.isForQuestion {
                seats[id]?.roles = (outcome.asking, outcome.discussing)
            } else if let people = outcome.inPool, seat.search.offered == .everyone {
                crowd = (people, now)
            }
        case .refused(let seek):
            guard let id = seatOfSeek.removeValue(forKey: seek), !seatOfSeek.values.contains(id) else { return }
            seats[id]?.phase = .idle
            tell(
                id,
                .error("This node looks for as many strangers as it can at once. End another meeting, then press New."))
        case .count(let counter): count(.pairing(counter))
        }
    }

    private mutating func send(
        _ deposit: Deposit, of seek: SeekID, _ round: UInt64, to keeper: NodeKey, at now: Moment,
        using random: inout RandomStream
    ) {
        guard let id = seatOfSeek[seek], let home = liveHome(of: id, at: now, using: &random),
            let member = membership.member(keeper)
        else {
            push(.seeks(.keeperFailed(seek, round: round, keeper: keeper)))
            return
        }
        let pipe = PipeID(number: numbers.next())
        pipes[pipe] = .deposit(seek, round: round, keeper: keeper)
        push(
            .relaying(
                .pipeAsked(
                    pipe,
                    .open(
                        PipeOpening(through: home, to: keeper, channel: member.channelKey, request: .deposit(deposit))))
            ))
    }

    private func depositPipe(_ seek: SeekID, _ round: UInt64, _ keeper: NodeKey) -> PipeID? {
        pipes.first { _, use in
            if case .deposit(seek, round, keeper) = use { true } else { false }
        }?.key
    }

    /// A home that drops what it is given blocks a search for as long as the search stays with it.
    mutating func shunHome(of id: SeatID) {
        guard let home = relaying.homeStatus.first(where: { $0.link != nil && $0.link == seats[id]?.home }),
            let link = home.link
        else { return }
        seats[id]?.home = nil
        seats[id]?.shunned = home.node
        count(.node(.homeShunned))
        push(.relaying(.homeFailed(link)))
    }

    /// The home that this search goes through: taken at random once, and again only when it is gone.
    private mutating func liveHome(of id: SeatID, at now: Moment, using random: inout RandomStream) -> LinkID? {
        if let home = seats[id]?.home, relaying.homeStatus.contains(where: { $0.link == home && $0.isLive }) {
            return home
        }
        let home = relaying.pickHome(avoiding: seats[id]?.shunned, at: now, using: &random)
        seats[id]?.home = home
        return home
    }
}
