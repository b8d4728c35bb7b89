import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("Stamps are made ahead")
struct StampAheadTests {
    private let epoch = SeekBench.round / 60

    @Test("two for the current epoch, as soon as mesh time is known")
    func twoReady() {
        let bench = SeekBench(makesStamps: false)
        #expect(SeekBench.stamps(bench.effects).map(\.epoch) == [epoch, epoch])
        #expect(Set(SeekBench.stamps(bench.effects).map(\.key)).count == 2)
        #expect(Set(SeekBench.stamps(bench.effects).map(\.number)).count == 2)
        #expect(bench.seeks.readyStamps == 0)
        #expect(SeekBench(makesStamps: true).seeks.readyStamps == 2)
    }

    @Test("also when mesh time is known from the beginning: the first timer is due at once")
    func knownFromTheBeginning() {
        var seeks = Seeks(policy: testPolicy, clock: MeshClock(wallAtOrigin: World.start))
        var random = RandomStream(seed: .zero)
        #expect(seeks.nextDeadline() == .origin)
        let effects = seeks.handle(.timerFired, at: .origin + .seconds(3), using: &random)
        #expect(SeekBench.stamps(effects).count == 2)
        #expect(seeks.nextDeadline() == .origin + .seconds(6))
    }

    @Test("one more for each that is taken or waited for")
    func replaced() {
        let bench = SeekBench()
        #expect(SeekBench.stamps(bench.ask(at: 300)).count == 1)
        #expect(bench.seeks.readyStamps == 2)
        let waiting = SeekBench(makesStamps: false)
        for number in 1...3 as ClosedRange<UInt64> { waiting.ask(SeekID(number: number), at: 300) }
        #expect(SeekBench.stamps(waiting.effects).count == 5)
    }

    @Test("for the next epoch a quarter of an epoch ahead; those of the last are given up after the overlap")
    func nextEpoch() {
        let bench = SeekBench(makesStamps: false)
        #expect(bench.seeks.nextDeadline() == .origin + .milliseconds(6_000))
        #expect(SeekBench.stamps(bench.run(until: 44_999)).isEmpty)
        #expect(SeekBench.stamps(bench.run(until: 45_000)).map(\.epoch) == [epoch + 1, epoch + 1])
        #expect(SeekBench.stamps(bench.run(until: 65_999)).isEmpty)
        let abandoned = bench.run(until: 66_000).compactMap {
            if case .abandonStamp(let number) = $0 { number } else { nil }
        }
        #expect(abandoned == [1, 2])
    }

    @Test("for the next epoch no sooner than the node's own lead, where that is shorter than a quarter")
    func shortLead() {
        var parameters = PairingParameters()
        parameters.stampLead = .seconds(5)
        let bench = SeekBench(makesStamps: false, parameters: parameters)
        #expect(SeekBench.stamps(bench.run(until: 54_999)).isEmpty)
        #expect(SeekBench.stamps(bench.run(until: 55_000)).map(\.epoch) == [epoch + 1, epoch + 1])
    }

    @Test("also while seeks go on: the stamps are what is due next")
    func dueNext() {
        let bench = SeekBench()
        bench.run(until: 44_100)
        for number in 1...6 as ClosedRange<UInt64> { bench.ask(SeekID(number: number), at: 44_300) }
        bench.run(until: 44_900)
        #expect(bench.seeks.nextDeadline() == .origin + .milliseconds(45_000))
    }

    @Test("a seek without keepers takes no stamp")
    func noKeepers() {
        let bench = SeekBench(keepers: 0)
        bench.ask(at: 300)
        #expect(bench.seeks.readyStamps == 3, "two as ever, and one for the seek")
        #expect(bench.seeks.seeks[SeekBench.seek]?.credential == nil)
    }

    @Test("as many as the last search needed at once, and one more, and no longer than a while after it")
    func habit() {
        for (memory, places, next) in [(Span.hours(1), 3, 4), (.hours(1), 12, 9), (.seconds(44), 3, 2)] {
            var parameters = PairingParameters()
            parameters.habitMemory = memory
            let bench = SeekBench(parameters: parameters)
            let ids = (1...UInt64(places)).map { SeekID(number: $0) }
            for id in ids { bench.give(.seekAsked(id, SeekWish(search: SearchID(number: 99))), at: 300) }
            for id in ids { bench.give(.seekCancelled(id), at: 400) }
            #expect(bench.seeks.readyStamps >= min(places + 1, 9))
            #expect(SeekBench.stamps(bench.run(until: 45_000)).map(\.epoch) == Array(repeating: epoch + 1, count: next))
        }
        let bench = SeekBench()
        for id in 1...3 as ClosedRange<UInt64> {
            bench.give(.seekAsked(SeekID(number: id), SeekWish(search: SearchID(number: 99))), at: 300)
        }
        for id in 1...3 as ClosedRange<UInt64> { bench.give(.seekCancelled(SeekID(number: id)), at: 400) }
        bench.ask(SeekID(number: 4), at: 500)
        bench.give(.seekCancelled(SeekID(number: 4)), at: 600)
        #expect(SeekBench.stamps(bench.run(until: 45_000)).count == 2, "the last search needed one")
    }

    @Test("a clock that is set back or forth by days leaves no stamps of epochs that are not near")
    func clockSet() {
        let bench = SeekBench(makesStamps: false)
        for days in [-2, 3, -1] as [Int64] {
            let before = SeekBench.stamps(bench.effects).map(\.number).suffix(2)
            let effects = bench.give(.clockSet(MeshClock(wallAtOrigin: World.start + .days(days))), at: 100)
            let abandoned = effects.compactMap { if case .abandonStamp(let number) = $0 { number } else { nil } }
            #expect(abandoned == Array(before))
            #expect(SeekBench.stamps(effects).count == 2)
        }
    }

    @Test("a stamp that nobody ordered, or of another length, changes nothing")
    func unknownStamps() {
        let bench = SeekBench(makesStamps: false)
        bench.give(.stampMade(99, nonce: [UInt8](repeating: 0, count: 16)), at: 100)
        bench.give(.stampMade(1, nonce: [1, 2, 3]), at: 100)
        #expect(bench.seeks.readyStamps == 0)
    }
}
