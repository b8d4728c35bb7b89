// Two engines joined by a pipe in virtual time, in the manner of a laboratory bench: the pipe has a delay,
// cuts bytes anywhere, and can be frozen.

import Conversation
import Essentials
import Sodium

/// One engine with what it was told and what it counted.
final class Seat {
    var engine: Conversation
    var random: RandomStream
    private(set) var told: [(at: Moment, event: ConversationEvent)] = []
    private(set) var counted: [ConversationCounter] = []
    private(set) var hasClosedPipe = false
    /// What was put on ways, by the owner's number, and not taken by a test.
    var onWays: [(way: UInt64, bytes: [UInt8])] = []
    private(set) var closedWays: [UInt64] = []
    private(set) var takenWays: [UInt64] = []

    init(engine: consuming Conversation, random: RandomStream) {
        self.engine = engine
        self.random = random
    }

    /// Carries out everything but writes, which it returns.
    func absorb(_ effects: [ConversationEffect], at now: Moment) -> [[UInt8]] {
        var written: [[UInt8]] = []
        for effect in effects {
            switch effect {
            case .write(let bytes): written.append(bytes)
            case .closePipe: hasClosedPipe = true
            case .writeOnWay(let way, let bytes): onWays.append((way, bytes))
            case .closeWay(let way): closedWays.append(way)
            case .takeWay(let way): takenWays.append(way)
            case .tell(let event): told.append((now, event))
            case .count(let counter): counted.append(counter)
            }
        }
        return written
    }

    func handle(_ input: ConversationInput, at now: Moment) -> [[UInt8]] {
        absorb(engine.handle(input, at: now, using: &random), at: now)
    }

    func start(at now: Moment) -> [[UInt8]] { absorb(engine.start(at: now, using: &random), at: now) }

    var events: [ConversationEvent] { told.map(\.event) }
    var messages: [String] { events.compactMap { if case .gotMessage(let text) = $0 { text } else { nil } } }
    var words: [String]? { events.compactMap { if case .safetyWords(let words) = $0 { words } else { nil } }.first }
    var refusals: [TextRefusal] { counted.compactMap { if case .textRefused(let why) = $0 { why } else { nil } } }
    var violations: [ConversationViolation] {
        counted.compactMap { if case .violation(let what) = $0 { what } else { nil } }
    }
    var delivered: UInt64? {
        events.compactMap { if case .delivered(let number) = $0 { number } else { nil } }.last
    }
    var ending: ConversationEnding? {
        events.compactMap { if case .ended(let ending) = $0 { ending } else { nil } }.first
    }
    func moment(of event: ConversationEvent) -> Moment? { told.first { $0.event == event }?.at }
}

/// A pipe with two engines on it, or with somebody in between.
final class Pair {
    enum Side: Int { case left = 0, right = 1 }

    private struct Parcel {
        let arrives: Moment
        let to: Side
        /// Nil says that the pipe has ended.
        let bytes: [UInt8]?
    }

    let left: Seat
    let right: Seat
    private(set) var now = Moment(microseconds: 1_000_000)
    private var parcels: [Parcel] = []
    private var chance: SeededGenerator
    var delay = Span.milliseconds(40)
    /// The longest piece that the pipe delivers at once.
    var longestPiece = Int.max
    /// A frozen side hears nothing and does nothing.
    var frozen: Set<Side> = []
    /// Everything that was put on the pipe, by sender.
    private(set) var written: [Side: [[UInt8]]] = [.left: [], .right: []]
    private(set) var largestDelivery = 0

    init(
        seed: UInt64 = 1, left leftSettings: ConversationSettings = ConversationSettings(),
        right rightSettings: ConversationSettings = ConversationSettings(), sameProlog: Bool = true,
        met: (left: Encounters?, right: Encounters?) = (nil, nil)
    ) {
        chance = SeededGenerator(seed: seed)
        var random = RandomStream(seed: Blake2b.hash(domain: "test", [UInt8(truncatingIfNeeded: seed)]))
        let leftKey = AgreementKey.generate(using: &random)
        let rightKey = AgreementKey.generate(using: &random)
        let leftPublic = leftKey.publicKey
        let rightPublic = rightKey.publicKey
        var leftRandom = random.fork()
        var rightRandom = random.fork()
        left = Seat(
            engine: Conversation(
                isInitiator: true, ownKey: leftKey, theirKey: rightPublic, prologue: [1, 2, 3],
                settings: leftSettings, encounters: met.left, at: now, using: &leftRandom), random: leftRandom)
        right = Seat(
            engine: Conversation(
                isInitiator: false, ownKey: rightKey, theirKey: leftPublic, prologue: sameProlog ? [1, 2, 3] : [4],
                settings: rightSettings, encounters: met.right, at: now, using: &rightRandom), random: rightRandom)
    }

    func seat(_ side: Side) -> Seat { side == .left ? left : right }

    func start() {
        post(left.start(at: now), from: .left)
        post(right.start(at: now), from: .right)
    }

    /// Says hello on both sides and lets the safety words finish.
    func connected() -> Pair {
        start()
        run(for: .seconds(1))
        return self
    }

    func goAhead(on side: Side) { post(seat(side).handle(.goAhead, at: now), from: side) }

    /// Takes what is on its way and says to both sides that the pipe broke.
    func cut() {
        parcels = []
        for side in [Side.left, .right] { _ = seat(side).handle(.pipeLost, at: now) }
    }

    /// Opens a way on both sides, on which everything arrives at once until both have taken it.
    func mend(way: UInt64 = 1, slot: UInt64 = 7) {
        let opened = ConversationInput.wayOpened(way, slot: slot, door: Bytes32(words: (way, 2, 3, 4)))
        for side in [Side.left, .right] { post(seat(side).handle(opened, at: now), from: side) }
        while let side = [Side.left, .right].first(where: { !seat($0).onWays.isEmpty }) {
            let parcel = seat(side).onWays.removeFirst()
            let other: Side = side == .left ? .right : .left
            post(seat(other).handle(.wayReceived(parcel.way, parcel.bytes), at: now), from: other)
        }
    }

    func ask(_ request: ConversationRequest, on side: Side) {
        post(seat(side).handle(.personAsked(request), at: now), from: side)
        finishIfClosed(side)
    }

    /// Puts bytes of the test's own on the pipe.
    func inject(_ bytes: [UInt8], to side: Side) { parcels.append(Parcel(arrives: now, to: side, bytes: bytes)) }

    func run(for span: Span) {
        let end = now + span
        while true {
            let timers = [Pair.Side.left, .right].filter { !frozen.contains($0) }.compactMap { side in
                seat(side).engine.nextDeadline().map { (at: max($0, now), side: side) }
            }
            let parcel = parcels.indices.min { (parcels[$0].arrives, $0) < (parcels[$1].arrives, $1) }
            let timer = timers.min { $0.at < $1.at }
            let parcelAt = parcel.map { parcels[$0].arrives } ?? .distantFuture
            let next = min(parcelAt, timer?.at ?? .distantFuture)
            guard next <= end else { break }
            now = max(now, next)
            if let parcel, parcelAt == next {
                deliver(parcels.remove(at: parcel))
            } else if let timer {
                post(seat(timer.side).handle(.timerFired, at: now), from: timer.side)
                finishIfClosed(timer.side)
            }
        }
        now = end
    }

    private func deliver(_ parcel: Parcel) {
        guard !frozen.contains(parcel.to) else { return }
        let seat = seat(parcel.to)
        guard let bytes = parcel.bytes else {
            post(seat.handle(.pipeLost, at: now), from: parcel.to)
            return
        }
        largestDelivery = max(largestDelivery, bytes.count)
        post(seat.handle(.pipeReceived(bytes), at: now), from: parcel.to)
        finishIfClosed(parcel.to)
    }

    private func post(_ writes: [[UInt8]], from side: Side) {
        for bytes in writes {
            written[side]?.append(bytes)
            var rest = bytes[...]
            while !rest.isEmpty {
                let most = min(rest.count, longestPiece)
                let count = most == rest.count ? most : 1 + Int(chance.next() % UInt64(most))
                parcels.append(
                    Parcel(arrives: now + delay, to: side == .left ? .right : .left, bytes: Array(rest.prefix(count))))
                rest = rest.dropFirst(count)
            }
        }
    }

    private var finished: Set<Side> = []

    private func finishIfClosed(_ side: Side) {
        guard seat(side).hasClosedPipe, finished.insert(side).inserted else { return }
        parcels.append(Parcel(arrives: now + delay, to: side == .left ? .right : .left, bytes: nil))
    }
}
