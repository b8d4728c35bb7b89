// The vectors of Protocol/Vectors, which the second implementation wrote: what their README says about their form.

import Essentials
import Foundation
import Testing

/// A JSON value without floating point: what vectors are made of.
enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case whole(UInt64)
    case text(String)
    case list([Value])
    case object([String: Value])
}

extension Value: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .whole(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([Value].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: Value].self))
        }
    }
}

extension Value {
    static func bytes(_ bytes: some Sequence<UInt8>) -> Value { .text(Hex.encode(bytes)) }
    static func bytes(_ bytes: Bytes32) -> Value { .text(bytes.description) }
    /// A u64 as 16 hexadecimal digits.
    static func digits(_ number: UInt64) -> Value { .bytes(number.bigEndianBytes) }
    static func number(_ number: some FixedWidthInteger) -> Value { .whole(UInt64(clamping: number)) }

    func has(_ name: String) -> Bool { member(name) != nil }
    func value(_ name: String) throws -> Value { try #require(member(name), "no member \(name)") }
    func isNull(_ name: String) throws -> Bool { try value(name) == .null }
    func text(_ name: String) throws -> String { try value(name).asText() }
    func bytes(_ name: String) throws -> [UInt8] { try value(name).asBytes() }
    func bytes32(_ name: String) throws -> Bytes32 { try #require(Bytes32(bytes(name))) }
    func digits(_ name: String) throws -> UInt64 { UInt64(bigEndianBytes: try bytes(name)) }
    func list(_ name: String) throws -> [Value] { try value(name).asList() }
    func time(_ name: String) throws -> WallTime { WallTime(milliseconds: try number(name)) }
    func number<Number: FixedWidthInteger>(_ name: String) throws -> Number { try value(name).asNumber() }

    func bool(_ name: String) throws -> Bool {
        guard case .bool(let value) = try value(name) else { throw Shape.notABool }
        return value
    }

    func asText() throws -> String {
        guard case .text(let text) = self else { throw Shape.notAText }
        return text
    }

    func asBytes() throws -> [UInt8] { try #require(Hex.decode(asText())) }
    func asBytes32() throws -> Bytes32 { try #require(Bytes32(asBytes())) }

    func asList() throws -> [Value] {
        guard case .list(let values) = self else { throw Shape.notAList }
        return values
    }

    func asNumber<Number: FixedWidthInteger>() throws -> Number {
        guard case .whole(let number) = self else { throw Shape.notANumber }
        return try #require(Number(exactly: number))
    }

    private func member(_ name: String) -> Value? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    private enum Shape: Error { case notABool, notAText, notAList, notANumber }
}

extension Value: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral members: (String, Value)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}

/// One case: an input with the answer that it should have, or with the reason why it must be refused.
struct VectorCase: Decodable, Sendable {
    let name: String
    let input: Value
    let output: Value?
    let refused: String?
}

struct VectorFile: Decodable, Sendable {
    let page: String
    let section: String
    let cases: [VectorCase]

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Protocol/Vectors").standardizedFileURL

    /// All files that are there, without ".json".
    static var names: [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    static func read(_ name: String) throws -> VectorFile {
        let data = try Data(contentsOf: folder.appendingPathComponent(name + ".json"))
        return try JSONDecoder().decode(VectorFile.self, from: data)
    }
}

/// What this implementation has to say to an input; it throws where the input must be refused.
typealias Answerer = @Sendable (Value) throws -> Value

/// A refusal in the words of the vectors.
struct Refusal: Error {
    let word: String
    init(_ word: String) { self.word = word }
}

func refuse<Answer>(unless answer: Answer?, _ word: String) throws -> Answer {
    guard let answer else { throw Refusal(word) }
    return answer
}
