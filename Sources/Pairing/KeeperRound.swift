// One round of one shard as a keeper holds it: what was deposited, by whom to answer, and what was answered.

internal import Essentials
internal import Wire

/// The offers of one shard and round at a keeper.
struct KeeperRound {
    struct Held {
        let digest: Bytes32
        let encoding: [UInt8]
        /// The place in the list; see `Sampling`.
        let order: Bytes32
        let index: UInt32
        let share: Bytes32
        let path: [Bytes32]
    }

    struct Depositor {
        let arrival: DepositID
        let wantsBodies: Bool
    }

    let address: ShardAddress
    let round: UInt64
    /// Whether this node keeps the shard, decided at the first deposit and kept for the round.
    let isServed: Bool
    private(set) var depositors: [Depositor] = []
    private var held: [Held] = []
    private var keys: Set<Bytes32> = []
    /// What was answered; nil before the round's end.
    private(set) var list: [Held]?

    init(address: ShardAddress, round: UInt64, isServed: Bool) {
        self.address = address
        self.round = round
        self.isServed = isServed
    }

    var isAnswered: Bool { list != nil }
    /// How many offers were taken, listed or not.
    private(set) var accepted = 0

    func has(key: Bytes32) -> Bool { keys.contains(key) }

    mutating func hold(_ offer: Held, key: Bytes32, from depositor: Depositor) {
        keys.insert(key)
        accepted += 1
        held.append(offer)
        depositors.append(depositor)
    }

    /// The offer stays: whether others meet must not depend on whose pipe broke first. Only the answer is spared.
    mutating func forget(_ arrival: DepositID) { depositors.removeAll { $0.arrival == arrival } }

    /// Closes the list: at most `maximum`, in order.
    mutating func close(maximum: Int) -> [Held] {
        held.sort { ($0.order, $0.digest) < ($1.order, $1.digest) }
        let list = Array(held.prefix(max(0, maximum)))
        self.list = list
        held = []
        return list
    }

    /// The listed offers among `digests`, once each.
    func bodies(of digests: [Bytes32]) -> [[UInt8]] {
        let wanted = Set(digests)
        return (list ?? []).filter { wanted.contains($0.digest) }.map(\.encoding)
    }
}

/// What one link has brought for one round.
struct LinkTally {
    var deposits = 0
    var badStamps = 0
}
