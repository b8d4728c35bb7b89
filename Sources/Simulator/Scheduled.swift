// What lies in the world's queue: events with the moment at which they happen, those of one moment in the order in
// which they were put there.

internal import Essentials
internal import HeapModule
internal import NodeEngine

enum Event {
    case timer(World.NodeIndex, Moment)
    case established(Int)
    case refused(Wires.End)
    case bytes(Int, Wires.End, [UInt8])
    case writable(Wires.End, Bool)
    case closed(Wires.End)
    case worked(World.NodeIndex, life: Int, WorkID, BackgroundWork.Outcome)
}

struct EventQueue {
    /// What the heap moves about is small; the event itself stays where it is.
    private struct Scheduled: Comparable {
        let due: Moment
        let order: UInt64
        let place: Int

        static func < (left: Scheduled, right: Scheduled) -> Bool {
            left.due == right.due ? left.order < right.order : left.due < right.due
        }
        static func == (left: Scheduled, right: Scheduled) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Scheduled>()
    private var order: UInt64 = 0
    private var events: [Event?] = []
    private var free: [Int] = []

    mutating func insert(_ event: Event, at due: Moment) {
        order += 1
        let place = free.popLast() ?? events.count
        if place == events.count { events.append(event) } else { events[place] = event }
        heap.insert(Scheduled(due: due, order: order, place: place))
    }

    /// The next event, if it is due by then.
    mutating func pop(by deadline: Moment) -> (due: Moment, event: Event)? {
        guard let next = heap.min, next.due <= deadline else { return nil }
        heap.removeMin()
        guard let event = events[next.place].take() else { return nil }
        free.append(next.place)
        return (next.due, event)
    }
}
