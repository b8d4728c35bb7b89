import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

/// The seeks of one node with keepers that say nothing unless the test does.
final class SeekBench {
    var seeks: Seeks
    var random = RandomStream(seed: Blake2b.hash(domain: "seek bench"))
    let keepers: [TestMember]
    private(set) var now = Moment.origin
    var effects: [SeeksEffect] = []
    var makesStamps: Bool

    static let round = World.firstRound
    static let seek = SeekID(number: 1)

    init(
        keepers count: Int = 3, clock: Bool = true, makesStamps: Bool = true, parameters: PairingParameters = .init(),
        policy: NetworkPolicy = testPolicy
    ) {
        self.makesStamps = makesStamps
        keepers = (0..<count).map { TestMember($0, seed: 1, clock: MeshClock(wallAtOrigin: World.start)) }
        seeks = Seeks(policy: policy, parameters: parameters)
        if clock { give(.clockSet(MeshClock(wallAtOrigin: World.start)), at: 0) }
        give(.membersChanged(keepers.map(\.candidate)), at: 0)
    }

    @discardableResult
    func give(_ input: SeeksInput, at milliseconds: Int64) -> [SeeksEffect] {
        now = .origin + .milliseconds(milliseconds)
        var given = seeks.handle(input, at: now, using: &random)
        if makesStamps {
            for effect in given {
                guard case .makeStamp(let request) = effect,
                    let nonce = StampWork(request).attempt(startingAt: 0, count: 10_000)
                else { continue }
                given += seeks.handle(.stampMade(request.number, nonce: nonce), at: now, using: &random)
            }
        }
        effects += given
        return given
    }

    @discardableResult
    func ask(_ seek: SeekID = SeekBench.seek, at milliseconds: Int64) -> [SeeksEffect] {
        give(.seekAsked(seek, SeekWish()), at: milliseconds)
    }

    /// All timers up to a time.
    @discardableResult
    func run(until milliseconds: Int64) -> [SeeksEffect] {
        var given: [SeeksEffect] = []
        while let due = seeks.nextDeadline(), due <= .origin + .milliseconds(milliseconds) {
            given += give(.timerFired, at: max(due, now).microseconds.milliseconds)
        }
        now = .origin + .milliseconds(milliseconds)
        return given
    }

    static func deposits(_ effects: [SeeksEffect]) -> [(round: UInt64, keeper: NodeKey, deposit: Deposit)] {
        effects.compactMap {
            if case .deposit(_, let round, let keeper, let deposit) = $0 { (round, keeper, deposit) } else { nil }
        }
    }

    static func offers(_ effects: [SeeksEffect]) throws -> [Offer] {
        var seen: [Offer] = []
        for deposit in deposits(effects) {
            let offer = try Offer(decoding: deposit.deposit.offer)
            if seen.last != offer { seen.append(offer) }
        }
        return seen
    }

    static func stamps(_ effects: [SeeksEffect]) -> [StampRequest] {
        effects.compactMap { if case .makeStamp(let request) = $0 { request } else { nil } }
    }

    static func counters(_ effects: [SeeksEffect]) -> [PairingCounter] {
        effects.compactMap { if case .count(let counter) = $0 { counter } else { nil } }
    }
}

extension UInt64 {
    var milliseconds: Int64 { Int64(self / 1_000) }
}
