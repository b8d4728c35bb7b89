// A keeper in each of its states, and every deposit that it must not take; honest ones go on being taken, and the list
// stays what it is.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Hostile deposits")
struct HostileDepositTests {
    /// A moment of a keeper's life, in milliseconds from the round's beginning; nil where the clock is not known.
    enum State: CaseIterable, CustomTestStringConvertible {
        case timeless, early, open, held, answered, forgotten, nobody
        var testDescription: String { "\(self)" }

        var moment: Int64 {
            switch self {
            case .early: -500
            case .answered: 1_300
            case .forgotten: 4_400
            default: 500
            }
        }
    }

    static let round = KeeperBench.round + 2

    /// Without the limits a second and a link: they are tested elsewhere, and here each case shall be judged.
    static var parameters: PairingParameters {
        var parameters = PairingParameters()
        parameters.depositsPerLink = 1_000_000
        parameters.badStampsPerLink = 1_000_000
        parameters.depositCheckBurst = 10_000_000
        parameters.stampCheckBurst = 10_000_000
        return parameters
    }

    /// A keeper in a state, and the moment of that.
    private func bench(_ state: State, _ maker: inout DepositMaker) throws -> (KeeperBench, Int64) {
        let bench = KeeperBench(
            parameters: Self.parameters, uncertainty: state == .timeless ? .seconds(1) : .milliseconds(10))
        if state == .nobody { bench.handle(.membersChanged(own: nil, []), at: 1_500) }
        let begin: Int64 = 2_000
        if [.held, .answered, .forgotten].contains(state) {
            for _ in 0..<3 {
                let (code, _) = bench.deposit(try bench.made(try maker.offer(round: Self.round)), at: begin + 300)
                #expect(code == .accepted)
            }
        }
        bench.handle(.timerFired, at: begin + state.moment)
        return (bench, begin + state.moment)
    }

    private func isOpen(_ state: State) -> Bool { [.early, .open, .held].contains(state) }

    @Test("a deposit with any bit flipped is taken only if it says the same", arguments: State.allCases)
    func flipped(state: State) throws {
        var maker = DepositMaker()
        let (bench, moment) = try bench(state, &maker)
        let good = try bench.made(try maker.offer(round: Self.round))
        let before = bench.member.keeper
        let encoded = good.encoded()
        for bit in stride(from: 0, to: encoded.count * 8, by: state == .open ? 1 : 13) {
            var bytes = encoded
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let deposit = try? Deposit(decoding: bytes) else { continue }
            bench.member.keeper = before
            let code = bench.deposit(deposit, via: UInt64(bit), at: moment).0
            guard code == .accepted else { continue }
            let isSame =
                deposit.offer == good.offer && deposit.index == good.index && deposit.share == good.share
                && deposit.path == good.path
            #expect(isSame && isOpen(state), "bit \(bit)")
        }
        bench.member.keeper = before
        #expect((bench.deposit(good, at: moment).0 == .accepted) == isOpen(state))
    }

    @Test("an offer cut anywhere, with bytes behind it, or of any other message is refused", arguments: State.allCases)
    func shapes(state: State) throws {
        var maker = DepositMaker()
        let (bench, moment) = try bench(state, &maker)
        let made = try maker.offer(round: Self.round)
        let good = try bench.made(made)
        var offers = (1..<made.encoding.count).map { Array(made.encoding.prefix($0)) }
        offers += [made.encoding + [0], made.encoding + made.encoding.prefix(90)]
        offers += Sample.small.map(\.bytes).filter { (1...Offer.maximumBytes).contains($0.count) }
        for offer in offers {
            let deposit = try Deposit(
                offer: offer, index: good.index, share: good.share, path: good.path, bodies: true)
            let code = bench.deposit(deposit, at: moment).0
            #expect(code != nil && code != .accepted)
        }
        #expect((bench.deposit(good, at: moment).0 == .accepted) == isOpen(state))
    }

    /// What is wrong with an offer that is otherwise its owner's own.
    enum Mistake: CaseIterable {
        case network, epoch, depth, shard, pastRound, nextRound, farRound, lastRound, stampEpoch, otherKeepers, badStamp
        case lowOrderKey, otherSeal, otherIndex, longPath, version
    }

    private func deposit(_ mistake: Mistake, _ bench: KeeperBench, _ maker: inout DepositMaker) throws -> Deposit {
        let round = Self.round
        let epoch = RoundSchedule(policy: testPolicy).epoch(ofRound: round)
        switch mistake {
        case .network: return try bench.made(maker.offer(round: round, network: 77))
        case .epoch: return try bench.made(maker.offer(round: round, epoch: epoch + 1))
        case .depth: return try bench.made(maker.offer(round: round, depth: 21))
        case .shard: return try bench.made(maker.offer(round: round, shard: 1))
        case .pastRound: return try bench.made(maker.offer(round: round - 2))
        case .nextRound: return try bench.made(maker.offer(round: round + 3))
        case .farRound: return try bench.made(maker.offer(round: .max, epoch: epoch, stampEpoch: epoch))
        case .lastRound: return try bench.made(maker.offer(round: 0, epoch: 0, stampEpoch: epoch))
        case .stampEpoch: return try bench.made(maker.offer(round: round, stampEpoch: epoch + 1))
        case .badStamp:
            let key = maker.key()
            let stamp = try maker.badStamp(for: key.key.publicKey, epoch: epoch)
            return try bench.made(maker.offer(round: round, key: key, stamp: stamp))
        case .lowOrderKey: return try bench.made(maker.offer(round: round, keyBytes: .zero))
        case .otherKeepers:
            let made = try maker.offer(round: round, keepers: 9)
            return try made.deposit(index: 8, to: ChannelKey(Blake2b.hash([1])))
        case .otherSeal:
            let made = try maker.offer(round: round)
            return try made.deposit(index: 0, to: bench.member.candidate.channelKey, sealedBy: maker.key())
        case .otherIndex:
            let good = try bench.made(maker.offer(round: round))
            return try Deposit(offer: good.offer, index: 8, share: good.share, path: good.path, bodies: true)
        case .longPath:
            let good = try bench.made(maker.offer(round: round))
            return try Deposit(
                offer: good.offer, index: 0, share: good.share, path: good.path + [.zero], bodies: true)
        case .version: return try bench.made(maker.offer(round: round, version: .max, kind: .max))
        }
    }

    @Test(
        "an offer of another mesh, epoch, shard, round or owner is refused", arguments: State.allCases, Mistake.allCases
    )
    func mixed(state: State, mistake: Mistake) throws {
        var maker = DepositMaker()
        let (bench, moment) = try bench(state, &maker)
        // Any version is read, and of any kind: who seeks another kind is not matched with this one.
        let isFine = mistake == .version && isOpen(state)
        let (code, arrival) = bench.deposit(try deposit(mistake, bench, &maker), at: moment)
        #expect((code == .accepted) == isFine)
        bench.handle(.bodiesWanted(arrival, try BodiesWanted(digests: [.zero])), at: moment)
        bench.handle(.arrivalClosed(DepositID(number: .max)), at: moment)
        #expect(
            (bench.deposit(try bench.made(maker.offer(round: Self.round)), at: moment).0 == .accepted) == isOpen(state))
    }

    @Test("two thousand hostile deposits of every sort change nothing in the list that is signed")
    func listStays() throws {
        func list(hostile: Bool) throws -> [RoundAnswerBody] {
            var maker = DepositMaker()
            let (bench, moment) = try bench(.held, &maker)
            var attacker = DepositMaker()
            attacker.random = RandomStream(seed: Blake2b.hash(domain: "attacker"))
            let sorts = Mistake.allCases.filter { $0 != .version }
            if hostile {
                let deposits = try sorts.map { try deposit($0, bench, &attacker) }
                for turn in 0..<2_000 {
                    bench.deposit(deposits[turn % deposits.count], via: UInt64(turn % 50), at: moment)
                }
            }
            let effects = bench.handle(.timerFired, at: 2_000 + 1_250)
            return try bench.answers(effects).map { try RoundAnswerBody(decoding: $0.1.body) }
        }
        let honest = try list(hostile: false)
        let attacked = try list(hostile: true)
        #expect(honest.count == 3 && attacked == honest)
    }

    @Test("what deposits make a keeper hold is bounded, and close to their bytes")
    func memory() throws {
        var maker = DepositMaker()
        let bench = KeeperBench()
        var deposits = try (0..<200).map { _ in try bench.made(maker.offer(round: Self.round)).encoded() }
        let bytes = 818
        func feed(_ deposits: [[UInt8]], from first: UInt64, at moment: Int64) -> Int {
            Allocations.measure {
                for (index, encoded) in deposits.enumerated() {
                    guard let deposit = try? Deposit(decoding: encoded) else { continue }
                    let number = first + UInt64(index)
                    _ = bench.handle(
                        .depositReceived(DepositID(number: number), via: number % 20, from: nil, deposit), at: moment)
                }
            }.heap.held
        }
        let held = feed(deposits, from: 1, at: 2_300)
        print("| a deposit taken | \(bytes) | \(held / 200) | \(Double(held / 20 / bytes) / 10) |")
        #expect(held / 200 <= 2 * bytes)
        for index in deposits.indices { deposits[index][40] ^= 1 }
        let refused = feed(deposits + deposits, from: 1_000, at: 2_400)
        print("| a deposit refused | \(bytes) | \(refused / 400) | \(Double(refused / 40 / bytes) / 10) |")
        #expect(refused / 400 <= 100)
        // Rounds later nothing is left but what is remembered of stamps.
        let left = held + refused + Allocations.measure { bench.handle(.timerFired, at: 9_000) }.heap.held
        print("| the same, after its round | \(bytes) | \(left / 200) | \(Double(left / 20 / bytes) / 10) |")
        #expect(left / 200 <= bytes)
    }
}
