// The trials in which the same people look in every round: who meets whom.

internal import Essentials
internal import Identity
internal import Pairing
internal import Sodium

extension PairingRuns {
    /// Plays rounds in which everybody looks, and returns each round's pairs.
    private static func rounds(
        _ count: Int, _ world: inout PairingWorld, people: Int, _ seen: inout Observations
    ) -> [[(Int, Int)]] {
        for _ in 0..<people { _ = world.addSeeker() }
        world.wake(0, after: .seconds(2))
        guard case .woken = world.run(until: .distantFuture) else { return [] }
        for index in 0..<people { world.give(index, .seekAsked(SeekID(number: 1), SeekWish())) }
        var halves: [[UInt8]: PairingWorld.Match] = [:]
        var pairs: [UInt64: [(Int, Int)]] = [:]
        let end = world.now + .seconds(Int64(count))
        while case .happened(let all) = world.run(until: end) {
            for case .matched(let match) in all {
                let name = match.pairing.lowerNonce.bytes + match.pairing.higherNonce.bytes
                if let other = halves.removeValue(forKey: name) {
                    if fits(match, other, &seen) {
                        pairs[match.pairing.round, default: []].append((match.seeker, other.seeker))
                    }
                } else {
                    halves[name] = match
                }
                // They have talked enough, and look for the next.
                world.give(match.seeker, .pairingFailed(match.seek))
            }
        }
        return pairs.keys.sorted().map { pairs[$0] ?? [] }
    }

    static let uniformPeople = 8

    /// 10,000 pairs of eight people: how far each pair's number is from what chance gives.
    static func uniform(_ seed: UInt64, _ seen: inout Observations) {
        let people = uniformPeople
        var world = PairingWorld(members: 9, seed: seed)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: people), count: people)
        var rounds = 0, planted = 0
        var chance = SeededGenerator(seed: seed ^ 0x706c_616e)
        for pairs in Self.rounds(2_500, &world, people: people, &seen) where pairs.count == people / 2 {
            rounds += 1
            for (one, other) in pairs { counts[min(one, other)][max(one, other)] += 1 }
            // What somebody would see who favours the first pair by a twentieth.
            let isChosen = pairs.contains { min($0.0, $0.1) == 0 && max($0.0, $0.1) == 1 }
            let favour = 0.05 / Double(people - 2)
            if isChosen || chance.fraction() < favour { planted += 1 }
        }
        // Pairs of one round are no independent draws: the sum is scaled for perfect matchings.
        let expected = Double(rounds) / Double(people - 1)
        var sum = 0.0
        for one in 0..<people {
            for other in (one + 1)..<people {
                let excess = Double(counts[one][other]) - expected
                sum += excess * excess / max(1, expected)
            }
        }
        seen.add(.pairing(.uniform, .chiSquare), sum * Double(people - 3) / Double(people - 2))
        seen.add(.pairing(.uniform, .rounds), Double(rounds))
        seen.add(.pairing(.uniform, .chosen), Double(counts[0][1]))
        seen.add(.pairing(.uniform, .planted), Double(planted))
    }

    /// Eight who keep to the rules and talk, and some who only want to meet them, or one of them.
    static func rivals(_ accomplices: Int, colludes: Bool, _ seed: UInt64, _ seen: inout Observations) {
        let honest = 8
        let trial: PairingTrial = colludes ? .colluding : [1: .rivals1, 2: .rivals2][accomplices] ?? .rivals4
        var world = PairingWorld(members: 9, seed: seed)
        if colludes { world.corrupt(8, accomplices: Set(honest..<(honest + accomplices)), victim: 0) }
        for pairs in rounds(1_500, &world, people: honest + accomplices, &seen) {
            for (one, other) in pairs {
                for (person, partner) in [(one, other), (other, one)] where person < honest {
                    let isMet = partner >= honest
                    seen.add(.pairing(trial, person == 0 ? .victim : .others), isMet ? 1 : 0)
                }
            }
        }
    }

    /// Keepers that take offers and are gone before they answer: how many of those who look lose the round.
    static func crashes(_ seed: UInt64, _ seen: inout Observations) {
        for number in 0..<100 as Range<UInt64> {
            var world = PairingWorld(members: 9, seed: seed &* 1_000 &+ number)
            for _ in 0..<10 { _ = world.addSeeker() }
            world.wake(0, after: .seconds(2))
            guard case .woken = world.run(until: .distantFuture) else { return }
            for member in world.members.indices.shuffled(using: &world.chance).prefix(3) {
                world.members[member].conduct = .crashing
            }
            for index in 0..<10 { world.give(index, .seekAsked(SeekID(number: 1), SeekWish())) }
            var isFirst = [Bool](repeating: true, count: 10)
            while case .happened(let all) = world.run(until: .origin + .seconds(6)) {
                for case .roundEnded(let seeker, _, let outcome) in all where isFirst[seeker] {
                    isFirst[seeker] = false
                    seen.add(.pairing(.crashes, .slipped), outcome.isMatched ? 0 : 1)
                }
            }
        }
    }

    /// Twenty of a hundred members are hostile, and placed as chance places them.
    static func hostileKeepers(_ seed: UInt64, _ seen: inout Observations) {
        let world = PairingWorld(members: 100, seed: seed)
        let candidates = world.members.map(\.candidate)
        let hostile = Set(candidates.prefix(20).map(\.nodeKey))
        for epoch in 0..<5_000 as Range<UInt64> {
            let keepers = KeeperRanking.lowest(
                9, of: candidates, network: world.policy.id, address: ShardAddress(epoch: epoch, depth: 0, shard: 0))
            let isTaken = keepers.count { hostile.contains($0.nodeKey) } * 2 > keepers.count
            seen.add(.pairing(.hostileKeepers, .taken), isTaken ? 1 : 0)
        }
    }
}
