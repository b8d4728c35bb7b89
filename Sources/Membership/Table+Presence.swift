// Who is present until when, and whose heartbeat is asked for, without a walk through the table.
// Protocol/04-membership.md, "Presence" and "Pulling".

internal import Essentials
internal import Identity
internal import Wire

extension Table {
    /// What is due when. A line that is present is in each of the two.
    struct Presence: Sendable {
        /// When members stop being present, and from when on their heartbeats are asked for.
        var absences = Deadlines()
        var lateness = Deadlines()
        /// Those whose heartbeats were asked for when that was last looked at, sorted.
        var asked: [UInt64] = []
    }

    /// A member is present until then, or not at all. True when that is another state than before.
    mutating func setPresence(_ short: UInt64, until: Moment?) -> Bool {
        let before = lines.update(short) { entry in
            defer { entry.stay(until: until) }
            return (until: entry.presentUntil, askedFrom: entry.heartbeat?.askedFrom)
        }
        guard let before else { return false }
        if let until, before.until.map({ until < $0 }) ?? true { presence.absences.add(short, at: until) }
        guard (before.until != nil) != (until != nil) else { return false }
        presentCount += until != nil ? 1 : -1
        if until != nil, let from = before.askedFrom { presence.lateness.add(short, at: from) }
        return true
    }

    mutating func hear(_ short: UInt64, _ last: TableEntry.LastHeartbeat) {
        let sooner = lines.update(short) { entry -> Moment? in
            let before = entry.heartbeat?.askedFrom
            entry.hear(last)
            guard entry.isPresent, let before, let after = entry.heartbeat?.askedFrom, after < before
            else { return nil }
            return after
        }
        if case .some(.some(let due)) = sooner { presence.lateness.add(short, at: due) }
    }

    /// When the next member stops being present, as far as is known.
    mutating func nextAbsence() -> Moment? { presence.absences.next { [lines] in lines[$0]?.presentUntil } }

    /// Whose presence is over by now; it has to be looked at again, and its presence set anew.
    mutating func firstAbsence(by now: Moment) -> UInt64? {
        presence.absences.first(by: now) { [lines] in lines[$0]?.presentUntil }
    }

    /// Present members whose heartbeats are asked for, in the order of their ids.
    mutating func askedFor(at now: Moment) -> [UInt64] {
        let due: (UInt64) -> Moment? = { [lines] in
            guard let entry = lines[$0], entry.isPresent else { return nil }
            return entry.heartbeat?.askedFrom
        }
        var asked: Set<UInt64> = []
        for short in presence.asked {
            guard let from = due(short) else { continue }
            if from <= now { asked.insert(short) } else { presence.lateness.add(short, at: from) }
        }
        while let short = presence.lateness.pop(at: now, due) { asked.insert(short) }
        presence.asked = asked.sorted()
        return presence.asked
    }
}
