// An evil node that is a leaf, and its person: it attaches, seeks by the rule and is matched by the rule; what it
// does at the door and behind it is the test's.

import Essentials
import Identity
import NodeEngine
import Noise
import Pairing
import Relaying
@testable import Simulator
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
    /// What it does when it is one of three.
    var third: EvilThird?

    init(_ policy: NetworkPolicy, through entry: Int, seed: UInt64) {
        self.entry = World.endpoint(of: entry, in: policy)
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

    func seek(_ wish: SeekWish = SeekWish()) {
        seekNumber += 1
        perform(.membersChanged(candidates))
        perform(.seekAsked(SeekID(number: seekNumber), wish))
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
            case .matchedThree(_, let trio): third?.begin(trio)
            case .declined, .abandonStamp, .roundEnded, .refused, .count: break
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
