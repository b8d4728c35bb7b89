import Essentials
import Testing

@Suite("Time")
struct MomentTests {
    @Test("a moment stops at its ends, whatever is added or taken away")
    func saturation() {
        let moment = Moment(microseconds: 10)
        #expect(moment + .microseconds(5) == Moment(microseconds: 15))
        #expect(moment - .microseconds(11) == .origin)
        #expect(moment + Span(microseconds: .min) == .origin)
        #expect(moment - Span(microseconds: .min) == Moment(microseconds: UInt64(Int64.max) + 10))
        #expect(.distantFuture + .seconds(1) == Moment.distantFuture)
        #expect(.distantFuture - Moment.origin == Span(microseconds: .max))
        #expect(Moment.origin - Moment.distantFuture == Span(microseconds: -.max))
        #expect(Moment(microseconds: 3) - Moment(microseconds: 8) == .microseconds(-5))
    }

    @Test("a span stops at its ends", arguments: [Int64.max, Int64.min, 0, 1, -1])
    func spans(count: Int64) {
        // None of these may trap.
        let span = Span(microseconds: count)
        #expect(
            Span.days(count).microseconds
                == (count == 0
                    ? 0
                    : count == 1 || count == -1
                        ? count * 86_400_000_000 : count > 0 ? .max : .min))
        #expect((span + span).microseconds == (count.magnitude > 1 ? (count > 0 ? .max : .min) : 2 * count))
        #expect((span - span) == .zero)
        #expect((span * 3).microseconds == (count.magnitude > 1 ? (count > 0 ? .max : .min) : 3 * count))
        #expect(span.magnitude >= .zero)
        #expect((span / 0).microseconds == .max)
        #expect((span / -1).microseconds == (count == .min ? .max : -count))
        #expect(span.milliseconds == count / 1_000)
    }

    @Test("wall-clock time stops at its ends")
    func wallTime() {
        let time = WallTime(milliseconds: 1_000)
        #expect(time + .milliseconds(5) == WallTime(milliseconds: 1_005))
        #expect(time - .seconds(2) == WallTime(milliseconds: 0))
        #expect(WallTime(milliseconds: .max) + .days(1) == WallTime(milliseconds: .max))
        #expect(time - WallTime(milliseconds: 400) == .milliseconds(600))
        #expect(WallTime(milliseconds: 0) - WallTime(milliseconds: .max) < .zero)
        #expect(WallTime(milliseconds: .max) - WallTime(milliseconds: 0) > .zero)
    }

    @Test("the mesh clock goes from moments to mesh time and back")
    func meshClock() {
        let clock = MeshClock(
            wallAtOrigin: WallTime(milliseconds: 1_700_000_000_000), offset: .milliseconds(-250))
        let moment = Moment(microseconds: 12_345_000)
        #expect(clock.wall(at: moment) == WallTime(milliseconds: 1_700_000_012_345))
        #expect(clock.mesh(at: moment) == WallTime(milliseconds: 1_700_000_012_095))
        #expect(clock.moment(ofMesh: clock.mesh(at: moment)) == moment)
        #expect(clock.moment(ofMesh: WallTime(milliseconds: 0)) == .origin, "before the process began")
    }
}
