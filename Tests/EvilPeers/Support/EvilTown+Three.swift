// One asks and two discuss, in a town where some of the three are hand-written.

import Essentials
import NodeEngine
@testable import Simulator
import Testing

extension EvilTown {
    /// What whoever is honest asks.
    static let question = "What would you do with a free day?"

    /// These come for a question, and the hand-written ones with them, until those have been matched.
    func match(asking: [Int] = [], discussing: [Int] = [], with thirds: [EvilThird]) throws {
        let isSettled = settle()
        try #require(isSettled)
        pass(.seconds(3))
        for node in asking { ask(node, .meet(Wish(question: Self.question))) }
        for node in discussing { ask(node, .meet(Wish(discusses: true))) }
        for (place, third) in thirds.enumerated() { act(place) { third.seek() } }
        let areMatched = run(for: .seconds(15)) { _ in thirds.allSatisfy { $0.isMatched } }
        try #require(areMatched)
        for (place, third) in thirds.enumerated() { act(place) { third.leaf.stopSeeking() } }
    }

    func haveBegun(_ nodes: [Int], within span: Span = .seconds(30)) -> Bool {
        run(for: span) { world in
            nodes.allSatisfy { (world.told[MeetSeat(node: $0)] ?? []).contains(.connected) }
        }
    }

    func phase(_ node: Int) -> NodeSnapshot.Seat.Phase? { snapshot(node).seats.first?.phase }

    /// What the person was told of others: not the node's own sentences.
    func toldOfOthers(_ node: Int) -> [PersonEvent] {
        told(node).filter { if case .serverMessage = $0 { false } else { true } }
    }

    func sentences(_ node: Int) -> [String] {
        told(node).compactMap { if case .serverMessage(let text) = $0 { text } else { nil } }
    }

    /// How often an asker was told that the two do not tell the same.
    func doubts(_ node: Int) -> Int { sentences(node).count { $0.contains("do not tell you the same") } }

    /// How often one who discusses was told that the asker is gone.
    func losses(_ node: Int) -> Int { sentences(node).count { $0.contains("does not follow any more") } }

    func texts(_ node: Int) -> [String] {
        told(node).compactMap { if case .gotMessage(let text) = $0 { text } else { nil } }
    }

    /// What an asker saw: who, and what they said.
    func watched(_ node: Int) -> [String] {
        told(node).compactMap { if case .spyMessage(let who, let text) = $0 { who + ": " + text } else { nil } }
    }

    /// Nothing of what came to nothing was told to these; they look again, and with the next who come they meet.
    func expectNext(
        _ nodes: [Int], meet next: [(node: Int, wish: Wish)], location: SourceLocation = #_sourceLocation
    ) {
        for node in nodes {
            let (told, phase) = (toldOfOthers(node), phase(node))
            #expect(told == [.waiting], sourceLocation: location)
            #expect(phase == .seeking, sourceLocation: location)
        }
        for (node, wish) in next { ask(node, .meet(wish)) }
        let all = nodes + next.map { $0.node }
        let haveMet = haveBegun(all)
        #expect(haveMet, sourceLocation: location)
        for node in all {
            let told = toldOfOthers(node).prefix(3)
            #expect(told == [.waiting, .question(Self.question), .connected], sourceLocation: location)
        }
    }
}
