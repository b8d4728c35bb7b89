import Essentials
import Testing

@Suite("Timers, recent sets and token buckets")
struct CollectionTests {
    private func at(_ seconds: Int64) -> Moment { .origin + .seconds(seconds) }

    @Test("deadlines come out in time order, and those of one time in the order they were armed")
    func timers() {
        var timers = Timers<String>()
        timers.arm("later", at: at(5))
        timers.arm("first", at: at(2))
        timers.arm("second", at: at(2))
        #expect(timers.next() == at(2))
        #expect(timers.pop(at: at(1)) == nil)
        #expect(timers.pop(at: at(9)) == "first")
        #expect(timers.pop(at: at(9)) == "second")
        #expect(timers.pop(at: at(9)) == "later")
        #expect(timers.pop(at: at(9)) == nil)
        #expect(timers.next() == nil)
    }

    @Test("a deadline that was moved or cancelled does not come at its old time")
    func moved() {
        var timers = Timers<Int>()
        timers.arm(1, at: at(1))
        timers.arm(1, at: at(3))
        timers.arm(2, at: at(2))
        timers.cancel(2)
        #expect(timers.isArmed(1))
        #expect(!timers.isArmed(2))
        #expect(timers.count == 1)
        #expect(timers.pop(at: at(2)) == nil)
        #expect(timers.pop(at: at(3)) == 1)
    }

    @Test("whatever is armed, moved, cancelled and taken out, the next deadline is the earliest one armed")
    func earliest() {
        var timers = Timers<Int>()
        var known: [Int: Int64] = [:]
        var random = SeededGenerator(seed: 20)
        for _ in 0..<5_000 {
            let key = Int.random(in: 0..<12, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let due = Int64.random(in: 0..<50, using: &random)
                timers.arm(key, at: at(due))
                known[key] = due
            case 2:
                timers.cancel(key)
                known[key] = nil
            default:
                let now = Int64.random(in: 0..<50, using: &random)
                let taken = timers.pop(at: at(now))
                #expect((taken == nil) == !known.values.contains { $0 <= now })
                if let taken {
                    #expect(known[taken] == known.values.min())
                    known[taken] = nil
                }
            }
            #expect(timers.next() == known.values.min().map(at))
        }
    }

    @Test("a timer moved ten thousand times comes once, at the last time")
    func compaction() {
        var timers = Timers<Int>()
        for round in 0..<10_000 { timers.arm(round % 3, at: at(Int64(20_000 - round))) }
        #expect(timers.count == 3)
        #expect(timers.pop(at: at(20_000)) == 0)  // armed last, so earliest
        #expect(timers.pop(at: at(20_000)) == 2)
        #expect(timers.pop(at: at(20_000)) == 1)
        #expect(timers.pop(at: at(20_000)) == nil)
    }

    @Test("a recent set knows repeats, and forgets the oldest when it is full")
    func recent() {
        var recent = RecentSet<Int>(capacity: 3)
        for value in 1...3 { #expect(recent.insert(value) == true) }
        #expect(recent.insert(2) == false)
        #expect(recent.insert(4) == true)
        #expect(!recent.contains(1))
        #expect(recent.contains(2))
        #expect(recent.count == 3)
    }

    @Test("a recent set never grows beyond its capacity")
    func bounded() {
        var recent = RecentSet<Int>(capacity: 10)
        for value in 0..<1_000 { recent.insert(value) }
        #expect(recent.count == 10)
        var smallest = RecentSet<Int>(capacity: -5)
        smallest.insert(1)
        #expect(smallest.contains(1), "a capacity below one means one")
    }

    @Test("a bucket grants its size at once and its rate over time")
    func bucket() {
        var bucket = TokenBucket(capacity: 10, perSecond: 2, at: at(0))
        #expect(bucket.take(10, at: at(0)) == true)
        #expect(bucket.take(at: at(0)) == false)
        #expect(bucket.take(at: .origin + .milliseconds(499)) == false)
        #expect(bucket.take(at: .origin + .milliseconds(500)) == true)
        #expect(bucket.take(3, at: at(1)) == false, "a refusal takes nothing")
        #expect(bucket.take(1, at: at(1)) == true)
    }

    @Test("a bucket never holds more than its size, and neither absurd amounts nor a clock that stands trap it")
    func bucketBounds() {
        var bucket = TokenBucket(capacity: 10, perSecond: .max, at: at(100))
        #expect(bucket.take(10, at: at(100)) == true)
        #expect(bucket.take(11, at: .distantFuture) == false)
        #expect(bucket.take(10, at: .distantFuture) == true)
        #expect(bucket.take(1, at: at(1)) == false, "time that goes backwards fills nothing")
        #expect(bucket.take(.max, at: .distantFuture) == false)
        #expect(bucket.take(.min, at: .distantFuture) == true, "a negative amount takes nothing and gives nothing")
        #expect(bucket.take(1, at: .distantFuture) == false)
        var half = TokenBucket(capacity: 10, perSecond: 1, at: at(100))
        #expect(half.take(5, at: at(100)) == true)
        #expect(half.take(5, at: at(0)) == true, "time that goes backwards takes nothing away either")
        var none = TokenBucket(capacity: -1, perSecond: -1, at: at(0))
        #expect(none.take(at: at(1_000)) == false)
    }

    @Test("a bucket keeps back what it is asked to keep, and is drained to nothing and no further")
    func bucketKeeping() {
        var bucket = TokenBucket(capacity: 10, perSecond: 2, at: at(0))
        #expect(bucket.take(7, keeping: 4, at: at(0)) == false)
        #expect(bucket.take(6, keeping: 4, at: at(0)) == true)
        #expect(bucket.level(at: at(0)) == 4 && bucket.level(at: at(1)) == 6 && bucket.level(at: at(0)) == 4)
        bucket.drain(3, at: at(0))
        #expect(bucket.level(at: at(0)) == 1)
        bucket.drain(-5, at: at(0))
        #expect(bucket.level(at: at(0)) == 1, "a negative amount gives nothing")
        bucket.drain(.max, at: at(0))
        #expect(bucket.level(at: at(0)) == 0 && bucket.level(at: at(3)) == 6, "there is no debt")
        #expect(bucket.take(1, keeping: .max, at: at(3)) == false)
    }

    @Test("the seeded generator is xoshiro256** filled by SplitMix64")
    func generator() {
        var generator = SeededGenerator(seed: 42)
        #expect(generator.next() == 0x1578_0b2e_0c2e_c716)
        #expect(generator.next() == 0x6104_d986_6d11_3a7e)
        #expect(generator.next() == 0xae17_5332_39e4_99a1)
        for _ in 0..<1_000 {
            let fraction = generator.fraction()
            #expect((0..<1).contains(fraction))
        }
    }

    @Test("saturating arithmetic stops at the ends")
    func saturating() {
        #expect(Int64.max.saturatingAdd(1) == .max)
        #expect(Int64.min.saturatingAdd(-1) == .min)
        #expect(Int64.min.saturatingSubtract(1) == .min)
        #expect(Int64.max.saturatingSubtract(-1) == .max)
        #expect(Int64.min.saturatingMultiply(-1) == .max)
        #expect(Int64.max.saturatingMultiply(-2) == .min)
        #expect(UInt64.max.saturatingAdd(1) == .max)
        #expect(UInt64(5).saturatingAdd(-6) == 0)
        #expect(UInt64(5).saturatingAdd(.min) == 0)
    }
}
