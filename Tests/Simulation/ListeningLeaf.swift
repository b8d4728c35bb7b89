// A stranger who writes everything down: a leaf made of the real engines that keeps every byte string that it can
// decrypt, as whoever changes their own node could.

import Essentials
import Identity
import NodeEngine
import Noise
import Pairing
import Relaying
import Sodium
import Wire

/// One byte string that came to the listening leaf, decrypted.
struct Overheard {
    enum Kind: Hashable {
        /// The public table of members, which everybody has.
        case table
        /// What the home says beside that.
        case home
        /// What keepers answer, and what a door does.
        case pairing, door
        /// What the stranger says: handshake payloads and packets.
        case handshake, utterance
    }

    let kind: Kind
    /// The member that the leaf itself asked; nil for what comes from the stranger.
    let from: NodeKey?
    let bytes: [UInt8]
    let conversation: Int
}

final class ListeningLeaf: Neighbour {
    enum Use {
        case deposit(SeekID, round: UInt64, keeper: NodeKey)
        case door(NodeKey)
    }

    private enum Step {
        case relaying(RelayingInput)
        case seeks(SeeksInput)
    }

    let endpoint = Endpoint.v4(0x7F09_0909, port: 7_000)
    let isListening = false
    let members: [HonestNode]
    let policy: NetworkPolicy
    let relaying: Owned<Relaying>
    var seeks: Seeks
    var random: RandomStream
    var now = Moment.origin
    var effects: [NodeEffect] = []
    var pipes: [PipeID: Use] = [:]
    private var steps: [Step] = []
    private var lastPipe: UInt64 = 0
    /// Counts seeks, and so conversations.
    var seek: UInt64 = 0
    var pairing: Pairing?
    var channel: Owned<Channel>?
    var door: PipeID?
    private(set) var overheard: [Overheard] = []
    /// The single-use keys of the strangers, in the order of the conversations.
    private(set) var strangerKeys: [Bytes32] = []
    private(set) var isInitiator: [Bool] = []
    var texts: [String] = []
    var ownNonce = Bytes32.zero
    var farewells = 0

    init(members: [HonestNode], policy: NetworkPolicy, seed: UInt64, at now: Moment) {
        self.members = members
        self.policy = policy
        self.now = now
        random = RandomStream(seed: Blake2b.hash(domain: "listening leaf", seed.bigEndianBytes))
        relaying = Owned(
            Relaying(
                policy: policy, identity: Owned(NodeIdentity.generate(using: &random)),
                clock: MeshClock(wallAtOrigin: Neighbourhood.start), at: now))
        seeks = Seeks(policy: policy)
    }

    func nextDeadline() -> Moment? {
        [relaying.value.nextDeadline(), seeks.nextDeadline()].compactMap { $0 }.min()
    }

    var hasHome: Bool { relaying.value.homeStatus.contains(where: \.isLive) }

    func write(down bytes: [UInt8], _ kind: Overheard.Kind, from: NodeKey?) {
        overheard.append(Overheard(kind: kind, from: from, bytes: bytes, conversation: strangerKeys.count))
    }

    // MARK: as a node

    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        self.now = now
        effects = []
        switch input {
        case .started: start()
        case .connectionOpened(let number, let remote, let isOutbound):
            relay(.connectionOpened(ConnectionID(number: number), from: remote, outbound: isOutbound))
        case .connectionFailed(let number): relay(.connectionFailed(ConnectionID(number: number)))
        case .received(let number, let bytes): relay(.received(ConnectionID(number: number), bytes))
        case .connectionClosed(let number): relay(.connectionClosed(ConnectionID(number: number)))
        case .timerFired:
            relay(.timerFired)
            look(.timerFired)
        case .personAsked(_, .meet(_)):
            seek += 1
            look(.seekAsked(SeekID(number: seek), SeekWish()))
        case .personAsked(_, .send(let text)): say(text)
        default: break
        }
        drain()
        return effects
    }

    private func start() {
        let clock = MeshClock(wallAtOrigin: Neighbourhood.start, uncertainty: .milliseconds(1))
        relay(.clockSet(clock))
        look(.clockSet(clock))
        look(
            .membersChanged(
                members.compactMap { member in
                    member.placement.map {
                        KeeperCandidate(nodeKey: member.nodeKey, channelKey: member.channelKey, placement: $0)
                    }
                }))
        relay(
            .membersChanged(
                members.map {
                    KnownMember(node: $0.nodeKey, channel: $0.channelKey, addresses: [$0.endpoint], isPresent: true)
                }))
    }

    // MARK: links and pipes

    func relay(_ input: RelayingInput) { steps.append(.relaying(input)) }

    /// One after the other: what follows from an effect must not overtake the effects behind it.
    private func drain() {
        while !steps.isEmpty {
            switch steps.removeFirst() {
            case .relaying(let input):
                for effect in relaying.value.handle(input, at: now, using: &random) { take(effect) }
            case .seeks(let input):
                for effect in seeks.handle(input, at: now, using: &random) { take(effect) }
            }
        }
    }

    private func take(_ effect: RelayingEffect) {
        switch effect {
        case .connect(let connection, let endpoint): effects.append(.connect(connection.number, endpoint))
        case .write(let connection, let bytes): effects.append(.write(connection.number, bytes))
        case .close(let connection): effects.append(.close(connection.number))
        case .linkUp(let link):
            if let record = link.record { write(down: record.encoded(), .table, from: link.peer) }
            if let all = try? Pull(have: [], from: 0, to: .max) { relay(.controlAsked(link.id, .pull(all))) }
        case .controlReceived(let link, let control):
            let home = relaying.value.linkInfo(link)?.peer
            switch control {
            case .pull(let pull): write(down: pull.encoded(), .table, from: home)
            case .push(let push): write(down: push.encoded(), .table, from: home)
            default: write(down: control.encoded(), .home, from: home)
            }
        case .homeAttached(_, let home, let terms): write(down: terms.encoded(), .home, from: home)
        case .pipeAnswered(let pipe, let answer): answered(pipe, answer)
        case .pipePacket(let pipe, let bytes): packet(pipe, bytes)
        case .pipeReceived(_, let bytes): hear(bytes)
        case .pipeClosed(let pipe, _):
            if case .deposit(let seek, let round, let keeper)? = pipes.removeValue(forKey: pipe) {
                look(.keeperFailed(seek, round: round, keeper: keeper))
            }
        default: break
        }
    }

    private func answered(_ pipe: PipeID, _ answer: Answer) {
        switch pipes[pipe] {
        case .deposit(let seek, let round, let keeper)?:
            write(down: answer.encoded(), .pairing, from: keeper)
            if case .receipt(let receipt) = answer {
                look(.receiptReceived(seek, round: round, keeper: keeper, receipt))
            }
        case .door(let door)?: write(down: answer.encoded(), .door, from: door)
        case nil: break
        }
    }

    private func packet(_ pipe: PipeID, _ bytes: [UInt8]) {
        guard case .deposit(let seek, let round, let keeper)? = pipes[pipe] else { return }
        write(down: bytes, .pairing, from: keeper)
        switch try? KeeperMessage(decoding: bytes) {
        case .answer(let answer)?: look(.answerReceived(seek, round: round, keeper: keeper, answer))
        case .bodies(let bodies)?: look(.bodiesReceived(seek, round: round, keeper: keeper, bodies))
        default: break
        }
    }

    func newPipe(_ use: Use) -> PipeID {
        lastPipe += 1
        pipes[PipeID(number: lastPipe)] = use
        return PipeID(number: lastPipe)
    }

    // MARK: seeking

    func look(_ input: SeeksInput) { steps.append(.seeks(input)) }

    private func take(_ effect: SeeksEffect) {
        switch effect {
        case .deposit(let seek, let round, let keeper, let deposit):
            guard let home = relaying.value.pickHome(at: now, using: &random),
                let member = members.first(where: { $0.nodeKey == keeper })
            else { return look(.keeperFailed(seek, round: round, keeper: keeper)) }
            let pipe = newPipe(.deposit(seek, round: round, keeper: keeper))
            let opening = PipeOpening(
                through: home, to: keeper, channel: member.channelKey, request: .deposit(deposit))
            relay(.pipeAsked(pipe, .open(opening)))
        case .askBodies(let seek, let round, let keeper, let wanted):
            for (pipe, use) in pipes {
                guard case .deposit(seek, round, keeper) = use else { continue }
                relay(.pipeAsked(pipe, .sendPacket(KeeperMessage.bodiesWanted(wanted).encoded())))
            }
        case .closeRound(let seek, let round):
            for (pipe, use) in pipes.sorted(by: { $0.key < $1.key }) {
                guard case .deposit(seek, round, _) = use else { continue }
                pipes[pipe] = nil
                relay(.pipeAsked(pipe, .reset))
            }
        case .makeStamp(let request):
            if let nonce = StampWork(request).attempt(startingAt: 0, count: 10_000) {
                look(.stampMade(request.number, nonce: nonce))
            }
        case .matched(let seek, let pairing):
            strangerKeys.append(pairing.theirKey)
            isInitiator.append(pairing.isInitiator)
            goToDoor(pairing)
            look(.seekCancelled(seek))
        default: break
        }
    }
}
