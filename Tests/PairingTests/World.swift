// Keepers and seekers in virtual time, with delays between them and a place for lies.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

final class World {
    private enum Event {
        case keeper(Int, KeeperInput)
        case seeker(Int, SeeksInput)
        case action((World) -> Void)
    }

    private struct Pipe {
        let seeker: Int
        let seek: SeekID
        let round: UInt64
        let keeper: Int
        var isClosed = false
    }

    /// An epoch begins here.
    static let start = WallTime(milliseconds: 1_767_225_600_000)
    static let firstRound = start.milliseconds / 1_000

    let members: [TestMember]
    let seekers: [TestSeeker]
    private(set) var now = Moment.origin
    private(set) var transcript: [String] = []
    private var queue: [(due: Moment, order: Int, event: Event)] = []
    private var ordered = 0
    private var pipes: [Pipe] = []
    private var generator: SeededGenerator
    /// One way between a seeker and a keeper.
    var delay: (inout SeededGenerator) -> Span = { .milliseconds(Int64.random(in: 10...70, using: &$0)) }

    /// Clock errors are in milliseconds; members' first, then seekers'.
    init(members: Int, seekers: Int, seed: UInt64 = 1, clockErrors: [Int64] = []) {
        func clock(_ index: Int) -> MeshClock {
            let error = index < clockErrors.count ? clockErrors[index] : 0
            return MeshClock(
                wallAtOrigin: Self.start, offset: .milliseconds(error), uncertainty: .milliseconds(10))
        }
        generator = SeededGenerator(seed: seed)
        self.members = (0..<members).map { TestMember($0, seed: seed, clock: clock($0)) }
        self.seekers = (0..<seekers).map { TestSeeker($0, seed: seed, clock: clock(members + $0)) }
        for index in 0..<members { tellKeeper(index) }
        for index in 0..<seekers { give(index, .membersChanged(self.members.map(\.candidate))) }
    }

    // MARK: Driving

    func tellKeeper(_ index: Int) {
        let member = members[index]
        handle(index, .membersChanged(own: member.candidate.placement, members.map(\.candidate)))
    }

    func give(_ seeker: Int, _ input: SeeksInput) {
        let node = seekers[seeker]
        let effects = node.seeks.handle(input, at: now, using: &node.random)
        for effect in effects { carryOut(effect, of: seeker) }
    }

    func seek(_ seeker: Int, _ number: UInt64 = 1, kind: UInt32 = 0, pool: UInt64 = 0, search: UInt64? = nil) {
        let search = search.map { SearchID(number: $0) }
        give(seeker, .seekAsked(SeekID(number: number), SeekWish(kind: kind, pool: pool, search: search)))
    }

    func at(_ milliseconds: Int64, _ action: @escaping (World) -> Void) {
        post(.origin + .milliseconds(milliseconds), .action(action))
    }

    /// Runs until this many milliseconds after the start.
    func run(until milliseconds: Int64) {
        let end = Moment.origin + .milliseconds(milliseconds)
        while true {
            let deadlines = deadlines()
            let next = (deadlines.map(\.due) + queue.prefix(1).map(\.due)).min()
            guard let next, next <= end else { break }
            now = max(now, next)
            if let first = queue.first, first.due <= now {
                queue.removeFirst()
                carryOut(first.event)
            } else {
                for deadline in deadlines where deadline.due <= now { deadline.fire() }
            }
        }
        now = end
    }

    private func deadlines() -> [(due: Moment, fire: () -> Void)] {
        var deadlines: [(due: Moment, fire: () -> Void)] = []
        for index in members.indices {
            guard let due = members[index].keeper.nextDeadline() else { continue }
            deadlines.append(
                (
                    due,
                    { [unowned self] in
                        handle(index, .timerFired)
                        let next = members[index].keeper.nextDeadline()
                        #expect(next.map { $0 > self.now } ?? true, "a keeper's timer must not spin")
                    }
                ))
        }
        for index in seekers.indices {
            guard let due = seekers[index].seeks.nextDeadline() else { continue }
            deadlines.append(
                (
                    due,
                    { [unowned self] in
                        give(index, .timerFired)
                        let next = seekers[index].seeks.nextDeadline()
                        #expect(next.map { $0 > self.now } ?? true, "a seek's timer must not spin")
                    }
                ))
        }
        return deadlines
    }

    private func post(_ due: Moment, _ event: Event) {
        ordered += 1
        let place = queue.firstIndex { ($0.due, $0.order) > (due, ordered) } ?? queue.endIndex
        queue.insert((due, ordered, event), at: place)
    }

    private func later(_ event: Event) { post(now + delay(&generator), event) }

    private func carryOut(_ event: Event) {
        switch event {
        case .keeper(let index, let input): handle(index, input)
        case .seeker(let index, let input): give(index, input)
        case .action(let action): action(self)
        }
    }

    // MARK: Effects

    private func handle(_ index: Int, _ input: KeeperInput) {
        let member = members[index]
        for effect in member.keeper.handle(input, at: now, using: &member.random) {
            for changed in member.tamper?(effect) ?? [effect] { carryOut(changed, of: index) }
        }
    }

    private func carryOut(_ effect: KeeperEffect, of index: Int) {
        let member = members[index]
        if case .count(let counter) = effect { member.counters.append(counter) }
        guard !member.isSilent else { return }
        switch effect {
        case .receipt(let arrival, let receipt):
            reply(arrival) { .receiptReceived($0.seek, round: $0.round, keeper: member.nodeKey, receipt) }
        case .answer(let arrival, let answer):
            transcript.append("\(now.microseconds) keeper \(index) \(answer.listings.count) \(Hex.encode(answer.body))")
            reply(arrival) { .answerReceived($0.seek, round: $0.round, keeper: member.nodeKey, answer) }
        case .bodies(let arrival, let bodies):
            reply(arrival) { .bodiesReceived($0.seek, round: $0.round, keeper: member.nodeKey, bodies) }
        case .close(let arrival):
            guard let place = Int(exactly: arrival.number), pipes.indices.contains(place) else { return }
            pipes[place].isClosed = true
        case .count: break
        }
    }

    private func reply(_ arrival: DepositID, _ input: (Pipe) -> SeeksInput) {
        guard let place = Int(exactly: arrival.number), pipes.indices.contains(place), !pipes[place].isClosed else {
            return
        }
        later(.seeker(pipes[place].seeker, input(pipes[place])))
    }

    private func carryOut(_ effect: SeeksEffect, of index: Int) {
        let seeker = seekers[index]
        switch effect {
        case .deposit(let seek, let round, let keeper, let deposit):
            seeker.deposits.append((seek, round, keeper, deposit, now))
            guard let target = members.firstIndex(where: { $0.nodeKey == keeper }) else { return }
            if members[target].isDown {
                later(.seeker(index, .keeperFailed(seek, round: round, keeper: keeper)))
                return
            }
            pipes.append(Pipe(seeker: index, seek: seek, round: round, keeper: target))
            let arrival = DepositID(number: UInt64(pipes.count - 1))
            later(.keeper(target, .depositReceived(arrival, via: UInt64(index), from: nil, deposit)))
        case .askBodies(let seek, let round, let keeper, let wanted):
            guard let place = pipe(index, seek, round, keeper) else { return }
            later(.keeper(pipes[place].keeper, .bodiesWanted(DepositID(number: UInt64(place)), wanted)))
        case .closeRound(let seek, let round):
            for place in pipes.indices
            where pipes[place].seeker == index && pipes[place].seek == seek && pipes[place].round == round {
                pipes[place].isClosed = true
                later(.keeper(pipes[place].keeper, .arrivalClosed(DepositID(number: UInt64(place)))))
            }
        case .makeStamp(let request):
            seeker.stampRequests.append(request)
            guard seeker.makesStamps, let nonce = StampWork(request).attempt(startingAt: 0, count: 1_000) else {
                return
            }
            post(now + .milliseconds(5), .seeker(index, .stampMade(request.number, nonce: nonce)))
        case .matched(let seek, let pairing):
            seeker.pairings.append((seek, pairing, now))
            transcript.append("\(now.microseconds) seeker \(index) \(pairing.token) \(pairing.isInitiator)")
        case .matchedThree(let seek, let trio):
            seeker.trios.append((seek, trio, now))
            let tokens = trio.pairings.map(\.token)
            transcript.append("\(now.microseconds) seeker \(index) \(tokens) \(trio.role)")
        case .declined(let seek, let pairing):
            seeker.declined.append((seek, pairing))
        case .roundEnded(let seek, let outcome):
            seeker.outcomes.append((seek, outcome))
        case .count(let counter): seeker.counters.append(counter)
        case .abandonStamp, .refused: break
        }
    }

    private func pipe(_ seeker: Int, _ seek: SeekID, _ round: UInt64, _ keeper: NodeKey) -> Int? {
        pipes.indices.first {
            pipes[$0].seeker == seeker && pipes[$0].seek == seek && pipes[$0].round == round
                && members[pipes[$0].keeper].nodeKey == keeper && !pipes[$0].isClosed
        }
    }

    // MARK: Looking

    /// All pairings, and that they fit each other: each key once, both sides alike, one initiator.
    func checkedPairings() -> [Pairing] {
        let pairings = seekers.flatMap { $0.pairings.map(\.pairing) }
        var byKey: [Bytes32: Pairing] = [:]
        for pairing in pairings {
            let key = pairing.ownKey.value.publicKey
            #expect(byKey[key] == nil, "a key was in two pairings")
            byKey[key] = pairing
        }
        for pairing in pairings {
            guard let other = byKey[pairing.theirKey] else {
                Issue.record("one side thinks that it was matched and the other does not")
                continue
            }
            #expect(other.theirKey == pairing.ownKey.value.publicKey)
            #expect(other.token == pairing.token && other.prologue == pairing.prologue)
            #expect(other.lowerNonce == pairing.lowerNonce && other.higherNonce == pairing.higherNonce)
            #expect(other.lowerNonce < other.higherNonce)
            #expect(other.isInitiator != pairing.isInitiator)
            #expect(other.round == pairing.round && other.epoch == pairing.epoch)
        }
        return pairings
    }

    func seekerCount(of counter: PairingCounter) -> Int {
        seekers.reduce(0) { $0 + $1.counters.count { $0 == counter } }
    }
}
