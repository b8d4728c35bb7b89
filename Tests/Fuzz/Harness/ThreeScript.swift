// What the two others say where three were put together over a question, the engine's person among them. See
// Protocol/07-conversation.md, "A question and two who discuss it".

import Essentials
import NodeEngine
import Sodium
import Wire

enum ThreeScript {
    static let question = "What would you do with a free day?"

    /// Where the engine's person discusses, the first of the two others is who asks.
    enum Speaker: UInt8, CaseIterable {
        case first, second, both

        func isPlayed(at place: Int) -> Bool { self == .both || Int(rawValue) == place }
    }

    /// New ones go to the end, so that kept inputs keep their meaning.
    enum Line: UInt8, CaseIterable {
        case question, anyQuestion, witness, anyWitness, text, typing, farewell, raw
    }

    static func wish(asks: Bool) -> Wish { asks ? Wish(question: question) : Wish(discusses: true) }

    static func line(_ reader: inout InputReader) -> (speaker: Speaker, content: [UInt8]) {
        let speaker = Speaker.allCases[reader.below(Speaker.allCases.count)]
        let line = Line.allCases[reader.below(Line.allCases.count)]
        return (speaker, content(line, &reader))
    }

    private static func content(_ line: Line, _ reader: inout InputReader) -> [UInt8] {
        switch line {
        case .question: return asked(question)
        case .anyQuestion: return asked(String(decoding: reader.piece(), as: UTF8.self))
        case .witness: return witness(of: reader.below(8))
        case .anyWitness:
            let through = reader.anyNumber()
            return Utterance.witness(Witness(through: through, chain: Blake2b.hash([reader.byte()]))).encoded()
        case .text:
            let sequence = reader.anyNumber()
            return (try? Text(sequence: sequence, text: word)).map { Utterance.text($0).encoded() } ?? []
        case .typing: return Utterance.typing(Typing(on: reader.flag())).encoded()
        case .farewell: return Utterance.farewell(Farewell(code: 0)).encoded()
        case .raw: return reader.piece()
        }
    }

    private static let word = "hi"

    private static func asked(_ text: String) -> [UInt8] {
        (try? Question(text: text)).map { Utterance.question($0).encoded() } ?? []
    }

    /// A true one, if so many times the word was all that was said.
    private static func witness(of count: Int) -> [UInt8] {
        var chain = Blake2b.hash(domain: "passant/witness/1", Array(question.utf8))
        for number in 0..<UInt64(clamping: count) {
            chain = Blake2b.hash(
                domain: "passant/witness-text/1", chain.bytes, (number + 1).bigEndianBytes, Array(word.utf8))
        }
        return Utterance.witness(Witness(through: UInt64(clamping: count), chain: chain)).encoded()
    }
}
