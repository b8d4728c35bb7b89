// Which stretches of a table are on their way.

import Essentials
import Testing

@testable import Membership

@Suite struct FetchesTests {
    private let one = Membership.LinkID(number: 1)
    private let other = Membership.LinkID(number: 2)
    private let now = Moment.origin

    @Test("of one neighbour four stretches are fetched at a time, and others can bring more")
    func perLink() {
        var fetches = Fetches()
        for stretch in 0..<UInt64(4) {
            let isBegun = fetches.begin(from: stretch * 10, to: stretch * 10 + 9, over: one, at: now)
            #expect(isBegun)
        }
        let fifth = fetches.begin(from: 40, to: 49, over: one, at: now)
        let elsewhere = fetches.begin(from: 40, to: 49, over: other, at: now)
        #expect(!fifth && elsewhere)
        fetches.ended(one)
        let again = fetches.begin(from: 0, to: 9, over: one, at: now)
        #expect(again)
    }

    @Test("no part of a stretch that is on its way is fetched a second time, until three seconds have passed")
    func overlapping() {
        var fetches = Fetches()
        let first = fetches.begin(from: 10, to: 20, over: one, at: now)
        #expect(first)
        for (low, high): (UInt64, UInt64) in [(10, 20), (0, 10), (20, 30), (12, 15), (0, 99)] {
            let isBegun = fetches.begin(from: low, to: high, over: other, at: now + .milliseconds(2_999))
            #expect(!isBegun, "\(low) to \(high)")
        }
        for (low, high): (UInt64, UInt64) in [(0, 9), (21, 30)] {
            let isBegun = fetches.begin(from: low, to: high, over: other, at: now)
            #expect(isBegun, "\(low) to \(high)")
        }
        let late = fetches.begin(from: 10, to: 20, over: other, at: now + .seconds(3))
        #expect(late)
    }
}
