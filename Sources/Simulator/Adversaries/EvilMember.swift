// An evil node that is a member: present in everybody's table, home, keeper and door, until somebody bends it.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Noise
internal import Pairing
internal import Sodium
internal import Wire

final class EvilMember: EvilNode {
    let endpoint: Endpoint
    private let entry: Endpoint?
    private(set) var record: Signed?
    private var puzzle: PuzzleSolution?
    private var keeper: Keeper?
    private var arrivals: [DepositID: EvilArrival] = [:]
    private var nextArrival: UInt64 = 1
    private var halves: [Bytes32: EvilArrival] = [:]
    var capabilities = Capability.all
    var heartbeats = true
    /// Whether it looks for a way in while it has none.
    var knocks = true
    /// All that it had when it was first asked.
    private(set) lazy var earlier = table.pushes
    /// The one number under which it says different things.
    private(set) lazy var equivocal = wall.milliseconds + 1
    /// What makes it hostile: told once at every start.
    var corruption: (any Corruption)?
    /// Whether news goes on to others, as at an honest member; by owner.
    var passesOn: (UInt64) -> Bool = { _ in false }
    var terms = try? HomeTerms(streams: 128, bytesPerSecond: 1 << 20, bytesPerDay: 1 << 33)

    // Each sees what would be done, and does it instead when it says true.

    /// A link to a member came up.
    var onMember: ((EvilLink) -> Bool)?
    var onPull: ((EvilLink, Pull) -> Bool)?
    /// It was asked about somebody, or challenged, with this nonce.
    var onNonce: ((EvilLink, Bytes32) -> Void)?
    var onAttach: ((EvilLink) -> Bool)?
    /// The leaf's stream, whereto, priority, first data.
    var onCarry: ((EvilStream, NodeKey, UInt8, [UInt8]) -> Bool)?
    var onDeposit: ((EvilArrival, Deposit) -> Bool)?
    var onReceipt: ((EvilArrival, Receipt) -> Bool)?
    var onRoundAnswer: ((EvilArrival, RoundAnswer) -> Bool)?
    var onBodiesWanted: ((EvilArrival, BodiesWanted) -> Bool)?
    var onJoin: ((EvilArrival, Bytes32) -> Bool)?
    /// Bytes between two joined halves: from, to, bytes.
    var onPassing: ((EvilArrival, EvilArrival, [UInt8]) -> Bool)?

    init(_ policy: NetworkPolicy, at index: Int, through entry: Int?, seed: UInt64) {
        endpoint = World.endpoint(of: index, in: policy)
        self.entry = entry.map { World.endpoint(of: $0, in: policy) }
        super.init(policy, seed: seed)
        keeper = Keeper(policy: policy, identity: identity, clock: MeshClock(wallAtOrigin: World.wallAtOrigin))
    }

    func link(to key: NodeKey) -> EvilLink? { upLinks.first { $0.peer == key && $0.role == .member } }
    var leaves: [EvilLink] {
        // Asked with all that is heard, and most have none.
        links.values.filter { $0.isUp && $0.isAttached }.sorted { $0.connection < $1.connection }
    }
    var memberLinks: [EvilLink] { upLinks.filter { $0.role == .member } }

    // MARK: membership

    override func started() {
        let month = Puzzle.month(at: wall, policy: policy)
        puzzle = Puzzle.attempt(nodeKey: nodeKey, month: month, policy: policy, startingAt: 0, count: 10_000)
        record = makeRecord(seq: wall.milliseconds, addresses: [endpoint])
        if let record { table.take(record) }
        corruption?.bend(self)
        guard let entry else { return }
        every(.seconds(1)) { [unowned self] in
            // Leaves may have come by themselves.
            if knocks, memberLinks.isEmpty {
                connect(entry) { [unowned self] in $0.write($0.opening(.xx, key: identity.value.channel.copy())) }
            }
            return true
        }
        every(heartbeatPeriod) { [unowned self] in
            if heartbeats, let beat = makeHeartbeat(time: wall) {
                table.take(heartbeat: beat)
                push([], [beat])
            }
            return true
        }
    }

    func makeRecord(seq: UInt64, addresses: [Endpoint]) -> Signed? {
        guard let puzzle else { return nil }
        return try? NodeRecord.make(
            identity: identity.value, policy: policy, seq: seq, expires: wall + .hours(20), addresses: addresses,
            capabilities: capabilities, puzzle: puzzle)
    }

    /// What a mesh of so many would have; as it is, of up to twice the usual size, so that nobody finds it too short.
    var expected = 24
    private var heartbeatPeriod: Span { policy.heartbeatPeriod(members: expected) }

    func makeHeartbeat(time: WallTime) -> Signed? {
        try? Heartbeat.make(identity: identity.value, policy: policy, time: time, period: heartbeatPeriod)
    }

    /// To all members and leaves.
    func push(_ records: [Signed], _ heartbeats: [Signed]) {
        let all = encoded(records, heartbeats)
        for link in upLinks { for push in all { link.say(encoded: push) } }
    }

    /// News as it is said, made once for all links.
    func encoded(_ records: [Signed], _ heartbeats: [Signed]) -> [[UInt8]] {
        Push.split(records: records, heartbeats: heartbeats).map { Control.push($0).encoded() }
    }

    override func greet(_ link: EvilLink) {
        if let record, let hello = try? Hello(role: .member, record: record, terms: terms) { link.say(.hello(hello)) }
    }

    override func cameUp(_ link: EvilLink) {
        guard link.role == .member else { return }
        if onMember?(link) == true { return }
        if let pull = try? Pull(have: [], from: 0, to: .max) { link.say(.pull(pull)) }
        for push in table.pushes { link.say(.push(push)) }
    }

    override func heard(_ control: Control, on link: EvilLink) {
        switch control {
        case .push(let push):
            let records = push.records.filter { table.take($0).map(passesOn) ?? false }
            let heartbeats = push.heartbeats.filter { table.take(heartbeat: $0).map(passesOn) ?? false }
            if !records.isEmpty || !heartbeats.isEmpty { passOn(records, heartbeats, from: link) }
            for leaf in leaves { leaf.say(.push(push)) }
        case .pull(let pull):
            if onPull?(link, pull) == true { return }
            let asked = pull.isNamed ? Set(pull.have.map(\.node)) : nil
            for push in table.pushes(of: asked) { link.say(.push(push)) }
        case .ask(let ask): onNonce?(link, ask.nonce)
        case .challenge(let challenge): onNonce?(link, challenge.nonce)
        default: break
        }
    }

    /// News to all members but the one that it came from; heartbeats to those who want them.
    private func passOn(_ records: [Signed], _ heartbeats: [Signed], from link: EvilLink) {
        let (toEager, toOthers) = (encoded(records, heartbeats), encoded(records, []))
        for other in memberLinks where other !== link {
            for push in other.isEager ? toEager : toOthers { other.say(encoded: push) }
        }
    }

    // MARK: home

    override func attachAsked(_ link: EvilLink) {
        if onAttach?(link) == true { return }
        if let terms { link.say(.attached(Attached(terms: terms))) }
    }

    override func opened(_ stream: EvilStream, _ payload: [UInt8]) {
        guard payload.first == 1 else { return arrive(stream, Array(payload.dropFirst(2))) }
        guard payload.count >= 34, let key = Bytes32(Array(payload[1..<33])) else { return }
        carry(stream, NodeKey(key), payload[33], Array(payload.dropFirst(34)))
    }

    private func carry(_ stream: EvilStream, _ node: NodeKey, _ priority: UInt8, _ early: [UInt8]) {
        count("carry")
        if onCarry?(stream, node, priority, early) == true { return }
        carryOn(stream, node, priority, early)
    }

    /// As an honest home does.
    @discardableResult
    func carryOn(_ stream: EvilStream, _ node: NodeKey, _ priority: UInt8, _ early: [UInt8]) -> EvilStream? {
        if node == nodeKey {
            arrive(stream, early)
            return nil
        }
        guard let onward = link(to: node) else {
            stream.reset(2)
            return nil
        }
        let next = onward.open([2, priority] + early, early: early.count)
        Self.splice(stream, next)
        return next
    }

    static func splice(_ one: EvilStream, _ other: EvilStream) {
        for (from, to) in [(one, other), (other, one)] {
            from.received = { to.write($0) }
            from.finished = { to.finish() }
            from.wasReset = { to.reset($0) }
        }
    }

    // MARK: keeper and door

    private func arrive(_ stream: EvilStream, _ early: [UInt8]) {
        let arrival = EvilArrival(stream, of: self, number: nextArrival)
        nextArrival += 1
        stream.received = { arrival.receive($0) }
        arrival.receive(early)
    }

    func asked(_ request: Request, by arrival: EvilArrival) {
        switch request {
        case .deposit(let deposit):
            count("deposit")
            if onDeposit?(arrival, deposit) == true { return }
            keep(deposit, of: arrival)
        case .join(let join):
            count("join")
            if onJoin?(arrival, join.token) == true { return }
            self.join(arrival, join.token)
        case .extend:
            // Nobody has to be a relay.
            arrival.answer(.extend(ExtendAnswer(code: .refused)))
            arrival.stream.finish()
        }
    }

    /// As an honest keeper does.
    func keep(_ deposit: Deposit, of arrival: EvilArrival) {
        let id = DepositID(number: arrival.number)
        arrivals[id] = arrival
        let others = table.records.filter { $0.key != nodeKey }.map {
            KeeperCandidate(
                nodeKey: $0.key, channelKey: ChannelKey($0.value.body.channelKey), placement: $0.value.placement)
        }
        perform(.membersChanged(own: table.records[nodeKey]?.placement, others))
        perform(.depositReceived(id, via: arrival.stream.link.connection, from: nil, deposit))
    }

    func wanted(_ wanted: BodiesWanted, by arrival: EvilArrival) {
        if onBodiesWanted?(arrival, wanted) == true { return }
        perform(.bodiesWanted(DepositID(number: arrival.number), wanted))
    }

    override func timePassed() {
        if let due = keeper?.nextDeadline(), due <= now { perform(.timerFired) }
    }

    override func nextDeadline() -> Moment? {
        [super.nextDeadline(), keeper?.nextDeadline()].compactMap { $0 }.min()
    }

    private func perform(_ input: KeeperInput) {
        for effect in keeper?.handle(input, at: now, using: &random) ?? [] {
            switch effect {
            case .receipt(let id, let receipt):
                guard let arrival = arrivals[id], onReceipt?(arrival, receipt) != true else { continue }
                arrival.answer(.receipt(receipt))
            case .answer(let id, let answer):
                count("answer")
                guard let arrival = arrivals[id], onRoundAnswer?(arrival, answer) != true else { continue }
                arrival.say(.answer(answer))
            case .bodies(let id, let bodies): arrivals[id]?.say(.bodies(bodies))
            case .close(let id): arrivals.removeValue(forKey: id)?.stream.finish()
            case .count: break
            }
        }
    }

    /// Signs any list as this keeper's.
    func sign(_ body: RoundAnswerBody, _ listings: [Listing]) -> RoundAnswer? {
        let bytes = body.encoded()
        let signature = identity.value.signature(over: bytes, domain: "passant/round-answer/1", network: policy.id)
        return try? RoundAnswer(body: bytes, signature: signature, listings: listings)
    }

    /// As an honest door does.
    func join(_ arrival: EvilArrival, _ token: Bytes32) {
        guard let first = halves.removeValue(forKey: token) else {
            halves[token] = arrival
            return arrival.answer(.join(JoinAnswer(code: .waiting)))
        }
        arrival.answer(.join(JoinAnswer(code: .joined)))
        bridge(first, arrival)
    }

    func bridge(_ one: EvilArrival, _ other: EvilArrival) {
        count("joined")
        for (from, to) in [(one, other), (other, one)] {
            from.raw = { [unowned self] bytes in
                if onPassing?(from, to, bytes) != true { to.stream.write(bytes) }
            }
            from.stream.finished = { to.stream.finish() }
            from.stream.wasReset = { to.stream.reset($0) }
        }
        for half in [one, other] { half.passHeld() }
    }
}
