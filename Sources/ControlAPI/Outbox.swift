// Lines on their way to one client. What waits is bounded: a client that does not read loses its connection,
// never the node its memory.

internal import Synchronization

final class Outbox: Sendable {
    private struct State {
        var waiting = 0
        var isOpen = true
    }

    /// The lines to write, in order, each with its line feed. For one consumer.
    let lines: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let state = Mutex(State())
    private let overflow: @Sendable () -> Void

    /// `overflow` is called, once, when more than `ControlLimits.unread` bytes wait.
    init(overflow: @escaping @Sendable () -> Void) {
        (lines, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.overflow = overflow
    }

    func put(_ line: ServerLine) {
        let bytes = line.json.bytes + [UInt8(ascii: "\n")]
        let isFull = state.withLock { state in
            guard state.isOpen else { return false }
            guard state.waiting <= ControlLimits.unread else {
                state.isOpen = false
                return true
            }
            state.waiting += bytes.count
            continuation.yield(bytes)
            return false
        }
        guard isFull else { return }
        continuation.finish()
        overflow()
    }

    /// The consumer has written a line of so many bytes.
    func written(_ count: Int) { state.withLock { $0.waiting -= count } }

    /// No more lines; those that wait are still handed out.
    func finish() {
        state.withLock { $0.isOpen = false }
        continuation.finish()
    }
}
