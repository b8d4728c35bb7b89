// What links, homes, arrivals and pipes report, and where it goes.

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
    mutating func take(_ effect: RelayingEffect, at now: Moment, using random: inout RandomStream) {
        switch effect {
        case .connect(let connection, let endpoint): emit(.connect(connection.number, endpoint))
        case .write(let connection, let bytes): emit(.write(connection.number, bytes))
        case .close(let connection): emit(.close(connection.number))

        case .linkUp(let link): linkCameUp(link, at: now)
        case .linkDown(let link, let ending): linkWentDown(link, isSilent: ending == .silent, at: now)
        case .dialFailed(.entry(let entry), _):
            entryPoints.failed(entry, at: now)
            armKnock()
        case .dialFailed(.member(let node, _, _), let role):
            if role == .member { push(.membership(.dialFailed(node))) }
        case .linkWanted(let node):
            guard let member = membership.member(node) else { return }
            push(.relaying(.dialAsked(.member(node, member.channelKey, member.endpoints), as: .member)))
        case .controlReceived(let link, let control): take(control, from: Membership.LinkID(number: link.number))
        case .offsetMeasured(let link, let wallOffset, let meshOffset, let uncertainty):
            clockSeen(on: link, wallOffset: wallOffset, meshOffset: meshOffset, uncertainty: uncertainty)

        case .homesChanged(let nodes): emit(.store(.homes(nodes.map(\.bytes))))
        case .homeAttached: homeCameUp(at: now)
        case .homeLost: emit(.note(.homesChanged(live: relaying.homeStatus.count(where: \.isLive))))

        case .depositArrived(let arrival, let deposit, let link, let subnet):
            push(
                .keeper(
                    .depositReceived(DepositID(number: arrival.number), via: link.number, from: subnet, deposit)))
        case .arrivalPacket(let arrival, let bytes):
            switch Self.message(in: bytes) {
            case .success(.bodiesWanted(let wanted)):
                push(.keeper(.bodiesWanted(DepositID(number: arrival.number), wanted)))
            case .failure(.unknownKind): break
            case .success, .failure:
                push(.relaying(.arrivalAsked(arrival, .reset)))
                push(.keeper(.arrivalClosed(DepositID(number: arrival.number))))
            }
        case .arrivalClosed(let arrival): push(.keeper(.arrivalClosed(DepositID(number: arrival.number))))

        case .pipeAnswered(let pipe, let answer): pipeAnswered(pipe, answer)
        case .pipePacket(let pipe, let bytes): pipeBrought(pipe, packet: bytes)
        case .pipeReceived(let pipe, let bytes): push(.conversation(pipe, .pipeReceived(bytes)))
        case .pipeWritable: break
        case .pipeFinished(let pipe): push(.conversation(pipe, .pipeLost))
        case .pipeClosed(let pipe, _): pipeWentDown(pipe)

        case .count(let counter, let amount): count(.relaying(counter), by: amount)
        }
    }

    /// What the table's owners say to each other; links and homes have seen to the rest.
    private mutating func take(_ control: Control, from link: Membership.LinkID) {
        switch control {
        case .pull(let pull): push(.membership(.pullReceived(link, pull)))
        case .push(let table): push(.membership(.pushReceived(link, table)))
        case .compare(let compare): push(.membership(.compareReceived(link, compare)))
        case .prune: push(.membership(.pruneReceived(link)))
        case .graft: push(.membership(.graftReceived(link)))
        case .ask(let ask): push(.membership(.askReceived(link, ask)))
        case .challenge(let challenge): push(.membership(.challengeReceived(link, challenge)))
        case .alive(let alive): push(.membership(.aliveReceived(link, alive)))
        case .hello, .attach, .attached, .refused, .goodbye: break
        }
    }

    // MARK: links

    /// Members compare both of their clocks; a leaf, which nobody asks, takes what its home holds for the mesh's.
    private mutating func clockSeen(on link: LinkID, wallOffset: Span, meshOffset: Span, uncertainty: Span) {
        let number = Membership.LinkID(number: link.number)
        push(
            .membership(
                standing.isMember
                    ? .offsetMeasured(number, offset: wallOffset, meshOffset: meshOffset, uncertainty: uncertainty)
                    : .offsetMeasured(number, offset: meshOffset, meshOffset: nil, uncertainty: uncertainty)))
    }

    private mutating func linkCameUp(_ link: LinkInfo, at now: Moment) {
        links[link.id] = link
        let isHome = relaying.homeStatus.contains { $0.link == link.id }
        let wasKnockedAt =
            !isHome && link.peer.map { entryPoints.reached(fingerprint: $0.fingerprint, at: now) } ?? false
        if link.asLeaf, standing.isMember {
            // A home of the own person: nothing for the table. Or a knock from before this node was a member: the
            // other end took it for a leaf's, so it knocks again as what it is.
            if wasKnockedAt { knockAgain(hangingUp: link.id, at: now) }
            return
        }
        let number = Membership.LinkID(number: link.id.number)
        push(.membership(.linkUp(number, peer: link.peer, isLeaf: link.isLeaf, outbound: link.outbound)))
        if let record = link.record, let hello = try? Push(records: [record], heartbeats: []) {
            push(.membership(.pushReceived(number, hello)))
        }
    }

    private mutating func knockAgain(hangingUp link: LinkID, at now: Moment) {
        push(.relaying(.hangUpAsked(link)))
        entryPoints.restart()
        knock(at: now)
    }

    /// This node has become a member: the links of its time as a leaf are over, but for its person's homes.
    mutating func endLeafLinks(at now: Moment) {
        let homes = relaying.homeStatus.compactMap(\.link)
        for (link, info) in links where info.asLeaf {
            push(.membership(.linkDown(Membership.LinkID(number: link.number))))
            if !homes.contains(link) { push(.relaying(.hangUpAsked(link))) }
        }
        entryPoints.restart()
        knock(at: now)
    }

    private mutating func linkWentDown(_ link: LinkID, isSilent: Bool, at now: Moment) {
        links[link] = nil
        push(.membership(.linkDown(Membership.LinkID(number: link.number), isSilent: isSilent)))
        if !isConnected { knock(at: now) }
    }

    private mutating func homeCameUp(at now: Moment) {
        emit(.note(.homesChanged(live: relaying.homeStatus.count(where: \.isLive))))
        for (id, seat) in seats {
            if case .joining = seat.phase { beginSeek(id, at: now) }
        }
    }

    // MARK: pipes

    private mutating func pipeAnswered(_ pipe: PipeID, _ answer: Answer) {
        if case .door(let id)? = pipes[pipe], case .pairing(var trial)? = seats[id]?.phase {
            trial.wasAnswered = true
            seats[id]?.phase = .pairing(trial)
        }
        guard case .deposit(let seek, let round, let keeper)? = pipes[pipe] else { return }
        switch answer {
        case .receipt(let receipt): push(.seeks(.receiptReceived(seek, round: round, keeper: keeper, receipt)))
        case .join, .extend: dropDeposit(pipe)
        }
    }

    private mutating func pipeBrought(_ pipe: PipeID, packet: [UInt8]) {
        guard case .deposit(let seek, let round, let keeper)? = pipes[pipe] else { return }
        switch Self.message(in: packet) {
        case .success(.answer(let answer)): push(.seeks(.answerReceived(seek, round: round, keeper: keeper, answer)))
        case .success(.bodies(let bodies)): push(.seeks(.bodiesReceived(seek, round: round, keeper: keeper, bodies)))
        case .failure(.unknownKind): break
        case .success(.bodiesWanted), .failure: dropDeposit(pipe)
        }
    }

    /// What keeper and depositor say to each other. A kind from the future is dropped, and the exchange goes on
    /// (Protocol/02-wire.md, "Before decoding").
    private static func message(in packet: [UInt8]) -> Result<KeeperMessage, WireFault> {
        Result { () throws(WireFault) in try KeeperMessage(decoding: packet) }
    }

    /// The keeper at the other end broke the protocol.
    private mutating func dropDeposit(_ pipe: PipeID) {
        guard case .deposit(let seek, let round, let keeper)? = pipes.removeValue(forKey: pipe) else { return }
        push(.relaying(.pipeAsked(pipe, .reset)))
        push(.seeks(.keeperFailed(seek, round: round, keeper: keeper)))
    }

    private mutating func pipeWentDown(_ pipe: PipeID) {
        switch pipes[pipe] {
        case .deposit(let seek, let round, let keeper)?:
            pipes[pipe] = nil
            push(.seeks(.keeperFailed(seek, round: round, keeper: keeper)))
        case .door(let id)?:
            if attempt(of: id, on: pipe) == nil { pipes[pipe] = nil } else { push(.conversation(pipe, .pipeLost)) }
        case .refusal?, .way?: push(.conversation(pipe, .pipeLost))
        case .draining?:
            pipes[pipe] = nil
            timers.cancel(.draining(pipe))
        case nil: break
        }
    }
}
