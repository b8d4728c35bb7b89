// How the simulated network treats bytes. Connections are TCP's: nothing overtakes and nothing is doubled, and what is
// lost on the way comes later, when it has been sent again.

public import Essentials

extension World {
    /// How the network treats bytes.
    public struct Weather: Sendable {
        public var latencyMinimum: Span = .milliseconds(1)
        public var latencyMaximum: Span = .milliseconds(5)
        /// Where it is set, times on the way are lognormal around this median with sigma 0.5, within the bounds above.
        public var latencyMedian: Span?
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
            if let latencyMedian {
                let drawn = latencyMedian.microseconds * Int64(1_000 * Self.lognormal(using: &generator)) / 1_000
                return max(latencyMinimum, min(.microseconds(drawn), latencyMaximum))
            }
            let range = (latencyMaximum - latencyMinimum).microseconds
            return latencyMinimum + .microseconds(Int64(Double(max(0, range)) * generator.fraction()))
        }

        /// Ways of the Internet: 20 ms in the middle, 10 to 400 ms.
        public static var internet: Weather {
            var weather = Weather()
            weather.latencyMedian = .milliseconds(20)
            weather.latencyMinimum = .milliseconds(10)
            weather.latencyMaximum = .milliseconds(400)
            return weather
        }

        /// Median 1, sigma 0.5. The sum of twelve fractions is as good as normal; e to its half is a product.
        static func lognormal(using generator: inout SeededGenerator) -> Double {
            var normal = -6.0
            for _ in 0..<12 { normal += generator.fraction() }
            var power = 1 + normal / 2 / 1_024
            for _ in 0..<10 { power *= power }
            return power
        }

        /// The wait until a segment has come through: 200 ms for the first repetition, twice as long for each further
        /// one, as TCP waits.
        func retransmission(using generator: inout SeededGenerator) -> Span {
            wait(from: .milliseconds(200), using: &generator)
        }

        /// The same for the first segment of a connection, which TCP repeats after a second.
        func repetition(using generator: inout SeededGenerator) -> Span { wait(from: .seconds(1), using: &generator) }

        private func wait(from first: Span, using generator: inout SeededGenerator) -> Span {
            guard loss > 0 else { return .zero }
            var wait = Span.zero
            var pause = first
            for _ in 0..<8 {
                guard generator.fraction() < loss else { return wait }
                wait = wait + pause
                pause = pause * 2
            }
            return wait
        }
    }
}
