// What a node offers to its faces. The runtime implements it; `ControlClient` implements it over the socket;
// a face cannot tell the two apart.

/// A running node, seen by its own person.
public protocol ControlService: Sendable {
    func status() async throws(ControlError) -> NodeStatus

    /// The members it knows, with their addresses; faces show those only on request.
    func peers() async throws(ControlError) -> [PeerStatus]

    /// An invite with up to three entry points.
    func invite() async throws(ControlError) -> InviteReply

    /// Checks the invites and remembers their entry points, also over a restart. All or nothing.
    func join(_ invites: [String]) async throws(ControlError) -> JoinReply

    /// The names of those whom the person can meet again, sorted.
    func friends() async throws(ControlError) -> [String]

    /// Returns whether there was one.
    func forget(friend name: String) async throws(ControlError) -> Bool

    /// Takes a seat and begins to look for a stranger. Returns at once; throws `noEntryPoint` when the node
    /// knows nobody whom it could ask.
    func meet(_ wish: MeetWish) async throws(ControlError) -> MeetSession
}

/// One seat of a person at the node: one `passant meet`, however many strangers it meets.
public struct MeetSession: Sendable {
    /// What happens, in order. It ends after `close()`, and when the node stops.
    public let events: AsyncStream<MeetEvent>
    private let take: @Sendable (MeetCommand) async -> Void
    private let end: @Sendable () async -> Void

    /// `take` and `end` are called by one caller at a time and should return soon: the next command waits.
    public init(
        events: AsyncStream<MeetEvent>, command take: @escaping @Sendable (MeetCommand) async -> Void,
        close end: @escaping @Sendable () async -> Void
    ) {
        self.events = events
        self.take = take
        self.end = end
    }

    /// Hands a command to the node. What cannot be done is told by an `error` event.
    public func command(_ command: MeetCommand) async { await take(command) }

    /// Gives the seat back: leaves the stranger, if there is one, and ends `events`. May be called twice.
    public func close() async { await end() }
}
