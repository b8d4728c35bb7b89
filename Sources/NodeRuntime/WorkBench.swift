// Puzzles and stamps are made and checked here, one slice at a time on a thread of its own, so that the event loop never
// waits for them.

internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NodeEngine

/// Runs background work and brings the results back to the event loop.
final class WorkBench: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let abandoned = NIOLockedValueBox<Set<WorkID>>([])
    private let furthest = NIOLockedValueBox<(work: WorkID, progress: Double)?>(nil)

    init() { pool.start() }

    /// `done` is called on `loop`, unless the work is abandoned before.
    func begin(
        _ identifier: WorkID, _ work: BackgroundWork, on loop: any EventLoop,
        done: @escaping @Sendable (BackgroundWork.Outcome) -> Void
    ) {
        pool.submit { state in
            guard case .active = state else { return }
            guard !self.abandoned.withLockedValue({ $0.remove(identifier) != nil }) else { return }
            var work = work
            if let progress = work.progress { self.note(identifier, progress) }
            if let outcome = work.step() {
                loop.execute { done(outcome) }
            } else {
                // Behind whatever else waits: a stamp of a millisecond need not wait for a puzzle of a minute.
                self.begin(identifier, work, on: loop, done: done)
            }
        }
    }

    /// How far the longest work is, 0…1: the identity puzzle, while there is one.
    var progress: Double { furthest.withLockedValue { $0?.progress ?? 0 } }

    private func note(_ identifier: WorkID, _ progress: Double) {
        furthest.withLockedValue { furthest in
            // Work that began earlier is the longer one.
            if furthest.map({ identifier <= $0.work }) ?? true { furthest = (identifier, progress) }
        }
    }

    func abandon(_ identifier: WorkID) {
        abandoned.withLockedValue { set in
            if set.count > 1_024 { set.removeAll() }
            set.insert(identifier)
        }
    }

    func shutDown() { pool.shutdownGracefully { _ in } }
}
