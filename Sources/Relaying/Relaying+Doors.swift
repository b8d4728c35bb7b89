// The door: halves that show the same token become one pipe, and from then on the door only passes bytes.

internal import Essentials
internal import Wire

extension Relaying {
    mutating func joinAsked(_ arrival: Owned<Arrival>, _ id: ArrivalID, token: Bytes32, _ turn: inout Turn) {
        switch doors.arrive(id, token: token, over: arrival.value.ref.link) {
        case .waits:
            turn.count(.joinsWaiting)
            arrival.value.stage = .waiting(token: token)
            timers.arm(.arrival(id), at: turn.now + limits.doorWait)
            if !reply(.join(JoinAnswer(code: .waiting)), to: arrival, &turn) {
                reset(arrival.value.ref, .malformed, &turn)
            }
        case .joins(let first):
            guard let other = arrivals[first] else { return refuseJoin(arrival, id, &turn) }
            guard reply(.join(JoinAnswer(code: .joined)), to: arrival, &turn) else {
                return reset(arrival.value.ref, .malformed, &turn)
            }
            turn.count(.joinsJoined)
            join(first, other, id, arrival, &turn)
        case .refused:
            refuseJoin(arrival, id, &turn)
        }
    }

    private mutating func refuseJoin(_ arrival: Owned<Arrival>, _ id: ArrivalID, _ turn: inout Turn) {
        turn.count(.joinsRefused)
        refuseArrival(arrival, id, .join(JoinAnswer(code: .refused)), &turn)
    }

    /// Makes one pipe of two streams. What either side sent ahead goes to the other now.
    private mutating func join(
        _ first: ArrivalID, _ one: Owned<Arrival>, _ second: ArrivalID, _ other: Owned<Arrival>, _ turn: inout Turn
    ) {
        let (left, right) = (one.value.ref, other.value.ref)
        dropArrival(first)
        dropArrival(second)
        links[left.link]?.value.streams[left.stream]?.value.use = .splice(right, payer: nil)
        links[right.link]?.value.streams[right.stream]?.value.use = .splice(left, payer: nil)
        forward(one.value.buffer[...], to: right, payer: nil, &turn)
        forward(other.value.buffer[...], to: left, payer: nil, &turn)
    }
}
