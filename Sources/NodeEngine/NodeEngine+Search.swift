// How wide a person looks: first for somebody who likes the same, ten seconds later for somebody who speaks the same
// language, then for anybody, and each time they are told. Protocol/08-control.md, "Looking for something in common".

internal import Essentials
internal import OrderedCollections
internal import Pairing

extension NodeEngine {
    /// Looks for the most that the person wished for.
    mutating func narrow(_ id: SeatID) {
        guard let seat = seats[id] else { return }
        seats[id]?.search.width = Search.widths(of: seat.wish).first ?? .everyone
    }

    /// Nobody with what was looked for came in time.
    mutating func lookWider(_ id: SeatID, at now: Moment) {
        guard let seat = seats[id], let wider = seat.search.wider(for: seat.wish) else { return }
        switch seat.phase {
        case .seeking:
            tell(id, .serverMessage(Self.sentence(after: seat.search.width, wider, seat.wish)))
            look(id, wider, at: now)
        // Somebody may have been found this moment. If it comes to nothing, it is looked at again.
        case .pairing: timers.arm(.wider(id), at: now + .milliseconds(500))
        case .idle, .joining, .talking, .rejoining, .three: break
        }
    }

    mutating func stopLookingForCommon(_ id: SeatID, at now: Moment) {
        guard let seat = seats[id], seat.search.width != .everyone else { return }
        guard seat.wish.friend == nil else {
            return tell(id, .error("Not done: this meeting is for \(seat.wish.friend ?? "") alone."))
        }
        seats[id]?.search.isPatient = false
        timers.cancel(.wider(id))
        switch seat.phase {
        case .seeking: look(id, .everyone, at: now)
        case .joining, .pairing: seats[id]?.search.width = .everyone
        case .idle, .talking, .rejoining, .three: break
        }
    }

    mutating func goOnLookingForCommon(_ id: SeatID, at now: Moment) {
        guard let seat = seats[id], let narrowest = Search.widths(of: seat.wish).first, narrowest != .everyone,
            seat.wish.friend == nil
        else {
            tell(
                id, .error("There is nothing to look for in common: this meeting has neither interests nor languages."))
            return
        }
        seats[id]?.search.isPatient = true
        timers.cancel(.wider(id))
        guard seat.search.width != narrowest else { return }
        switch seat.phase {
        case .seeking: look(id, narrowest, at: now)
        case .joining, .pairing: seats[id]?.search.width = narrowest
        case .idle, .talking, .rejoining, .three: break
        }
    }

    /// Begins the search anew, as wide as this.
    private mutating func look(_ id: SeatID, _ width: Search.Width, at now: Moment) {
        cancelSeek(of: id)
        seats[id]?.search.width = width
        beginSeek(id, at: now)
    }

    private static func sentence(after width: Search.Width, _ wider: Search.Width, _ wish: Wish) -> String {
        let missing =
            switch width {
            case .interests: "likes \(list(wish.interests))"
            case .languages, .everyone: "speaks \(list(wish.languages))"
            }
        let next = wider == .languages ? "anyone who speaks \(list(wish.languages))" : "anyone"
        // Not that nobody is there: somebody may have been, and was met within the day or shared no language.
        return "Nobody who \(missing) has come in time, so you will meet \(next). "
            + "You can go on waiting instead."
    }

    /// "a, b or c".
    private static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " or " + last
    }
}
