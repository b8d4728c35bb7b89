// An evil node that is a leaf, and its person: it attaches, seeks by the rule and is matched by the rule; what it
// does at the door and behind it is the test's.

import Essentials
import Identity
import NodeEngine
import Noise
import Pairing
import Relaying
import Simulator
import Sodium
import Wire

final class EvilLeaf: EvilNode {
    private let entry: Endpoint
    private var seeks: Seeks
    private var pipes: [NodeKey: EvilPipe] = [:]
    private var seekNumber: UInt64 = 0
    private(set) var home: EvilLink?
    private(set) var isAttached = false
    private(set) var talks: [EvilTalk] = []
    private(set) var pairings: [Pairing] = []
    /// What homes refused, by code.
    private(set) var refused: [UInt32: Int] = [:]

    /// Once matched; true when the test does the rest.
    var onMatched: ((Pairing) -> Bool)?
    /// What the victim says.
    var onUtterance: ((EvilTalk, Utterance) -> Void)?
    /// The channel with the victim stands.
    var onChannel: ((EvilTalk) -> Void)?
    /// Says something else than hello over links that are not to its home; true when it did.
    var onGreet: ((EvilLink) -> Bool)?
    var attaches = true

    init(_ policy: NetworkPolicy, through entry: Int, seed: UInt64) {
        self.entry = World.endpoint(of: entry)
        seeks = Seeks(policy: policy, clock: MeshClock(wallAtOrigin: World.wallAtOrigin))
        super.init(policy, seed: seed)
    }

    // MARK: leaf

    override func started() {
        every(.seconds(1)) { [unowned self] in
            if upLinks.isEmpty {
                connect(entry) { [unowned self] link in
                    home = link
                    link.write(link.opening(.xx, key: AgreementKey.generate(using: &random)))
                }
            }
            return true
        }
    }

    override func greet(_ link: EvilLink) {
        if link !== home, onGreet?(link) == true { return }
        if let hello = try? Hello(role: .leaf) { link.say(.hello(hello)) }
    }

    override func cameUp(_ link: EvilLink) {
        guard attaches else { return }
        link.say(.attach(Attach()))
        if let pull = try? Pull(have: [], from: 0, to: .max) { link.say(.pull(pull)) }
    }

    override func wentDown(_ link: EvilLink) {
        if link === home { isAttached = false }
    }

    override func heard(_ control: Control, on link: EvilLink) {
        super.heard(control, on: link)
        switch control {
        case .attached: isAttached = true
        case .refused(let refusal): refused[refusal.code, default: 0] += 1
        default: break
        }
    }

    func carry(to node: NodeKey, _ early: [UInt8] = []) -> EvilStream? {
        home?.open([1] + node.bytes.bytes + [1] + early, early: early.count)
    }

    // MARK: seeking

    private var candidates: [KeeperCandidate] {
        table.records.map {
            KeeperCandidate(
                nodeKey: $0.key, channelKey: ChannelKey($0.value.body.channelKey), placement: $0.value.placement)
        }
    }

    func seek() {
        seekNumber += 1
        perform(.membersChanged(candidates))
        perform(.seekAsked(SeekID(number: seekNumber), SeekWish()))
    }

    func stopSeeking() { perform(.seekCancelled(SeekID(number: seekNumber))) }
    func seekAgain() { perform(.pairingFailed(SeekID(number: seekNumber))) }

    override func timePassed() {
        if let due = seeks.nextDeadline(), due <= now { perform(.timerFired) }
    }

    override func nextDeadline() -> Moment? {
        [super.nextDeadline(), seeks.nextDeadline()].compactMap { $0 }.min()
    }

    private func perform(_ input: SeeksInput) {
        for effect in seeks.handle(input, at: now, using: &random) {
            switch effect {
            case .deposit(let seek, let round, let keeper, let deposit):
                guard let pipe = pipe(to: keeper, .deposit(deposit)) else { continue }
                pipes[keeper] = pipe
                pipe.answered = { [unowned self] answer in
                    guard case .receipt(let receipt) = answer else { return }
                    perform(.receiptReceived(seek, round: round, keeper: keeper, receipt))
                }
                pipe.packet = { [unowned self] content in
                    switch try? KeeperMessage(decoding: content) {
                    case .answer(let answer)?:
                        perform(.answerReceived(seek, round: round, keeper: keeper, answer))
                    case .bodies(let bodies)?:
                        perform(.bodiesReceived(seek, round: round, keeper: keeper, bodies))
                    case .bodiesWanted?, nil: break
                    }
                }
            case .askBodies(_, _, let keeper, let wanted):
                pipes[keeper]?.say(KeeperMessage.bodiesWanted(wanted).encoded())
            case .closeRound:
                for pipe in pipes.values { pipe.stream.reset() }
                pipes = [:]
            case .makeStamp(let request):
                guard let nonce = StampWork(request).attempt(startingAt: 0, count: 10_000) else { continue }
                after(.milliseconds(1)) { [unowned self] in perform(.stampMade(request.number, nonce: nonce)) }
            case .matched(_, let pairing):
                pairings.append(pairing)
                if onMatched?(pairing) != true { goToDoor(pairing) }
            case .abandonStamp, .roundEnded, .refused, .count: break
            }
        }
    }

    /// A request to a member, behind it whatever is to ride on the opening.
    func pipe(to node: NodeKey, _ request: Request, early: [UInt8] = []) -> EvilPipe? {
        guard let body = table.records[node]?.body, home?.isUp == true else { return nil }
        return EvilPipe(of: self, to: node, channel: body.channelKey, request: request, early: early)
    }

    // MARK: the door

    func doors(_ pairing: Pairing) -> [NodeKey] {
        DoorChoice.candidates(
            network: policy.id, nonces: (pairing.lowerNonce, pairing.higherNonce),
            members: table.records.map { ($0.key, $0.value.placement) })
    }

    func goToDoor(_ pairing: Pairing) {
        for (place, door) in doors(pairing).enumerated() {
            after(.milliseconds(700 * Int64(place))) { [unowned self] in
                if !talks.contains(where: { $0.isOpen }) { _ = talk(pairing, at: door) }
            }
        }
    }

    func talk(_ pairing: Pairing, at door: NodeKey) -> EvilTalk? {
        let talk = EvilTalk(pairing, at: door, of: self)
        guard talk.begin() else { return nil }
        talks.append(talk)
        return talk
    }

    var talk: EvilTalk? { talks.last { $0.isOpen } }
}

/// A pipe of an evil leaf through its home.
final class EvilPipe {
    private unowned let leaf: EvilNode
    let stream: EvilStream
    private let channel: Owned<Channel>
    private var buffer: [UInt8] = []
    private var isAnswered = false
    private let isJoin: Bool

    var answered: (Answer) -> Void = { _ in }
    /// The content of a keeper's packet.
    var packet: ([UInt8]) -> Void = { _ in }
    /// What comes through a door.
    var raw: ([UInt8]) -> Void = { _ in }

    init?(of leaf: EvilLeaf, to node: NodeKey, channel key: Bytes32, request: Request, early: [UInt8]) {
        self.leaf = leaf
        if case .join = request { isJoin = true } else { isJoin = false }
        channel = Owned(
            Channel(
                role: .initiator, pattern: .nk,
                prologue: Array("passant/pipe/1".utf8) + leaf.policy.id.bigEndianBytes + node.bytes.bytes,
                remoteStatic: key, classes: .conversation))
        guard let first = try? channel.value.start(payload: request.block(), using: &leaf.random),
            let stream = leaf.carry(to: node, first + early)
        else { return nil }
        self.stream = stream
        stream.received = { self.receive($0) }
    }

    func say(_ content: [UInt8]) {
        if let packet = try? channel.value.seal(content, at: leaf.now) { stream.write(packet) }
    }

    private func receive(_ bytes: [UInt8]) {
        if isAnswered, isJoin { return raw(bytes) }
        buffer += bytes
        if !isAnswered {
            guard buffer.count >= 2 else { return }
            let length = 2 + Int(UInt16(bigEndianBytes: buffer.prefix(2)))
            guard buffer.count >= length else { return }
            let first = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            isAnswered = true
            for case .handshakePayload(let block, _) in (try? channel.value.receive(first, at: leaf.now)) ?? [] {
                if let answer = try? Answer(block: block) { answered(answer) }
            }
        }
        let rest = buffer
        buffer = []
        guard !rest.isEmpty else { return }
        if isJoin { return raw(rest) }
        for case .packet(let content) in (try? channel.value.receive(rest, at: leaf.now)) ?? [] { packet(content) }
    }
}

/// A conversation with a victim: a real channel, and anything in it.
final class EvilTalk {
    private unowned let leaf: EvilLeaf
    private let pairing: Pairing
    let door: NodeKey
    private let channel: Owned<Channel>
    private var pipe: EvilPipe?
    private var next: UInt64 = 1
    private(set) var heard: [Utterance] = []
    private(set) var isOpen = false

    init(_ pairing: Pairing, at door: NodeKey, of leaf: EvilLeaf) {
        self.leaf = leaf
        self.pairing = pairing
        self.door = door
        channel = Owned(
            Channel(
                role: pairing.isInitiator ? .initiator : .responder, pattern: .kk,
                prologue: pairing.prologue(at: door), localStatic: pairing.ownKey.value.copy(),
                remoteStatic: pairing.theirKey, classes: .conversation))
    }

    var stream: EvilStream? { pipe?.stream }

    func begin() -> Bool {
        var early: [UInt8] = []
        if pairing.isInitiator { early = (try? channel.value.start(payload: [], using: &leaf.random)) ?? [] }
        pipe = leaf.pipe(to: door, .join(Join(token: pairing.token(at: door))), early: early)
        pipe?.raw = { self.receive($0) }
        return pipe != nil
    }

    private func receive(_ bytes: [UInt8]) {
        for event in (try? channel.value.receive(bytes, at: leaf.now)) ?? [] {
            switch event {
            case .handshakePayload: break
            case .awaitingReply:
                put((try? channel.value.reply(payload: [], using: &leaf.random)) ?? [])
                stands()
            case .established: stands()
            case .packet(let content):
                guard let utterance = try? Utterance(decoding: content) else { continue }
                heard.append(utterance)
                leaf.onUtterance?(self, utterance)
            }
        }
    }

    private func stands() {
        isOpen = true
        if let hook = leaf.onChannel { return hook(self) }
        open()
    }

    /// The own opening, as an honest node's.
    func open() { if let opening = try? Opening() { say(.opening(opening)) } }

    func say(_ utterance: Utterance) { say(raw: utterance.encoded()) }
    func say(_ text: String) {
        if let text = try? Text(sequence: next, text: text) { say(.text(text)) }
        next += 1
    }

    func sealed(_ content: [UInt8]) -> [UInt8] { (try? channel.value.seal(content, at: leaf.now)) ?? [] }
    func say(raw content: [UInt8]) { put(sealed(content)) }
    func put(_ bytes: [UInt8]) { pipe?.stream.write(bytes) }
    func end() {
        isOpen = false
        pipe?.stream.reset()
    }
}
