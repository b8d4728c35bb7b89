// How a node turns its own monotonic clock into wall-clock time and into the time the mesh agrees on.
// Engines get this as a value; only the shell ever reads a clock.

/// A mapping from `Moment` to wall time and to mesh time.
public struct MeshClock: Hashable, Sendable {
    /// What the node's own wall clock showed at `Moment.origin`, in milliseconds since 1970.
    public var wallAtOrigin: WallTime
    /// What must be added to the node's wall clock to get mesh time.
    public var offset: Span
    /// How wrong `offset` may be.
    public var uncertainty: Span

    public init(wallAtOrigin: WallTime, offset: Span = .zero, uncertainty: Span = .zero) {
        self.wallAtOrigin = wallAtOrigin
        self.offset = offset
        self.uncertainty = uncertainty
    }

    /// The node's own wall clock at `moment`.
    public func wall(at moment: Moment) -> WallTime { wallAtOrigin + (moment - .origin) }

    /// Mesh time at `moment`.
    public func mesh(at moment: Moment) -> WallTime { wall(at: moment) + offset }

    /// The moment at which mesh time will be, or was, `time`.
    public func moment(ofMesh time: WallTime) -> Moment { .origin + (time - (wallAtOrigin + offset)) }
}
