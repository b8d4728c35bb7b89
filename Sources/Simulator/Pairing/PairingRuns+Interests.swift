// The trial of rare interests: of two thousand who look at once, do those two meet who share what nobody else likes?

internal import Essentials
internal import Identity
internal import Pairing
internal import Sodium

extension PairingRuns {
    private static let crowd = 2_000
    private static let vocabulary = 6_000
    private static let tagsEach = 3
    /// How long after the last time they look again: four stamps are made in less.
    private static let stampsMade = Span.seconds(5)

    private struct Enthusiast {
        let tags: [Int]
        let pressed: Moment
        let seeks: [SeekID]
        var metAt: Moment?
        var partner: Int?
    }

    /// What is owed to somebody at a time to come.
    private enum Debt {
        /// Looks for the same and thinks better of it: nobody looks for the first time.
        case look(Int)
        case press(Int)
        /// The stranger was not the one, or does not come.
        case lookAgain(Int, SeekID)
    }

    static func interests(_ seed: UInt64, _ seen: inout Observations) {
        var world = PairingWorld(members: 300, seed: seed)
        var draw = SeededGenerator(seed: seed ^ 0x7a69_7066)
        var people: [Enthusiast] = []
        var debts: [Debt] = []
        func owe(_ debt: Debt, after span: Span) {
            debts.append(debt)
            world.wake(debts.count - 1, after: span)
        }
        let harmonic = zipf()
        for index in 0..<crowd {
            _ = world.addSeeker()
            let tags = drawTags(harmonic, &draw)
            let look = Span.seconds(2) + .microseconds(Int64(1_000_000 * draw.fraction()))
            let wait = look + stampsMade
            let seeks = tags.indices.map { SeekID(number: UInt64($0 + 1)) }
            people.append(Enthusiast(tags: tags, pressed: .origin + wait, seeks: seeks))
            owe(.look(index), after: look)
            owe(.press(index), after: wait)
        }
        var halves: [[UInt8]: (match: PairingWorld.Match, isTaken: Bool)] = [:]
        while true {
            let pause = world.run(until: .origin + stampsMade + .seconds(14))
            if case .ended = pause { break }
            if case .woken(let number) = pause { pay(debts[number], people, in: &world) }
            guard case .happened(let all) = pause else { continue }
            for happening in all {
                let (match, isTaken): (PairingWorld.Match, Bool)
                switch happening {
                case .matched(let one): (match, isTaken) = (one, true)
                case .declined(let one): (match, isTaken) = (one, false)
                case .roundEnded: continue
                }
                let name = match.pairing.lowerNonce.bytes + match.pairing.higherNonce.bytes
                guard let other = halves.removeValue(forKey: name) else {
                    halves[name] = (match, isTaken)
                    continue
                }
                guard fits(match, other.match, &seen) else { continue }
                let ways = world.ways(12)
                let (one, two) = (match.seeker, other.match.seeker)
                let isShared = !Set(people[one].tags).isDisjoint(with: people[two].tags)
                if isTaken, other.isTaken, isShared {
                    for (person, partner) in [(one, two), (two, one)] {
                        people[person].metAt = world.now + ways
                        people[person].partner = partner
                        world.leave(person, people[person].seeks)
                    }
                } else {
                    if isTaken { owe(.lookAgain(one, match.seek), after: ways) }
                    if other.isTaken { owe(.lookAgain(two, other.match.seek), after: ways) }
                }
            }
        }
        judge(people, &seen)
    }

    private static func pay(_ debt: Debt, _ people: [Enthusiast], in world: inout PairingWorld) {
        switch debt {
        case .look(let index):
            press(index, people[index], in: &world)
            for seek in people[index].seeks { world.give(index, .seekCancelled(seek)) }
        case .press(let index): press(index, people[index], in: &world)
        case .lookAgain(let index, let seek): world.give(index, .pairingFailed(seek))
        }
    }

    private static func press(_ index: Int, _ person: Enthusiast, in world: inout PairingWorld) {
        for (place, tag) in person.tags.enumerated() {
            let pool = Pools.interest("tag \(tag)", network: world.policy.id)
            let wish = SeekWish(pool: pool, search: SearchID(number: 1_000))
            world.give(index, .seekAsked(person.seeks[place], wish))
        }
    }

    /// The pairs that share something nobody else likes, and have nothing else of the kind.
    private static func judge(_ people: [Enthusiast], _ seen: inout Observations) {
        var holders: [Int: [Int]] = [:]
        for (index, person) in people.enumerated() {
            for tag in person.tags { holders[tag, default: []].append(index) }
        }
        let pairs = holders.filter { $0.value.count == 2 }
        var rare = [Int](repeating: 0, count: people.count)
        for pair in pairs.values { for person in pair { rare[person] += 1 } }
        for tag in pairs.keys.sorted() {
            guard let pair = pairs[tag], pair.allSatisfy({ rare[$0] == 1 }) else { continue }
            let (one, other) = (people[pair[0]], people[pair[1]])
            let began = max(one.pressed, other.pressed)
            let haveMet = one.partner == pair[1] && (one.metAt.map { $0 - began <= .seconds(10) } ?? false)
            _ = other
            seen.add(.pairing(.interests, .met), haveMet ? 1 : 0)
        }
        let met = people.count { $0.metAt != nil }
        seen.add(.pairing(.interests, .anyone), Double(met) / Double(people.count))
    }

    /// The sums of 1, 1/2, 1/3, …
    private static func zipf() -> [Double] {
        var sums: [Double] = []
        for rank in 1...vocabulary { sums.append((sums.last ?? 0) + 1 / Double(rank)) }
        return sums
    }

    private static func drawTags(_ sums: [Double], _ draw: inout SeededGenerator) -> [Int] {
        var tags: [Int] = []
        while tags.count < tagsEach {
            let aim = draw.fraction() * (sums.last ?? 0)
            var (low, high) = (0, sums.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < aim { low = middle + 1 } else { high = middle }
            }
            if !tags.contains(low) { tags.append(low) }
        }
        return tags
    }
}
