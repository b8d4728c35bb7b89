// Single-use keys with their stamps, made before anybody presses a button.
// See Protocol/06-pairing.md, "Stamps".

internal import Essentials
internal import Identity
internal import Sodium

/// A single-use key with a stamp, as one seek uses it.
struct Credential: Sendable {
    let key: Owned<AgreementKey>
    let publicKey: Bytes32
    let stampEpoch: UInt64
    /// 16 bytes.
    let stamp: [UInt8]
    /// The first round it was used in.
    var firstRound: UInt64?

    /// Whether it may be used in a round: keepers take it for so many rounds and no longer.
    func serves(_ round: UInt64, schedule: RoundSchedule) -> Bool {
        guard schedule.acceptsStamp(of: stampEpoch, inRound: round) else { return false }
        guard let firstRound else { return true }
        return round >= firstRound && round - firstRound < schedule.credentialRounds
    }
}

/// The stamps that are ready or being made.
struct StampStore: Sendable {
    private struct Entry: Sendable {
        let number: UInt64
        let key: Owned<AgreementKey>
        let publicKey: Bytes32
        let epoch: UInt64
        var stamp: [UInt8]?
    }

    private var entries: [Entry] = []
    private var ordered: UInt64 = 0
    private let policy: NetworkPolicy
    /// What keepers asked for when a shard was crowded, and the epoch after which that is forgotten.
    private var asked: (bits: Int, epoch: UInt64)?

    init(policy: NetworkPolicy) { self.policy = policy }

    /// What there is for an epoch, ready or not.
    func count(ofEpoch epoch: UInt64) -> Int { entries.count { $0.epoch == epoch } }
    var ready: Int { entries.count { $0.stamp != nil } }

    /// Stamps for this epoch and earlier ones are made at this price from now on, within reason.
    mutating func ask(_ bits: Int, untilEpoch epoch: UInt64) {
        let bits = min(bits, policy.stamp.bits + PairingParameters.dearest)
        asked = (max(bits, asked.map { $0.epoch < epoch ? 0 : $0.bits } ?? 0), epoch)
    }

    private func price(inEpoch epoch: UInt64) -> StampParameters {
        guard let asked, epoch <= asked.epoch else { return policy.stamp }
        return policy.stamp.raised(to: asked.bits)
    }

    /// Begins a key and orders its stamp.
    mutating func order(forEpoch epoch: UInt64, using random: inout RandomStream) -> StampRequest {
        let key = AgreementKey.generate(using: &random)
        let publicKey = key.publicKey
        ordered &+= 1
        entries.append(Entry(number: ordered, key: Owned(key), publicKey: publicKey, epoch: epoch))
        return StampRequest(
            number: ordered, network: policy.id, key: publicKey, epoch: epoch, price: price(inEpoch: epoch),
            prefix: random.next())
    }

    /// False when nobody waits for this stamp.
    mutating func fill(_ number: UInt64, stamp: [UInt8]) -> Bool {
        guard stamp.count == Stamp.nonceSize, let place = entries.firstIndex(where: { $0.number == number }) else {
            return false
        }
        entries[place].stamp = stamp
        return true
    }

    /// Takes the ready one of the latest epoch that a round accepts.
    mutating func take(forRound round: UInt64, schedule: RoundSchedule) -> Credential? {
        let fitting = entries.indices.filter {
            entries[$0].stamp != nil && schedule.acceptsStamp(of: entries[$0].epoch, inRound: round)
        }
        guard let place = fitting.max(by: { entries[$0].epoch < entries[$1].epoch }) else { return nil }
        let entry = entries.remove(at: place)
        return Credential(
            key: entry.key, publicKey: entry.publicKey, stampEpoch: entry.epoch, stamp: entry.stamp ?? [])
    }

    /// Drops what can no longer be used; the numbers of those that were still being made.
    mutating func drop(where isUseless: (_ epoch: UInt64) -> Bool) -> [UInt64] {
        let unfinished = entries.filter { isUseless($0.epoch) && $0.stamp == nil }.map(\.number)
        entries.removeAll { isUseless($0.epoch) }
        return unfinished
    }
}
