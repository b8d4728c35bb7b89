// A whole node among peers that play by a script: whatever they do, with all the keys that a peer can have, the
// node does not trap, keeps the promises that are checked in `EngineStage`, and does the same the second time.

import NodeEngine

enum EngineTarget {
    static func run(_ input: [UInt8]) throws {
        let first = try EngineScript.play(input)
        // Twice is what finds a decision by the order of a set; a quarter of the inputs pays for it.
        guard input.reduce(0, { $0 &+ $1 }) & 3 == 0 else { return }
        let second = try EngineScript.play(input)
        try promise(first == second, "the same input had other effects the second time")
    }

    static func seeds() -> [[UInt8]] { plain + asking + discussing }

    private static var plain: [[UInt8]] {
        [
            leaf + arrive + round + talk + step(.pass, 15, 160) + step(.person, 0, 4),
            leaf + arrive + round + round + talk + step(.close, 3) + step(.pass, 15, 160),
            leaf + arrive + step(.close, 0) + step(.pass, 15, 160) + step(.news, 0, 0),
            leaf + arrive + seek + step(.pass, 1, 44) + answers(lies: 3) + step(.pass, 3, 0) + answers(lies: 23),
            member + arrive + visitors + step(.news, 0, 0) + step(.news, 1, 0) + step(.frame, 0, 3, 1, 3, 1, 2, 3),
            member + visitors + step(.pipe, 0, 0, 0) + step(.pipe, 1, 1, 1, 0) + step(.pipe, 0, 0, 0, 1)
                + step(.pass, 7, 208) + step(.pipe, 1, 4, 0, 3, 1, 2, 3),
            member + visitors + step(.pipe, 0, 2, 1, 0) + step(.pass, 7, 208) + step(.pipeBytes, 0, 1, 3, 1, 2, 3),
            member + step(.raw, 0, 38, 80, 1, 1, 0, 32) + [UInt8](repeating: 9, count: 32) + step(.clock, 100, 1),
            member + visitors + step(.writable, 0, 0) + step(.control, 1, 5, 0, 9, 39, 16, 249, 0, 0, 19, 136, 1, 7)
                + step(.control, 2, 1) + [UInt8](repeating: 0, count: 12) + step(.pass, 200, 0),
            member + arrive + round + talk + step(.join, 2) + step(.oddWork, 3) + [UInt8](repeating: 0, count: 17),
        ]
    }

    /// Somebody at the engine asks a question, or discusses one.
    static var asking: [[UInt8]] { both(arrive + meeting(step(.question, 0, 1)) + watched) }
    static var discussing: [[UInt8]] { both(arrive + meeting(step(.question, 0, 0)) + discussed) }
    private static func both(_ steps: [UInt8]) -> [[UInt8]] { [leaf + steps, member + steps] }

    private typealias Step = EngineScript.Step
    private static let leaf: [UInt8] = [0]
    private static let member: [UInt8] = [1]

    private static func step(_ step: Step, _ arguments: UInt8...) -> [UInt8] { [step.rawValue] + arguments }

    /// Links to all, the table, the clock, homes: what a conversation needs.
    private static var arrive: [UInt8] {
        let links = step(.connects) + step(.pass, 0, 200) + step(.connects) + step(.news, 0, 0) + step(.connects)
        return links + step(.pass, 3, 232) + step(.connects) + step(.work) + step(.work)
    }

    private static var seek: [UInt8] { looking(for: step(.person, 0, 0)) }

    private static func looking(for wish: [UInt8]) -> [UInt8] {
        wish + step(.work) + step(.pass, 3, 232) + step(.work)
    }

    /// By whichever connection is the home that the search goes through.
    private static func answers(lies: UInt8) -> [UInt8] {
        step(.answers, 3, lies) + step(.answers, 4, lies) + step(.pass, 0, 100)
    }

    private static var round: [UInt8] { meeting(step(.person, 0, 0)) }

    private static func meeting(_ wish: [UInt8]) -> [UInt8] {
        let first = looking(for: wish) + step(.pass, 1, 44) + answers(lies: 7)
        return first + step(.pass, 3, 0) + answers(lies: 7) + step(.pass, 3, 232)
    }

    private static var talk: [UInt8] {
        let words = (3...4).flatMap { home in
            step(.utterance, home, 4, 1, 2, 104, 105) + step(.utterance, home, 3, 1) + step(.utterance, home, 5, 1)
                + step(.utterance, home, 6, 9)
        }
        // Which of the two begins follows from the offers; the wrong one ends the conversation.
        let safety = (3...4).flatMap { home in
            step(.utterance, home, 0, 1) + step(.utterance, home, 2, 1) + step(.utterance, home, 1, 1)
        }
        return step(.pass, 1, 0) + step(.person, 0, 1, 2, 104, 105) + step(.person, 0, 2) + words + safety
    }

    /// What the first of the two others says, or the second, or both, by whichever home they come.
    private static func third(_ speaker: ThreeScript.Speaker, _ line: ThreeScript.Line, _ rest: UInt8...) -> [UInt8] {
        (3...4).flatMap { step(.third, $0, speaker.rawValue, line.rawValue) + rest }
    }

    /// Two who discuss begin, one says something, and the other says that, and then what nobody said.
    private static var watched: [UInt8] {
        let begin = third(.both, .witness, 0) + third(.first, .text, 1) + third(.second, .witness, 1)
        let lie = third(.second, .text, 1) + third(.first, .anyWitness, 1, 9) + third(.first, .anyWitness, 251, 0, 9)
        return begin + lie + step(.person, 0, 1, 2, 104, 105) + third(.second, .farewell) + step(.pass, 15, 160)
    }

    /// The asker asks, the other one knows the question, they talk, and the asker speaks, which it may not.
    private static var discussed: [UInt8] {
        let begin = third(.first, .question) + third(.second, .witness, 0) + step(.person, 0, 1, 2, 104, 105)
        let talk = third(.second, .text, 1) + third(.second, .typing, 1) + third(.second, .anyWitness, 0, 9)
        return begin + talk + third(.first, .text, 1) + third(.second, .farewell) + step(.pass, 15, 160)
    }

    private static var visitors: [UInt8] { (0..<4).flatMap { step(.visit, $0, $0) } }
}
