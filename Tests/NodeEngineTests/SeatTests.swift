// Seats of the own person's faces, as far as they need no mesh.

import Essentials
@testable import NodeEngine
import Testing
import Wire

@Suite("Seats")
struct SeatTests {
    @Test("a node takes sixteen meetings, and says no to the next")
    func full() throws {
        let node = try LoneNode(.leaf)
        node.give(.started)
        for seat in 1...17 as ClosedRange<UInt64> { node.ask(seat, .meet()) }
        #expect(node.seats.count == 16)
        for seat in 1...16 as ClosedRange<UInt64> { #expect(node.told(seat) == [.waiting]) }
        guard case .error(let reason)? = node.told(17).first else {
            Issue.record("the seventeenth is told why")
            return
        }
        #expect(reason.contains("16 meetings"))
        // One that goes makes room.
        node.ask(1, .leave)
        node.ask(18, .meet())
        #expect(node.told(18) == [.waiting])
    }

    @Test("who sits down twice sits once, and their search goes on as it was")
    func twice() throws {
        let node = try LoneNode(.leaf)
        node.give(.started)
        node.ask(1, .meet())
        node.ask(1, .meet())
        #expect(node.told(1) == [.waiting])
        #expect(node.seats.count == 1)
    }

    @Test("a meeting that is over cannot look for the next stranger")
    func gone() throws {
        let node = try LoneNode(.leaf)
        node.give(.started)
        node.ask(1, .meet())
        node.ask(1, .leave)
        node.effects = []
        node.ask(1, .new)
        #expect(node.seats.isEmpty)
        #expect(node.told(1).count == 1)
        guard case .error? = node.told(1).first else {
            Issue.record("who asks is told that the meeting is over")
            return
        }
    }

    @Test("without a live home nobody is looked for: the person waits for a way into the mesh, and is told")
    func homeless() throws {
        let node = try LoneNode(.leaf)
        node.give(.started)
        node.ask(1, .meet())
        #expect(node.seats.map(\.phase) == [.joining])
        node.pass(.seconds(11))
        let told = node.told(1).contains {
            if case .serverMessage(let text) = $0 { text.contains("No way into the mesh yet") } else { false }
        }
        #expect(told)
    }
}
