// The relay: somebody's pipe goes on from here to the member that its owner names, which then sees a relay where it
// would see a home. See Protocol/05-homes-and-doors.md, "Relays".

internal import Essentials
internal import Identity
internal import Noise
internal import Wire

extension Relaying {
    mutating func extendAsked(_ arrival: Owned<Arrival>, _ id: ArrivalID, to node: NodeKey, _ turn: inout Turn) {
        let ref = arrival.value.ref
        guard mayExtend(arrival, to: node), let stream = links[ref.link]?.value.streams[ref.stream] else {
            turn.count(.extensionsRefused)
            return refuseArrival(arrival, id, .extend(ExtendAnswer(code: .refused)), &turn)
        }
        guard reply(.extend(ExtendAnswer(code: .extended)), to: arrival, &turn) else {
            return reset(ref, .malformed, &turn)
        }
        turn.count(.extensionsOpened)
        let held = arrival.value.buffer
        // What follows is for somebody else, and no key of this channel is needed any more.
        arrival.value.channel.close()
        dropArrival(id)
        stream.value.use = .waiting
        let carriage = Carriage(to: node, priority: stream.value.priority, bytes: held, isExtended: true)
        carryOn(ref, carriage, &turn)
    }

    /// One relay on a path, and that for others' leaves: the own ones have this node carry.
    private mutating func mayExtend(_ arrival: Owned<Arrival>, to node: NodeKey) -> Bool {
        let ref = arrival.value.ref
        guard !arrival.value.isExtended, node != ownKey, members[ownKey]?.servesAsHome != false,
            links[ref.link]?.value.isBetweenMembers == true
        else { return false }
        let standing = links
        return extensions.take(ref) { standing[$0.link]?.value.streams[$0.stream] != nil }
    }

    /// As a home carries: over a link that there is, or over one that is opened for it.
    private mutating func carryOn(_ ref: StreamRef, _ carriage: Carriage, _ turn: inout Turn) {
        if let onward = linkForCarrying(to: carriage.to) { return extend(ref, carriage, over: onward, &turn) }
        if let member = members[carriage.to], !member.isPresent {
            turn.count(.carriagesUnreachable)
            return reset(ref, .unreachable, &turn)
        }
        guard carrier.count < limits.carriagesWaiting else { return reset(ref, .overloaded, &turn) }
        waitForLink(ref, carriage, &turn)
    }
}
