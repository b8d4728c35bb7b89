// One stream of one link: what it is for, what waits to be sent on it, and the credit of both directions.
// See Protocol/05-homes-and-doors.md, "Streams".

internal import DequeModule
internal import Essentials

/// Whom the bytes of a stream are for.
enum StreamUse {
    /// They go on over another stream. `payer` is the leaf whose quota they count against, none at a door.
    case splice(StreamRef, payer: LinkID?)
    /// A leaf's, or one that a relay hands on, waiting for a link to the member that is wanted.
    case waiting
    /// Somebody's pipe to this node.
    case arrival(ArrivalID)
    /// A pipe of the own person.
    case pipe(PipeID)
    /// Nobody's any more: it is only being ended.
    case ended
}

struct Stream {
    let priority: StreamPriority
    var use: StreamUse
    var lastActive: Moment

    // Sending.

    /// The payload of the OPEN frame while it has not left.
    private(set) var opening: [UInt8]?
    /// How many bytes of the opening are data.
    private var openingData = 0
    private var chunks = Deque<ArraySlice<UInt8>>()
    /// So many of the first chunks share no memory with anything larger.
    private var ownChunks = 0
    /// Whether the engine has it in the list of those that may hold parts of what came in this turn.
    var isBorrowing = false
    /// Bytes of data that wait, the opening's not counted.
    private(set) var queued = 0
    private(set) var sendCredit: Int
    private(set) var finishAsked = false
    private(set) var finishSent = false
    /// Whether the outbox has it in a queue.
    var isReady = false

    // Receiving.

    /// How many bytes the other side may still send.
    private(set) var allowance: Int
    private(set) var window = RelayingLimits.initialCredit
    /// Bytes dealt with for which no credit has been given back.
    private(set) var owed = 0
    private var lastCredit: Moment
    var isInCreditQueue = false
    private(set) var finishReceived = false

    /// A stream that the other side opened with `early` bytes of data.
    init(opened priority: StreamPriority, early: Int, use: StreamUse, at now: Moment) {
        self.priority = priority
        self.use = use
        lastActive = now
        lastCredit = now
        sendCredit = RelayingLimits.initialCredit
        allowance = RelayingLimits.initialCredit - early
    }

    /// A stream that this side opens; the last `early` bytes of the payload are data.
    init(opening payload: [UInt8], early: Int, priority: StreamPriority, use: StreamUse, at now: Moment) {
        self.priority = priority
        self.use = use
        lastActive = now
        lastCredit = now
        opening = payload
        openingData = early
        sendCredit = RelayingLimits.initialCredit - early
        allowance = RelayingLimits.initialCredit
    }

    /// Whether a frame of this stream could leave now.
    var canSend: Bool {
        opening != nil || (queued > 0 && sendCredit > 0) || (queued == 0 && finishAsked && !finishSent)
    }

    /// Whether nothing more can happen on it.
    var isOver: Bool { finishSent && finishReceived }

    // MARK: sending

    /// Short pieces are put together, so that what a queue costs stays in proportion to its bytes.
    private static let shortPiece = 256

    /// Returns how many bytes were taken: none after the finish.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> Int {
        guard !bytes.isEmpty, !finishAsked else { return 0 }
        queued += bytes.count
        if bytes.count < Self.shortPiece, let last = chunks.indices.last, chunks[last].count < Self.shortPiece {
            chunks[last].append(contentsOf: bytes)
        } else {
            chunks.append(bytes)
        }
        return bytes.count
    }

    mutating func finish() { finishAsked = true }

    /// False when no receiver can mean so much credit.
    mutating func addCredit(_ amount: Int) -> Bool {
        guard amount > 0, sendCredit + amount <= Int(Int32.max) else { return false }
        sendCredit += amount
        return true
    }

    /// The frame that is to be sent next, with the length of its payload.
    struct Next: Hashable {
        let kind: FrameKind
        let size: Int
    }

    /// Pieces that wait one behind the other leave in one frame of at most so many bytes; a longer piece leaves whole.
    /// More would make streams of the same priority wait longer for their turn.
    private static let togetherMaximum = 4_096

    /// Nil when there is none. Pieces are put together as far as `room` has place for them; the first alone may be
    /// longer than that.
    func next(room: Int) -> Next? {
        if let opening { return Next(kind: .open, size: opening.count) }
        if let first = chunks.first, sendCredit > 0 {
            var size = min(first.count, sendCredit, FrameCodec.payloadMaximum)
            let most = min(Self.togetherMaximum, sendCredit, room)
            for piece in chunks.dropFirst() {
                guard size + piece.count <= most else { break }
                size += piece.count
            }
            return Next(kind: .data, size: size)
        }
        return queued == 0 && finishAsked && !finishSent ? Next(kind: .finish, size: 0) : nil
    }

    /// Takes the payload of what `next` named out and appends it; returns how many bytes of it are data.
    mutating func take(_ next: Next, onto output: inout [UInt8]) -> Int {
        switch next.kind {
        case .open:
            output.append(contentsOf: opening ?? [])
            opening = nil
            return openingData
        case .finish:
            finishSent = true
            return 0
        default:
            takeData(next.size, onto: &output)
            return next.size
        }
    }

    private mutating func takeData(_ size: Int, onto output: inout [UInt8]) {
        sendCredit -= size
        queued -= size
        var left = size
        while left > 0, let first = chunks.popFirst() {
            let isOwn = ownChunks > 0
            if isOwn { ownChunks -= 1 }
            output.append(contentsOf: first.prefix(left))
            if first.count > left {
                // What is left of a piece is copied once it is the smaller part, so that it does not keep the rest in
                // memory.
                let rest = first.dropFirst(left)
                let isSmall = rest.count < rest.startIndex
                chunks.prepend(isSmall ? Array(rest)[...] : rest)
                if isSmall || isOwn { ownChunks += 1 }
            }
            left -= first.count
        }
    }

    /// At the end of a turn: what has not left is copied out of whatever it came in.
    mutating func keepOwnCopies() {
        isBorrowing = false
        while ownChunks < chunks.count {
            chunks[ownChunks] = Array(chunks[ownChunks])[...]
            ownChunks += 1
        }
    }

    /// Drops what waits; returns how many bytes of data that were.
    mutating func drop() -> Int {
        let dropped = queued
        chunks = []
        ownChunks = 0
        queued = 0
        opening = nil
        return dropped
    }

    // MARK: receiving

    /// False when the other side sent more than it may, or anything after its finish.
    mutating func receive(_ count: Int, at now: Moment) -> Bool {
        guard count <= allowance, !finishReceived else { return false }
        allowance -= count
        lastActive = now
        return true
    }

    /// False when it had finished before.
    mutating func receiveFinish(at now: Moment) -> Bool {
        guard !finishReceived else { return false }
        finishReceived = true
        lastActive = now
        return true
    }

    mutating func owe(_ count: Int) { owed += count }

    /// Whether it is time to give credit back: not for every few bytes, and long before the sender runs dry.
    var isCreditDue: Bool { !finishReceived && owed * 2 >= window }

    /// Takes out the credit to give back. A window that is used up within two round trips doubles while there is
    /// memory for it.
    mutating func takeCredit(roundTrip: Span, maximum: Int, at now: Moment) -> Int {
        var credit = owed
        if now - lastCredit <= roundTrip * 2, window * 2 <= maximum {
            credit += window
            window *= 2
        }
        lastCredit = now
        owed = 0
        allowance += credit
        return credit
    }
}
