// One deadline a line, found without a walk.

import Essentials
import Testing

@testable import Membership

@Suite struct DeadlinesTests {
    private func moment(_ seconds: Int64) -> Moment { .origin + .seconds(seconds) }

    @Test("the earliest comes first, and nothing before its time")
    func order() {
        var deadlines = Deadlines()
        let due: [UInt64: Moment] = [1: moment(3), 2: moment(1), 3: moment(2)]
        for short in [1, 2, 3] as [UInt64] { deadlines.add(short, at: due[short] ?? .origin) }
        #expect(deadlines.next { due[$0] } == moment(1))
        #expect(deadlines.pop(at: .origin) { due[$0] } == nil)
        let order = (0..<3).map { _ in deadlines.pop(at: moment(9)) { due[$0] } }
        #expect(order == [2, 3, 1] && deadlines.count == 0)
        #expect(deadlines.next { due[$0] } == nil && deadlines.pop(at: moment(9)) { due[$0] } == nil)
    }

    @Test("a deadline that has moved later comes later, without having been told")
    func later() {
        var deadlines = Deadlines()
        var due: [UInt64: Moment] = [1: moment(1), 2: moment(2)]
        for short in [1, 2] as [UInt64] { deadlines.add(short, at: moment(Int64(short))) }
        due[1] = moment(5)
        #expect(deadlines.next { due[$0] } == moment(2))
        #expect(deadlines.pop(at: moment(4)) { due[$0] } == 2)
        #expect(deadlines.pop(at: moment(4)) { due[$0] } == nil)
        #expect(deadlines.pop(at: moment(5)) { due[$0] } == 1)
    }

    @Test("one that has moved earlier and was added again comes once, at the earlier time")
    func earlier() {
        var deadlines = Deadlines()
        var due: [UInt64: Moment] = [1: moment(9)]
        deadlines.add(1, at: moment(9))
        due[1] = moment(4)
        deadlines.add(1, at: moment(4))
        #expect(deadlines.pop(at: moment(4)) { due[$0] } == 1)
        due[1] = nil
        #expect(deadlines.next { due[$0] } == nil && deadlines.count == 0)
    }

    @Test("what has come and is only looked at comes again, until it has moved")
    func looking() {
        var deadlines = Deadlines()
        var due: [UInt64: Moment] = [1: moment(1)]
        deadlines.add(1, at: moment(1))
        #expect(deadlines.first(by: .origin) { due[$0] } == nil)
        for _ in 0..<2 { #expect(deadlines.first(by: moment(1)) { due[$0] } == 1) }
        due[1] = moment(2)
        #expect(deadlines.first(by: moment(1)) { due[$0] } == nil)
        #expect(deadlines.first(by: moment(2)) { due[$0] } == 1)
    }

    @Test("a line that is here several times, and moves on, is here once in the end")
    func collapse() {
        var deadlines = Deadlines()
        let due: [UInt64: Moment] = [1: moment(20)]
        for second in 1...10 as ClosedRange<Int64> { deadlines.add(1, at: moment(second)) }
        #expect(deadlines.next { due[$0] } == moment(20))
        #expect(deadlines.pop(at: moment(20)) { due[$0] } == 1)
        #expect(deadlines.count == 0)
    }
}
