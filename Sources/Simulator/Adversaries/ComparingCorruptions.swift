// Hostile ways to compare tables: to make others compute, look up and send for nothing.

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

/// Asks for the whole table as often as it may and reads next to nothing of it, so that answers pile up at the others.
struct SlowReader: Corruption {
    /// Enough for a handshake in its time.
    private static let bytesPerSecond = 1_000

    func bend(_ member: EvilMember) {
        member.mingle()
        member.bytesReadPerSecond = Self.bytesPerSecond
        member.every(.milliseconds(200)) { [unowned member] in
            guard let everything = try? Pull(have: [], from: 0, to: .max) else { return true }
            for link in member.memberLinks { link.say(.pull(everything)) }
            return true
        }
    }
}

/// Ranges that always differ, in as many parts as a message holds; a table that is empty, and one that is enormous; and
/// members that do not exist, with whom it says to have news.
struct Miscount: Corruption {
    /// Just more than one link may ask for at once; and to so many neighbours, since it is the same with each.
    private static let opening = 17
    private static let opened = 3

    func bend(_ member: EvilMember) {
        member.mingle()
        // Whoever asks it about all those members gets no answer.
        member.onPull = { _, _ in true }
        // More ranges at once than anybody looks at.
        var opened = 0
        member.onMember = { [unowned member] link in
            opened += 1
            guard opened <= Self.opened else { return true }
            for _ in 0..<Self.opening { compare(over: link, parts: Compare.maximumParts, counting: 1, by: member) }
            return true
        }
        var turn = 0
        member.every(.seconds(5)) { [unowned member] in
            turn += 1
            for link in member.memberLinks {
                switch turn % 4 {
                case 0: compare(over: link, parts: 1, counting: 0, by: member)
                case 1: compare(over: link, parts: 1, counting: .max, by: member)
                case 2: compare(over: link, parts: Compare.maximumParts, counting: 1, by: member)
                default: invent(over: link, by: member)
                }
            }
            return true
        }
    }

    private func compare(over link: EvilLink, parts count: Int, counting lines: UInt32, by member: EvilMember) {
        let width = count == 1 ? UInt64.max : UInt64.max / UInt64(count)
        let parts = (0..<UInt64(count)).compactMap { place -> Part? in
            let from = place * width
            let to = place == UInt64(count) - 1 ? UInt64.max : from + (width - 1)
            return try? Part(from: from, to: to, count: lines, sum: member.random.next())
        }
        // One salt for all: sums that were seen once could be said again, if that were of any use.
        guard let compare = try? Compare(salt: [UInt8](repeating: 1, count: Compare.saltCount), parts: parts) else {
            return
        }
        link.say(.compare(compare))
    }

    private func invent(over link: EvilLink, by member: EvilMember) {
        let strangers = (0..<512).map { _ in member.random.next() }.sorted()
        let have = strangers.map { Have(node: $0, seq: .max, heartbeat: .max - 1) }
        guard let pull = try? Pull(have: have, from: 0, to: .max) else { return }
        link.say(.pull(pull))
    }
}
