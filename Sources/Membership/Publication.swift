// What this node has said about itself, so that it never says anything older again.

internal import Essentials

struct Publication: Sendable {
    /// The highest seq that we ever signed, as far as we know.
    var lastSeq: UInt64
    /// The time of the newest own heartbeat; 0 if there was none.
    var lastHeartbeat: UInt64 = 0
    /// When the last record was asked for, and which mesh time the own monotonic clock's origin had then.
    var recordAsked: Moment?
    var meshAtOriginThen = WallTime(milliseconds: 0)

    init(lastSeq: UInt64) { self.lastSeq = lastSeq }

    /// The seq of the next record: mesh time, or one more than the last. A last one from a future that no other
    /// clock accepts was never taken by anybody, and does not count.
    func nextSeq(at meshTime: WallTime, tolerance: Span) -> UInt64 {
        guard lastSeq <= (meshTime + tolerance).milliseconds, lastSeq < .max else { return meshTime.milliseconds }
        return max(meshTime.milliseconds, lastSeq + 1)
    }

    /// The time of the next heartbeat, likewise.
    func nextHeartbeat(at meshTime: WallTime, tolerance: Span) -> WallTime {
        guard lastHeartbeat <= (meshTime + tolerance).milliseconds, lastHeartbeat < .max else { return meshTime }
        return WallTime(milliseconds: max(meshTime.milliseconds, lastHeartbeat + 1))
    }
}
