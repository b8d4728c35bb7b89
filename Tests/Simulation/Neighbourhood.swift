// A small network in virtual time on which nodes of a test's own making can live beside honest ones. It does nobody
// harm; what harms is in `Simulator`.

import Essentials
import Identity
import NodeEngine
import Testing
import Wire

/// Nodes, the connections between them, and the moment.
final class Neighbourhood {
    /// The wall clock of everybody at the origin: 2026-01-01T00:00:00Z.
    static let start = WallTime(milliseconds: 1_767_225_600_000)
    private static let delay = Span.milliseconds(3)

    private struct End: Hashable {
        let node: Int
        let connection: UInt64
    }
    private enum Event {
        case input(Int, NodeInput)
        /// For a connection that may be closed by then.
        case news(End, NodeInput)
    }

    private(set) var now = Moment.origin
    private var nodes: [any Neighbour] = []
    private var queue: [(due: Moment, event: Event)] = []
    private var others: [End: End] = [:]
    private var inbound: UInt64 = 1

    /// Adds a node and starts it; its number.
    @discardableResult
    func add(_ node: any Neighbour) -> Int {
        nodes.append(node)
        deliver(.started, to: nodes.count - 1)
        return nodes.count - 1
    }

    func ask(_ node: any Neighbour, _ request: PersonRequest) {
        guard let index = nodes.firstIndex(where: { $0 === node }) else { return }
        deliver(.personAsked(SeatID(number: 1), request), to: index)
    }

    /// Runs until the condition holds; false when it does not within the span.
    func run(for span: Span, until condition: () -> Bool = { false }) -> Bool {
        let end = now + span
        while !condition() {
            let timers = nodes.indices.compactMap { index in nodes[index].nextDeadline().map { (due: $0, index) } }
            let timer = timers.min { $0.due < $1.due }
            let first = queue.first
            guard let next = [timer?.due, first?.due].compactMap({ $0 }).min(), next <= end else {
                now = end
                return condition()
            }
            now = max(now, next)
            if let first, first.due <= now {
                queue.removeFirst()
                perform(first.event)
            } else if let timer {
                deliver(.timerFired, to: timer.1)
            }
        }
        return true
    }

    private func perform(_ event: Event) {
        switch event {
        case .input(let index, let input): deliver(input, to: index)
        case .news(let end, let input):
            guard others[end] != nil else { return }
            if case .connectionClosed = input { others[end] = nil }
            deliver(input, to: end.node)
        }
    }

    private func deliver(_ input: NodeInput, to index: Int) {
        for effect in nodes[index].handle(input, at: now) { carryOut(effect, of: index) }
    }

    private func carryOut(_ effect: NodeEffect, of index: Int) {
        switch effect {
        case .connect(let connection, let endpoint):
            let caller = End(node: index, connection: connection)
            guard let callee = nodes.firstIndex(where: { $0.endpoint == endpoint && $0.isListening }) else {
                post(.input(index, .connectionFailed(connection)))
                return
            }
            let other = End(node: callee, connection: inbound)
            inbound += 2
            others[caller] = other
            others[other] = caller
            post(.news(caller, .connectionOpened(connection, remote: endpoint, isOutbound: true)))
            post(
                .news(
                    other,
                    .connectionOpened(other.connection, remote: nodes[index].endpoint, isOutbound: false)))
        case .write(let connection, let bytes):
            guard let other = others[End(node: index, connection: connection)] else { return }
            post(.news(other, .received(other.connection, bytes)))
        case .close(let connection):
            let end = End(node: index, connection: connection)
            guard let other = others[end] else { return }
            others[end] = nil
            post(.news(other, .connectionClosed(other.connection)))
            post(.input(index, .connectionClosed(connection)))
        case .work(let identifier, var work):
            var outcome = work.step()
            while outcome == nil { outcome = work.step() }
            if let outcome { post(.input(index, .workFinished(identifier, outcome))) }
        case .tell, .count, .abandon, .store, .note, .keepLog: break
        }
    }

    /// Everything takes the same time, so nothing overtakes anything.
    private func post(_ event: Event) { queue.append((now + Self.delay, event)) }
}
