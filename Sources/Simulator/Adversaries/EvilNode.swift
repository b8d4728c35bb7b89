// A participant that speaks the wire and keeps no rule it does not want to keep. By itself it plays along as far as
// it must; tests and corruptions bend it by its hooks.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Sodium
internal import Wire

class EvilNode: Guest {
    let policy: NetworkPolicy
    let identity: Owned<NodeIdentity>
    var random: RandomStream
    private(set) var now = Moment.origin
    private(set) var links: [UInt64: EvilLink] = [:]
    let table: EvilTable
    private var orders: [NodeEffect] = []
    private var plans: [(due: Moment, act: () -> Void)] = []
    private var nextConnection: UInt64 = 2
    private var dials: [UInt64: (EvilLink) -> Void] = [:]

    /// Sees each frame first; true when that was all there is to do about it.
    var onFrame: ((EvilLink, EvilFrame) -> Bool)?
    /// Sees each handshake when the next word is ours; true to say nothing.
    var onHandshake: ((EvilLink) -> Bool)?
    /// How far ahead its answers to pings claim the time to be.
    var clockLie = Span.zero
    /// Who gets those.
    var isLiedTo: (EvilLink) -> Bool = { _ in true }
    var bytesReadPerSecond: Int?
    /// How often each part was played.
    private(set) var played: [String: Int] = [:]
    func count(_ part: String) { played[part, default: 0] += 1 }

    init(_ policy: NetworkPolicy, seed: UInt64) {
        self.policy = policy
        random = RandomStream(seed: Blake2b.hash(domain: "evil", seed.bigEndianBytes))
        identity = Owned(NodeIdentity.generate(using: &random))
        table = EvilTable(policy)
    }

    var nodeKey: NodeKey { identity.value.nodeKey }
    var wall: WallTime { World.wallAtOrigin + (now - .origin) }
    var upLinks: [EvilLink] { links.values.filter { $0.isUp }.sorted { $0.connection < $1.connection } }

    // MARK: the world

    func handle(_ input: NodeInput, at moment: Moment) -> [NodeEffect] {
        now = moment
        switch input {
        case .started:
            // It may be a second life: what hung on the first is gone.
            (links, dials, plans) = ([:], [:], [])
            started()
        case .connectionOpened(let number, _, let isOutbound):
            let link = EvilLink(self, number, isOutbound: isOutbound)
            links[number] = link
            dials.removeValue(forKey: number)?(link)
        case .connectionFailed(let number): dials[number] = nil
        case .received(let number, let bytes): links[number]?.receive(bytes)
        case .connectionClosed(let number):
            if let link = links.removeValue(forKey: number) {
                link.ended()
                wentDown(link)
            }
        default: break
        }
        let due = plans.filter { $0.due <= now }
        plans.removeAll { $0.due <= now }
        for plan in due { plan.act() }
        timePassed()
        defer { orders = [] }
        return orders
    }

    func nextDeadline() -> Moment? { plans.map(\.due).min() }

    func order(_ effect: NodeEffect) { orders.append(effect) }

    func after(_ span: Span, _ act: @escaping () -> Void) { plans.append((now + span, act)) }

    /// Again and again, beginning now, until it says no.
    func every(_ span: Span, _ act: @escaping () -> Bool) {
        if act() { after(span) { [unowned self] in every(span, act) } }
    }

    /// A bare connection; what is written to it is the caller's.
    func connect(_ endpoint: Endpoint, then: @escaping (EvilLink) -> Void) {
        let number = nextConnection
        nextConnection += 2
        dials[number] = then
        order(.connect(number, endpoint))
    }

    // MARK: what subclasses play

    func started() {}
    func timePassed() {}
    /// The own side of a handshake is through: say hello.
    func greet(_ link: EvilLink) {}
    func cameUp(_ link: EvilLink) {}
    func wentDown(_ link: EvilLink) {}
    func attachAsked(_ link: EvilLink) {}
    func opened(_ stream: EvilStream, _ payload: [UInt8]) {}

    func heard(_ control: Control, on link: EvilLink) {
        guard case .push(let push) = control else { return }
        for record in push.records { table.take(record) }
        for heartbeat in push.heartbeats { table.take(heartbeat: heartbeat) }
    }
}
