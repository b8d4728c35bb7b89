internal import Synchronization

/// Waiting with an end.
public enum Patience {
    /// Waits for the work, at most so long. Work that takes longer goes on, but nobody waits for it.
    public static func atMost(_ duration: Duration, _ work: @escaping @Sendable () async -> Void) async {
        let waiting = Once()
        await withCheckedContinuation { continuation in
            waiting.set(continuation)
            Task {
                await work()
                waiting.resume()
            }
            Task {
                try? await Task.sleep(for: duration)
                waiting.resume()
            }
        }
    }

    private final class Once: Sendable {
        private let continuation = Mutex<CheckedContinuation<Void, Never>?>(nil)
        func set(_ continuation: CheckedContinuation<Void, Never>) { self.continuation.withLock { $0 = continuation } }
        func resume() {
            continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }?.resume()
        }
    }
}
