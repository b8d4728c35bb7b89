// Reading and writing file descriptors without holding up anything else: each has a queue of its own, where it
// may wait for a pipe or a person as long as it takes.

internal import Dispatch
internal import Glibc
internal import Synchronization

/// Reads a file descriptor piece by piece, when asked to.
final class InputReader: Sendable {
    private static let pieceMaximum = 16 * 1024
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "passant.input")

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for more; nil at the end, and when nothing can be read any more.
    func next() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read()) }
        }
    }

    private func read() -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: Self.pieceMaximum)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count > 0 { return Array(piece[..<count]) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&waiting, 1, -1)
                continue
            }
            return nil
        }
    }
}

/// Writes to a file descriptor in order; what waits is bounded.
final class OutputWriter: Sendable {
    private static let waitingMaximum = 4 * 1024 * 1024
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "passant.output")
    private let state = Mutex((waiting: 0, isBroken: false))
    private let broken: @Sendable () -> Void

    /// `broken` is called once when nobody reads any more, or not for too long.
    init(_ descriptor: Int32, broken: @escaping @Sendable () -> Void = {}) {
        self.descriptor = descriptor
        self.broken = broken
    }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return }
        let isTooMuch = state.withLock { state in
            guard !state.isBroken else { return false }
            guard state.waiting + bytes.count <= Self.waitingMaximum else {
                state.isBroken = true
                return true
            }
            state.waiting += bytes.count
            return false
        }
        if isTooMuch { return broken() }
        queue.async {
            guard !self.state.withLock({ $0.isBroken }) else { return }
            if self.put(bytes) {
                self.state.withLock { $0.waiting -= bytes.count }
            } else {
                self.state.withLock { $0.isBroken = true }
                self.broken()
            }
        }
    }

    /// Returns when everything so far is written.
    func flush() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func put(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, Array(rest), rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
