// Where and when a node knocks.

import Essentials
@testable import NodeEngine
import Testing
import Wire

@Suite("Entry points")
struct EntryPointsTests {
    @Test("knocking in vain becomes rarer, down to once a minute, and no rarer")
    func pauses() throws {
        let entry = try LoneNode.entry(1)
        var points = EntryPoints([entry])
        var now = Moment.origin
        var pauses: [Span] = []
        for _ in 0..<11 {
            #expect(points.due(at: now, isConnected: false) == [entry])
            points.failed(entry, at: now)
            let next = try #require(points.nextKnock(isConnected: false))
            pauses.append(next - now)
            now = next
        }
        let doubling = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000].map { Span.milliseconds($0) }
        #expect(pauses == doubling + [Span](repeating: .seconds(60), count: 4))
    }

    @Test("of too many entry points the first sixty-four are knocked at")
    func bounded() throws {
        let entries = try (0..<70).map { try LoneNode.entry($0) }
        var points = EntryPoints(entries)
        #expect(points.due(at: .origin, isConnected: false) == Array(entries.prefix(64)))
    }

    @Test("the deadline of a node is the earliest of all that it waits for")
    func earliestDeadline() throws {
        let node = try LoneNode(.leaf, entries: [try LoneNode.entry(1), try LoneNode.entry(2)])
        node.give(.started)
        let dialled = node.dialled
        #expect(dialled.count == 2)
        // Both dials may take three seconds, but tables are looked after every two.
        #expect(node.deadline == node.now + .seconds(2))
        // The first has failed and is knocked at again sooner than the second is given up.
        node.give(.connectionFailed(dialled[0].connection))
        #expect(node.deadline == node.now + .milliseconds(500))
    }
}
