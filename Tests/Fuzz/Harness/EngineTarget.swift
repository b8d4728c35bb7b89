// A whole node among peers that play by a script: whatever they do, with all the keys that a peer can have, the
// node does not trap, keeps the promises that are checked in `EngineStage`, and does the same the second time.

import NodeEngine

enum EngineTarget {
    static func run(_ input: [UInt8]) throws {
        let first = try EngineScript.play(input)
        // Twice is what finds a decision by the order of a set; half of the inputs pay for it.
        guard input.reduce(0, { $0 &+ $1 }) & 1 == 0 else { return }
        let second = try EngineScript.play(input)
        try promise(first == second, "the same input had other effects the second time")
    }

    static func seeds() -> [[UInt8]] {
        typealias Step = EngineScript.Step
        func step(_ step: Step, _ arguments: UInt8...) -> [UInt8] { [step.rawValue] + arguments }
        let leaf: [UInt8] = [0]
        let member: [UInt8] = [1]
        // Links to all, the table, the clock, homes: what a conversation needs.
        let arrive =
            step(.connects) + step(.pass, 0, 200) + step(.connects) + step(.news, 0) + step(.connects)
            + step(.pass, 3, 232) + step(.connects) + step(.pass, 15, 160) + step(.work) + step(.work)
        let seek = step(.person, 0, 0) + step(.news, 0) + step(.pass, 3, 232) + step(.work) + step(.pass, 3, 232)
        let answers = step(.answers, 7) + step(.pass, 0, 100)
        let talk =
            step(.pass, 1, 0) + step(.person, 0, 1) + [2, 104, 105] + step(.utterance, 0) + step(.utterance, 1)
            + step(.utterance, 2) + step(.utterance, 4, 3)
        let round = seek + step(.pass, 1, 44) + answers + step(.pass, 3, 0) + answers + step(.pass, 3, 232) + answers
        let visitors = (0..<4).flatMap { [Step.visit.rawValue, UInt8($0), UInt8($0)] }
        return [
            leaf + arrive + round + talk + step(.pass, 15, 160) + step(.person, 0, 4),
            leaf + arrive + round + round + talk,
            leaf + arrive + step(.close, 0) + step(.pass, 15, 160) + step(.news, 0),
            member + arrive + visitors + step(.news, 0) + step(.news, 1) + step(.frame, 0, 1) + [3, 1, 2, 3],
            member + visitors + step(.pipe, 0, 0) + step(.pipe, 1, 1) + step(.pipe, 2, 1) + step(.pass, 7, 208),
            member + visitors + step(.pipe, 0, 2) + step(.pass, 7, 208) + step(.pipeBytes, 0, 3, 1, 2, 3),
            member + step(.raw, 0) + [40, 80, 1, 1, 0, 32] + [UInt8](repeating: 9, count: 35) + step(.clock, 100, 1),
            member + visitors + step(.writable, 0) + step(.control, 1) + step(.control, 2) + step(.pass, 200, 0),
            member + arrive + round + talk + step(.join, 2),
        ]
    }
}
