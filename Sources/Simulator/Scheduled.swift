// What lies in the world's queue: events with the moment at which they happen, those of one moment in the order in
// which they were put there.

internal import Essentials
internal import NodeEngine

enum Event {
    case timer(World.NodeIndex, Moment)
    case established(Int)
    case refused(Wires.End)
    case bytes(Int, Wires.End, [UInt8])
    case closed(Wires.End)
    case worked(World.NodeIndex, life: Int, WorkID, BackgroundWork.Outcome)
}

struct Scheduled: Comparable {
    let due: Moment
    let order: UInt64
    let event: Event

    static func < (left: Scheduled, right: Scheduled) -> Bool { (left.due, left.order) < (right.due, right.order) }
    static func == (left: Scheduled, right: Scheduled) -> Bool { left.order == right.order }
}
