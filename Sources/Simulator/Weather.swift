// How the simulated network treats bytes. Connections are TCP's: nothing overtakes and nothing is doubled, and what is
// lost on the way comes later, when it has been sent again.

public import Essentials

extension World {
    /// How the network treats bytes.
    public struct Weather: Sendable {
        public var latencyMinimum: Span = .milliseconds(1)
        public var latencyMaximum: Span = .milliseconds(5)
        /// Segments are cut to at most this size, so that nobody relies on message boundaries.
        public var segmentMaximum = 1_400
        /// The chance that a segment is lost and has to be sent again.
        public var loss = 0.0
        /// The chance that a new connection fails.
        public var connectFailure = 0.0
        /// The chance per write that a connection breaks.
        public var breakage = 0.0

        public init() {}

        func latency(using generator: inout SeededGenerator) -> Span {
            let range = (latencyMaximum - latencyMinimum).microseconds
            return latencyMinimum + .microseconds(Int64(Double(max(0, range)) * generator.fraction()))
        }

        /// The wait until a segment has come through: 200 ms for the first repetition, twice as long for each further
        /// one, as TCP waits.
        func retransmission(using generator: inout SeededGenerator) -> Span {
            guard loss > 0 else { return .zero }
            var wait = Span.zero
            var pause = Span.milliseconds(200)
            for _ in 0..<8 {
                guard generator.fraction() < loss else { return wait }
                wait = wait + pause
                pause = pause * 2
            }
            return wait
        }
    }
}
