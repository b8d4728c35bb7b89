// A member that is an honest engine with something wrong between it and the world. It can be late, slow or broken;
// it cannot lie, since what it writes is sealed by the engine inside.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Sodium
internal import Wire

/// What is wrong between an engine and the world.
protocol Distortion {
    /// When the engine learns of something; never before what came earlier.
    mutating func learns(of input: NodeInput, at now: Moment) -> Moment
    /// What is done in place of what the engine wants.
    mutating func does(_ effect: NodeEffect) -> [NodeEffect]
    /// Until then the engine does nothing.
    var asleepUntil: Moment { get }
    /// How often it was felt.
    var times: Int { get }
}

extension Distortion {
    mutating func learns(of input: NodeInput, at now: Moment) -> Moment { now }
    mutating func does(_ effect: NodeEffect) -> [NodeEffect] { [effect] }
    var asleepUntil: Moment { .origin }
}

/// An engine behind a distortion.
final class ManInside: Guest {
    private let identity: Owned<NodeIdentity>
    private let configuration: NodeConfiguration
    private var engine: Owned<NodeEngine>
    private var random: RandomStream
    private var distortion: any Distortion
    private var waiting: [(due: Moment, input: NodeInput)] = []

    init(
        _ policy: NetworkPolicy, at index: Int, through entries: [InviteEntry], _ distortion: any Distortion,
        seed: UInt64
    ) {
        random = RandomStream(seed: Blake2b.hash(domain: "man inside", seed.bigEndianBytes))
        let identity = Owned(NodeIdentity.generate(using: &random))
        self.identity = identity
        self.distortion = distortion
        configuration = NodeConfiguration(
            policy: policy, role: .member, addresses: [World.endpoint(of: index, in: policy)], entryPoints: entries)
        engine = Self.engine(configuration, identity, at: .origin)
    }

    var nodeKey: NodeKey { identity.value.nodeKey }
    var played: [String: Int] { ["distorted": distortion.times] }

    private static func engine(
        _ configuration: NodeConfiguration, _ identity: Owned<NodeIdentity>, at now: Moment
    ) -> Owned<NodeEngine> {
        Owned(
            NodeEngine(
                configuration: configuration, restored: RestoredState(), identity: identity,
                wallAtOrigin: World.wallAtOrigin, at: now))
    }

    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        var effects: [NodeEffect] = []
        switch input {
        case .started:
            engine = Self.engine(configuration, identity, at: now)
            waiting = []
            effects += give(.started, at: now)
        case .timerFired: break
        default:
            let due = max(distortion.learns(of: input, at: now), waiting.last?.due ?? now)
            waiting.append((due, input))
        }
        let ripe = waiting.prefix { $0.due <= now }
        waiting.removeFirst(ripe.count)
        for item in ripe { effects += give(item.input, at: now) }
        if let due = timerDue, due <= now { effects += give(.timerFired, at: now) }
        return effects
    }

    private func give(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        engine.value.handle(input, at: now, using: &random).flatMap { distortion.does($0) }
    }

    private var timerDue: Moment? { engine.value.nextDeadline().map { max($0, distortion.asleepUntil) } }

    func nextDeadline() -> Moment? { [timerDue, waiting.first?.due].compactMap { $0 }.min() }
}

/// Spells of a minute in which everything waits for the next moment that the machine has for it.
struct Sickness: Distortion {
    private var generator: SeededGenerator
    private var wakes = Moment.origin
    var asleepUntil: Moment { wakes }
    private(set) var times = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func learns(of input: NodeInput, at now: Moment) -> Moment {
        if wakes <= now {
            let isBad = (now - .origin).milliseconds / 60_000 % 2 == 1
            wakes = now + .milliseconds(Int64((isBad ? 9_000 : 400) * generator.fraction()))
            if wakes - now > .seconds(3) { times += 1 }
        }
        return wakes
    }
}

/// Some writes are wrong: a flipped bit, a byte less, or the same again.
struct Garble: Distortion {
    private var generator: SeededGenerator
    private(set) var times = 0
    private static let share = 0.01

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func does(_ effect: NodeEffect) -> [NodeEffect] {
        guard case .write(let connection, var bytes) = effect, !bytes.isEmpty, generator.fraction() < Self.share else {
            return [effect]
        }
        times += 1
        let place = Int(generator.next() % UInt64(bytes.count))
        switch generator.next() % 3 {
        case 0: bytes[place] ^= 1 << UInt8(generator.next() % 8)
        case 1: bytes.remove(at: place)
        default: bytes += bytes
        }
        return [.write(connection, bytes)]
    }
}
