// How the node stands in the mesh: knocking at entry points, its own record and puzzle, and what Membership
// wants done.

internal import Conversation
internal import Essentials
internal import Identity
internal import Membership
internal import OrderedCollections
internal import Pairing
internal import Relaying
internal import Sodium
internal import Wire

/// The node's own standing: the puzzle, the record's number, and whether anything connects it to the mesh.
struct Standing {
    var puzzle: PuzzleSolution?
    var placement: PlacementKey?
    var isSolving = false
    /// True once the own record is published.
    var isMember = false
    var wasInMesh = false

    init(restored: RestoredState) {
        puzzle = restored.puzzle
    }
}

extension NodeEngine {
    mutating func start(at now: Moment) {
        // Every engine begins with the same clock and an empty table.
        tableHasChanged = true
        spread(clock)
        if configuration.role == .member { becomeMemberOrSolve(at: now) }
        knock(at: now)
    }

    // MARK: the identity puzzle

    private mutating func becomeMemberOrSolve(at now: Moment) {
        let node = identity.value.nodeKey
        let policy = configuration.policy
        let meshTime = clock.mesh(at: now)
        if let puzzle = standing.puzzle, Puzzle.counts(month: puzzle.month, at: meshTime, policy: policy),
            let placement = Puzzle.check(puzzle, nodeKey: node, policy: policy)
        {
            becomeMember(puzzle, placement)
            return
        }
        guard !standing.isSolving else { return }
        solve(at: meshTime)
    }

    mutating func finish(_ work: WorkID, _ outcome: BackgroundWork.Outcome, at now: Moment) {
        switch (works.removeValue(forKey: work), outcome) {
        case (.puzzle, .puzzle(let solution)):
            standing.isSolving = false
            standing.puzzle = solution
            emit(.store(.puzzle(solution)))
            becomeMemberOrSolve(at: now)
        case (.stamp(let stamp), .stamp(let nonce)): push(.seeks(.stampMade(stamp, nonce: nonce)))
        case (.check, .checked(let findings)): push(.membership(.puzzlesChecked(findings)))
        default: break
        }
    }

    /// A solution serves its month and a few days around it; the next one is made before a record could outlive it.
    private mutating func solveAhead(at now: Moment) {
        let policy = configuration.policy
        let meshTime = clock.mesh(at: now)
        guard let puzzle = standing.puzzle, !standing.isSolving,
            !Puzzle.counts(month: puzzle.month, at: meshTime + policy.recordLifetime, policy: policy)
        else { return }
        solve(at: meshTime)
    }

    private mutating func solve(at meshTime: WallTime) {
        standing.isSolving = true
        let work = WorkID(number: numbers.next())
        works[work] = .puzzle
        let policy = configuration.policy
        // Late in a month the next one's solution counts already, and lasts longer.
        let month = Puzzle.month(at: meshTime + policy.puzzleMonthOverlap, policy: policy)
        emit(.note(.puzzleStarted))
        emit(.work(work, .puzzle(PuzzleWork(nodeKey: identity.value.nodeKey, month: month, policy: policy))))
    }

    private mutating func becomeMember(_ puzzle: PuzzleSolution, _ placement: PlacementKey) {
        standing.puzzle = puzzle
        standing.placement = placement
        push(.membership(standing.isMember ? .descriptionChanged : .becameMember))
    }

    // MARK: entry points

    /// True while some link, home or known member makes knocking needless.
    var isConnected: Bool { links.values.contains { standing.isMember ? !$0.isLeaf && !$0.asLeaf : true } }

    mutating func knock(at now: Moment) {
        for entry in entryPoints.due(at: now, isConnected: isConnected) {
            push(.relaying(.dialAsked(.entry(entry), as: standing.isMember ? .member : .leaf)))
        }
        armKnock()
    }

    mutating func armKnock() {
        if let next = entryPoints.nextKnock(isConnected: isConnected) {
            timers.arm(.knock, at: next)
        } else {
            timers.cancel(.knock)
        }
    }

    // MARK: what Membership wants

    mutating func take(_ effect: MembershipEffect, at now: Moment, using random: inout RandomStream) {
        switch effect {
        case .sendPull(let link, let pull): push(.relaying(.controlAsked(LinkID(number: link.number), .pull(pull))))
        case .sendPush(let link, let news): push(.relaying(.controlAsked(LinkID(number: link.number), .push(news))))
        case .sendCompare(let link, let compare):
            push(.relaying(.controlAsked(LinkID(number: link.number), .compare(compare))))
        case .sendPrune(let link): push(.relaying(.controlAsked(LinkID(number: link.number), .prune(Prune()))))
        case .sendGraft(let link): push(.relaying(.controlAsked(LinkID(number: link.number), .graft(Graft()))))
        case .sendAsk(let link, let ask): push(.relaying(.controlAsked(LinkID(number: link.number), .ask(ask))))
        case .sendChallenge(let link, let challenge):
            push(.relaying(.controlAsked(LinkID(number: link.number), .challenge(challenge))))
        case .sendAlive(let link, let alive): push(.relaying(.controlAsked(LinkID(number: link.number), .alive(alive))))
        case .signAlive(let link, let nonce): signAlive(nonce, over: LinkID(number: link.number))
        case .dial(let node, let channel, let endpoints):
            push(.relaying(.dialAsked(.member(node, channel, endpoints), as: .member)))
        case .probe(let link, let moment):
            push(.relaying(.probeAsked(LinkID(number: link.number), silentSince: moment)))
        case .hangUp(let link, let reason):
            let number = LinkID(number: link.number)
            switch reason {
            case .violation, .banned, .ownNode: push(.relaying(.hangUpAsked(number)))
            // The link has done nothing wrong, and somebody's conversation may run over it.
            case .full, .duplicate, .feelerDone, .replaced: push(.relaying(.retireAsked(number)))
            }
        case .signRecord(let seq, let expires): signRecord(seq: seq, expires: expires, at: now)
        case .signHeartbeat(let time, let period): signHeartbeat(time: time, period: period)
        case .checkPuzzles(let claims): check(claims)
        case .store(let record, let node, let seq): emit(.store(.record(record, nodeKey: node.bytes, seq: seq)))
        case .forget(let node): emit(.store(.forget(nodeKey: node.bytes)))
        case .keepAnchors(let nodes): emit(.store(.anchors(nodes.map(\.bytes))))
        case .tableChanged: tableHasChanged = true
        case .clockChanged(let clock): spread(clock)
        case .count(let counter): count(.membership(counter))
        }
    }

    private mutating func check(_ claims: [PuzzleClaim]) {
        let work = WorkID(number: numbers.next())
        works[work] = .check
        emit(.work(work, .check(claims, configuration.policy)))
    }

    private mutating func signRecord(seq: UInt64, expires: WallTime, at now: Moment) {
        solveAhead(at: now)
        guard let puzzle = standing.puzzle,
            let record = try? NodeRecord.make(
                identity: identity.value, policy: configuration.policy, seq: seq, expires: expires,
                addresses: configuration.addresses, capabilities: Capability.all, puzzle: puzzle)
        else { return }
        emit(.store(.lastSeq(seq)))
        push(.membership(.recordSigned(record)))
        if standing.isMember {
            push(.relaying(.ownRecordChanged(record)))
        } else {
            standing.isMember = true
            push(.relaying(.becameMember(record)))
            emit(.note(.becameMember))
            endLeafLinks(at: now)
        }
        tableHasChanged = true
    }

    private mutating func signHeartbeat(time: WallTime, period: Span) {
        guard
            let heartbeat = try? Heartbeat.make(
                identity: identity.value, policy: configuration.policy, time: time, period: period)
        else { return }
        push(.membership(.heartbeatSigned(heartbeat)))
    }

    private mutating func signAlive(_ nonce: Bytes32, over link: LinkID) {
        guard let alive = try? LifeSign.make(identity: identity.value, policy: configuration.policy, nonce: nonce)
        else { return }
        push(.relaying(.controlAsked(link, .alive(alive))))
    }

    /// They are told of the table as a whole, which costs as much as it is long. So the changes of a large one are
    /// gathered for a while.
    mutating func mayTellTable(at now: Moment) -> Bool {
        let pause = Self.tablePause(lines: membership.allKnownCount)
        if let told = tableTold, now < told + pause {
            timers.arm(.table, at: told + pause)
            return false
        }
        tableTold = now
        return true
    }

    /// Between two times that they are told; a small table is told of as soon as it changes.
    static func tablePause(lines: Int) -> Span {
        lines > largeTable ? min(.milliseconds(Int64(clamping: lines)), .seconds(8)) : .zero
    }

    static var largeTable: Int { 256 }

    /// Tells the other engines who is there.
    mutating func tellTable() {
        tableHasChanged = false
        let known = membership.knownMembers()
        let members = known.filter(\.isPresent)
        push(
            .relaying(
                .membersChanged(
                    known.map { member in
                        KnownMember(
                            node: member.nodeKey, channel: member.channelKey, addresses: member.endpoints,
                            isPresent: member.isPresent,
                            servesAsHome: member.capabilities & Capability.home != 0)
                    })))
        let candidates = members.filter { $0.capabilities & Capability.keeper != 0 }.compactMap { member in
            member.placement.map {
                KeeperCandidate(nodeKey: member.nodeKey, channelKey: member.channelKey, placement: $0)
            }
        }
        push(.keeper(.membersChanged(own: standing.isMember ? standing.placement : nil, candidates)))
        push(.seeks(.membersChanged(candidates)))
        let isInMesh = members.contains { $0.nodeKey != identity.value.nodeKey }
        if isInMesh, !standing.wasInMesh { emit(.note(.meshReached(members: members.count))) }
        if !isInMesh, standing.wasInMesh { emit(.note(.meshLost)) }
        standing.wasInMesh = isInMesh
    }
}
