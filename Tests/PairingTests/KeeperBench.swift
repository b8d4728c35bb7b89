import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

/// One keeper among two others, at a time of the test's choice.
final class KeeperBench {
    let member: TestMember
    let others: [KeeperCandidate]
    var maker = DepositMaker()
    private var arrivals: UInt64 = 0

    /// The round that begins at the origin.
    static let round = World.firstRound

    init(parameters: PairingParameters = PairingParameters(), uncertainty: Span = .milliseconds(10)) {
        member = TestMember(0, seed: 1, clock: MeshClock(wallAtOrigin: World.start))
        member.keeper = Keeper(policy: testPolicy, identity: member.identity, parameters: parameters)
        others = (1...2).map { TestMember($0, seed: 1, clock: MeshClock(wallAtOrigin: World.start)).candidate }
        handle(.clockSet(MeshClock(wallAtOrigin: World.start, uncertainty: uncertainty)), at: 0)
        handle(.membersChanged(own: member.candidate.placement, others), at: 0)
    }

    @discardableResult
    func handle(_ input: KeeperInput, at milliseconds: Int64) -> [KeeperEffect] {
        member.keeper.handle(input, at: .origin + .milliseconds(milliseconds), using: &member.random)
    }

    /// The code of the receipt, and the arrival.
    @discardableResult
    func deposit(_ deposit: Deposit, via link: UInt64 = 1, at milliseconds: Int64) -> (ReceiptCode?, DepositID) {
        arrivals += 1
        let arrival = DepositID(number: arrivals)
        return (code(handle(.depositReceived(arrival, via: link, from: nil, deposit), at: milliseconds)), arrival)
    }

    func code(_ effects: [KeeperEffect]) -> ReceiptCode? {
        effects.lazy.compactMap { effect in
            if case .receipt(_, let receipt) = effect { ReceiptCode(rawValue: receipt.code) } else { nil }
        }.first
    }

    func made(_ offer: MadeOffer, bodies: Bool = true) throws -> Deposit {
        try offer.deposit(index: 0, to: member.candidate.channelKey, bodies: bodies)
    }

    func answers(_ effects: [KeeperEffect]) -> [(DepositID, RoundAnswer)] {
        effects.compactMap { if case .answer(let arrival, let answer) = $0 { (arrival, answer) } else { nil } }
    }
}
